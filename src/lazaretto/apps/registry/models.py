"""
Who, what and where. Intervals are half-open [starts, ends) in milliseconds since 1970 in UTC; None is open.

The four dated tables `Presence`, `Standing`, `Assignment` and `LegalDate` are what every app reads and higher apps
write through this app's actions.
"""

import secrets
from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.journal.models import Log
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO


def _new_ref() -> str:
    return secrets.token_hex(16)


class Facility(models.Model):
    """An institution: an organisation with a wall, a time zone and a journal of its own."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="facility")
    code = models.CharField(max_length=40, unique=True)
    zone = models.CharField(max_length=64)
    log = models.OneToOneField(Log, models.PROTECT, related_name="facility")

    def __str__(self) -> str:
        return self.code


class Place(models.Model):
    """A zone, room or bed; `kind` says which sort (wing, floor, cell, kitchen…). Its class and service are standings."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="places")
    code = models.CharField(max_length=60)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    kind = models.CharField(max_length=40)
    name_zh = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=120, blank=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "code"], name="place_code_once")]

    def __str__(self) -> str:
        return self.code

    def record(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "parent": self.parent.code if self.parent else None,
            "kind": self.kind,
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "capacity": self.capacity,
        }


class Group(models.Model):
    """People who work or live together under one name: a unit, a shift, a team."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="groups")
    code = models.CharField(max_length=60)
    kind = models.CharField(max_length=20, default="unit")
    name_zh = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "code"], name="group_code_once")]

    def __str__(self) -> str:
        return self.code


class Asset(models.Model):
    """A thing that rounds can be owed on: a camera, a vehicle, a thermometer."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="assets")
    code = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    name_zh = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=120, blank=True)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "code"], name="asset_code_once")]

    def __str__(self) -> str:
        return self.code


class Person(models.Model):
    """Anybody the institution answers for. `ref` stands for the person in the journal, which holds no names."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="people")
    code = models.CharField(max_length=60)
    ref = models.CharField(max_length=32, unique=True, default=_new_ref)
    population = models.CharField(max_length=64)
    base = models.CharField(max_length=20)
    name = models.CharField(max_length=120, blank=True)
    sex = models.CharField(max_length=10, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    unit = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="people")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "code"], name="person_code_once")]
        indexes: ClassVar = [models.Index(fields=["facility", "base"], name="person_by_base")]

    def __str__(self) -> str:
        return self.code

    def record(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "ref": self.ref,
            "population": self.population,
            "name": self.name,
            "sex": self.sex,
            "birth_date": self.birth_date.isoformat() if self.birth_date else None,
            "unit": self.unit.code if self.unit else None,
        }


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

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "kind"], name="one_legal_date_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.on}"

    def record(self) -> dict[str, Any]:
        return {"person": self.person.code, "kind": self.kind, "on": self.on.isoformat(), "source": self.source}
