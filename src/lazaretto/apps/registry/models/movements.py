"""The register of movements: who came, went, moved, returned or died, when, and on whose word."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN
from lazaretto.apps.registry.models.dated import Presence
from lazaretto.apps.registry.models.institution import Facility, Place
from lazaretto.apps.registry.models.people import Person


class Movement(models.Model):
    """
    One act that changed where a person is. It ended the presence `closed` and began `opened`, where it did; a
    void movement did neither, and stays on file with its reason.

    `counterpart` is where the person went or came from: another facility, a court, a hospital.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="movements")
    person = models.ForeignKey(Person, models.PROTECT, related_name="movements")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=24)
    occurred_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=40)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="+")
    counterpart = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    back_by = models.BigIntegerField(null=True, blank=True)
    closed = models.ForeignKey(Presence, models.SET_NULL, null=True, blank=True, related_name="+")
    opened = models.ForeignKey(Presence, models.SET_NULL, null=True, blank=True, related_name="+")
    voided_at = models.BigIntegerField(null=True, blank=True)
    voided_by = models.CharField(max_length=40, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "person", "number", "recorded_at", "by", "closed", "opened", "voided_at", "voided_by"),
            PLAIN,
        ),
        **dict.fromkeys(
            ("occurred_at", "place", "back_by", "kind", "counterpart", "reason", "void_reason"), IDENTIFYING
        ),
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "number"], name="movement_number_once"),
            models.CheckConstraint(
                condition=models.Q(voided_at__isnull=True, voided_by="", void_reason="")
                | (models.Q(voided_at__isnull=False) & ~models.Q(void_reason="")),
                name="a_void_movement_says_why",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["facility", "occurred_at"], name="movement_by_time"),
            models.Index(fields=["person", "occurred_at"], name="movement_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id}/{self.number} {self.kind}"

    def record(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "person": self.person.code,
            "kind": self.kind,
            "occurred_at": self.occurred_at,
            "recorded_at": self.recorded_at,
            "by": self.by,
            "place": self.place.code if self.place else None,
            "counterpart": self.counterpart,
            "reason": self.reason,
            "back_by": self.back_by,
            "voided_at": self.voided_at,
            "voided_by": self.voided_by,
            "void_reason": self.void_reason,
        }
