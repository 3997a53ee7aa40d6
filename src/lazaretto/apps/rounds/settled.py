"""Two records of one thing that say different things, and which of them a person let stand."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import PLAIN
from lazaretto.apps.registry.models import Facility


class SettledPair(models.Model):
    """
    That a person looked at two facts about the same, `one` < `other` by their ids, and decided which counts: `keeps` is
    the id of one of them, or empty where both are right.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="settled_pairs")
    one = models.CharField(max_length=64)
    other = models.CharField(max_length=64)
    keeps = models.CharField(max_length=64, blank=True)
    settled_at = models.BigIntegerField()
    by = models.CharField(max_length=40)

    PRIVACY: ClassVar = dict.fromkeys(("id", "facility", "one", "other", "keeps", "settled_at", "by"), PLAIN)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "one", "other"], name="one_decision_per_pair")
        ]

    def __str__(self) -> str:
        return f"{self.one} {self.other}"

    def record(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("one", "other", "keeps", "settled_at", "by")}
