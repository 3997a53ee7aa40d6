"""Productive work of a facility: stopped, assessed, approved, running, stopped again, completed."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN
from lazaretto.apps.registry.models import Facility

#: What is kept of a project's state; that it is approved is read from the run of its chain.
STOPPED, ASSESSING, RUNNING, COMPLETED = "stopped", "assessing", "running", "completed"
STATES = (STOPPED, ASSESSING, RUNNING, COMPLETED)


class Project(models.Model):
    """
    One line of work of a facility by its `number`: a workshop, a choir, the spring ploughing. It begins stopped. `outdoor`
    work has its cohorts in the open; `ref` is made by who enters it, so that entering it twice is once.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="projects")
    ref = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    outdoor = models.BooleanField(default=False)
    state = models.CharField(max_length=9, default=STOPPED, choices=[(s, s) for s in STATES])
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "ref", "number", "name", "outdoor", "state", "recorded_at"), PLAIN),
        "by": IDENTIFYING,
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "number"], name="one_project_per_number"),
            models.UniqueConstraint(fields=["facility", "ref"], name="a_project_is_entered_once"),
            models.CheckConstraint(condition=models.Q(state__in=STATES), name="a_project_is_in_a_known_state"),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.number}"

    @property
    def subject(self) -> str:
        """What the runs of its chain are about."""
        return f"project:{self.number}"

    def record(self) -> dict[str, Any]:
        return {
            "ref": self.ref, "number": self.number, "name": self.name, "outdoor": self.outdoor, "state": self.state,
            "recorded_at": self.recorded_at, "by": self.by,
        }  # fmt: skip


class ProjectChange(models.Model):
    """That a project came into a state, when, why, and on which paper it rests."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="changes")
    state = models.CharField(max_length=9, choices=[(s, s) for s in STATES])
    at = models.BigIntegerField(db_column="occurred_at")
    recorded_at = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "project", "state", "at", "recorded_at", "reason", "reference"), PLAIN), "by": IDENTIFYING,
    }  # fmt: skip

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "at"], name="project_change_by_time")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.state} {self.at}"

    def record(self) -> dict[str, Any]:
        return {
            "project": self.project_id, "state": self.state, "at": self.at, "recorded_at": self.recorded_at,
            "reason": self.reason, "reference": self.reference, "by": self.by,
        }  # fmt: skip
