"""
Lots to the kitchen, meals, and the way back: what went into which meal, and from whom it came. A recall in one action.

Nothing goes to the kitchen before every clock of every chain of its lot is over; who asks earlier is told from when on, and
the attempt is kept as a refusal.
"""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max

from lazaretto.apps.passage.goods import wares
from lazaretto.apps.passage.keeping import keep
from lazaretto.apps.passage.models import Issue, Lot, Meal, Recall
from lazaretto.apps.passage.models.goods import MEALS
from lazaretto.apps.passage.standing import check_free, standing
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work import findings, runs
from lazaretto.apps.work.models import Run
from lazaretto.apps.work.recording import lock
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

ISSUE = "kitchen_issue"


class ForMeal(NamedTuple):
    """For which meal something goes to the kitchen: the day, which one, where it is served, and for how many."""

    on: date
    meal: str
    place: str
    served: int = 0


def issue(lot: Lot, quantity: Decimal, meal: ForMeal, *, ref: str, by: str, at: int) -> Issue:
    """
    Give a lot, or some of it, to the kitchen. The same `ref` again changes nothing.

    :raises Refusal: on_hold, recalled, stopped, found, expired, announced, not_food, too_much, no_quantity, no_meal.
    """
    try:
        return _issue(lot, quantity, meal, ref[:60], by, at)
    except Refusal as refusal:
        own = Run.objects.filter(facility=lot.facility, subject=lot.subject).order_by("-pk").first()
        asking = runs.Asking(
            lot.facility,
            own.measure if own else ISSUE,
            f"issue:{ref}",
            by,
            at,
            at,
            own,
            ISSUE,
            stream="food",
            of_class=lot.of_class,
        )
        runs.keep_refusal(asking, refusal)
        raise


@transaction.atomic
def _issue(lot: Lot, quantity: Decimal, meal: ForMeal, ref: str, by: str, at: int) -> Issue:
    facility = lot.facility
    lock(facility)
    same = Issue.objects.filter(facility=facility, ref=ref).select_related("lot", "meal").first()
    if same is not None:
        if same.lot_id != lot.pk:
            raise Refusal("id_conflict", Text("这个编号已用于别的批次", "this reference stands for another lot"))
        return same
    fresh = Lot.objects.select_related("consignment", "facility__log", "recall").get(pk=lot.pk)
    if "food" not in wares(fresh.of_class).streams:
        raise Refusal("not_food", Text("不是食品", "it is no food"))
    if meal.meal not in MEALS or not meal.place.strip():
        raise Refusal("no_meal", Text("写明哪一餐、在哪里", "say for which meal and where"))
    if quantity <= 0:
        raise Refusal("no_quantity", Text("数量须大于零", "the amount must be above zero"))
    stands = standing(fresh, at)
    check_free(stands)
    if quantity > stands.left:
        words = Text(f"只剩 {stands.left} {lot.unit}", f"only {stands.left} {lot.unit} are left")
        raise Refusal("too_much", words)
    into, new = _meal(facility, meal, by, at)
    made = Issue.objects.create(
        facility=facility, lot=fresh, meal=into, ref=ref, quantity=quantity, issued_at=at, by=by[:60]
    )
    keep(facility, "kitchen_issued", [made, into] if new else [made], by=by, at=at)
    return made


def _meal(facility: Facility, meal: ForMeal, by: str, at: int) -> tuple[Meal, bool]:
    place = meal.place.strip()[:60]
    row = Meal.objects.filter(facility=facility, on=meal.on, meal=meal.meal, place=place).first()
    if row is None:
        made = {"served": max(meal.served, 0), "recorded_at": at, "by": by[:60]}
        return Meal.objects.create(facility=facility, on=meal.on, meal=meal.meal, place=place, **made), True
    if meal.served > row.served:
        row.served = meal.served
        row.save(update_fields=["served"])
        return row, True
    return row, False


# -- the way there and back ------------------------------------------------------------------------------------------


