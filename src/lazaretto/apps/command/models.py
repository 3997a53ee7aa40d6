"""Which protocol, level, flags and overrides were in force when. All take effect at or after the moment they are recorded."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN
from lazaretto.apps.registry.models import Facility


class ProtocolRecord(models.Model):
    """A protocol document, before (`level` empty) or after resolution, kept once by its digest."""

    digest = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=64)
    level = models.CharField(max_length=64, blank=True)
    record: models.JSONField = models.JSONField()
    layers: models.JSONField = models.JSONField(default=list)

    PRIVACY: ClassVar = dict.fromkeys(("digest", "name", "level", "record", "layers"), PLAIN)

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:12]}"


class Adoption(models.Model):
    """That a facility runs a protocol from `starts` on, until the next adoption."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="adoptions")
    document = models.ForeignKey(ProtocolRecord, models.PROTECT)
    starts = models.BigIntegerField()
    recorded_at = models.BigIntegerField()

    PRIVACY: ClassVar = dict.fromkeys(("id", "facility", "document", "starts", "recorded_at"), PLAIN)

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

    PRIVACY: ClassVar = dict.fromkeys(
        ("id", "facility", "level", "starts", "review_at", "reason", "recorded_at"), PLAIN
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "starts"], name="one_level_at_a_time")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.level} {self.starts}"

    def record(self) -> dict[str, Any]:
        return {"level": self.level, "starts": self.starts, "review_at": self.review_at, "reason": self.reason}


class FlagDeclaration(models.Model):
    """That a flag of the protocol holds from `starts` on, or no longer does (`holds` False)."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="flags")
    flag = models.CharField(max_length=64)
    holds = models.BooleanField()
    starts = models.BigIntegerField()
    review_at = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    recorded_at = models.BigIntegerField()

    PRIVACY: ClassVar = dict.fromkeys(
        ("id", "facility", "flag", "holds", "starts", "review_at", "reason", "recorded_at"), PLAIN
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "flag", "starts"], name="one_flag_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(holds=False) | models.Q(review_at__isnull=False),
                name="a_flag_that_holds_is_reviewed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.flag} {self.holds} {self.starts}"

    def record(self) -> dict[str, Any]:
        return {
            "flag": self.flag,
            "holds": self.holds,
            "starts": self.starts,
            "review_at": self.review_at,
            "reason": self.reason,
        }


class ProtocolOverride(models.Model):
    """
    Other values for one measure in [starts, ends), asked by one person and approved by another in the name of `rank`.
    `withdrawn_at` ends it early.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="overrides")
    number = models.PositiveIntegerField()
    measure = models.CharField(max_length=64)
    patch: models.JSONField = models.JSONField()
    rank = models.CharField(max_length=10)
    reason = models.CharField(max_length=500)
    requested_by = models.CharField(max_length=60)
    approved_by = models.CharField(max_length=60)
    starts = models.BigIntegerField()
    ends = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    withdrawn_at = models.BigIntegerField(null=True, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "number", "measure", "patch", "rank", "reason", "starts", "ends", "recorded_at",
             "withdrawn_at"), PLAIN,
        ),
        **dict.fromkeys(("requested_by", "approved_by"), IDENTIFYING),
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "number"], name="one_override_per_number"),
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="an_override_ends"),
            models.CheckConstraint(
                condition=~models.Q(requested_by=models.F("approved_by")), name="nobody_approves_his_own_override"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="an_override_has_a_reason"),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "starts"], name="override_by_time")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.number} {self.measure}"

    @property
    def stops(self) -> int:
        """When it no longer holds."""
        return self.ends if self.withdrawn_at is None else min(self.ends, self.withdrawn_at)

    def record(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "measure": self.measure,
            "patch": self.patch,
            "rank": self.rank,
            "reason": self.reason,
            "requested_by": self.requested_by,
            "approved_by": self.approved_by,
            "from": self.starts,
            "to": self.ends,
            "withdrawn_at": self.withdrawn_at,
        }
