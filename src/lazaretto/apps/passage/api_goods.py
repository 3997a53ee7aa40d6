"""Goods over HTTP: lots with their clocks, announcing and arriving, readings, samples, the kitchen, recalls; sent twice is once."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest, JsonResponse
from ninja import Field, Router, Schema

from lazaretto.apps.accounts.access import asker, clock_now
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.passage import goods, kitchen, lots, reading_goods, standing
from lazaretto.apps.passage.goods import Announced
from lazaretto.apps.passage.kitchen import ForMeal
from lazaretto.apps.passage.models import Lot
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.queries import open_facility
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.apps.work.delegations import roles_of
from lazaretto.protocol.clock import local_day, utc_text
from lazaretto.protocol.refusal import Refusal

router = Router()
_P = Permission
ERRORS: dict[Any, Any] = {401: Any, 403: Any, 404: Any, 409: Any, 422: Any}
MOST = 500


class ClockOut(Schema):
    """One clock of a lot: a time with its end, or a step that is still to be done."""

    step: str
    until: str | None
    over: bool


class LotOut(Schema):
    """A lot, its state, and each of its clocks. `free_from` is null where time alone does not free it."""

    number: str
    title: str
    of_class: str
    batch: str
    supplier: str | None
    quantity: str
    left: str
    unit: str
    state: str
    free_from: str | None
    clocks: list[ClockOut]


class LotIn(Schema):
    """A lot as it is announced."""

    title: str = Field(max_length=120)
    of_class: str = Field(max_length=40)
    quantity: Decimal = Field(max_digits=10, decimal_places=2, gt=0)
    unit: str = Field("", max_length=20)
    batch: str = Field("", max_length=60)
    origin: str = Field("", max_length=120)
    best_before: date | None = None


class ConsignmentIn(Schema):
    """Goods that come or go together. The same `ref` again changes nothing."""

    ref: str = Field(min_length=1, max_length=60)
    supplier: str = Field("", max_length=40)
    direction: Literal["in", "out"] = "in"
    title: str = Field("", max_length=120)
    plate: str = Field("", max_length=20)
    visit: str = Field("", max_length=40)
    expected_on: date | None = None
    lots: list[LotIn] = Field(min_length=1, max_length=50)
    arrived: bool = False


class ConsignmentOut(Schema):
    """Its number, and those of its lots."""

    number: str
    lots: list[str]


class ActIn(Schema):
    """
    Something done with a lot: a reading (`celsius`), a sample (`code`), its `result`, or `quantity` for a `meal` in a `place`
    on a day. The same `ref` again changes nothing.
    """

    ref: str = Field(min_length=1, max_length=40)
    what: Literal["reading", "sample", "result", "issue"]
    celsius: Decimal | None = None
    code: str = Field("", max_length=40)
    result: str = Field("", max_length=12)
    quantity: Decimal | None = Field(None, max_digits=10, decimal_places=2)
    meal: str = Field("", max_length=10)
    place: str = Field("", max_length=60)
    on: date | None = None
    served: int = Field(0, ge=0, le=1_000_000)


class RecallIn(Schema):
    """Lots that are called back, with all of the same batch where `alike` is said."""

    ref: str = Field(min_length=1, max_length=60)
    lots: list[str] = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=200)
    alike: bool = True


class RecallOut(Schema):
    """What was served where, and what is still to be fetched."""

    number: int
    lots: dict[str, str]
    served: list[dict[str, Any]]
    people: int


def _refused(refusal: Refusal) -> JsonResponse:
    body = {
        "type": refusal.code, "title": refusal.words.en, "title_zh": refusal.words.zh, "status": 409,
        "possible_at": None if refusal.possible_at is None else utc_text(refusal.possible_at),
    }  # fmt: skip
    return JsonResponse(body, status=409, content_type="application/problem+json")


def _lot(found: standing.Standing) -> dict[str, Any]:
    lot = found.lot
    free = found.free_from if lot.consignment.arrived_at is not None else None
    return {
        "number": lot.number, "title": lot.title, "of_class": lot.of_class, "batch": lot.batch,
        "supplier": lot.consignment.supplier.code if lot.consignment.supplier else None, "quantity": str(lot.quantity),
        "left": str(found.left), "unit": lot.unit, "state": found.state, "free_from": None if free is None else utc_text(free),
        "clocks": [{"step": c.step.id, "until": None if c.until is None else utc_text(c.until), "over": c.over} for c in found.clocks],
    }  # fmt: skip


@router.get("/facilities/{code}/goods", response={200: list[LotOut], **ERRORS}, url_name="goods")
def get_goods(request: HttpRequest, code: str, q: str = "", on_hold: bool = False) -> JsonResponse:
    """Return lots with their clocks, the newest first; `on_hold` those that a chain still holds, what is free first."""
    now = clock_now()
    facility, _ = open_facility(asker(request), code, [_P.GOODS_READ], now)
    if on_hold:
        found = reading_goods.on_hold(facility, now)[:MOST]
    else:
        rows = standing.matching(standing.lots(facility), text=q.replace("\x00", "")[:60])
        found = standing.standings(facility, rows[:MOST], now)
    return JsonResponse([_lot(s) for s in found], safe=False)


@router.post("/facilities/{code}/goods", response={200: ConsignmentOut, **ERRORS}, url_name="goods-announce")
def post_goods(request: HttpRequest, code: str, body: ConsignmentIn) -> JsonResponse:
    """Announce goods; with `arrived`, say at once that they are at the gate, so that their chains begin."""
    now = clock_now()
    user = asker(request)
    facility, _ = open_facility(user, code, [_P.GOODS_RECORD], now)
    try:
        made = goods.announce(
            facility, ref=body.ref, title=body.title, lots=[Announced(**lot.dict()) for lot in body.lots], supplier=body.supplier,
            direction=body.direction, plate=body.plate, visit=body.visit, expected_on=body.expected_on, by=user.ref, at=now,
        )  # fmt: skip
        if body.arrived:
            goods.arrive(made, by=user.ref, at=now)
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse(
        {"number": made.number, "lots": list(made.lots.order_by("pk").values_list("number", flat=True))}
    )


@router.post("/facilities/{code}/goods/lots/{number}", response={200: LotOut, **ERRORS}, url_name="lot-act")
def post_act(request: HttpRequest, code: str, number: str, body: ActIn) -> JsonResponse:
    """Do something with a lot. What a rule refuses comes back as a problem, with the moment from which it is possible."""
    now = clock_now()
    user = asker(request)
    facility, _ = open_facility(user, code, [_P.GOODS_RECORD], now)
    lot = _called(facility, number)
    who: dict[str, Any] = {"by": user.ref, "at": now}
    acts: dict[str, Callable[[], object]] = {
        "reading": lambda: lots.read(lot, celsius=body.celsius if body.celsius is not None else Decimal(999), ref=body.ref, **who),
        "sample": lambda: lots.take_sample(lot, code=body.code, ref=body.ref, roles=roles_of(user, facility, now), **who),
        "result": lambda: lots.enter_result(_sample(lot, body.code), result=body.result, ref=body.ref, roles=roles_of(user, facility, now), **who),
        "issue": lambda: kitchen.issue(lot, body.quantity or Decimal(0), ForMeal(body.on or local_day(facility.zone, now), body.meal, body.place, body.served), ref=body.ref, **who),
    }  # fmt: skip
    try:
        acts[body.what]()
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse(_lot(standing.standing(_called(facility, number), now)))


@router.post("/facilities/{code}/goods/recalls", response={200: RecallOut, **ERRORS}, url_name="goods-recall")
def post_recall(request: HttpRequest, code: str, body: RecallIn) -> JsonResponse:
    """Call lots back, in one act; the answer says what was served where."""
    now = clock_now()
    user = asker(request)
    facility, _ = open_facility(user, code, [_P.GOODS_RECALL], now)
    wanted: dict[int, Lot] = {}
    for number in body.lots:
        lot = _called(facility, number)
        wanted |= {one.pk: one for one in (kitchen.alike(lot) if body.alike else [lot])}
    try:
        found = kitchen.called(
            kitchen.recall(list(wanted.values()), reason=body.reason, ref=body.ref, by=user.ref, at=now)
        )
    except Refusal as refusal:
        return _refused(refusal)
    served = [
        {"lot": i.lot.number, "quantity": str(i.quantity), "on": i.meal.on.isoformat(), "meal": i.meal.meal, "place": i.meal.place, "served": i.meal.served}
        for i in found.served
    ]  # fmt: skip
    left = {lot.number: str(found.left[lot.pk]) for lot in found.lots}
    return JsonResponse({"number": found.recall.number, "lots": left, "served": served, "people": found.people})


def _called(facility: Facility, number: str) -> Lot:
    found = lots.lot_called(facility, number.replace("\x00", ""))
    if found is None:
        raise NothingThere
    return found


def _sample(lot: Lot, code: str) -> Any:
    found = reading_goods.sample(lot, code)
    if found is None:
        raise NothingThere
    return found
