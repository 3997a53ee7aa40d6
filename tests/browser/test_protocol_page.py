"""Reading the protocol in a real browser: a value explains itself, with and without script; the page is accessible."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import looks
from tests.browser.test_day_report import _violations, day, given_signed_in  # noqa: F401
from tests.conftest import Small
from tests.integration.pages import _plain_static, look_at  # noqa: F401

pytestmark = pytest.mark.browser
PAGE = "/facilities/YT/protocol/"
#: Filtered, as a check of a hundred measures takes long; one test below looks at them all.
SEEN = (
    PAGE + "?kind=pathway&why=isolation.fever:stages.fever_room.outside_review#isolation.fever",
    PAGE + "?kind=restriction&level=outbreak&why=closure.custody:active",
    PAGE + "?q=unicorn",
    PAGE + "compare/?with=facility-s1-drug-rehab",
)


@pytest.fixture
def small(make_facility: Callable[..., Small]) -> Small:
    """A facility with every kind of measure, and some numbers that a report left open."""
    return make_facility("YT", protocol="facility-s0-prison")


def test_a_click_on_a_value_opens_why_and_stays_where_it_is(day: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser()
    given_signed_in(page, PAGE)
    page.evaluate("window.stillHere = true")
    value = page.locator("[id='isolation.fever']").get_by_role("link", name="满 14 天前由外部人员决定")
    value.click()
    panel = page.get_by_role("complementary", name="为什么是 14 天")
    panel.wait_for()
    assert panel.get_by_text("更严的方向").is_visible()
    assert value.get_attribute("aria-current") == "true"
    assert page.evaluate("window.stillHere") is True
    assert page.evaluate("document.activeElement.id") == "why-title"
    assert "why=isolation.fever:stages.fever_room.outside_review" in page.url
    panel.get_by_role("link", name="关闭").click()
    page.wait_for_url(re.compile(r"protocol/\?#isolation\.fever$"))
    assert page.get_by_role("complementary").count() == 0


def test_reading_needs_no_script(day: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB", script=False)
    given_signed_in(page, PAGE)
    page.get_by_label("kind", exact=True).select_option("pathway")
    page.get_by_role("button", name="Filter").click()
    measure = page.locator("[id='isolation.fever']")
    measure.get_by_role("link", name="at least 1 day").click()
    assert page.get_by_role("complementary", name="Why 1 day").is_visible()
    assert "kind=pathway" in page.url
    page.get_by_role("link", name="Outbreak", exact=True).click()
    assert page.get_by_text("That level is not in force").is_visible()
    assert page.get_by_text("at level Outbreak, not in force").first.is_visible()


@looks
def test_the_page_is_accessible_and_fits(
    day: Small, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language=language, width=width, theme=theme)
    given_signed_in(page, "/")
    found = {}
    for path in SEEN:
        page.goto(path)
        found[path] = _violations(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert {path: bad for path, bad in found.items() if bad} == {}


def test_the_whole_protocol_is_accessible_and_fits(day: Small, open_browser: Callable[..., Any]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language="en-GB", width=800)
    given_signed_in(page, "/")
    page.goto(PAGE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
    assert _violations(Axe().run(page)) == []


def test_the_page_prints_without_its_frame(day: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser()
    given_signed_in(page, PAGE)
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation", name="主导航").is_visible()
    assert not page.get_by_role("navigation", name="目录").is_visible()
    assert not page.get_by_role("button", name="筛选").is_visible()
    assert page.locator("[id='isolation.fever']").is_visible()
    assert page.locator(".lz-paper").is_visible()
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")
