"""The page of what is due now: as each role, what it names, and what can be mended from it."""

import re
from collections.abc import Callable
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.rounds.models import Excuse, Fact
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.test_fevers import tell

PAGE = "/facilities/YT/due/"
OPENS = {Permission.FACT_RECORD, Permission.REPORT_READ}


@pytest.fixture
def noon(make_facility: Callable[..., Small], look_at: Callable[[int], None]) -> Small:
    """12:45 in a centre with a round every two hours: P2 was high at 12:01, P1 has not been measured since 08:40."""
    small = make_facility("YT", protocol="facility-s1-drug-rehab")
    small.at = small.moment("12:45")
    small.bring(
        "facts",
        """id,observation,subject,observed_at,value,by
        a,temperature,P1,2026-03-17 08:40,36.5,S1
        b,temperature,P2,2026-03-17 12:01,38.2,S1""",
    )
    look_at(small.at)
    return small


def text(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def listed(response: Any) -> str:
    """Return what stands below the form by which the list is chosen."""
    return text(SimpleNamespace(content=response.content.partition(b"lz-filter")[2].partition(b"</form>")[2]))


@pytest.mark.parametrize("role", POLICY)
def test_each_role(noon: Small, sign_in: SignIn, role: str) -> None:
    client, may = sign_in(role, noon.facility.organisation), POLICY[role]
    page = client.get(PAGE, {"place": "W1"})
    assert page.status_code == (200 if may & OPENS else 403)
    excusing = client.get(PAGE + "excuse/", {"place": "W1", "subject": "person:P1", "slot": "temperature.residents", "due": str(noon.moment("12:00"))})  # fmt: skip
    knows = Permission.RESIDENTS_READ in may
    assert excusing.status_code == (403 if Permission.EXCUSE_RECORD not in may else 200 if knows else 404)
    correcting = client.get(PAGE + "correct/", {"fact": "a"})
    assert correcting.status_code == (403 if Permission.FACT_RECORD not in may else 200 if knows else 404)
    if page.status_code != 200:
        return
    said = text(page)
    assert ("赵一" in said, "P1" in said) == (knows, True)
    assert ("Second temperature" in said) == knows
    assert ("Enter on a sheet" in said) == (Permission.FACT_RECORD in may)
    assert (">Excuse<" in page.content.decode()) == (Permission.EXCUSE_RECORD in may and knows)


def test_nobody_and_another_facility(noon: Small, make_facility: Any, sign_in: SignIn, client: Any) -> None:
    make_facility("ZZ")
    assert client.get(PAGE).status_code == 302
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    for page in ("/facilities/ZZ/due/", "/facilities/ZZ/due/correct/?fact=a", "/facilities/NO/due/"):
        assert lead.get(page).status_code == 404, page
    assert lead.get(PAGE, {"place": "NO"}).status_code == 404


def test_what_stands_on_it(noon: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    first = text(lead.get(PAGE))
    assert "Choose a ward" in first
    assert "Wing 1: 1 task cannot wait; 1 overdue" in text(lead.get(PAGE, {"place": "W1"}))
    page = listed(lead.get(PAGE, {"place": "W1"}))
    assert "was due at 12:31, 14 min ago" in page
    assert page.index("Cannot wait") < page.index("Overdue, still to do") < page.index("Next") < page.index("Done")
    overdue = page[page.index("Overdue, still to do") : page.index("Next")]
    assert "12:00 · " in overdue
    assert "15 min past its time; can be done until 13:45" in overdue
    assert "赵一" in overdue
    assert "钱二" not in overdue
    done = text(lead.get(PAGE, {"place": "W1", "state": "done"}))
    assert "late 08:40 · 36.5 · by S1" in done
    assert "36.5" not in text(
        sign_in("inspector", noon.facility.organisation).get(PAGE, {"place": "W1", "state": "done"})
    )
    other = text(lead.get(PAGE, {"place": "W1", "measure": "no.such"}))
    assert "Nothing fits the filter." in other
    assert "P3" not in page


def test_an_empty_place_teaches(noon: Small, sign_in: SignIn) -> None:
    noon.bring("places", "code,parent,kind\nW9,SITE,wing\nW9-1,W9,cell", name="more.csv")
    page = text(sign_in("epidemic_lead", noon.facility.organisation).get(PAGE, {"place": "W9"}))
    assert "W9: nothing is to be done now." in page
    assert "A round appears when the protocol asks one of those who are here." in page


def test_excusing_with_a_reason(noon: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    page = lead.get(PAGE, {"place": "W1"}).content.decode()
    address = unescape(re.findall(r'href="([^"]*due/excuse/[^"]*P1[^"]*)"', page)[0])
    assert lead.post(address, {"reason": ""}).status_code == 422
    answer = lead.post(address, {"reason": "court"})
    assert (answer.status_code, answer["Location"]) == (302, PAGE + "?place=W1")
    made = Excuse.objects.get()
    assert (made.subject, made.measure, made.reason) == ("person:P1", "temperature.residents", "court")
    said = text(lead.get(PAGE, {"place": "W1"}))
    assert "Excused; the reason is kept." in said
    assert "1 overdue" not in said
    assert "at court" in text(lead.get(PAGE, {"place": "W1", "state": "excused"}))


def test_nobody_excuses_his_own_round(noon: Small, sign_in: SignIn) -> None:
    from lazaretto.apps.registry import actions

    lead = sign_in("epidemic_lead", noon.facility.organisation)
    User.objects.filter(username="epidemic_lead-YT").update(person_code="S1")
    guard = noon.facility.people.get(code="S1")
    actions.assign(person=guard, kind="post", key="ward_officer", starts=noon.start, ends=None, by="t", at=noon.at)
    given = f"?subject=person:P1&slot=temperature.residents&due={noon.moment('12:00')}"
    answer = lead.post(PAGE + "excuse/" + given, {"reason": "court"})
    assert answer.status_code == 422
    assert "nobody excuses a round they were assigned" in text(answer).lower()
    assert not Excuse.objects.exists()


def test_correcting_with_a_reason(noon: Small, sign_in: SignIn) -> None:
    officer = sign_in("ward_officer", noon.facility.organisation)
    address = PAGE + "correct/?place=W1&state=done&fact=a"
    assert "36.5" in text(officer.get(address))
    for bad in ({"what": "value", "value": "36.8", "reason": ""}, {"what": "value", "value": "3", "reason": "x"}):
        assert officer.post(address, bad).status_code == 422
    answer = officer.post(address, {"what": "value", "value": "36.8", "reason": "typed in the wrong line"})
    assert (answer.status_code, answer["Location"]) == (302, PAGE + "?place=W1&state=done")
    made = Fact.objects.get(supersedes="a")
    assert (made.value, made.note, made.by, made.observed_at) == (
        "36.8",
        "typed in the wrong line",
        "S1",
        noon.moment("08:40"),
    )
    assert "36.8" in text(officer.get(PAGE, {"place": "W1", "state": "done"}))
    assert officer.post(address, {"what": "value", "value": "36.9", "reason": "again"}).status_code == 422
    voided = PAGE + f"correct/?fact={made.id}"
    assert officer.post(voided, {"what": "void", "reason": "another man"}).status_code == 302
    assert "08:40" not in text(officer.get(PAGE, {"place": "W1", "state": "done"}))


def test_what_follows_a_fever_stands_on_top(noon: Small, sign_in: SignIn) -> None:
    noon.at = noon.moment("12:45")
    tell(noon, "c P2 12:30 38.4")
    said = listed(sign_in("clinician", noon.facility.organisation).get(PAGE, {"place": "W1"}))
    top = said[said.index("Cannot wait") : said.index("Overdue, still to do")]
    assert "Second temperature" not in top
    assert "钱二 P2" in top
    assert re.search(r"by 1[23]:\d\d, \d+ min left", top)


def test_as_many_queries_for_many_as_for_few(noon: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)

    def asked(**given: str) -> int:
        lead.get(PAGE, given)
        with CaptureQueriesContext(connection) as queries:
            assert lead.get(PAGE, given).status_code == 200
        return len(queries)

    few = asked(place="W1")
    people = "\n".join(f"Q{n},prisoner" for n in range(200))
    noon.bring("people", "code,population\n" + people, name="more.csv")
    noon.bring(
        "presence", "subject,place,from\n" + "\n".join(f"Q{n},W1-101,2026-03-01" for n in range(200)), name="mp.csv"
    )
    assert asked(place="W1") == few <= 40


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages(noon: Small, sign_in: SignIn, language: str) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    lead.cookies["lz_lang"] = "zh-hans" if language == "zh" else "en"
    said = text(lead.get(PAGE, {"place": "W1"}))
    assert ("一监区：1 件不能等" in said) == (language == "zh")
    assert ("Overdue, still to do" in said) == (language == "en")
