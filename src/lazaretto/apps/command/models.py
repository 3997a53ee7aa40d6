"""Which protocol and which level were in force when. Both take effect at or after the moment they are recorded."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.registry.models import Facility


class ProtocolRecord(models.Model):
    """A protocol document, before (`level` empty) or after resolution, kept once by its digest."""

    digest = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=64)
    level = models.CharField(max_length=64, blank=True)
    record: models.JSONField = models.JSONField()
    layers: models.JSONField = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:12]}"


class Adoption(models.Model):
    """That a facility runs a protocol from `starts` on, until the next adoption."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="adoptions")
    document = models.ForeignKey(ProtocolRecord, models.PROTECT)
    starts = models.BigIntegerField()
    recorded_at = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "starts"], name="one_adoption_at_a_time")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.document_id} {self.starts}"

    def record(self) -> dict[str, Any]:
        return {"document": self.document_id, "starts": self.starts}


class LevelDeclaration(models.Model):
    """That a response level holds from `starts` on, and when it must be reviewed (None for the normal level)."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="levels")
    level = models.CharField(max_length=64)
    starts = models.BigIntegerField()
    review_at = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    recorded_at = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "starts"], name="one_level_at_a_time")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.level} {self.starts}"

    def record(self) -> dict[str, Any]:
        return {"level": self.level, "starts": self.starts, "review_at": self.review_at, "reason": self.reason}
