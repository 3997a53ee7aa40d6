"""Signed reports. A report is never changed; an amendment follows it."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.models import Entry
from lazaretto.apps.registry.models import Facility


class SignedReport(models.Model):
    """
    The facility's own report of one day as it was signed, and the form of it that leaves the house.

    `document` and `outgoing` are canonical JSON text, signature included.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="reports")
    on = models.DateField()
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=20)
    as_of = models.BigIntegerField()
    signed_by = models.CharField(max_length=60)
    document: models.JSONField = models.JSONField()
    outgoing: models.JSONField = models.JSONField()
    salt = models.BinaryField(max_length=32)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "on", "number"], name="report_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.on} #{self.number}"

    def record(self) -> dict[str, Any]:
        return {"document": self.document, "outgoing": self.outgoing}
