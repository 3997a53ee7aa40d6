"""Somebody's way through a pathway: the episode, the rooms decided for it, what happened on it; and arrival batches."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility, Person, Place

#: Purposes that are isolation of cases. Everything else is quarantine of people who are well.
ISOLATING = frozenset({"isolation", "cohorting"})
#: The standing that says so, one for each; never both by one key.
STANDINGS = {True: "isolation_stage", False: "quarantine_stage"}


class Cohort(models.Model):
    """People who go through one pathway together, such as an arrival batch. Nobody joins once it is closed."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="cohorts")
    code = models.CharField(max_length=40)
    measure = models.CharField(max_length=64)
    opened_at = models.BigIntegerField()
    closed_at = models.BigIntegerField(null=True, blank=True)
    ended_at = models.BigIntegerField(null=True, blank=True)
    restarted_at = models.BigIntegerField(null=True, blank=True)
    restarts = models.PositiveIntegerField(default=0)
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "code", "measure", "opened_at", "closed_at", "ended_at", "restarted_at", "restarts"),
            PLAIN,
        ),
        "by": IDENTIFYING,
    }

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "code"], name="cohort_code_once")]

    def __str__(self) -> str:
        return self.code

    def record(self) -> dict[str, Any]:
        names = ("code", "measure", "opened_at", "closed_at", "ended_at", "restarted_at", "restarts", "by")
        return {name: getattr(self, name) for name in names}