def forward(lots: Collection[Lot]) -> list[Issue]:
    """Return everything that went out of lots: into which meals, by time."""
    rows = Issue.objects.filter(lot__in=[lot.pk for lot in lots])
    return list(rows.select_related("meal", "lot").order_by("issued_at", "pk"))


def back(meal: Meal) -> list[Issue]:
    """Return what a meal was made of, with the lots, their consignments and suppliers."""
    return list(meal.issues.select_related("lot__consignment__supplier", "meal").order_by("lot__number", "pk"))


def alike(lot: Lot) -> list[Lot]:
    """Return a lot and all others of the same batch of the same supplier: what is wrong with one is wrong with them."""
    if not lot.batch:
        return [lot]
    rows = Lot.objects.filter(facility=lot.facility, batch=lot.batch, consignment__supplier=lot.consignment.supplier)
    return list(rows.select_related("consignment__supplier", "facility__log", "recall").order_by("pk"))


class Called(NamedTuple):
    """A recall with what came of its lots: served where, for how many, and what is still to be fetched."""

    recall: Recall
    lots: list[Lot]
    served: list[Issue]
    left: dict[int, Decimal]

    @property
    def people(self) -> int:
        """For how many the meals were in all, as the kitchen said."""
        return sum(meal.served for meal in {i.meal_id: i.meal for i in self.served}.values())


def called(recall: Recall) -> Called:
    lots = list(recall.lots.select_related("consignment__supplier").order_by("number"))
    served = forward(lots)
    gone: dict[int, Decimal] = {}
    for one in served:
        gone[one.lot_id] = gone.get(one.lot_id, Decimal(0)) + one.quantity
    return Called(recall, lots, served, {lot.pk: lot.quantity - gone.get(lot.pk, Decimal(0)) for lot in lots})


@transaction.atomic
def recall(lots: Sequence[Lot], *, reason: str, ref: str, by: str, at: int) -> Recall:
    """
    Call lots back: nothing more of them is given out, their chains end, and a finding says what was served where. The same
    `ref` again changes nothing; a lot that was called back before stays with its first recall. :raises Refusal: no_reason, no_lots.
    """
    if not lots:
        raise Refusal("no_lots", Text("没有这样的批次", "there is no such lot"))
    facility = lots[0].facility
    lock(facility)
    same = Recall.objects.filter(facility=facility, ref=ref[:60]).first()
    if same is not None:
        return same
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明原因", "say why"))
    rows = list(Lot.objects.filter(pk__in=[lot.pk for lot in lots], facility=facility, recall=None).order_by("pk"))
    if not rows:
        first = Lot.objects.select_related("recall").filter(pk=lots[0].pk).first()
        assert first is not None
        assert first.recall is not None
        return first.recall
    number = (Recall.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0) + 1
    made = Recall.objects.create(
        facility=facility, ref=ref[:60], number=number, reason=reason.strip()[:200], recalled_at=at, by=by[:60]
    )
    for lot in rows:
        lot.recall = made
        lot.save(update_fields=["recall"])
    keep(facility, "lots_recalled", [made, *rows], by=by, at=at)
    for run in Run.objects.filter(facility=facility, subject__in=[lot.subject for lot in rows], ended_at=None):
        runs.withdraw(run, reason=f"召回 {number} / recall {number}", by=by, at=at)
    findings.find(
        facility, rule="recall", ref=f"recall:{ref}"[:80], severity="high", subject=rows[0].subject, owner="logistics", by=by,
        at=at, evidence=_evidence(called(made)),
    )  # fmt: skip
    return made


def _evidence(found: Called) -> str:
    where = "；".join(dict.fromkeys(f"{i.meal.on} {i.meal.meal} {i.meal.place}" for i in found.served)) or "—"
    lots = ", ".join(lot.number for lot in found.lots)
    return f"召回 {found.recall.number}：{found.recall.reason}。{lots}。已供 / Recalled {lots}. Served: {where}"[:500]
