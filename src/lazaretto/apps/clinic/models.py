"""A clinician's visit to somebody in isolation or quarantine."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility, Person

WELLBEING = ("well", "unwell", "urgent")


class Visit(models.Model):
    """That a clinician saw somebody in person, and how he was. The note is the clinician's own: custody does not see it."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="visits")
    person = models.ForeignKey(Person, models.PROTECT, related_name="visits")
    ref = models.CharField(max_length=40)
    seen_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)
    wellbeing = models.CharField(max_length=8, choices=[(w, w) for w in WELLBEING])
    note = models.CharField(max_length=500, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "person", "ref", "seen_at", "recorded_at"), PLAIN), "by": IDENTIFYING,
        **dict.fromkeys(("wellbeing", "note"), SENSITIVE),
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "ref"], name="visit_once")]
        indexes: ClassVar = [models.Index(fields=["person", "seen_at"], name="visit_by_person")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.seen_at}"

    def record(self) -> dict[str, Any]:
        names = ("ref", "seen_at", "recorded_at", "by", "wellbeing", "note")
        return {"person": self.person.code} | {name: getattr(self, name) for name in names}
