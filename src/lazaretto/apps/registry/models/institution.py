"""What the institution is made of: the facility, its places to the last bed, its groups and its things."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.journal.models import Log
from lazaretto.apps.journal.privacy import PLAIN


class Facility(models.Model):
    """An institution: an organisation with a wall, a time zone and a journal of its own."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="facility")
    code = models.CharField(max_length=40, unique=True)
    zone = models.CharField(max_length=64)
    log = models.OneToOneField(Log, models.PROTECT, related_name="facility")

    PRIVACY: ClassVar = dict.fromkeys(("id", "organisation", "code", "zone", "log"), PLAIN)

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

    PRIVACY: ClassVar = dict.fromkeys(
        ("id", "facility", "code", "parent", "kind", "name_zh", "name_en", "capacity"), PLAIN
    )

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

    PRIVACY: ClassVar = dict.fromkeys(("id", "facility", "code", "kind", "name_zh", "name_en"), PLAIN)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "code"], name="group_code_once")]

    def __str__(self) -> str:
        return self.code

    def record(self) -> dict[str, Any]:
        return {"code": self.code, "kind": self.kind, "name_zh": self.name_zh, "name_en": self.name_en}


class Asset(models.Model):
    """A thing that rounds can be owed on: a camera, a vehicle, a thermometer."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="assets")
    code = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    name_zh = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=120, blank=True)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True)

    PRIVACY: ClassVar = dict.fromkeys(("id", "facility", "code", "kind", "name_zh", "name_en", "place"), PLAIN)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "code"], name="asset_code_once")]

    def __str__(self) -> str:
        return self.code

    def record(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "kind": self.kind,
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "place": self.place.code if self.place else None,
        }
