"""The four daily steps, each with who did it and when."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility

#: In the order in which a day takes them.
STEPS = ("screen", "report", "assess", "deploy")


class DailyStep(models.Model):
    """That a step of a facility's day was done. `note` is what came out of it."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="daily_steps")
    on = models.DateField()
    step = models.CharField(max_length=10, choices=[(s, s) for s in STEPS])
    done_at = models.BigIntegerField()
    by = models.CharField(max_length=60)
    note = models.CharField(max_length=500, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "on", "step", "done_at"), PLAIN), "by": IDENTIFYING, "note": SENSITIVE,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "on", "step"], name="a_step_once_a_day"),
            models.CheckConstraint(condition=models.Q(step__in=STEPS), name="a_step_of_the_four"),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.on} {self.step}"

    def record(self) -> dict[str, Any]:
        return {
            "on": self.on.isoformat(), "step": self.step, "done_at": self.done_at, "by": self.by, "note": self.note
        }  # fmt: skip
