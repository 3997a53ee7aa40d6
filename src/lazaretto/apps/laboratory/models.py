"""Orders of tests, the samples taken for them, and their results. A result belongs to its sample, and counts from when that was taken."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility, Person

RESULTS = ("negative", "positive", "inconclusive", "spoiled")


class Order(models.Model):
    """That tests of a panel are wanted of a person by a moment. `source` says what asked for it."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="orders")
    person = models.ForeignKey(Person, models.PROTECT, related_name="orders")
    number = models.PositiveIntegerField()
    panel = models.CharField(max_length=64)
    test = models.CharField(max_length=64)
    ordered_at = models.BigIntegerField()
    due_at = models.BigIntegerField()
    by = models.CharField(max_length=60)
    source = models.CharField(max_length=80, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "person", "number", "ordered_at", "due_at", "source"), PLAIN),
        "by": IDENTIFYING,
        **dict.fromkeys(("panel", "test"), SENSITIVE),
    }

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "number"], name="order_number_once")]
        indexes: ClassVar = [models.Index(fields=["facility", "due_at"], name="order_by_due")]

    def __str__(self) -> str:
        return f"{self.facility_id}/{self.number}"

    def record(self) -> dict[str, Any]:
        names = ("number", "panel", "test", "ordered_at", "due_at", "by", "source")
        return {"person": self.person.code} | {name: getattr(self, name) for name in names}


class Specimen(models.Model):
    """
    What was taken for an order, and what came out. Declining is recorded with its reason and never counts against anybody.
    """

    TAKEN, REFUSED, UNABLE = "taken", "refused", "unable"

    order = models.ForeignKey(Order, models.PROTECT, related_name="specimens")
    code = models.CharField(max_length=40)
    outcome = models.CharField(max_length=8, default=TAKEN, choices=[(w, w) for w in (TAKEN, REFUSED, UNABLE)])
    reason = models.CharField(max_length=200, blank=True)
    taken_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)
    result = models.CharField(max_length=12, blank=True, choices=[(r, r) for r in RESULTS])
    reported_at = models.BigIntegerField(null=True, blank=True)
    result_by = models.CharField(max_length=60, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "order", "code", "taken_at", "recorded_at", "reported_at"), PLAIN),
        **dict.fromkeys(("by", "result_by"), IDENTIFYING),
        **dict.fromkeys(("outcome", "reason", "result"), SENSITIVE),
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "code"], name="specimen_code_once"),
            models.CheckConstraint(
                condition=models.Q(result="") | models.Q(outcome="taken", reported_at__isnull=False),
                name="a_result_is_of_a_sample",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def record(self) -> dict[str, Any]:
        names = (
            "code", "outcome", "reason", "taken_at", "recorded_at", "by", "result", "reported_at", "result_by",
        )  # fmt: skip
        return {"order": self.order.number} | {name: getattr(self, name) for name in names}
