"""Activities of blocks in shared spaces, and breaches of who stays apart: a finding with exposures, never a penalty."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility, Person, Place

KINDS = ("yard", "toilet", "meal", "call", "move", "gathering")
#: What the timetable keeps free of other uses: they are never dropped for something else.
PROTECTED = frozenset({"yard", "call"})


class Activity(models.Model):
    """
    A block's time in a shared space: `block` names the cell, ward or cohort that moves as one, `persons` how many. `spaces`
    are the codes of the place itself and of the route to it.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="activities")
    kind = models.CharField(max_length=10, choices=[(k, k) for k in KINDS])
    block = models.CharField(max_length=60)
    place = models.ForeignKey(Place, models.PROTECT, related_name="activities")
    spaces = models.JSONField(default=list)
    persons = models.PositiveIntegerField(default=0)
    starts = models.BigIntegerField()
    ends = models.BigIntegerField()
    by = models.CharField(max_length=60)
    recorded_at = models.BigIntegerField()
    cancelled_at = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "kind", "block", "place", "spaces", "persons", "starts", "ends", "recorded_at", "cancelled_at"), PLAIN
        ),
        "by": IDENTIFYING, "reason": SENSITIVE,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")), name="an_activity_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=models.Q(cancelled_at=None) | ~models.Q(reason=""), name="a_cancelled_activity_says_why"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "starts"], name="activity_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.block} {self.starts}"

    def record(self) -> dict[str, Any]:
        names = ("kind", "block", "spaces", "persons", "starts", "ends", "by", "recorded_at", "cancelled_at", "reason")
        return {"place": self.place.code} | {name: getattr(self, name) for name in names}


class Breach(models.Model):
    """
    That people who stay apart met, or that isolation was not kept: where, when, by which rule. It is a finding and asks a
    clinician to decide: go on, start the clock again, or widen the contacts. There is no column for whose fault it was.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="breaches")
    number = models.PositiveIntegerField()
    rule = models.CharField(max_length=80)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="+")
    starts = models.BigIntegerField()
    ends = models.BigIntegerField()
    said = models.CharField(max_length=200)
    source = models.CharField(max_length=80, blank=True)
    by = models.CharField(max_length=60)
    recorded_at = models.BigIntegerField()
    decision = models.CharField(max_length=10, blank=True)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "number", "rule", "source", "recorded_at", "decided_at"), PLAIN),
        **dict.fromkeys(("place", "starts", "ends", "by", "decided_by"), IDENTIFYING),
        **dict.fromkeys(("said", "decision", "reason"), SENSITIVE),
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "number"], name="breach_number_once"),
            models.CheckConstraint(
                condition=models.Q(decision="") | (~models.Q(decided_by="") & ~models.Q(reason="")),
                name="a_decision_has_a_name_and_a_reason",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["facility"], condition=models.Q(decision=""), name="breach_open")]

    def __str__(self) -> str:
        return f"{self.facility_id}/{self.number}"

    def record(self) -> dict[str, Any]:
        names = (
            "number", "rule", "starts", "ends", "said", "source", "by", "recorded_at", "decision", "decided_by",
            "decided_at", "reason",
        )  # fmt: skip
        people = sorted(e.person.code for e in self.exposed.select_related("person"))
        return {"place": self.place.code if self.place else None, "exposed": people} | {
            n: getattr(self, n) for n in names
        }


class Exposed(models.Model):
    """A person who was there when people met who stay apart."""

    breach = models.ForeignKey(Breach, models.CASCADE, related_name="exposed")
    person = models.ForeignKey(Person, models.PROTECT, related_name="exposed")

    PRIVACY: ClassVar = {"id": PLAIN, "breach": PLAIN, "person": SENSITIVE}

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["breach", "person"], name="exposed_once")]

    def __str__(self) -> str:
        return f"{self.breach_id} {self.person_id}"
