"""The pages of the gate: who sees what, and a visit from the form to the way out."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.integration.pages import SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401
from tests.integration.passage import MINUTE, Gate

READERS = {
    "gate_officer",
    "ward_officer",
    "clinician",
    "duty_planner",
    "logistics",
    "department_head",
    "epidemic_lead",
    "inspector",
}
APPROVERS = {"department_head", "epidemic_lead", "bureau_approver"}
PAGES = {
    "gate": READERS, "gate-muster": READERS, "gate-restrictions": READERS, "gate-refusals": READERS,
    "gate-findings": READERS, "gate-approvals": APPROVERS, "gate-xlsx": {"department_head", "epidemic_lead"},
    "gate-new": {"gate_officer", "clinician", "logistics", "department_head", "epidemic_lead"},
}  # fmt: skip


@pytest.fixture
def gate(make_facility: Any, look_at: Any) -> Gate:
    found = Gate(make_facility, "facility-s0-prison")
    look_at(found.at)
    return found


def _token(page: Any) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', page.content.decode())
    assert found is not None
    return found.group(1)


@every_role
def test_each_role_opens_its_own_pages_and_no_facility_but_its_own(gate: Gate, sign_in: SignIn, role: str) -> None:
    """Every page of the gate for every role: 200 or 403; names only for who may read names; another's facility is not found."""
    from lazaretto.apps.accounts import actions as accounts

    visit = gate.visit(("person", "staff", "Ouyang"), ("vehicle", "ambulance", "120"))
    client = sign_in(role, gate.facility.organisation)
    for name, open_to in PAGES.items():
        page = client.get(reverse(name, args=["YT"]))
        assert page.status_code == (200 if role in open_to else 403), name
    one = client.get(reverse("gate-visit", args=["YT", visit.number]))
    assert one.status_code == (200 if role in READERS else 403)
    if role in READERS:
        assert ("Ouyang" in one.content.decode()) == (role != "logistics")
    other = accounts.create_organisation(
        code="OTHER", kind="facility", name_zh="别处", name_en="Elsewhere", by="test", at=0
    )
    stranger = sign_in(role, other)
    for name in PAGES:
        assert stranger.get(reverse(name, args=["YT"])).status_code == 404, name
    for name, args in (
        ("gate-visit", [1]),
        ("gate-step", [1]),
        ("gate-act", [1, "out"]),
        ("gate-decide", [1]),
        ("gate-finding-act", [1, "fix"]),
    ):
        assert stranger.post(reverse(name, args=["YT", *args])).status_code in (404, 405), name


def test_a_visit_from_the_form_to_the_way_out(gate: Gate, sign_in: SignIn, look_at: Any) -> None:
    """Registered on a form, refused out of order, walked through its steps with a second person, inside, and out again."""
    from lazaretto.apps.passage.inside import inside_now
    from lazaretto.apps.passage.models import Party
    from lazaretto.apps.work.models import Refused

    client = sign_in("gate_officer", gate.facility.organisation)
    second = sign_in("epidemic_lead", gate.facility.organisation)
    assert second is not client
    form = client.get(reverse("gate-new", args=["YT"]))
    given = {"token": _token(form), "what1": "person/staff", "name1": "Ouyang", "purpose": "duty", "gate": "GATE"}
    made = client.post(reverse("gate-new", args=["YT"]), given)
    assert made.url == client.post(reverse("gate-new", args=["YT"]), given).url
    party = Party.objects.get()
    denied = client.post(
        reverse("gate-new", args=["YT"]), {"token": "ff", "what1": "vehicle/outside_vehicle", "name1": "A 1"}
    )
    assert denied.status_code == 302
    _step(client, made.url, party, "protect")
    assert Refused.objects.get().code == "items_missing"
    _step(client, made.url, party, "register")
    for step, items in (("protect", ["full_protection"]), ("do_not_meet", ["do_not_meet_1", "do_not_meet_2"])):
        _step(client, made.url, party, step, **{f"item_{i}": "yes" for i in items})
    _step(
        client,
        made.url,
        party,
        "disinfect",
        value_mg_per_l="500",
        **{f"item_disinfection_{n}": "yes" for n in (1, 2, 3)},
    )
    assert "500.0 mg/L" in client.get(made.url).content.decode()
    _step(client, made.url, party, "separate", **{f"item_separation_{n}": "yes" for n in (1, 2, 3, 4)})
    page = _step(client, made.url, party, "pass")
    assert "this step needs two people" in page.content.decode()
    _step(client, made.url, party, "pass", second=f"epidemic_lead-{gate.facility.organisation.code}")
    assert inside_now(gate.facility) == []
    from lazaretto.apps.accounts import actions as accounts

    two = accounts.create_user(
        username="gate2", password="a-long-test-password", name_zh="二", name_en="Two", by="t", at=0
    )
    accounts.grant(user=two, role="gate_officer", organisation=gate.facility.organisation, by="t", at=0)
    _step(client, made.url, party, "pass", second="gate2")
    assert [line.n for line in inside_now(gate.facility)] == [1]
    assert "Ouyang" in client.get(reverse("gate-muster", args=["YT"])).content.decode()
    look_at(gate.at + MINUTE)
    visit = party.visit.number
    client.post(reverse("gate-act", args=["YT", visit, "out"]), {"position": "1", "token": "aa"})
    assert [s.run.direction for s in gate.runs(party)] == ["out"]


