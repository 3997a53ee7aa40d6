"""GET /api/v1/facilities/{code}/due: who may, what is left out for whom, and what is not understood."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.rounds import api_due
from lazaretto.apps.rounds.models import Excuse
from tests.conftest import Small
from tests.integration.test_facts_api import token
from tests.integration.test_fevers import tell

OPENS = {Permission.FACT_RECORD, Permission.REPORT_READ}


@pytest.fixture
def noon(make_facility: Callable[..., Small], monkeypatch: pytest.MonkeyPatch) -> Small:
    """A centre with a round every two hours at 12:05: one reading late, one with a fever, one excused."""
    small = make_facility("YT", protocol="facility-s1-drug-rehab")
    small.at = small.moment("12:05")
    small.bring(
        "facts",
        """id,observation,subject,observed_at,value,by
        a,temperature,P1,2026-03-17 08:40,36.5,S1
        b,temperature,P2,2026-03-17 12:01,38.2,S1""",
    )
    Excuse.objects.create(
        facility=small.facility, scope="subject", subject="person:P1", starts=small.moment("09:00"),
        ends=small.moment("11:00"), reason="court", by="S1", recorded_at=small.at,
    )  # fmt: skip
    monkeypatch.setattr(api_due, "clock_now", lambda: small.at)
    return small


def ask(client: Client, secret: str, code: str = "YT", **given: str) -> Any:
    return client.get(f"/api/v1/facilities/{code}/due", given, headers={"Authorization": f"Bearer {secret}"})


def lines(answer: Any, hour: str) -> dict[str, dict[str, Any]]:
    return {
        line["subject"]: line
        for group in answer.json()["groups"]
        if group["measure"] == "temperature.residents" and group["due"].endswith(f"T{hour}:00:00.000Z")
        for line in group["lines"]
    }


def test_a_ward_officer_sees_his_ward(noon: Small, client: Client) -> None:
    answer = ask(client, token(noon, Role.WARD_OFFICER), place="W1")
    assert answer.status_code == 200
    named = ask(client, token(noon, Role.WARD_OFFICER, "another"), place="W1", done="true")
    late, excused, done = lines(answer, "00")["person:P1"], lines(answer, "02")["person:P1"], lines(named, "04")
    assert "person:P2" not in lines(answer, "04")
    assert (late["state"], late["value"], late["by"], late["name"]) == ("late", "36.5", "S1", "赵一")
    assert (excused["state"], excused["reason"], excused["by"]) == ("excused", "court", "S1")
    assert (done["person:P1"]["state"], done["person:P2"]["state"]) == ("pending", "on_time")
    assert "person:P3" not in done
    (reading,) = answer.json()["second_readings"]
    assert (reading["subject"], reading["place"]) == ("person:P2", "W1-102")
    group = next(g for g in answer.json()["groups"] if g["due"].endswith("T04:00:00.000Z"))
    assert group["counts"] == {"on_time": 1, "pending": 1}


def test_a_confirmed_fever_says_what_follows(noon: Small, client: Client) -> None:
    noon.at = noon.moment("12:30")
    tell(noon, "d P2 12:25 38.4")
    answer = ask(client, token(noon, Role.WARD_OFFICER), place="W1").json()
    assert answer["second_readings"] == []
    assert {(a["subject"], a["action"], a["state"]) for a in answer["actions"]} >= {("person:P2", "isolate", "open")}
    assert ask(client, token(noon, Role.CLINICIAN), place="W2").json()["actions"] == []


@pytest.mark.parametrize("role", Role.values)
def test_each_role(noon: Small, client: Client, role: str) -> None:
    may = POLICY[role]
    answer = ask(client, token(noon, role), place="W1")
    assert answer.status_code == (200 if may & OPENS else 403)
    if answer.status_code != 200:
        return
    line = lines(answer, "00")["person:P1"]
    assert line["state"] == "late"
    knows = Permission.RESIDENTS_READ in may
    assert ("name" in line, "value" in line) == (
        knows,
        knows and bool(may & {Permission.FACT_RECORD, Permission.HEALTH_READ}),
    )
    assert ("by" in line) == (knows and Permission.STAFF_READ in may)
    assert ("reason" in lines(answer, "02")["person:P1"]) == knows
    assert bool(answer.json()["second_readings"]) == knows


def test_another_facility_does_not_exist_for_you(noon: Small, make_facility: Any, client: Client) -> None:
    make_facility("ZZ")
    secret = token(noon, Role.WARD_OFFICER)
    for code in ("ZZ", "NO"):
        answer = ask(client, secret, code, place="W1")
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


def test_nobody_gets_in_without_a_token(noon: Small, client: Client) -> None:
    assert ask(client, "", place="W1").status_code == 401


def test_what_is_not_there_and_whom_one_may_not_know(noon: Small, client: Client) -> None:
    secret = token(noon, Role.WARD_OFFICER)
    for given in ({"place": "NO"}, {"person": "NO"}, {"post": "no"}, {"post": "ward_officer", "place": "NO"}):
        assert ask(client, secret, **given).status_code == 404, given
    assert ask(client, secret, person="P1").status_code == 200
    assert ask(client, token(noon, Role.LOGISTICS), person="P1").status_code == 404


@pytest.mark.parametrize(
    "given",
    [{}, {"place": "W1", "person": "P1"}, {"post": "ward_officer", "person": "P1"}, {"place": "W1", "at": "soon"},
     {"place": "W1", "at": "2026-03-17 12:06"}, {"place": "W1", "at": "1960-01-01"}],
)  # fmt: skip
def test_what_is_not_understood(noon: Small, client: Client, given: dict[str, str]) -> None:
    answer = ask(client, token(noon, Role.WARD_OFFICER), **given)
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid")
    assert answer.json()["errors"]


def test_an_earlier_instant_and_a_post(noon: Small, client: Client) -> None:
    secret = token(noon, Role.EPIDEMIC_LEAD)
    before = ask(client, secret, place="W1", at="2026-03-17T12:00:00+08:00")
    assert lines(before, "00")["person:P1"]["state"] == "missed"  # it was entered five minutes later
    owned = ask(client, secret, post="logistics").json()
    assert {g["measure"] for g in owned["groups"]} == {"disinfection.key_areas"}


def test_as_many_queries_for_a_ward_officer_as_for_the_lead(noon: Small, client: Client) -> None:
    counts = {}
    for role in (Role.WARD_OFFICER, Role.EPIDEMIC_LEAD, Role.LOGISTICS):
        secret = token(noon, role)
        ask(client, secret, place="W1")
        with CaptureQueriesContext(connection) as asked:
            ask(client, secret, place="W1")
        counts[role] = len(asked)
    assert counts[Role.WARD_OFFICER] == counts[Role.EPIDEMIC_LEAD]
    people = "\n".join(f"Q{n},prisoner" for n in range(200))
    noon.bring("people", "code,population\n" + people, name="more.csv")
    noon.bring(
        "presence", "subject,place,from\n" + "\n".join(f"Q{n},W1-101,2026-03-01" for n in range(200)), name="mp.csv"
    )
    secret = token(noon, Role.WARD_OFFICER, "another")
    ask(client, secret, place="W1")
    with CaptureQueriesContext(connection) as asked:
        ask(client, secret, place="W1")
    assert len(asked) == counts[Role.WARD_OFFICER] <= 32


def test_its_documentation_names_its_refusals(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    answers = document["paths"]["/api/v1/facilities/{code}/due"]["get"]["responses"]
    assert set(answers) >= {"200", "401", "403", "404", "409", "422"}
