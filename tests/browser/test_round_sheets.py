"""Typing a sheet by the keyboard alone, and without script; each page accessible and fitting in both languages and themes."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from lazaretto.apps.rounds import sheets
from lazaretto.apps.rounds.models import Fact, Sheet
from tests.browser.conftest import looks
from tests.browser.test_day_report import _violations, day, given_signed_in  # noqa: F401
from tests.conftest import DAY, HOUR, Small
from tests.integration.pages import _plain_static, look_at  # noqa: F401
from tests.integration.round_sheets import made

pytestmark = pytest.mark.browser
LIST = "/facilities/YT/sheets/"


@pytest.fixture
def wing(day: Small) -> Small:
    """Forty people in one wing, four temperatures a day."""
    from lazaretto.apps.command import actions as command

    command.declare_level(facility=day.facility, level="outbreak", reason="t", by="test", at=day.moment("00:00") - HOUR)
    people = "\n".join(f"Q{n},prisoner,孙某{n}" for n in range(38))
    day.bring("people", "code,population,name\n" + people, name="more.csv")
    day.bring(
        "presence", "subject,place,from\n" + "\n".join(f"Q{n},W1-101,2026-03-01" for n in range(38)), name="mp.csv"
    )
    return day


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.name || document.activeElement.id"))


def test_forty_people_and_two_times_by_keyboard_alone(wing: Small, open_browser: Callable[..., Any]) -> None:
    """From the sheet's code to the saved page, no mouse and no Tab in the grid: three digits and Enter a box."""
    sheet = made(wing)
    page = open_browser(language="en-GB")
    given_signed_in(page, LIST)
    assert focused(page) == "code"
    page.keyboard.type(sheet.code.lower())
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{LIST}{sheet.code}/")
    assert focused(page) == "by"
    began = time.monotonic()
    page.keyboard.type("S1")
    page.keyboard.press("Enter")
    assert focused(page) == "v-1-0"
    for n in range(80):
        page.keyboard.type("R6" if n == 7 else f"36{n % 8}")
        page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.hasAttribute('data-save')")
    assert page.locator("[data-filled]").inner_text() == "80 / 80"
    page.keyboard.press("Enter")
    page.get_by_text("80 boxes recorded.").wait_for()
    took = time.monotonic() - began
    assert Fact.objects.filter(source="paper").count() == 80
    assert Fact.objects.filter(outcome="refused", reason="declined").count() == 1
    assert page.get_by_text("80 of 80 boxes on file").is_visible()
    assert took < 120


def test_arrows_lines_and_saving_from_anywhere(wing: Small, open_browser: Callable[..., Any]) -> None:
    sheet = made(wing)
    page = open_browser(language="en-GB")
    given_signed_in(page, f"{LIST}{sheet.code}/")
    page.locator("#by").fill("S1")
    page.locator("[name='v-1-0']").focus()
    for key, name in (("ArrowDown", "v-2-0"), ("ArrowRight", "v-2-1"), ("ArrowUp", "v-1-1"), ("ArrowLeft", "v-1-0"),
                      ("ArrowUp", "v-1-0"), ("ArrowLeft", "v-1-0")):  # fmt: skip
        page.keyboard.press(key)
        assert focused(page) == name, key
    page.keyboard.type("365")
    page.keyboard.press("ArrowLeft")  # inside what is typed the arrow moves the cursor
    assert focused(page) == "v-1-0"
    page.locator("[name='v-40-1']").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.hasAttribute('data-save')")
    page.get_by_label("go to a line by its code").focus()
    page.keyboard.type(sheets.rows_of(sheet)[20].code.lower())
    page.keyboard.press("Enter")
    assert focused(page) == "v-21-0"
    page.keyboard.type("371")
    page.keyboard.press("Control+Enter")
    page.get_by_text("2 boxes recorded.").wait_for()
    assert focused(page) == "v-2-0"


def test_a_difference_is_shown_and_let_stand(wing: Small, open_browser: Callable[..., Any]) -> None:
    sheet = made(wing)
    page = open_browser()
    given_signed_in(page, f"{LIST}{sheet.code}/")
    page.locator("#by").fill("S1")
    page.locator("[name='v-1-0']").fill("365")
    page.get_by_role("button", name="保存这张表").click()
    page.get_by_text("已录入 1 格。").wait_for()
    page.locator("[name='v-1-0']").fill("38")
    page.get_by_role("button", name="保存这张表").click()
    assert "两种" in page.locator("#how").inner_text()
    assert page.get_by_text("38 可能是 38.0").is_visible()
    assert focused(page) == "v-1-0"
    page.keyboard.type("380")
    page.keyboard.press("Control+Enter")
    page.get_by_text("1 格与先前录入的不同。").wait_for()
    assert page.get_by_text("先前：36.5").is_visible()
    page.get_by_label("现在录入的是对的").check()
    page.get_by_role("button", name="保存这张表").click()
    page.get_by_text("更正 1 格").wait_for()
    assert page.get_by_text("1 个读数达到 37.3 °C").is_visible()
    assert page.locator("[name='v-1-0']").input_value() == "38.0"


def test_a_sheet_is_made_and_typed_without_script(wing: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB", script=False)
    given_signed_in(page, "/facilities/YT/protocol/")
    page.get_by_role("link", name="Round sheets").click()
    page.get_by_label("Measure").select_option("temperature.residents")
    page.get_by_label("place or unit").select_option("place:W2")
    page.get_by_label("day").fill(str(DAY))
    page.get_by_role("button", name="Show the times").click()
    page.get_by_label("10:00").check()
    page.get_by_role("button", name="Make the sheet").click()
    sheet = Sheet.objects.get()
    assert len(sheet.columns) == 2
    assert not page.get_by_label("go to a line by its code").is_visible()
    page.get_by_label("measured by").fill("李四")
    page.locator("[name='v-1-0']").fill("36 6")
    page.keyboard.press("Enter")
    page.get_by_text("1 box recorded.").wait_for()
    assert Fact.objects.get(source="paper").by == "S1"


@looks
def test_each_page_is_accessible_and_fits(
    day: Small, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    day.bring("presence", "subject,place,from,to\nP2,W1-102,2026-03-01 00:00,2026-03-17 12:00", name="left.csv")
    sheet = made(day, n=1)
    page = open_browser(language=language, width=width, theme=theme)
    given_signed_in(page, LIST)
    found = {}

    def look(name: str) -> None:
        found[name] = _violations(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    look("list")
    page.goto(f"{LIST}open?code=7K3MQ2X0")
    page.locator("#sheet-code-error").wait_for()
    look("refused code")
    page.goto(f"{LIST}?measure=temperature.residents&where=place:W1&on={DAY}")
    look("times")
    page.goto(f"{LIST}{sheet.code}/")
    look("grid")
    page.locator("[name='v-1-0']").fill("38")
    page.locator("[data-save]").click()
    page.locator("[role=alert]").first.wait_for()
    look("errors")
    assert {name: bad for name, bad in found.items() if bad} == {}
