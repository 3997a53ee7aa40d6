"""
Goods in the demo: a lot of food that came three days ago and, where every clock let it, went into a meal; and goods of the
last afternoon, which still rest. All by the real actions; what a rule of the regime refuses is refused here too.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lazaretto.apps.passage import goods, kitchen, lots
from lazaretto.apps.passage.goods import Announced
from lazaretto.apps.passage.kitchen import ForMeal
from lazaretto.apps.passage.models import Consignment, Lot
from lazaretto.apps.passage.suppliers import save_supplier
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rehearse.founding import BY
from lazaretto.apps.work.running import RunState
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal

if TYPE_CHECKING:
    from lazaretto.apps.rehearse.acts import Life

#: What comes: when it is announced (day, minute), and the lot.
COMES = {
    "rice": ((2, 9 * 60), Announced("食堂粮油", "food", Decimal(26), "箱", "B0316")),
    "soap": ((5, 15 * 60 + 40), Announced("洗涤用品", "living", Decimal(12), "箱", "B0318")),
}  # fmt: skip
EVERY, STEPS, HOLD = 4, 7, 48 * 60
_VALUES: dict[str, Any] = {"handover": {"cart": "D3", "apart": True}}


def days(life: "Life") -> Iterator[tuple[int, str]]:
    """Yield what happens with goods at a facility, with its moments."""
    for name, ((day, minute), _) in COMES.items():
        begin = life.script.at(day, minute)
        yield begin, f"come {name}"
        for n in range(1, STEPS + 1):
            yield begin + n * EVERY * 60_000, f"step {name}"
    over = life.script.at(2, COMES["rice"][0][1]) + (HOLD + 2 * EVERY) * 60_000
    yield over - 60 * 60_000, "meal rice"
    yield over, "step rice"
    yield over + EVERY * 60_000, "meal rice"


def happen(facility: Facility, said: str, at: int) -> None:
    what, _, name = said.partition(" ")
    try:
        _HAPPENS[what](facility, name, at)
    except Refusal:
        return


def _come(facility: Facility, name: str, at: int) -> None:
    until = local_day(facility.zone, at) + timedelta(days=200)
    save_supplier(
        facility,
        code="G01",
        name="云岫粮油",
        origin="云汀县",
        certificate="SC10137",
        certificate_until=until,
        by=BY,
        at=at,
    )
    made = goods.announce(
        facility, ref=f"demo-{name}", title="", lots=[COMES[name][1]], supplier="G01", plate="鲁Q 7M105", by=BY, at=at
    )
    goods.arrive(made, by=BY, at=at)


def _lot(facility: Facility, name: str) -> Lot | None:
    row = Consignment.objects.filter(facility=facility, ref=f"demo-{name}").first()
    first = row.lots.first() if row else None
    return lots.lot_called(facility, first.number) if first else None


def _step(facility: Facility, name: str, at: int) -> None:
    """Do what can be done next on each chain of a lot."""
    lot = _lot(facility, name)
    for found in lots.runs_of(lot, at) if lot else ():
        _next(found, lot, at)


def _next(found: RunState, lot: Lot | None, at: int) -> None:
    step = next((s for s, moment in found.next if moment <= at), None)
    if step is None or lot is None:
        return
    wares = goods.wares(lot.of_class)
    treated = {"agent": wares.agent, "minutes": str(wares.minutes), "mg_per_l": str(wares.mg_per_l or "")}
    values = _VALUES | {"disinfection": treated}
    by = f"demo-approver-{step.id}" if step.does == "approve" else BY
    result = "granted" if step.does == "approve" else next(iter(step.accept), "")
    said = values.get(step.observation or "", {}) | {item.id: True for item in step.items}
    lots.do(
        found.run, step.id, ref=f"demo:{found.run.pk}:{step.id}", by=by, roles={step.by or "gate_officer"}, at=at, result=result,
        second="demo-second" if step.pair else "", values=said,
    )  # fmt: skip


def _meal(facility: Facility, name: str, at: int) -> None:
    lot = _lot(facility, name)
    if lot is not None:
        meal = ForMeal(local_day(facility.zone, at), "lunch", "伙房", 180)
        kitchen.issue(lot, Decimal(8), meal, ref=f"demo-{name}-{at}", by=BY, at=at)


_HAPPENS = {"come": _come, "step": _step, "meal": _meal}