class Episode(models.Model):
    """
    One person on one pathway (`measure` of the protocol with digest `protocol`, as it was when it began). `ground` and
    `pathogen` say why, `told_end` what was said at the start. `earlier` are stages done in another facility, as signed
    there. It is `proposed` until somebody named orders it; the clocks are computed, never stored.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="episodes")
    number = models.PositiveIntegerField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="episodes")
    cohort = models.ForeignKey(Cohort, models.PROTECT, null=True, blank=True, related_name="episodes")
    measure = models.CharField(max_length=64)
    protocol = models.CharField(max_length=64)
    purpose = models.CharField(max_length=12)
    ground = models.CharField(max_length=200, blank=True)
    pathogen = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=80, blank=True)
    onset_at = models.BigIntegerField(null=True, blank=True)
    opened_at = models.BigIntegerField()
    opened_by = models.CharField(max_length=60)
    ordered_by = models.CharField(max_length=60, blank=True)
    ordered_at = models.BigIntegerField(null=True, blank=True)
    told_at = models.BigIntegerField(null=True, blank=True)
    told_by = models.CharField(max_length=60, blank=True)
    told_end = models.BigIntegerField(null=True, blank=True)
    told_language = models.CharField(max_length=10, blank=True)
    earlier = models.JSONField(default=list, blank=True)
    ended_at = models.BigIntegerField(null=True, blank=True)
    ended_by = models.CharField(max_length=60, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    remark = models.CharField(max_length=200, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            (
                "id", "facility", "number", "person", "cohort", "protocol", "source", "opened_at", "ordered_at",
                "told_at", "told_end", "told_language", "ended_at", "outcome",
            ),
            PLAIN,
        ),
        **dict.fromkeys(("opened_by", "ordered_by", "told_by", "ended_by"), IDENTIFYING),
        **dict.fromkeys(("measure", "purpose", "ground", "pathogen", "onset_at", "earlier", "remark"), SENSITIVE),
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "number"], name="episode_number_once"),
            models.UniqueConstraint(
                fields=["person", "measure"], condition=models.Q(ended_at=None), name="one_open_episode_of_a_pathway"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, outcome="")
                | models.Q(ended_at__isnull=False) & ~models.Q(outcome=""),
                name="what_ended_says_how",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["facility"], condition=models.Q(ended_at=None), name="episode_open"),
            models.Index(fields=["facility", "opened_at"], name="episode_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id}/{self.number}"

    @property
    def is_isolation(self) -> bool:
        return self.purpose in ISOLATING

    @property
    def standing(self) -> str:
        return STANDINGS[self.is_isolation]

    def record(self) -> dict[str, Any]:
        names = (
            "number", "measure", "protocol", "purpose", "ground", "pathogen", "source", "onset_at", "opened_at",
            "opened_by", "ordered_by", "ordered_at", "told_at", "told_by", "told_end", "told_language", "earlier",
            "ended_at", "ended_by", "outcome", "remark",
        )  # fmt: skip
        own = {name: getattr(self, name) for name in names}
        return own | {"person": self.person.code, "cohort": self.cohort.code if self.cohort else None}


class Placement(models.Model):
    """
    The decision that somebody stays in a room for a stage, from when until when as planned. Carried out, it writes the
    presence. A stage with hand-over is entered with two signatures: who sends, and who receives.
    """

    PLANNED, OPEN, ENDED, CANCELLED = "planned", "open", "ended", "cancelled"

    episode = models.ForeignKey(Episode, models.PROTECT, related_name="placements")
    place = models.ForeignKey(Place, models.PROTECT, related_name="placements")
    stage = models.CharField(max_length=64)
    status = models.CharField(
        max_length=10, default=PLANNED, choices=[(s, s) for s in (PLANNED, OPEN, ENDED, CANCELLED)]
    )
    starts = models.BigIntegerField()
    planned_end = models.BigIntegerField(null=True, blank=True)
    ends = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=60)
    decided_at = models.BigIntegerField()
    sent_by = models.CharField(max_length=60, blank=True)
    sent_at = models.BigIntegerField(null=True, blank=True)
    received_by = models.CharField(max_length=60, blank=True)
    received_at = models.BigIntegerField(null=True, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "episode", "status", "decided_at", "sent_at", "received_at"), PLAIN),
        **dict.fromkeys(("place", "starts", "planned_end", "ends", "by", "sent_by", "received_by"), IDENTIFYING),
        **dict.fromkeys(("stage", "reason"), SENSITIVE),
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["episode"], condition=models.Q(status="open"), name="one_open_placement_of_an_episode"
            ),
            models.CheckConstraint(
                condition=models.Q(ends=None) | models.Q(ends__gte=models.F("starts")),
                name="a_placement_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["ended"], ends__isnull=False) | ~models.Q(status="ended"),
                name="an_ended_placement_has_an_end",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["place", "starts"], name="placement_by_room")]

    def __str__(self) -> str:
        return f"{self.episode_id} {self.place_id} {self.status}"

    def record(self) -> dict[str, Any]:
        names = (
            "stage", "status", "starts", "planned_end", "ends", "reason", "by", "decided_at", "sent_by", "sent_at",
            "received_by", "received_at",
        )  # fmt: skip
        own = {name: getattr(self, name) for name in names}
        return own | {"episode": self.episode.number, "place": self.place.code}


class Note(models.Model):
    """
    What happened on an episode: an exposure, symptoms from when until when, a criterion that was confirmed, a review, a
    decision from outside, an extension, a rule that a named person set aside with a reason. Nothing is overwritten.
    """

    episode = models.ForeignKey(Episode, models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=16)
    stage = models.CharField(max_length=64, blank=True)
    occurred_at = models.BigIntegerField()
    ends_at = models.BigIntegerField(null=True, blank=True)
    value = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=80, blank=True)
    by = models.CharField(max_length=60)
    recorded_at = models.BigIntegerField()

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "episode", "recorded_at", "source"), PLAIN), "by": IDENTIFYING,
        **dict.fromkeys(("kind", "stage", "occurred_at", "ends_at", "value", "reason"), SENSITIVE),
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(kind__in=["extended", "override", "restarted"])
                | (~models.Q(reason="") & ~models.Q(by="")),
                name="an_override_has_a_name_and_a_reason",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["episode", "occurred_at"], name="note_by_time")]

    def __str__(self) -> str:
        return f"{self.episode_id} {self.kind}"

    def record(self) -> dict[str, Any]:
        names = ("kind", "stage", "occurred_at", "ends_at", "value", "reason", "source", "by", "recorded_at")
        return {"episode": self.episode.number} | {name: getattr(self, name) for name in names}
