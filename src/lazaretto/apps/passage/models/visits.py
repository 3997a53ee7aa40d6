"""A visit, its parties, and every crossing of a gate."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility, Person, Place
from lazaretto.apps.work.models import Run


class Visit(models.Model):
    """
    What comes to the gate together under one number: people, vehicles and goods, so that none is checked alone. `ref` is
    made by who opens it. `starts` and `ends` are the window that is asked for; `gate` is where it comes in.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="gate_visits")
    number = models.PositiveIntegerField()
    ref = models.CharField(max_length=80)
    gate = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="gate_visits")
    purpose = models.CharField(max_length=200, blank=True)
    host = models.CharField(max_length=120, blank=True)
    sender = models.CharField(max_length=200, blank=True)
    starts = models.BigIntegerField(null=True, blank=True)
    ends = models.BigIntegerField(null=True, blank=True)
    opened_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)
    closed_at = models.BigIntegerField(null=True, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "number", "ref", "gate", "starts", "ends", "opened_at", "recorded_at", "closed_at"), PLAIN
        ),
        **dict.fromkeys(("purpose", "host", "sender", "by"), IDENTIFYING),
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "ref"], name="a_visit_is_opened_once"),
            models.UniqueConstraint(fields=["facility", "number"], name="visit_number_once"),
            models.CheckConstraint(
                condition=models.Q(ends=None) | models.Q(starts=None) | models.Q(ends__gt=models.F("starts")),
                name="a_visit_ends_after_it_starts",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "opened_at"], name="visit_by_time")]

    def __str__(self) -> str:
        return f"{self.number}"

    def record(self) -> dict[str, Any]:
        return {
            "number": self.number, "ref": self.ref, "gate": self.gate.code if self.gate else None,
            "purpose": self.purpose, "host": self.host, "sender": self.sender, "starts": self.starts, "ends": self.ends,
            "opened_at": self.opened_at, "recorded_at": self.recorded_at, "by": self.by, "closed_at": self.closed_at,
        }  # fmt: skip


class Party(models.Model):
    """
    One of a visit: a person, a vehicle, goods; `stream` and `of_class` are the protocol's words. `name` is what it is
    called (a name, a plate, a description), `person` whose file it is where there is one. Its runs have `subject`.

    It is inside exactly while `inside_since` is set; `zone` is then the innermost ring it is in.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="parties")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="parties")
    position = models.PositiveIntegerField()
    stream = models.CharField(max_length=12)
    of_class = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=120)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="passages")
    identity_kind = models.CharField(max_length=12, blank=True)
    identity_number = models.CharField(max_length=40, blank=True)
    origin = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)
    inside_since = models.BigIntegerField(null=True, blank=True)
    zone = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="parties_inside")

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "visit", "position", "stream", "of_class", "person", "identity_kind", "inside_since"), PLAIN
        ),
        **dict.fromkeys(("name", "origin", "note", "zone"), IDENTIFYING),
        "identity_number": SENSITIVE,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["visit", "position"], name="party_position_once"),
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(inside_since__isnull=False), name="a_person_is_inside_once"
            ),
            models.CheckConstraint(
                condition=models.Q(zone=None) | models.Q(inside_since__isnull=False), name="who_is_in_a_zone_is_inside"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["facility", "stream"], condition=models.Q(inside_since__isnull=False), name="party_inside"
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def subject(self) -> str:
        """What its runs are about."""
        return f"visit:{self.visit.number}/party:{self.position}"

    def record(self) -> dict[str, Any]:
        return {
            "visit": self.visit.number, "position": self.position, "stream": self.stream, "of_class": self.of_class,
            "name": self.name, "person": self.person.code if self.person else None, "identity_kind": self.identity_kind,
            "identity_number": self.identity_number, "origin": self.origin, "note": self.note,
            "inside_since": self.inside_since, "zone": self.zone.code if self.zone else None,
        }  # fmt: skip


class Crossing(models.Model):
    """
    That a party crossed a gate, in or out: by the last step of its run, or registered where no chain is owed. `gate` is
    None where the facility has no gate on its register.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="crossings")
    party = models.ForeignKey(Party, models.PROTECT, related_name="crossings")
    ref = models.CharField(max_length=80)
    gate = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="crossings")
    direction = models.CharField(max_length=3, choices=[("in", "in"), ("out", "out")])
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.BigIntegerField(db_column="occurred_at")
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "party", "ref", "direction", "run", "recorded_at"), PLAIN),
        **dict.fromkeys(("gate", "at", "by"), IDENTIFYING),
    }

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "ref"], name="crossed_once")]
        indexes: ClassVar = [models.Index(fields=["facility", "at"], name="crossing_by_time")]

    def __str__(self) -> str:
        return f"{self.party_id} {self.direction} {self.at}"

    def record(self) -> dict[str, Any]:
        return {
            "visit": self.party.visit.number, "party": self.party.position, "ref": self.ref,
            "gate": self.gate.code if self.gate else None, "direction": self.direction,
            "run": self.run.ref if self.run else None, "at": self.at, "recorded_at": self.recorded_at, "by": self.by,
        }  # fmt: skip


class RestrictionReview(models.Model):
    """
    That a restriction of the protocol was looked at again: on which paper it rests, why it goes on or whether it is to
    be lifted, and until when it must be looked at next. None is open-ended.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="restriction_reviews")
    measure = models.CharField(max_length=64)
    order = models.CharField(max_length=120)
    decision = models.CharField(max_length=10, choices=[("continue", "continue"), ("lift", "lift")])
    reason = models.CharField(max_length=200)
    next_at = models.BigIntegerField(null=True, blank=True)
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "measure", "order", "decision", "next_at", "recorded_at"), PLAIN),
        "reason": SENSITIVE,
        "by": IDENTIFYING,
    }

    class Meta:
        indexes: ClassVar = [models.Index(fields=["facility", "measure"], name="review_by_measure")]

    def __str__(self) -> str:
        return f"{self.measure} {self.decision}"

    def record(self) -> dict[str, Any]:
        return {
            "measure": self.measure, "order": self.order, "decision": self.decision, "reason": self.reason,
            "next_at": self.next_at, "recorded_at": self.recorded_at, "by": self.by,
        }  # fmt: skip
