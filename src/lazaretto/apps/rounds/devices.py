"""What hands facts over by itself, and what of it waits for a person."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol import canonical


class Device(models.Model):
    """
    Something that hands facts over by itself, by the name that it gives itself: a phone, a thermometer, a program.

    `seen_at` is its last contact, `skew_ms` how far its clock was behind ours then. Contacts that follow each other are
    one sync; it began at `sync_began_at`, and `last_sync_at` is the last contact before it.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="devices")
    code = models.CharField(max_length=60)
    seen_at = models.BigIntegerField()
    sync_began_at = models.BigIntegerField()
    last_sync_at = models.BigIntegerField(null=True, blank=True)
    skew_ms = models.BigIntegerField(default=0)

    PRIVACY: ClassVar = dict.fromkeys(
        ("id", "facility", "code", "seen_at", "sync_began_at", "last_sync_at", "skew_ms"), PLAIN
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "code"], name="one_device_per_code")]

    def __str__(self) -> str:
        return self.code


class HeldClaim(models.Model):
    """
    A claim about a time that cannot be believed as it stands, so that a person decides: `taken` in, or `refused`.

    `claim` is what was claimed, field by field; `digest` is of its content; `observed_at` when it would have happened by
    our clock. `taken_at` is the time that a person gave it instead.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="held_claims")
    fact_id = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    subject = models.CharField(max_length=80)
    claim: models.JSONField = models.JSONField()
    why = models.CharField(max_length=20)
    observed_at = models.BigIntegerField()
    received_at = models.BigIntegerField()
    by = models.CharField(max_length=40)
    device = models.CharField(max_length=60, blank=True)
    decision = models.CharField(max_length=10, blank=True)
    decided_at = models.BigIntegerField(null=True, blank=True)
    decided_by = models.CharField(max_length=40, blank=True)
    taken_at = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "fact_id", "digest", "why", "observed_at", "received_at", "by", "device", "decision",
             "decided_at", "decided_by", "taken_at"), PLAIN,
        ),
        "subject": IDENTIFYING,
        **dict.fromkeys(("claim", "reason"), SENSITIVE),
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "fact_id", "digest"], name="one_held_claim_per_content"),
            models.CheckConstraint(
                condition=models.Q(decision="", decided_at=None) | ~models.Q(decision="") & ~models.Q(decided_at=None),
                name="a_decision_has_its_time",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "decision", "received_at"], name="held_by_decision")]

    def __str__(self) -> str:
        return self.fact_id

    def record(self) -> dict[str, Any]:
        names = (
            "fact_id", "digest", "subject", "why", "observed_at", "received_at", "by", "device", "decision",
            "decided_at", "decided_by", "taken_at", "reason",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names} | {"claim": canonical.digest(self.claim)}
