"""Records with doubtful times in a real browser: found, put right, and accessible in both languages and themes."""

from collections.abc import Callable
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.rounds.models import Fact
from tests.browser.conftest import looks
from tests.browser.test_accounts import given_signed_in
from tests.browser.test_day_report import _violations
from tests.conftest import Small
from tests.integration.pages import PASSWORD, _plain_static  # noqa: F401
from tests.integration.test_held_page import wait

pytestmark = pytest.mark.browser
HERE = "/facilities/YT/held/"


@pytest.fixture
def waiting(small: Small) -> Small:
    user = accounts.create_user(username="lead", password=PASSWORD, name_zh="秦既明", name_en="Qin", by="t", at=0)
    accounts.grant(user=user, role="epidemic_lead", organisation=small.facility.organisation, by="t", at=0)
    wait(small, "a", observed_at="2099-03-19 08:00")
    wait(small, "b", "a thermometer with a very long name", subject="P2", observed_at="2026-03-17 05:00")
    return small


@pytest.mark.parametrize("script", [True, False])
def test_a_record_is_found_and_put_right(waiting: Small, open_browser: Callable[..., Any], script: bool) -> None:
    page = open_browser(language="en-GB", script=script)
    given_signed_in(page, "lead", HERE)
    page.get_by_label("What is doubtful").select_option("future")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="赵一").click()
    page.get_by_role("button", name="Take it in with this time").click()
    assert page.get_by_role("alert").is_visible()
    page.get_by_label("When it really happened").fill("2026-03-17T08:00")
    page.get_by_label("Reason").fill("the phone's year was wrong")
    page.get_by_role("button", name="Take it in with this time").click()
    page.get_by_text("Taken in with the time that you gave.").wait_for()
    assert Fact.objects.get().observed_at == waiting.moment("08:00")


@looks
def test_the_pages_are_accessible_and_fit(
    waiting: Small, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(width=width, theme=theme, language=language)
    given_signed_in(page, "lead", HERE)

    def check() -> None:
        page.wait_for_load_state()
        assert _violations(Axe().run(page)) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    check()
    page.locator("tbody a").first.click()
    check()
    page.locator(".lz-buttons .is-main").click()
    check()
