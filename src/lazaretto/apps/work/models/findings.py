"""Findings, which somebody fixes and somebody else verifies, and roles that are lent to another for a while."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility, Place

SEVERITIES = ("low", "medium", "high")


class Finding(models.Model):
    """
    That a rule was not kept somewhere: the evidence, who owns it and until when. It is fixed by one and verified by
    another, who gives it its close number; what turns out not to be fixed is reopened. `ref` is made by who raises it,
    so that the same thing is found once.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="findings")
    ref = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    rule = models.CharField(max_length=64)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="findings")
    subject = models.CharField(max_length=80, blank=True)
    evidence = models.CharField(max_length=500)
    severity = models.CharField(max_length=6, choices=[(s, s) for s in SEVERITIES])
    owner = models.CharField(max_length=60)
    found_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    found_by = models.CharField(max_length=60)
    deadline = models.BigIntegerField()
    fixed_at = models.BigIntegerField(null=True, blank=True)
    fixed_by = models.CharField(max_length=60, blank=True)
    fix = models.CharField(max_length=300, blank=True)
    verified_at = models.BigIntegerField(null=True, blank=True)
    verified_by = models.CharField(max_length=60, blank=True)
    close_number = models.PositiveIntegerField(null=True, blank=True)
    reopened = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            (
                "id", "facility", "ref", "number", "rule", "place", "severity", "owner", "found_at", "recorded_at",
                "deadline", "fixed_at", "verified_at", "close_number", "reopened",
            ),
            PLAIN,
        ),
        **dict.fromkeys(("subject", "found_by", "fixed_by", "verified_by"), IDENTIFYING),
        **dict.fromkeys(("evidence", "fix", "reason"), SENSITIVE),
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "ref"], name="found_once"),
            models.UniqueConstraint(fields=["facility", "number"], name="finding_number_once"),
            models.UniqueConstraint(fields=["facility", "close_number"], name="close_number_once"),
            models.CheckConstraint(
                condition=models.Q(verified_at=None) | ~models.Q(fixed_at=None), name="what_is_verified_was_fixed"
            ),
            models.CheckConstraint(
                condition=models.Q(verified_by="") | ~models.Q(verified_by=models.F("fixed_by")),
                name="nobody_verifies_his_own_fix",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["facility", "deadline"], condition=models.Q(verified_at=None), name="finding_open"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.rule}"

    @property
    def state(self) -> str:
        """How far it is: open, fixed (and waits for somebody else to verify), closed."""
        return "closed" if self.verified_at is not None else "fixed" if self.fixed_at is not None else "open"

    def is_overdue(self, at: int) -> bool:
        return self.fixed_at is None and at >= self.deadline

    def record(self) -> dict[str, Any]:
        return {
            "ref": self.ref, "number": self.number, "rule": self.rule, "place": self.place.code if self.place else None,
            "subject": self.subject, "evidence": self.evidence, "severity": self.severity, "owner": self.owner,
            "found_at": self.found_at, "recorded_at": self.recorded_at, "found_by": self.found_by,
            "deadline": self.deadline, "fixed_at": self.fixed_at, "fixed_by": self.fixed_by, "fix": self.fix,
            "verified_at": self.verified_at, "verified_by": self.verified_by, "close_number": self.close_number,
            "reopened": self.reopened, "reason": self.reason,
        }  # fmt: skip


class Delegation(models.Model):
    """That somebody lends a role or post to another from `starts` until before `ends`, and why."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="delegations")
    role = models.CharField(max_length=60)
    from_user = models.CharField(max_length=60)
    to_user = models.CharField(max_length=60)
    starts = models.BigIntegerField()
    ends = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)
    ended_at = models.BigIntegerField(null=True, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "role", "starts", "ends", "recorded_at", "ended_at"), PLAIN),
        **dict.fromkeys(("from_user", "to_user", "by"), IDENTIFYING),
        "reason": SENSITIVE,
    }

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")), name="a_delegation_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~models.Q(to_user=models.F("from_user")), name="nobody_delegates_to_himself"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "to_user"], name="delegation_by_user")]

    def __str__(self) -> str:
        return f"{self.role} {self.from_user} → {self.to_user}"

    def record(self) -> dict[str, Any]:
        return {
            "role": self.role, "from_user": self.from_user, "to_user": self.to_user, "starts": self.starts,
            "ends": self.ends, "reason": self.reason, "recorded_at": self.recorded_at, "by": self.by,
            "ended_at": self.ended_at,
        }  # fmt: skip