def _step(client: Client, url: str, party: Any, step: str, **more: str) -> Any:
    from lazaretto.apps.work.models import Run

    page = client.get(url)
    run = Run.objects.filter(subject=party.subject).latest("pk")
    given = {"token": _token(page), "run": str(run.pk), "step": step} | more
    return client.post(url + "step/", given, follow=True)


def test_an_approval_on_the_phone_and_a_lent_duty(make_facility: Any, sign_in: SignIn, look_at: Any) -> None:
    """The superior's approver sees the request without the name, decides, and the gate goes on; a duty is lent and taken back."""
    from lazaretto.apps.work.models import Delegation, StepDone

    gate = Gate(make_facility, "facility-s2-detention")
    look_at(gate.at + MINUTE)
    visit = gate.visit(("person", "outsider", "Ouyang"))
    (state,) = gate.runs(gate.party(visit))
    gate.do(state, state.steps[0])
    look_at(gate.at + MINUTE)
    approver = sign_in("bureau_approver", gate.facility.organisation)
    page = approver.get(reverse("gate-approvals", args=["YT"]))
    text = page.content.decode()
    assert "Ouyang" not in text
    assert "consent of the detachment leader" in text
    given = {"token": _token(page), "step": "detachment_approval", "result": "granted"}
    approver.post(reverse("gate-decide", args=["YT", state.run.pk]), given)
    assert StepDone.objects.filter(run=state.run, result="granted").count() == 2
    sign_in("inspector", gate.facility.organisation)
    lend = {
        "role": "bureau_approver",
        "to": f"inspector-{gate.facility.organisation.code}",
        "ends": "2026-03-20 08:00",
        "reason": "leave",
    }
    approver.post(reverse("gate-lend", args=["YT"]), lend)
    lent = Delegation.objects.get()
    approver.post(reverse("gate-take-back", args=["YT", lent.pk]))
    assert Delegation.objects.get().ended_at is not None


def test_a_finding_is_raised_fixed_and_verified_on_the_page(gate: Gate, sign_in: SignIn) -> None:
    """The gate officer raises and fixes; the inspector verifies; a restriction is reviewed by who may."""
    from lazaretto.apps.passage.models import RestrictionReview
    from lazaretto.apps.work.models import Finding

    officer, inspector = (sign_in(r, gate.facility.organisation) for r in ("gate_officer", "inspector"))
    address = reverse("gate-findings", args=["YT"])
    raised = {
        "token": _token(officer.get(address)),
        "evidence": "a cart on the camera",
        "severity": "high",
        "owner": "gate_officer",
    }
    officer.post(address, raised)
    officer.post(reverse("gate-finding-act", args=["YT", 1, "fix"]), {"said": "entered"})
    assert officer.post(reverse("gate-finding-act", args=["YT", 1, "verify"])).status_code == 403
    inspector.post(reverse("gate-finding-act", args=["YT", 1, "verify"]))
    assert Finding.objects.get().state == "closed"
    assert "close no. 1" in inspector.get(address).content.decode()
    review = {"measure": "vehicles.outside", "order": "No. 3", "decision": "continue", "reason": "wave"}
    assert officer.post(reverse("gate-review", args=["YT"]), review).status_code == 403
    inspector.post(reverse("gate-review", args=["YT"]), review)
    assert RestrictionReview.objects.get().order == "No. 3"


def test_the_gate_asks_the_database_as_often_however_many_came(
    gate: Gate, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    """The list of the gate needs a fixed number of queries."""
    client = sign_in("gate_officer", gate.facility.organisation)
    client.get(reverse("gate", args=["YT"]))
    for n in range(6):
        gate.visit(("person", "staff", f"N{n}"), ("vehicle", "ambulance", f"V{n}"), ref=f"v{n}")
    with django_assert_max_num_queries(55):
        assert client.get(reverse("gate", args=["YT"])).status_code == 200
