"""A journey through the register in a real browser, and each of its pages in both languages, themes and widths."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.registry import actions
from lazaretto.apps.registry.merging import merge
from lazaretto.apps.registry.models import Movement, Person, Presence
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement
from tests.browser.conftest import looks
from tests.conftest import HOUR, Small
from tests.integration.pages import PASSWORD, _plain_static, look_at  # noqa: F401

pytestmark = pytest.mark.browser
HERE = "/facilities/YT/"
PAGES = (
    "people/", "people/?q=nobody", "people/P1/", "people/P9/", "people/P1/edit/", "people/P9/part/", "register/",
    "movements/", "movements/new/", "movements/new/?person=P1", "movements/new/?person=P1&kind=cell_move",
    "movements/2/void/", "headcount/?on=2026-03-17", "headcount/?on=2026-03-25", "duplicates/", "duplicates/P1/P8/",
    "places/", "places/?under=W1", "places/W1-101/", "add-place/", "tables/", "tables/people/", "tables/facts/",
)  # fmt: skip


@pytest.fixture
def world(small: Small, look_at: Callable[[int], None]) -> Small:
    """People inside, away, overdue, merged, with a twin; a bed, a closed wing, a precaution, a roll call that differs."""
    small.bring(
        "places", "code,parent,kind,name_zh,name_en,capacity\nB1,W1-101,bed,1 床,Bed 1,1\nB2,W1-101,bed,2 床,Bed 2,1"
    )
    small.bring(
        "people", "code,population,name,birth_date\nP8,prisoner,赵一,1980-01-01\nP9,prisoner,周九,1970", name="more.csv"
    )
    facility, at = small.facility, small.at
    people, places = facility.people.select_related("facility"), facility.places.select_related("facility")
    record_movement(
        Move(people.get(code="P1"), "cell_move", small.moment("08:00"), places.get(code="W1-102")), by="t", at=at
    )
    away = Move(
        people.get(code="P2"), "court_appearance", small.moment("09:00"), None, "泠江法院", "", small.moment("12:00")
    )
    record_movement(away, by="t", at=at)
    merge(keep=people.get(code="P3"), absorb=people.get(code="P9"), reason="papers", by="t", at=at)
    actions.set_precaution(person=people.get(code="P1"), value="mask", starts=at, ends=at + 48 * HOUR, by="t", at=at)
    actions.set_standing(
        subject=people.get(code="P1"), key="vulnerable", value="asthma", starts=at, source="t", by="t", at=at
    )
    actions.set_standing(subject=places.get(code="W2"), key="service", value="cleaning", starts=at, ends=at + 24 * HOUR,
                         source="console", by="t", at=at)  # fmt: skip
    small.bring("facts", "id,observation,subject_kind,subject,observed_at,outcome,value,by\n"
                         "r1,roll_call,place,W1,2026-03-17 18:00,done,2,S1\nr2,roll_call,place,W2,2026-03-17 18:00,done,1,S1")  # fmt: skip
    for role in ("epidemic_lead", "ward_officer", "auditor"):
        user = accounts.create_user(username=role, password=PASSWORD, name_zh="秦既明", name_en="Qin", by="test", at=0)
        accounts.grant(user=user, role=role, organisation=facility.organisation, by="test", at=0)
    look_at(at + HOUR)
    return small


def given_signed_in(page: Any, path: str, role: str = "epidemic_lead") -> None:
    page.goto(path)
    page.locator("#username").fill(role)
    page.locator("#password").fill(PASSWORD)
    page.locator("form:has(#password) button").click()
    page.wait_for_url(f"**{path}")


def test_a_file_from_its_opening_to_a_merge(world: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB", script=False)
    given_signed_in(page, HERE + "people/")
    page.get_by_role("link", name="Open a file").click()
    page.get_by_label("Code", exact=True).fill("N1")
    page.get_by_label("Population").select_option("prisoner")
    page.get_by_label("Name", exact=True).fill("钱二")
    page.get_by_label("Birth date").fill("1981-01-01")
    page.get_by_role("button", name="Open the file").click()
    assert page.get_by_role("status").inner_text() == "N1 is on file."
    assert page.get_by_text("not on the books").is_visible()
    assert page.get_by_role("heading", name="May be the same person").is_visible()

    page.get_by_role("link", name="Record a movement").click()
    page.get_by_role("button", name="admission").click()
    page.get_by_label("To which place").fill("W2-201")
    page.get_by_role("button", name="Record for 1 person").click()
    assert "W2-201 is being disinfected until" in page.get_by_role("alert").inner_text()
    page.get_by_label("To which place").fill("B1")
    page.get_by_role("button", name="Record for 1 person").click()
    assert page.get_by_role("status").inner_text() == "1 movement is recorded."
    assert Presence.objects.get(person__code="N1").place.code == "B1"

    page.get_by_role("link", name="Record a movement").click()
    page.get_by_role("button", name="cell move").click()
    page.get_by_label("To which place").fill("Bed 2")
    page.get_by_label("When").fill("2026-03-18T01:30")
    page.get_by_role("button", name="Record for 1 person").click()
    assert "still to come" in page.get_by_role("alert").inner_text()
    assert not Movement.objects.filter(person__code="N1", kind="cell_move").exists()

    page.goto(HERE + "headcount/?on=2026-03-18")
    assert page.get_by_text("The headcount closes.").is_visible()
    assert page.get_by_role("row", name="Wing 1").get_by_text("admitted 1").is_visible()
    page.goto(HERE + "headcount/?on=2026-03-17")
    assert page.get_by_role("row", name="Wing 1").get_by_text("does not agree").is_visible()

    page.goto(HERE + "people/N1/")
    page.get_by_role("link", name="make void").click()
    page.get_by_role("button", name="Make no.").click()
    assert "Say why it is void." in page.get_by_role("alert").inner_text()
    page.get_by_label("Reason").fill("entered for the wrong person")
    page.get_by_role("button", name="Make no.").click()
    assert page.get_by_text("void: entered for the wrong person").is_visible()

    page.get_by_role("link", name="Compare P2").click()
    page.get_by_label("P2 钱二").check()
    page.get_by_label("Reason").fill("same papers")
    page.get_by_role("button", name="Next: what merging does").click()
    page.get_by_text("Goes over to P2: 1 other name.").wait_for()
    page.get_by_role("button", name="Merge N1 into P2").click()
    assert "merged into P2" in page.get_by_role("status").inner_text()
    assert Person.objects.get(code="N1").merged_into.code == "P2"  # type: ignore[union-attr]


def test_a_table_is_tried_and_then_taken(world: Small, open_browser: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("编号,人群,姓名\nN1,prisoner,吴甲\nN2,astronaut,郑乙\n", encoding="utf-8")
    page = open_browser(language="en-GB")
    given_signed_in(page, HERE + "tables/people/")
    page.get_by_label("Excel or CSV file").set_input_files(str(file))
    page.get_by_role("button", name="Try the file").click()
    assert page.get_by_text("there is no population 'astronaut'").is_visible()
    assert not Person.objects.filter(code="N1").exists()
    page.get_by_role("button", name="Bring 1 row in").click()
    page.get_by_text("2 rows are accounted for.").wait_for()
    assert Person.objects.get(code="N1").name == "吴甲"


def test_what_a_ward_officer_cannot_see_is_said(world: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB")
    given_signed_in(page, HERE + "people/P1/", "ward_officer")
    assert page.get_by_text("Not shown to your role, and not whether there is anything.").is_visible()
    assert page.get_by_text("mask").first.is_visible()
    assert "asthma" not in page.content()


@looks
def test_each_page_is_accessible_and_fits(
    world: Small, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language=language, width=width, theme=theme)
    given_signed_in(page, HERE + "people/")
    found: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(HERE + path)
        found[path] = _violations(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        if os.environ.get("LAZARETTO_PICTURES"):
            name = path.strip("/").replace("/", "_").replace("?", "-").replace("&", "-")
            page.screenshot(
                path=Path(os.environ["LAZARETTO_PICTURES"]) / f"{name}.{width}.{language[:2]}.{theme}.png",
                full_page=True,
            )
    assert {path: bad for path, bad in found.items() if bad} == {}


@pytest.mark.parametrize(("language", "width"), [("zh-CN", 390), ("en-GB", 1440)])
def test_the_second_look_before_a_merge_is_accessible_and_fits(
    world: Small, open_browser: Callable[..., Any], language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language=language, width=width)
    given_signed_in(page, HERE + "duplicates/P1/P8/")
    page.locator("input[name=keep][value=P1]").check()
    page.locator("#f-reason").fill("同一证件")
    page.locator("button[value=merge]").click()
    page.locator("button[value=confirm]").wait_for()
    assert _violations(Axe().run(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_auditors_page_is_accessible_and_fits(world: Small, open_browser: Callable[..., Any]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(width=390)
    given_signed_in(page, HERE + "looks/", "auditor")
    assert _violations(Axe().run(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_everything_else_is_under_more(world: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB", width=390, script=False)
    given_signed_in(page, HERE + "people/")
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Headcount").click()
    page.wait_for_url("**/headcount/")


def _violations(results: Any) -> list[str]:
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in results.response["violations"]]
