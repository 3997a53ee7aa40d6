"""Facilities with suppliers and goods on their way, and short ways to take them through their chains."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from lazaretto.apps.passage import goods, lots
from lazaretto.apps.passage.goods import Announced
from lazaretto.apps.passage.models import Consignment, Lot
from lazaretto.apps.passage.suppliers import save_supplier
from lazaretto.apps.work.models import Run
from tests.conftest import Small

MINUTE, HOUR = 60_000, 3_600_000
#: Everybody a chain asks for: these tests are about goods, not about who may.
ROLES = frozenset({
    "gate_officer", "logistics", "bureau_approver", "kitchen_lead", "lab_lead", "county_deputy_chief", "detachment_leader", "deputy_head",
})  # fmt: skip
TREATED = {"agent": "chlorine", "mg_per_l": 500, "minutes": 30}
HANDED = {"cart": "D3", "apart": True}


def supplied(small: Small, code: str = "S01", until: date = date(2026, 12, 31), origin: str = "云汀县") -> Any:
    return save_supplier(
        small.facility, code=code, name="云岫粮油", origin=origin, certificate="SC10137", certificate_until=until, by="t",
        at=small.start,
    )  # fmt: skip


def rice(quantity: str = "26", of_class: str = "general", title: str = "食堂粮油") -> Announced:
    return Announced(title, of_class, Decimal(quantity), "箱", "B2026-03")


def announced(
    small: Small, *what: Announced, ref: str = "a1", at: int | None = None, direction: str = "in"
) -> Consignment:
    return goods.announce(
        small.facility, ref=ref, title="", lots=what or (rice(),), supplier="S01" if direction == "in" else "", plate="云A12345",
        direction=direction, by="asker", at=small.at if at is None else at,
    )  # fmt: skip


def arrived(small: Small, *what: Announced, ref: str = "a1", at: int | None = None, direction: str = "in") -> Lot:
    moment = small.at if at is None else at
    consignment = announced(small, *what, ref=ref, at=moment, direction=direction)
    goods.arrive(consignment, by="gate", at=moment)
    lot = consignment.lots.first()
    assert lot is not None
    found = lots.lot_called(small.facility, lot.number)
    assert found is not None
    return found


def run_of(lot: Lot, measure: str) -> Run:
    return Run.objects.select_related("facility__log").get(subject=lot.subject, measure=measure)


def stepper(lot: Lot, measure: str, by: str = "g") -> Callable[..., Any]:
    """Return a doer of steps of one run of a lot; whatever a disinfection or hand-over needs goes with it."""
    run = run_of(lot, measure)

    def step(name: str, at: int, **more: Any) -> Any:
        values = {"disinfection": TREATED, "handover": HANDED}
        chain = lots.chain_of(run, at).step(name)
        said = more.pop("values", values.get(chain.observation or "", {}) if chain else {})
        return lots.do(
            run,
            name,
            ref=more.pop("ref", f"{run.ref}:{name}"),
            by=more.pop("by", by),
            roles=ROLES,
            at=at,
            values=said,
            **more,
        )

    return step
