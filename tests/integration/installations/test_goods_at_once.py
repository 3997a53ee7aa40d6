"""Eight officers at once, on both engines: one release, at its time, and not a gram more than there is."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.installations.installation import Installation

PROGRAM = """
import json, sys, threading
from datetime import date
from decimal import Decimal
from django.db import connections
from lazaretto import packs
from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.command import actions as command
from lazaretto.apps.passage import goods, kitchen, lots
from lazaretto.apps.passage.models import Issue
from lazaretto.apps.passage.suppliers import save_supplier
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.work.models import Refused, Run, StepDone
from lazaretto.protocol.refusal import Refusal

AT, MINUTE = 1_773_763_200_000, 60_000
own = accounts.create_organisation(code="GD", kind="facility", name_zh="甲", name_en="A", by="t", at=AT)
facility = registry.create_facility(organisation=own, zone="Asia/Shanghai", by="t", at=AT)
command.adopt(facility=facility, loaded=packs.open_protocol("facility-s0-prison"), by="t", at=AT)
save_supplier(facility, code="S", name="s", origin="o", certificate="c", certificate_until=date(2027, 1, 1), by="t", at=AT)
made = goods.announce(facility, ref="a", title="", lots=[goods.Announced("rice", "food", Decimal(5))], supplier="S", by="t", at=AT)
goods.arrive(made, by="t", at=AT)
lot = lots.lot_called(facility, made.lots.get().number)
run = Run.objects.select_related("facility__log").get(subject=lot.subject)
ROLES = {"gate_officer", "logistics"}
SAID = {"disinfection": {"agent": "chlorine", "mg_per_l": 500, "minutes": 30}, "handover": {"cart": "D3", "apart": True}}
for name in ("barrier", "cart", "between_doors", "loading_area"):
    needs = lots.chain_of(run, AT).step(name).observation
    lots.do(run, name, ref=name, by="g", roles=ROLES, at=AT, values=SAID[needs])
over, wrong = AT + 30 * MINUTE, []

def tried(codes, ask):
    try:
        ask()
    except Refusal as refusal:
        if refusal.code not in codes:
            wrong.append(refusal.code)

def officer(n):
    try:
        for k in range(5):
            at = over + (k - 2) * MINUTE
            tried({"too_early", "ended", "repeated"}, lambda: lots.do(run, "release", ref=f"o{n}-{k}", by=f"o{n}", roles=ROLES, at=at))
            tried({"on_hold", "too_much"}, lambda: kitchen.issue(lot, Decimal(1), kitchen.ForMeal(date(2026, 3, 18), "lunch", "K"), ref=f"i{n}", by=f"o{n}", at=at))
    except Exception as error:
        wrong.append(repr(error))
    finally:
        connections.close_all()

threads = [threading.Thread(target=officer, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
issues = list(Issue.objects.all())
print(json.dumps({
    "wrong": wrong, "released": [d.at - over for d in StepDone.objects.filter(run=run, step="release")],
    "early": [i.issued_at for i in issues if i.issued_at < over], "gone": str(sum(i.quantity for i in issues)),
    "refused": Refused.objects.filter(step="release").count(),
}))
"""


@pytest.mark.more
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_officers_at_once_release_once_and_never_early(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    new_database: Callable[[], str] | None = request.getfixturevalue("new_database") if engine == "postgres" else None
    (tmp_path / "here").mkdir()
    node = Installation(tmp_path / "here", new_database() if new_database else "")
    node.run("init")
    found, errors = node.code(PROGRAM).communicate(timeout=240)
    said = json.loads(found.splitlines()[-1]) if found else errors
    assert said["wrong"] == []
    assert len(said["released"]) == 1
    assert said["released"][0] >= 0
    assert said["early"] == []
    assert said["gone"] == "5.00"
    assert said["refused"] == 39, "forty asked, one got it, each other attempt is on record"
