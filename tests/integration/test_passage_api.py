"""The gate over HTTP, and what the day's report says of it."""

from typing import Any

import pytest
from django.test import Client

from tests.integration.passage import MINUTE, Gate
from tests.integration.test_facts_api import token


@pytest.fixture
def gate(make_facility: Any, monkeypatch: pytest.MonkeyPatch) -> Gate:
    from lazaretto.apps.passage import api

    found = Gate(make_facility, "facility-s0-prison")
    monkeypatch.setattr(api, "clock_now", lambda: found.at)
    return found


def test_a_visit_over_http_sent_twice(gate: Gate, client: Client) -> None:
    """A visit, its steps and its way out, each sent twice; early, offline and foreign requests get what the rules say."""
    from lazaretto.apps.passage.models import Crossing, Visit

    bearer = {"headers": {"Authorization": f"Bearer {token(gate.small, 'gate_officer')}"}}
    here = "/api/v1/facilities/YT/gate"

    def post(path: str, body: dict[str, Any]) -> Any:
        return client.post(here + path, body, content_type="application/json", **bearer)

    visit = {
        "ref": "v1",
        "parties": [
            {"stream": "vehicle", "of_class": "ambulance", "name": "120"},
            {"stream": "person", "of_class": "staff", "person": "S1"},
        ],
    }
    first = post("/visits", visit).json()
    assert post("/visits", visit).json() == first
    (run,) = first["runs"]
    assert (Visit.objects.count(), run["subject"], run["next"][0]["step"]) == (1, "visit:1/party:2", "register")
    gate.tick(20)
    assert post(f"/runs/{run['id']}/steps", {"ref": "s1", "step": "pass"}).json()["type"] == "skipped"
    early = {"ref": "s2", "step": "register", "done_at": "2026-03-18 00:05"}
    assert post(f"/runs/{run['id']}/steps", early).json()["type"] == "back_dated"
    done = post(f"/runs/{run['id']}/steps", early | {"ref": "s3", "source": "offline"})
    assert done.json()["done"] == ["register"]
    assert post(f"/runs/{run['id']}/steps", early | {"ref": "s3", "source": "offline"}).json()["done"] == ["register"]
    assert post("/runs/99/steps", early).status_code == 404
    let_in = {"ref": "c1", "subject": "visit:1/party:1", "direction": "in"}
    since = post("/crossings", let_in).json()["inside_since"]
    assert since == post("/crossings", let_in).json()["inside_since"] is not None
    assert (
        post("/crossings", {"ref": "c2", "subject": "visit:1/party:2", "direction": "in"}).json()["type"]
        == "chain_owed"
    )
    assert [line["n"] for line in client.get(here, **bearer).json()["inside"]] == [1]
    assert (
        post("/crossings", {"ref": "c3", "subject": "visit:1/party:1", "direction": "out"}).json()["inside_since"]
        is None
    )
    assert Crossing.objects.count() == 2
    ward = {"headers": {"Authorization": f"Bearer {token(gate.small, 'ward_officer')}"}}
    assert client.post(here + "/visits", visit, content_type="application/json", **ward).status_code == 403
    assert client.get("/api/v1/facilities/ELSEWHERE/gate", **bearer).status_code == 404


def test_the_days_report_counts_entries_refusals_and_what_was_not_reconciled(make_facility: Any) -> None:
    """The nil report says what passed the gate; as of a moment it never says what was learned later."""
    from datetime import timedelta

    from lazaretto.apps.work.findings import find
    from lazaretto.protocol.refusal import Refusal
    from tests.conftest import DAY

    gate = Gate(make_facility, "facility-s2-detention")
    day = DAY + timedelta(days=1)
    assert "gate" not in gate.small.draft(day, gate.at)
    visit = gate.visit(("vehicle", "outside_vehicle", "A 1"))
    with pytest.raises(Refusal):
        gate.visit(("goods", "takeaway", "rice"), ref="v2")
    assert gate.walk(gate.party(visit))[-1] == "pass"
    find(gate.facility, rule="gate.unmatched", evidence="a cart", ref="f", owner="gate_officer", by="o", at=gate.at)
    said = gate.small.draft(day, gate.at)["gate"]
    assert said == {"entries": {"vehicle": 1}, "exits": {}, "refused": 1, "approved": 2, "unreconciled": 1}
    assert gate.small.draft(day, gate.at - MINUTE)["gate"]["entries"] == {}
