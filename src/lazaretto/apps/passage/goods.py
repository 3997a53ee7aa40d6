"""
Consignments: announced, then there. When one arrives, each lot is put on every chain that the protocol has for it.

Which chains those are the protocol says: by stream, direction and class. A lot that no chain of the house knows is not taken
where the house has chains for goods at all, so that nothing slips in beside them.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from lazaretto import packs
from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.passage.keeping import keep
from lazaretto.apps.passage.models import Consignment, Lot, Supplier
from lazaretto.apps.passage.suppliers import check_supplier
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work import runs
from lazaretto.apps.work.models import Run
from lazaretto.apps.work.recording import lock
from lazaretto.protocol.chain import Chain
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.goods import GoodsClass
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.restriction import Restriction, Wish, denial
from lazaretto.protocol.text import Text

#: The register by which a supplier is refused, as the refusal names its rule.
REGISTER = "food.suppliers"
STREAMS = frozenset(stream for wares in packs.goods().values() for stream in wares.streams)


class Announced(NamedTuple):
    """A lot as it is announced."""

    title: str
    of_class: str
    quantity: Decimal
    unit: str = ""
    batch: str = ""
    origin: str = ""
    best_before: date | None = None


class Asked(NamedTuple):
    """Somebody announces or receives goods: what is kept of it if a rule says no."""

    facility: Facility
    ref: str
    direction: str
    by: str
    at: int


def wares(of_class: str) -> GoodsClass:
    """:raises Refusal: unknown_class."""
    found = packs.goods().get(of_class)
    if found is None:
        raise Refusal("unknown_class", Text(f"没有货物类别 {of_class}", f"there is no class of goods {of_class}"))
    return found


def announce(
    facility: Facility, *, ref: str, title: str, lots: Sequence[Announced], supplier: str = "", direction: str = "in",
    plate: str = "", visit: str = "", expected_on: date | None = None, by: str, at: int,
) -> Consignment:  # fmt: skip
    """
    Announce goods. The same `ref` again changes nothing. What a rule refuses is kept as a refusal.

    :raises Refusal: unknown_supplier, no_origin, certificate_ended, unknown_class, no_lots, no_quantity, denied …
    """
    same = Consignment.objects.filter(facility=facility, ref=ref[:60]).first()
    if same is not None:
        return same
    asked = Asked(facility, f"announce:{ref}"[:80], direction, by, at)
    on = expected_on or local_day(facility.zone, at)
    known = Supplier.objects.filter(facility=facility, code=supplier.strip()).first()
    try:
        if direction == "in":
            check_supplier(known, on)
        _check_lots(lots)
        for lot in lots:
            check_denied(facility, lot.of_class, direction, at)
    except Refusal as refusal:
        _keep(asked, refusal, lots[0].of_class if lots else "")
        raise
    return _announce(asked, ref[:60], title, lots, known if direction == "in" else None, plate, visit, expected_on)


def _check_lots(lots: Sequence[Announced]) -> None:
    if not lots:
        raise Refusal("no_lots", Text("写明货物", "say what comes"))
    for lot in lots:
        wares(lot.of_class)
        if not lot.title.strip():
            raise Refusal("no_title", Text("写明货物名称", "say what it is"))
        if lot.quantity <= 0:
            raise Refusal("no_quantity", Text("数量须大于零", "the amount must be above zero"))


def check_denied(facility: Facility, of_class: str, direction: str, at: int) -> None:
    """:raises Refusal: denied, if a restriction in force lets no goods of this class through and no chain is its exception."""
    try:
        resolved = in_force(facility, at).resolved
    except NoProtocol:
        return
    on = local_day(facility.zone, at)
    for rule in (m for m in resolved.everything if isinstance(m, Restriction)):
        wish = Wish("goods", of_class, direction=direction, on=on, excepted_by=rule.exception or "")
        if (found := denial(rule, wish)) is not None:
            others = [m.title for name in found.instead if (m := resolved.any_measure(name)) is not None]
            zh, en = "、".join(t.zh for t in others), ", ".join(t.en for t in others)
            words = found.words
            if others:
                words = Text(f"{words.zh}；可改为：{zh}", f"{words.en}; offered instead: {en}")
            raise Refusal("denied", words)


@transaction.atomic
def _announce(
    asked: Asked, ref: str, title: str, lots: Sequence[Announced], supplier: Supplier | None, plate: str, visit: str,
    expected_on: date | None,
) -> Consignment:  # fmt: skip
    facility, at = asked.facility, asked.at
    lock(facility)
    same = Consignment.objects.filter(facility=facility, ref=ref).first()
    if same is not None:
        return same
    made = Consignment.objects.create(
        facility=facility, ref=ref, number=_number(facility, lots, at), direction=asked.direction, supplier=supplier,
        title=(title.strip() or lots[0].title)[:120], plate=plate.strip().upper()[:20], visit=visit.strip()[:40],
        expected_on=expected_on, announced_at=at, recorded_at=at, by=asked.by[:60],
    )  # fmt: skip
    parts = [
        Lot.objects.create(
            facility=facility, consignment=made, number=f"{made.number}-{n}", title=lot.title.strip()[:120],
            of_class=lot.of_class, batch=lot.batch.strip()[:60],
            origin=(lot.origin.strip() or (supplier.origin if supplier else ""))[:120], quantity=lot.quantity,
            unit=lot.unit.strip()[:20], best_before=lot.best_before,
        )
        for n, lot in enumerate(lots, 1)
    ]  # fmt: skip
    keep(facility, "goods_announced", [made, *parts], by=asked.by, at=at)
    return made


def _number(facility: Facility, lots: Sequence[Announced], at: int) -> str:
    """Return the next number of the day: H0317-04 for goods, F0317-05 where any of it is food."""
    day = local_day(facility.zone, at)
    letter = "F" if any("food" in wares(lot.of_class).streams for lot in lots) else "H"
    stem = f"{day:%y%m%d}"
    taken = Consignment.objects.filter(facility=facility, number__contains=stem).count()
    return f"{letter}{stem}-{taken + 1:02d}"


def chains_for(facility: Facility, lot: Lot, at: int) -> list[tuple[Chain, str]]:
    """
    Return the chains in force that a lot runs on, each with the class as which it does. A chain that says no direction
    leads through no gate (deliveries to families), and is none of them.

    :raises Refusal: not_for_class, where the house has chains for goods and none of them knows this class.
    """
    found, own = [], wares(lot.of_class)
    direction = lot.consignment.direction
    try:
        resolved = in_force(facility, at).resolved
    except NoProtocol:
        raise Refusal("no_protocol", Text("没有规程", "no protocol was adopted")) from None
    every = [m for m in resolved.everything if isinstance(m, Chain) and m.active and m.stream in STREAMS]
    ways = [m for m in every if direction in m.directions]
    for chain in ways:
        as_class = own.among({c.id for c in chain.classes}) if chain.classes else own.id
        if chain.stream in own.streams and as_class:
            found.append((chain, as_class))
    if ways and not found:
        zh = "、".join(c.title.zh for chain in ways for c in chain.classes)
        en = ", ".join(c.title.en for chain in ways for c in chain.classes)
        raise Refusal("not_for_class", Text(f"现行流程只收：{zh}", f"the chains in force take {en} only"))
    return found


def arrive(
    consignment: Consignment, *, by: str, at: int, arrived_at: int | None = None, plate: str = "", source: str = ""
) -> list[Run]:
    """
    Say that goods are at the gate: from now on each lot runs on its chains. Saying it again changes nothing and opens
    what a crash left unopened.

    :raises Refusal: as for `announce`, on the day of arrival; future, back_dated, not_for_class.
    """
    facility, moment = consignment.facility, at if arrived_at is None else arrived_at
    asked = Asked(facility, f"arrive:{consignment.number}", consignment.direction, by, at)
    lots = list(consignment.lots.select_related("facility__log", "consignment").order_by("pk"))
    wanted: list[tuple[Lot, Chain, str]] = []
    try:
        if consignment.arrived_at is None:
            if consignment.direction == "in":
                check_supplier(consignment.supplier, local_day(facility.zone, moment))
            for lot in lots:
                check_denied(facility, lot.of_class, consignment.direction, at)
        for lot in lots:
            wanted += [(lot, chain, name) for chain, name in chains_for(facility, lot, at)]
        _check_moment(consignment, moment, at, source)
    except Refusal as refusal:
        _keep(asked, refusal, lots[0].of_class)
        raise
    again = consignment.arrived_at is not None
    _arrive(consignment, moment, plate, by=by, at=at)
    return [
        runs.open_run(
            facility, measure=chain.id, subject=lot.subject, title=f"{lot.number} {lot.title}",
            direction=consignment.direction, of_class=name, ref=f"{lot.subject}:{chain.id}",
            by=by, at=at, opened_at=consignment.arrived_at, requester=consignment.by,
            source="offline" if again else source,
        )
        for lot, chain, name in wanted
    ]  # fmt: skip


def _check_moment(consignment: Consignment, moment: int, at: int, source: str) -> None:
    if moment > at:
        raise Refusal("future", Text("不能登记将来的时间", "a time to come cannot be recorded"))
    if moment < consignment.announced_at and consignment.arrived_at is None:
        raise Refusal("back_dated", Text("早于申报", "that is before it was announced"), consignment.announced_at)
    if source not in runs.LATER and at - moment > runs.AT_ONCE_MS and consignment.arrived_at is None:
        raise Refusal("back_dated", Text("不能补记这么早的时间", "that is too long ago to be entered now"))


@transaction.atomic
def _arrive(consignment: Consignment, moment: int, plate: str, *, by: str, at: int) -> None:
    lock(consignment.facility)
    row = Consignment.objects.select_related("supplier").get(pk=consignment.pk)
    if row.arrived_at is None:
        row.arrived_at, row.plate = moment, plate.strip().upper()[:20] or row.plate
        row.save(update_fields=["arrived_at", "plate"])
        keep(consignment.facility, "goods_arrived", [row], by=by, at=at, occurred_at=moment)
    consignment.arrived_at, consignment.plate = row.arrived_at, row.plate


def _keep(asked: Asked, refusal: Refusal, of_class: str) -> None:
    said: dict[str, Any] = {"stream": "goods", "direction": asked.direction, "of_class": of_class}
    asking = runs.Asking(asked.facility, REGISTER, asked.ref, asked.by, asked.at, asked.at, **said)
    runs.keep_refusal(asking, refusal)
