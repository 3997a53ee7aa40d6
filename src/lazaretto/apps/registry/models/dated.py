"""
What holds for a while: presence, standing, assignment, and the dates that the law fixes.

These four are what every app reads; higher apps write them through this app's actions.
"""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models.institution import Facility, Place
from lazaretto.apps.registry.models.people import Person
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO


class Dated(models.Model):
    """What holds for a while."""

    starts = models.BigIntegerField(null=True, blank=True)
    ends = models.BigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=20, default="import")

    class Meta:
        abstract = True

    @property
    def start_ms(self) -> int:
        return FOREVER_AGO if self.starts is None else self.starts

    @property
    def end_ms(self) -> int:
        return FOREVER if self.ends is None else self.ends

    def span(self) -> dict[str, Any]:
        return {"from": self.starts, "to": self.ends, "source": self.source}


class Presence(Dated):
    """
    That a person was in a place. Within one layer (record, roster, passage) the presences of a person never overlap;
    the database refuses it.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="presences")
    person = models.ForeignKey(Person, models.PROTECT, related_name="presences")
    place = models.ForeignKey(Place, models.PROTECT, related_name="presences")
    layer = models.CharField(max_length=10, default="record")
    entry = models.CharField(max_length=20, blank=True)
    exit = models.CharField(max_length=20, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "person", "source", "layer"), PLAIN),
        **dict.fromkeys(("place", "starts", "ends", "entry", "exit"), IDENTIFYING),
    }

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__isnull=True) | models.Q(ends__gt=models.F("starts")),
                name="a_presence_ends_after_it_starts",
            ),
            models.CheckConstraint(condition=models.Q(starts__isnull=False), name="a_presence_has_a_start"),
            models.UniqueConstraint(fields=["person", "layer", "starts"], name="one_presence_from_one_moment"),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "ends", "starts"], name="presence_by_time")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.place_id} {self.starts}"

    def record(self) -> dict[str, Any]:
        return {
            "subject": self.person.code,
            "place": self.place.code,
            "layer": self.layer,
            "entry": self.entry,
            "exit": self.exit,
            **self.span(),
        }


class Standing(Dated):
    """What is so of a person or a place for a while: isolation stage, wake_for_rounds, class, service…"""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="standings")
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="standings")
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="standings")
    key = models.CharField(max_length=60)
    value = models.CharField(max_length=120)
    slot = models.CharField(max_length=120, blank=True)
    """What may stand beside another value of the same key: the value itself for keys with several, else empty."""
    by = models.CharField(max_length=40, blank=True)
    """Reference of the user who set it, where somebody did."""

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "person", "place", "starts", "ends", "source", "key", "by"), PLAIN),
        **dict.fromkeys(("value", "slot"), SENSITIVE),
    }

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=True, place__isnull=False)
                | models.Q(person__isnull=False, place__isnull=True),
                name="a_standing_is_of_one_subject",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "key"], name="standing_by_key")]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"

    @property
    def subject(self) -> Person | Place:
        found = self.person or self.place
        assert found is not None
        return found

    def record(self) -> dict[str, Any]:
        return {
            "subject": self.subject.code,
            "subject_kind": "person" if self.person_id else "place",
            "key": self.key,
            "value": self.value,
            **self.span(),
        }


class Assignment(Dated):
    """A post, role or group that a person holds for a while, in a place or everywhere."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="assignments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="assignments")
    kind = models.CharField(max_length=10, choices=[("post", "post"), ("role", "role"), ("group", "group")])
    key = models.CharField(max_length=60)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "person", "starts", "ends", "source", "kind"), PLAIN),
        **dict.fromkeys(("key", "place"), IDENTIFYING),
    }

    class Meta:
        indexes: ClassVar = [models.Index(fields=["facility", "kind", "key"], name="assignment_by_key")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}:{self.key}"

    def record(self) -> dict[str, Any]:
        return {
            "person": self.person.code,
            "kind": self.kind,
            "key": self.key,
            "place": self.place.code if self.place else None,
            **self.span(),
        }


class LegalDate(models.Model):
    """A date that the law fixes for a person, such as release. Nothing here can move it."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="legal_dates")
    person = models.ForeignKey(Person, models.PROTECT, related_name="legal_dates")
    kind = models.CharField(max_length=20)
    on = models.DateField()
    source = models.CharField(max_length=20, default="import")

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "person", "kind", "source"), PLAIN),
        "on": IDENTIFYING,
    }

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "kind"], name="one_legal_date_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.on}"

    def record(self) -> dict[str, Any]:
        return {"person": self.person.code, "kind": self.kind, "on": self.on.isoformat(), "source": self.source}
