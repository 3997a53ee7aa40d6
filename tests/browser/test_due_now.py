"""The due list on a phone and at a desk: accessible and fitting in both languages and themes, and without script."""

from collections.abc import Callable
from typing import Any

import pytest

from lazaretto.apps.rounds.models import Excuse, Fact
from tests.browser.conftest import looks
from tests.browser.test_day_report import _violations, given_signed_in
from tests.conftest import Small
from tests.integration.pages import PASSWORD, _plain_static, look_at  # noqa: F401

pytestmark = pytest.mark.browser
PAGE = "/facilities/YT/due/"


@pytest.fixture
def noon(make_facility: Callable[..., Small], look_at: Callable[[int], None]) -> Small:
    """12:45 in a centre with a round every two hours, with a fever and a round not done."""
    from lazaretto.apps.accounts import actions as accounts

    small = make_facility("YT", protocol="facility-s1-drug-rehab")
    small.at = small.moment("12:45")
    small.bring(
        "facts",
        """id,observation,subject,observed_at,value,by
        a,temperature,P1,2026-03-17 08:40,36.5,S1
        b,temperature,P2,2026-03-17 12:01,38.2,S1""",
    )
    look_at(small.at)
    user = accounts.create_user(username="lead", password=PASSWORD, name_zh="秦既明", name_en="Qin", by="test", at=0)
    accounts.grant(user=user, role="epidemic_lead", organisation=small.facility.organisation, by="test", at=0)
    return small


def test_from_the_list_to_the_sheet_an_excuse_and_a_correction(noon: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB", width=390, script=False)
    given_signed_in(page, PAGE)
    page.get_by_label("Ward or place").select_option("W1")
    page.get_by_role("button", name="Show").click()
    overdue = page.get_by_role("region", name="Overdue, still to do")
    assert overdue.get_by_role("row", name="赵一").is_visible()
    overdue.get_by_role("link", name="Enter on a sheet").click()
    assert page.get_by_label("Measure").input_value() == "temperature.residents"
    assert page.get_by_label("12:00").is_visible()
    page.go_back()
    page.get_by_role("link", name="Excuse 赵一 12:00").click()
    page.get_by_label("Reason").select_option("court")
    page.get_by_role("button", name="Excuse this round").click()
    page.get_by_text("Excused; the reason is kept.").wait_for()
    assert Excuse.objects.get().reason == "court"
    page.get_by_role("link", name="by name · Done").click()
    page.get_by_role("link", name="Correct 赵一 08:00").click()
    page.get_by_label("The right value").fill("36.8")
    page.get_by_label("Reason").fill("typed in the wrong line")
    page.get_by_role("button", name="Save the correction").click()
    page.get_by_text("Corrected; what was there before stays on record.").wait_for()
    assert Fact.objects.get(supersedes="a").value == "36.8"


@looks
def test_each_page_is_accessible_and_fits(
    noon: Small, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language=language, width=width, theme=theme)
    given_signed_in(page, PAGE)
    given = f"?subject=person:P1&slot=temperature.residents&due={noon.moment('12:00')}"
    found = {}
    for path in (PAGE, f"{PAGE}?place=W1", f"{PAGE}?place=W1&state=done", f"{PAGE}?place=W1&measure=no.such",
                 f"{PAGE}excuse/{given}", f"{PAGE}correct/?fact=a"):  # fmt: skip
        page.goto(path)
        found[path] = _violations(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert {path: bad for path, bad in found.items() if bad} == {}
