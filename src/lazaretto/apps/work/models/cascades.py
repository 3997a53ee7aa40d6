"""Cascades: what an event set going, and which actions are done. The ledger of what people are owed and were given."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility, Person


class Cascade(models.Model):
    """
    A trigger of the protocol at work: `measure` of the resolved protocol `protocol` (its digest), for the event `source`
    (such as `fever:12`) about `subject`. Its actions and their clocks are computed; only what was done is kept.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="cascades")
    measure = models.CharField(max_length=64)
    protocol = models.CharField(max_length=64)
    event = models.CharField(max_length=64)
    source = models.CharField(max_length=80)
    subject = models.CharField(max_length=80)
    event_at = models.BigIntegerField()
    learned_at = models.BigIntegerField()
    ended_at = models.BigIntegerField(null=True, blank=True)
    ended_by = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=120, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "measure", "protocol", "event", "source", "event_at", "learned_at", "ended_at"), PLAIN
        ),
        **dict.fromkeys(("subject", "ended_by"), IDENTIFYING),
        "reason": SENSITIVE,
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "measure", "source"], name="one_cascade_per_event"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["facility", "event_at"], condition=models.Q(ended_at=None), name="cascade_open"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.source}"

    def record(self) -> dict[str, Any]:
        return {
            "measure": self.measure, "protocol": self.protocol, "event": self.event, "source": self.source,
            "subject": self.subject, "event_at": self.event_at, "learned_at": self.learned_at,
            "ended_at": self.ended_at, "ended_by": self.ended_by, "reason": self.reason,
            "done": {d.action: [d.done_at, d.recorded_at, d.by] for d in self.done.all()},
        }  # fmt: skip


class Done(models.Model):
    """One action of a cascade that was done: when, as somebody says, and when that was recorded."""

    cascade = models.ForeignKey(Cascade, models.PROTECT, related_name="done")
    action = models.CharField(max_length=64)
    done_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "cascade", "action", "done_at", "recorded_at"), PLAIN), "by": IDENTIFYING,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["cascade", "action"], name="an_action_is_done_once")]

    def __str__(self) -> str:
        return f"{self.cascade_id} {self.action}"


class Given(models.Model):
    """
    That something owed to a person was given on a day, or offered and declined, or could not be given, with the reason.
    `measure` and `good` name it in the protocol; `ref` is made by who enters it, so that entering it twice is once.
    """

    GIVEN, DECLINED, NOT_GIVEN = "given", "declined", "not_given"

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="given")
    person = models.ForeignKey(Person, models.PROTECT, related_name="given")
    ref = models.CharField(max_length=80)
    measure = models.CharField(max_length=64)
    good = models.CharField(max_length=64)
    on = models.DateField()
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    outcome = models.CharField(max_length=10, default=GIVEN, choices=[(w, w) for w in (GIVEN, DECLINED, NOT_GIVEN)])
    reason = models.CharField(max_length=200, blank=True)
    given_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "person", "ref", "measure", "good", "amount", "outcome", "recorded_at"), PLAIN
        ),
        **dict.fromkeys(("on", "given_at", "by"), IDENTIFYING),
        "reason": SENSITIVE,
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "ref"], name="given_once"),
            models.CheckConstraint(
                condition=models.Q(outcome="given") | ~models.Q(reason=""), name="what_was_not_given_has_a_reason"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "on"], name="given_by_day")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.measure}.{self.good} {self.on}"

    def record(self) -> dict[str, Any]:
        return {
            "ref": self.ref, "person": self.person.code, "measure": self.measure, "good": self.good,
            "on": self.on.isoformat(), "amount": f"{self.amount.normalize():f}", "outcome": self.outcome, "reason": self.reason,
            "given_at": self.given_at, "recorded_at": self.recorded_at, "by": self.by,
        }  # fmt: skip
