"""The second source: what somebody else counted at the gate, and the day that a named checker signs."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility

SOURCES = ("camera", "phone")


class Seen(models.Model):
    """
    What the second source saw: one tick of the camera's playback (`count` 1, with its time), or the number that was told
    by telephone for a class and direction of a day. No pictures and no names.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="seen_at_gate")
    ref = models.CharField(max_length=60)
    on = models.DateField()
    source = models.CharField(max_length=6, choices=[(s, s) for s in SOURCES])
    stream = models.CharField(max_length=12)
    direction = models.CharField(max_length=3)
    count = models.PositiveIntegerField(default=1)
    seen_at = models.BigIntegerField(null=True, blank=True)
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "ref", "on", "source", "stream", "direction", "count", "seen_at", "recorded_at"), PLAIN),
        "by": IDENTIFYING,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "ref"], name="seen_once"),
            models.CheckConstraint(
                condition=models.Q(source="phone", seen_at=None)
                | models.Q(source="camera", seen_at__isnull=False, count=1),
                name="the_camera_sees_one_at_a_time",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "on"], name="seen_by_day")]

    def __str__(self) -> str:
        return f"{self.on} {self.source} {self.stream} {self.direction}"

    def record(self) -> dict[str, Any]:
        names = ("ref", "source", "stream", "direction", "count", "seen_at", "recorded_at", "by")
        return {"on": self.on.isoformat()} | {name: getattr(self, name) for name in names}


class DayCheck(models.Model):
    """That a named checker signed the gate's record of a day: entries complete, disinfection and sampling seen."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="gate_days")
    on = models.DateField()
    checker = models.CharField(max_length=60)
    signed_at = models.BigIntegerField()
    unmatched = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "on", "signed_at", "unmatched"), PLAIN),
        "checker": IDENTIFYING, "note": SENSITIVE,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "on"], name="a_gate_day_is_signed_once")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.on}"

    def record(self) -> dict[str, Any]:
        names = ("checker", "signed_at", "unmatched", "note")
        return {"on": self.on.isoformat()} | {name: getattr(self, name) for name in names}
