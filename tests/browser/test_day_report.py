"""Journeys through the day report in a real browser, and an accessibility check of each page in both themes."""

from collections.abc import Callable
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.reporting.models import SignedReport
from tests.browser.conftest import looks
from tests.conftest import DAY, Small
from tests.integration.pages import PASSWORD, READINGS, _plain_static, look_at  # noqa: F401

pytestmark = pytest.mark.browser
DAY_PAGE = f"/facilities/YT/days/{DAY}/"
PAGES = (
    "/",
    DAY_PAGE,
    "/facilities/YT/days/2026-03-16/",
    "/facilities/YT/days/2026-03-25/",
    DAY_PAGE + "sign/",
    "/facilities/YT/protocol/",
)


@pytest.fixture
def day(small: Small, look_at: Callable[[int], None]) -> Small:
    """A facility with an unsigned day, looked at as it ends, and its epidemic lead."""
    small.bring("facts", READINGS)
    look_at(small.at)
    user = accounts.create_user(username="lead", password=PASSWORD, name_zh="秦既明", name_en="Qin", by="test", at=0)
    accounts.grant(user=user, role="epidemic_lead", organisation=small.facility.organisation, by="test", at=0)
    return small


def given_signed_in(page: Any, path: str) -> None:
    page.goto(path)
    page.locator("#username").fill("lead")
    page.locator("#password").fill(PASSWORD)
    page.locator("form:has(#password) button").click()
    page.wait_for_url(f"**{path}")


def test_read_the_day_switch_the_language_and_sign(day: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser()
    given_signed_in(page, DAY_PAGE)
    assert page.get_by_role("heading", level=1).inner_text() == "3 月 17 日 周二 日报"
    assert page.get_by_role("heading", name="有矛盾").is_visible()
    assert page.get_by_role("row", name="孙三").is_visible()
    strip = page.get_by_role("navigation", name="2026 年 3 月")
    assert "未知" in strip.get_by_role("link").filter(has_text="16").inner_text()

    page.get_by_role("button", name="English").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Tue 17 Mar: day report"
    assert page.locator("html").get_attribute("lang") == "en"

    page.get_by_role("link", name="Sign the contradictory report").click()
    assert page.get_by_text("It cannot be taken back.").is_visible()
    page.get_by_role("button", name="Sign the contradictory report").click()
    assert page.get_by_role("status").filter(has_text="signed").inner_text() == "The report is signed and recorded."
    assert page.get_by_text("Nothing on record differs from it.").is_visible()
    assert SignedReport.objects.get().signed_by == "Qin"


def test_everything_works_without_script(day: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB", script=False)
    given_signed_in(page, DAY_PAGE)
    page.locator("summary", has_text="Theme").click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.get_by_label("Name, code or place").fill("赵一")
    page.get_by_role("button", name="Filter").click()
    assert page.get_by_text("Nothing fits the filter.").is_visible()


def test_the_theme_changes_without_loading_the_page(day: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB")
    given_signed_in(page, "/")
    page.locator("summary", has_text="Theme").click()
    page.evaluate("window.stillHere = true")
    page.get_by_role("button", name="Dark").click()
    page.locator('html[data-bs-theme="dark"]').wait_for()
    assert page.evaluate("window.stillHere") is True
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_the_keyboard_reaches_the_content_first(day: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB")
    given_signed_in(page, DAY_PAGE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@looks
def test_each_page_is_accessible_and_fits(
    day: Small, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    """The theme is the system's here, so that the page follows it; nothing scrolls sideways."""
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language=language, width=width, theme=theme)
    page.goto("/sign-in/")
    found = {"/sign-in/": _violations(Axe().run(page))}
    given_signed_in(page, "/")
    for path in PAGES:
        page.goto(path)
        found[path] = _violations(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert {path: bad for path, bad in found.items() if bad} == {}


def _violations(results: Any) -> list[str]:
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in results.response["violations"]]


def test_an_axe_check_that_finds_nothing_can_find_something(day: Small, open_browser: Callable[..., Any]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser()
    page.goto("/sign-in/")
    page.evaluate("document.querySelector('label').remove()")
    assert any(bad.startswith("label") for bad in _violations(Axe().run(page)))
