"""Arrival batches: pages and routes, who may open them, who starts again from when and why."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.isolation import cohorts
from lazaretto.apps.isolation.models import Cohort, Episode
from tests.conftest import Small
from tests.integration.isolation import days_later, furnish, placed
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.test_facts_api import token

HERE = "/facilities/YT/isolation/cohorts/"
API = "/api/v1/facilities/YT/cohorts"


@pytest.fixture
def ward(make_facility: Callable[..., Small], look_at: Callable[[int], None]) -> Small:
    small = furnish(make_facility())
    small.at = days_later(1)
    look_at(small.at)
    return small


def page(client: Client, address: str = HERE, **more: Any) -> str:
    answer = client.get(address, more)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_batch_from_its_opening_to_its_end(ward: Small, sign_in: SignIn, look_at: Callable[[int], None]) -> None:
    client = sign_in("clinician", ward.facility.organisation)

    def do(what: str, data: dict[str, Any] | None = None) -> str:
        return client.post(f"{HERE}{what}", data or {}, follow=True).content.decode()

    assert "no such quarantine" in do("open/", {"code": "0318", "measure": "isolation.fever"})
    assert "Now say who is in it" in do("open/", {"code": "0318", "measure": "quarantine.contacts"})
    batch = Cohort.objects.get()
    here = f"{batch.pk}/"
    people = {"people": "P1, P2", "ground": "one van", "exposed_at": "2026-03-17 10:00"}
    assert "not on file: P9" in do(f"{here}join/", people | {"people": "P1 P9"})
    assert "P1: say when the last exposure was" in do(f"{here}join/", people | {"exposed_at": ""})
    assert not Episode.objects.exists()
    assert "2 people joined" in do(f"{here}join/", people)
    for episode, room in zip(Episode.objects.order_by("number"), ("C1", "C2"), strict=True):
        placed(ward, episode, room, at=ward.at)
    assert "Closed" in do(f"{here}close/")
    assert "nobody joins this cohort any more" in do(f"{here}join/", people | {"people": "P3"})
    assert "2 people are still in it" in do(f"{here}end/")
    look_at(days_later(9))
    assert "1 person starts again." in do(f"{here}case/", {"episode": "1"})
    said = page(client, f"{HERE}{here}")
    assert "from 26 Mar 10:00: number 1 left it as a case" in said
    assert "became a case" in said
    custody = page(sign_in("ward_officer", ward.facility.organisation), f"{HERE}{here}")
    assert "became a case" not in custody
    assert "left it as a case" not in custody
    assert client.post(f"{HERE}{here}nothing/").status_code == 404


def test_the_list_is_filtered(ward: Small, sign_in: SignIn) -> None:
    first = cohorts.open_cohort(ward.facility, code="A1", measure="quarantine.contacts", by="t", at=days_later(0))
    cohorts.open_cohort(ward.facility, code="B2", measure="quarantine.contacts", by="t", at=days_later(0))
    cohorts.end(first, by="t", at=days_later(1))
    client = sign_in("inspector", ward.facility.organisation)
    for given, shown in ({"state": "open"}, "B2"), ({"state": "ended"}, "A1"), ({"q": "a"}, "A1"):
        found = page(client, **given)
        assert [code for code in ("A1", "B2") if f">{code}</a>" in found] == [shown]
    assert "No batch is here." in page(client, state="restarted")


def test_every_role(ward: Small, sign_in: SignIn) -> None:
    """Reading takes the permission to read isolation, everything else the one to order it; nobody else gets in."""
    batch = cohorts.open_cohort(ward.facility, code="A1", measure="quarantine.contacts", by="t", at=days_later(0))
    for role, may in POLICY.items():
        client = sign_in(role, ward.facility.organisation)
        reads = 200 if Permission.ISOLATION_READ in may else 403
        writes = 302 if Permission.ISOLATION_ORDER in may else 403
        for path in ("", f"{batch.pk}/"):
            assert client.get(HERE + path).status_code == reads, (role, path)
        for path in ("open/", f"{batch.pk}/close/", f"{batch.pk}/join/", f"{batch.pk}/end/"):
            assert client.post(HERE + path).status_code == writes, (role, path)


def test_another_facility_has_no_such_batch(ward: Small, make_facility: Callable[..., Small], sign_in: SignIn) -> None:
    other = make_facility("ZX", people=False)
    batch = cohorts.open_cohort(other.facility, code="Z", measure="quarantine.contacts", by="t", at=days_later(0))
    client = sign_in("clinician", ward.facility.organisation)
    assert client.get(f"{HERE}{batch.pk}/").status_code == 404
    assert client.post(f"{HERE}{batch.pk}/close/").status_code == 404


def test_a_case_is_a_case_where_no_rule_starts_the_others_again(make_facility: Callable[..., Small]) -> None:
    """The intake of one report has no rule to start again: the case leaves, the clocks of the others stay."""
    small = furnish(make_facility("YT", protocol="facility-s4-prison"), dict.fromkeys(("T1", "C1"), "reception_centre"))
    batch = cohorts.open_cohort(small.facility, code="N", measure="intake.isolation", by="t", at=days_later(0))
    people = list(small.facility.people.filter(code__in=["P1", "P2"]).order_by("code"))
    made = cohorts.join(batch, people, ground="admission", by="t", at=days_later(0))
    for episode, room in zip(made, ("T1", "C1"), strict=True):
        placed(small, episode, room, at=days_later(0))
    before = cohorts.members(batch, days_later(2))[1].course.expected_end
    assert cohorts.turned_positive(Episode.objects.get(pk=made[0].pk), by="t", at=days_later(2)) == []
    batch.refresh_from_db()
    assert (batch.restarts, batch.closed_at) == (0, days_later(2))
    assert cohorts.members(batch, days_later(2))[1].course.expected_end == before


def test_over_http(ward: Small, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from lazaretto.apps.isolation import api_cohorts

    monkeypatch.setattr(api_cohorts, "clock_now", lambda: ward.at)

    tokens = {role: token(ward, role) for role in (Role.CLINICIAN, Role.WARD_OFFICER, Role.GATE_OFFICER)}

    def ask(role: Role, path: str = "", body: dict[str, Any] | None = None) -> Any:
        bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens[role]}"}
        if body is None:
            return client.get(API + path, **bearer)
        return client.post(API + path, body, content_type="application/json", **bearer)

    opened = ask(Role.CLINICIAN, "", {"code": "0318", "measure": "quarantine.contacts"}).json()
    here = f"/{opened['id']}"
    assert ask(Role.CLINICIAN, "", {"code": "0318", "measure": "quarantine.contacts"}).json()["type"] == "code_taken"
    who = {"people": ["P1", "P2"], "ground": "one van", "exposed_at": "2026-03-17 10:00"}
    assert ask(Role.WARD_OFFICER, f"{here}/join", who).status_code == 403
    assert ask(Role.CLINICIAN, f"{here}/join", who | {"people": ["P1", "P9"]}).status_code == 404
    joined = ask(Role.CLINICIAN, f"{here}/join", who).json()
    assert [(m["person"], m["stage"]) for m in joined["members"]] == [("P1", None), ("P2", None)]
    for episode, room in zip(Episode.objects.order_by("number"), ("C1", "C2"), strict=True):
        placed(ward, episode, room, at=ward.at)
    ward.at = days_later(9)
    found = ask(Role.CLINICIAN, f"{here}/case", {"episode": 1}).json()
    assert (found["restarts"], found["members"][1]["again"][0]["source"]) == (1, "episode:1")
    assert [c["code"] for c in ask(Role.WARD_OFFICER, "?state=restarted").json()] == ["0318"]
    assert ask(Role.WARD_OFFICER, here).json()["members"][0]["outcome"] == "ended"
    assert ask(Role.CLINICIAN, f"{here}/end", {}).json()["type"] == "not_empty"
    assert ask(Role.CLINICIAN, f"{here}/close", {}).json()["closed_at"]
    assert ask(Role.GATE_OFFICER, here).status_code == 403
    assert ask(Role.CLINICIAN, "/999999").status_code == 404
