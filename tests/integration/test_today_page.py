"""Today: the hours, the three parts with one button each, the rooms; as each role, and in a fixed number of queries."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.console import today_list
from lazaretto.apps.console.keeping import Keeper
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.test_operating_picture import noon, text  # noqa: F401

PAGE = "/facilities/YT/today/"
OPENS = {Permission.FACT_RECORD, Permission.REPORT_READ}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    today_list._kept.forget()


@pytest.mark.parametrize("role", POLICY)
def test_each_role(noon: Small, sign_in: SignIn, role: str) -> None:
    page = sign_in(role, noon.facility.organisation).get(PAGE, {"place": "W1"})
    may = POLICY[role]
    assert page.status_code == (200 if may & OPENS else 403)
    if page.status_code == 200:
        assert ("/sheets/?measure=" in page.content.decode()) == (Permission.FACT_RECORD in may)
        assert "赵一" not in text(page)


def test_nobody_and_another_facility(noon: Small, make_facility: Any, sign_in: SignIn, client: Any) -> None:
    make_facility("ZZ")
    assert client.get(PAGE).status_code == 302
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    assert lead.get("/facilities/ZZ/today/").status_code == 404
    assert lead.get(PAGE, {"place": "NO"}).status_code == 404


def test_what_is_overdue_stands_above_what_comes(noon: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    said = text(lead.get(PAGE, {"place": "W1"}))
    assert said.index("Past its time") < said.index("Later")
    assert "12:00 15 min past its time Temperature of people in treatment, every 2 hours Cell 101, Cell 102" in said
    assert "Make up 2" in said
    assert "0 of 2 done" in said
    assert said.count("Temperature of people in treatment, every 2 hours 14:00") <= 1


def test_the_ward_of_the_reader_comes_first(noon: Small, sign_in: SignIn) -> None:
    noon.bring("people", "code,population,name,unit_code\nS9,officer,周九,W2", name="s9.csv")
    officer = sign_in("ward_officer", noon.facility.organisation)
    assert "Today All Site" not in text(officer.get(PAGE))
    assert "Site · " in text(officer.get(PAGE))
    User.objects.filter(username="ward_officer-YT").update(person_code="S9")
    assert "Today Wing 2 · " in text(officer.get(PAGE))


def test_one_tap_into_the_sheet_from_a_room(noon: Small, sign_in: SignIn) -> None:
    officer = sign_in("ward_officer", noon.facility.organisation)
    page = officer.get(PAGE, {"place": "W1"}).content.decode()
    address = "/facilities/YT/sheets/?measure=temperature.residents&amp;where=place%3AW1-101&amp;on=2026-03-17"
    assert address in page
    assert officer.get(address.replace("&amp;", "&")).status_code == 200


def test_as_many_queries_for_many_as_for_few(noon: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)

    def asked(*, kept: bool = False) -> int:
        if not kept:
            today_list._kept.forget()
        with CaptureQueriesContext(connection) as queries:
            assert lead.get(PAGE, {"place": "W1"}).status_code == 200
        return len(queries)

    asked()
    few, again = asked(), asked(kept=True)
    people = [f"Q{n}" for n in range(100)]
    noon.bring("people", "code,population\n" + "\n".join(f"{q},prisoner" for q in people), name="more.csv")
    noon.bring("presence", "subject,place,from\n" + "\n".join(f"{q},W1-101,2026-03-01" for q in people), name="mp.csv")
    assert asked() == few <= 45
    assert asked(kept=True) == again <= 30


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_both_languages(noon: Small, sign_in: SignIn, language: str) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    lead.cookies["lz_lang"] = language
    said = text(lead.get(PAGE, {"place": "W1"}))
    assert ("今日时段" in said, "Past its time" in said) == ((language != "en"), (language == "en"))


def _kept(keeper: Keeper[str], head: int, at: int, value: str, slow: float = 0.0) -> str:
    import time

    def make() -> str:
        time.sleep(slow)
        return value

    return keeper.get("here", head, at, make)


def test_an_answer_is_kept_while_it_is_true() -> None:
    keeper: Keeper[str] = Keeper()
    assert _kept(keeper, 1, 0, "a") == "a"
    assert _kept(keeper, 1, 59_999, "b") == "a"  # the same record in the same minute
    assert _kept(keeper, 2, 59_999, "b") == "b"  # the record moved on
    assert _kept(keeper, 2, 60_000, "c") == "c"  # the minute did
    assert _kept(keeper, 3, 60_001, "slow", slow=0.26) == "slow"
    assert _kept(keeper, 4, 61_000, "d") == "slow"  # too dear to make at each fact
    assert _kept(keeper, 4, 60_001 + 20_000, "e") == "e"


def test_what_is_kept_is_bounded() -> None:
    keeper: Keeper[int] = Keeper()
    for n in range(200):
        keeper.get(n, 0, 0, lambda n=n: n)  # type: ignore[misc]
    assert len(keeper._kept) <= 64


def test_it_says_from_when_its_figures_are(make_facility: Any, look_at: Any, sign_in: SignIn) -> None:
    made = make_facility("YT")
    look_at(made.moment("09:30"))
    page = sign_in("epidemic_lead", made.facility.organisation).get("/facilities/YT/today/").content.decode()
    assert "as of 09:30" in page
