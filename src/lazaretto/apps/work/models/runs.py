"""Chains of the protocol at work: a run, its steps that were done, and what was refused."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility


class Run(models.Model):
    """
    One chain of the protocol at work: `measure` as the resolved protocol `protocol` (its digest) had it when the run was
    opened, about `subject` (`visit:12/party:3`, `lot:7`, `person:R001`, `project:…`), which people call `title`.

    `ref` is made by who opens it, so that opening it twice is once. `starts` and `ends` are the window in which what was
    asked for may happen. `outcome` says how it ended: passed, stopped by a result, withdrawn.
    """

    PASSED, STOPPED, WITHDRAWN = "passed", "stopped", "withdrawn"

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="runs")
    ref = models.CharField(max_length=80)
    measure = models.CharField(max_length=64)
    protocol = models.CharField(max_length=64)
    stream = models.CharField(max_length=12)
    direction = models.CharField(max_length=3, blank=True)
    of_class = models.CharField(max_length=64, blank=True)
    subject = models.CharField(max_length=80)
    title = models.CharField(max_length=200, blank=True)
    requester = models.CharField(max_length=60)
    starts = models.BigIntegerField(null=True, blank=True)
    ends = models.BigIntegerField(null=True, blank=True)
    opened_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    ended_at = models.BigIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=9, blank=True, choices=[(w, w) for w in (PASSED, STOPPED, WITHDRAWN)])
    reason = models.CharField(max_length=200, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            (
                "id", "facility", "ref", "measure", "protocol", "stream", "direction", "of_class", "starts", "ends",
                "opened_at", "recorded_at", "ended_at", "outcome",
            ),
            PLAIN,
        ),
        **dict.fromkeys(("subject", "title", "requester"), IDENTIFYING),
        "reason": SENSITIVE,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "ref"], name="a_run_is_opened_once"),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, outcome="") | (~models.Q(ended_at=None) & ~models.Q(outcome="")),
                name="a_run_that_ended_says_how",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["facility", "stream"], condition=models.Q(ended_at=None), name="run_open"),
            models.Index(fields=["facility", "subject"], name="run_by_subject"),
            models.Index(fields=["facility", "opened_at"], name="run_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.subject}"

    def record(self) -> dict[str, Any]:
        return {
            "ref": self.ref, "measure": self.measure, "protocol": self.protocol, "stream": self.stream,
            "direction": self.direction, "of_class": self.of_class, "subject": self.subject, "title": self.title,
            "requester": self.requester, "starts": self.starts, "ends": self.ends, "opened_at": self.opened_at,
            "recorded_at": self.recorded_at, "ended_at": self.ended_at, "outcome": self.outcome, "reason": self.reason,
        }  # fmt: skip


class StepDone(models.Model):
    """
    A step that was done: `at` is when it happened, `recorded_at` when we learned of it. `second` is who else confirmed
    it; `values` is what was measured or seen: agent, concentration, minutes, temperature, a reference to a photo, a code.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="steps")
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="+")
    step = models.CharField(max_length=64)
    ref = models.CharField(max_length=80)
    at = models.BigIntegerField(db_column="occurred_at")
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)
    role = models.CharField(max_length=60, blank=True)
    second = models.CharField(max_length=60, blank=True)
    result = models.CharField(max_length=64, blank=True)
    values: models.JSONField = models.JSONField(default=dict)
    source = models.CharField(max_length=20, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "run", "facility", "step", "ref", "at", "recorded_at", "role", "source"), PLAIN),
        **dict.fromkeys(("by", "second"), IDENTIFYING),
        **dict.fromkeys(("result", "values"), SENSITIVE),
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "step"], name="a_step_is_done_once"),
            models.UniqueConstraint(fields=["facility", "ref"], name="a_step_is_sent_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "at"], name="step_by_time")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.step}"

    def record(self) -> dict[str, Any]:
        return {
            "run": self.run_id, "step": self.step, "ref": self.ref, "at": self.at, "recorded_at": self.recorded_at,
            "by": self.by, "role": self.role, "second": self.second, "result": self.result, "values": self.values,
            "source": self.source,
        }  # fmt: skip


class Refused(models.Model):
    """
    That something was asked for and a rule said no: which step of which chain, by which rule (`code`), from when on it
    is possible, and what the person was told. It is kept to learn from, and never counts against anybody.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="refusals")
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="refusals")
    ref = models.CharField(max_length=80, blank=True)
    measure = models.CharField(max_length=64)
    step = models.CharField(max_length=64, blank=True)
    stream = models.CharField(max_length=12, blank=True)
    direction = models.CharField(max_length=3, blank=True)
    of_class = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=40)
    at = models.BigIntegerField(db_column="occurred_at")
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)
    role = models.CharField(max_length=60, blank=True)
    possible_at = models.BigIntegerField(null=True, blank=True)
    told = models.CharField(max_length=300, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            (
                "id", "facility", "run", "ref", "measure", "step", "stream", "direction", "of_class", "code", "at",
                "recorded_at", "role", "possible_at",
            ),
            PLAIN,
        ),
        **dict.fromkeys(("by", "told"), IDENTIFYING),
    }  # fmt: skip

    class Meta:
        indexes: ClassVar = [models.Index(fields=["facility", "recorded_at"], name="refused_by_time")]

    def __str__(self) -> str:
        return f"{self.measure} {self.step} {self.code}"

    def record(self) -> dict[str, Any]:
        return {
            "run": self.run_id, "ref": self.ref, "measure": self.measure, "step": self.step, "stream": self.stream,
            "direction": self.direction, "of_class": self.of_class, "code": self.code, "at": self.at,
            "recorded_at": self.recorded_at, "by": self.by, "role": self.role, "possible_at": self.possible_at,
            "told": self.told,
        }  # fmt: skip
