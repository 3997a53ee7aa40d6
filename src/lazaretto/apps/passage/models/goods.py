"""Goods and food: who supplies them, what came in which lots, how cold they lay, what was sampled, and in which meals it went."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility

#: The meals of a day, in their order.
MEALS = ("breakfast", "lunch", "supper", "extra")
RESULTS = ("negative", "positive", "inconclusive")


class Supplier(models.Model):
    """
    Who supplies goods: where they come from, and the certificate with the last day on which it holds. Goods of somebody
    who is not here, or whose origin is not known, are not taken.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="suppliers")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    origin = models.CharField(max_length=120, blank=True)
    certificate = models.CharField(max_length=80, blank=True)
    certificate_until = models.DateField(null=True, blank=True)
    contact = models.CharField(max_length=120, blank=True)
    stopped_at = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "code", "name", "origin", "certificate", "certificate_until", "stopped_at", "recorded_at"), PLAIN
        ),
        **dict.fromkeys(("contact", "by"), IDENTIFYING),
        "reason": SENSITIVE,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "code"], name="supplier_code_once"),
            models.CheckConstraint(
                condition=models.Q(stopped_at=None) | ~models.Q(reason=""), name="who_supplies_no_more_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def record(self) -> dict[str, Any]:
        until = self.certificate_until
        return {
            "code": self.code, "name": self.name, "origin": self.origin, "certificate": self.certificate,
            "certificate_until": until.isoformat() if until else None, "contact": self.contact, "stopped_at": self.stopped_at,
            "reason": self.reason, "recorded_at": self.recorded_at, "by": self.by,
        }  # fmt: skip


class Consignment(models.Model):
    """
    Goods that come or go together: announced, then there. `plate` is of the vehicle that stays outside, `visit` the number
    of the visit that they belong to; `ref` is made by who announces it, so that announcing it twice is once.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="consignments")
    ref = models.CharField(max_length=60)
    number = models.CharField(max_length=20)
    direction = models.CharField(max_length=3, choices=[("in", "in"), ("out", "out")])
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, blank=True, related_name="consignments")
    title = models.CharField(max_length=120)
    plate = models.CharField(max_length=20, blank=True)
    visit = models.CharField(max_length=40, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    announced_at = models.BigIntegerField()
    arrived_at = models.BigIntegerField(null=True, blank=True)
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            (
                "id", "facility", "ref", "number", "direction", "supplier", "title", "visit", "expected_on", "announced_at",
                "arrived_at", "recorded_at",
            ),
            PLAIN,
        ),
        **dict.fromkeys(("plate", "by"), IDENTIFYING),
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "ref"], name="a_consignment_is_announced_once"),
            models.UniqueConstraint(fields=["facility", "number"], name="consignment_number_once"),
            models.CheckConstraint(
                condition=models.Q(direction="out") | ~models.Q(supplier=None), name="what_comes_in_has_a_supplier"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "announced_at"], name="consignment_by_time")]

    def __str__(self) -> str:
        return self.number

    def record(self) -> dict[str, Any]:
        return {
            "ref": self.ref, "number": self.number, "direction": self.direction,
            "supplier": self.supplier.code if self.supplier else None, "title": self.title, "plate": self.plate,
            "visit": self.visit, "expected_on": self.expected_on.isoformat() if self.expected_on else None,
            "announced_at": self.announced_at, "arrived_at": self.arrived_at, "recorded_at": self.recorded_at, "by": self.by,
        }  # fmt: skip


class Recall(models.Model):
    """That lots are called back, and why: nothing more of them is given out, and what was served where is listed."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="recalls")
    ref = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    recalled_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "ref", "number", "recalled_at"), PLAIN),
        "by": IDENTIFYING, "reason": SENSITIVE,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "ref"], name="recalled_once"),
            models.UniqueConstraint(fields=["facility", "number"], name="recall_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id}/{self.number}"

    def record(self) -> dict[str, Any]:
        return {
            "ref": self.ref, "number": self.number, "reason": self.reason, "recalled_at": self.recalled_at, "by": self.by,
        }  # fmt: skip


class Lot(models.Model):
    """
    What of a consignment is one thing: one class, one batch. It runs on the chains of the protocol as `lot:<number>`; where
    it stands is theirs to say. `quantity` is what came; what went to the kitchen is in its issues.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="lots")
    consignment = models.ForeignKey(Consignment, models.PROTECT, related_name="lots")
    number = models.CharField(max_length=30)
    title = models.CharField(max_length=120)
    of_class = models.CharField(max_length=40)
    batch = models.CharField(max_length=60, blank=True)
    origin = models.CharField(max_length=120, blank=True)
    quantity = models.DecimalField(max_digits=10, decimal_places=2)
    unit = models.CharField(max_length=20, blank=True)
    best_before = models.DateField(null=True, blank=True)
    recall = models.ForeignKey(Recall, models.PROTECT, null=True, blank=True, related_name="lots")

    PRIVACY: ClassVar = dict.fromkeys(
        ("id", "facility", "consignment", "number", "title", "of_class", "batch", "origin", "quantity", "unit", "best_before", "recall"),
        PLAIN,
    )  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "number"], name="lot_number_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="a_lot_is_of_something"),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "batch"], name="lot_by_batch")]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        """What its runs and findings are about."""
        return f"lot:{self.number}"

    def record(self) -> dict[str, Any]:
        return {
            "consignment": self.consignment.number, "number": self.number, "title": self.title, "of_class": self.of_class,
            "batch": self.batch, "origin": self.origin, "quantity": f"{self.quantity.normalize():f}", "unit": self.unit,
            "best_before": self.best_before.isoformat() if self.best_before else None,
            "recall": self.recall.number if self.recall else None,
        }  # fmt: skip


class Sample(models.Model):
    """A sample of a lot, and what the laboratory said: who, and when. A result belongs to its sample."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="samples")
    code = models.CharField(max_length=40)
    taken_at = models.BigIntegerField()
    by = models.CharField(max_length=60)
    recorded_at = models.BigIntegerField()
    result = models.CharField(max_length=12, blank=True, choices=[(r, r) for r in RESULTS])
    result_at = models.BigIntegerField(null=True, blank=True)
    result_by = models.CharField(max_length=60, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "lot", "code", "taken_at", "recorded_at", "result", "result_at"), PLAIN),
        **dict.fromkeys(("by", "result_by"), IDENTIFYING),
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lot", "code"], name="lot_sample_once"),
            models.CheckConstraint(
                condition=models.Q(result="") | (models.Q(result_at__isnull=False) & ~models.Q(result_by="")),
                name="a_result_of_a_lot_has_a_name_and_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def record(self) -> dict[str, Any]:
        names = ("code", "taken_at", "by", "recorded_at", "result", "result_at", "result_by")
        return {"lot": self.lot.number} | {name: getattr(self, name) for name in names}


class Reading(models.Model):
    """How cold a lot lay at a moment."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="readings")
    ref = models.CharField(max_length=60)
    celsius = models.DecimalField(max_digits=5, decimal_places=1)
    read_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "lot", "ref", "celsius", "read_at", "recorded_at"), PLAIN), "by": IDENTIFYING,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["lot", "ref"], name="reading_of_a_lot_once")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.celsius}"

    def record(self) -> dict[str, Any]:
        names = ("ref", "read_at", "recorded_at", "by")
        return {"lot": self.lot.number, "celsius": str(self.celsius)} | {name: getattr(self, name) for name in names}


class Meal(models.Model):
    """A meal of a day: what, where, for how many. From it lots are traced back, and lots forward to it."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="meals")
    on = models.DateField()
    meal = models.CharField(max_length=10, choices=[(m, m) for m in MEALS])
    place = models.CharField(max_length=60)
    served = models.PositiveIntegerField(default=0)
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "on", "meal", "place", "served", "recorded_at"), PLAIN), "by": IDENTIFYING,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "on", "meal", "place"], name="a_meal_is_served_once")
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.meal} {self.place}"

    def record(self) -> dict[str, Any]:
        return {
            "on": self.on.isoformat(), "meal": self.meal, "place": self.place, "served": self.served,
            "recorded_at": self.recorded_at, "by": self.by,
        }  # fmt: skip


class Issue(models.Model):
    """How much of a lot went to the kitchen for which meal. `ref` is made by who enters it: entering it twice is once."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="issues")
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="issues")
    meal = models.ForeignKey(Meal, models.PROTECT, related_name="issues")
    ref = models.CharField(max_length=60)
    quantity = models.DecimalField(max_digits=10, decimal_places=2)
    issued_at = models.BigIntegerField()
    by = models.CharField(max_length=60)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "lot", "meal", "ref", "quantity", "issued_at"), PLAIN), "by": IDENTIFYING,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "ref"], name="issued_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="an_issue_is_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} → {self.meal_id}"

    def record(self) -> dict[str, Any]:
        return {
            "lot": self.lot.number, "meal": str(self.meal), "ref": self.ref, "quantity": f"{self.quantity.normalize():f}",
            "issued_at": self.issued_at, "by": self.by,
        }  # fmt: skip
