"""Pages of the console that have no journey of their own: each is accessible, fits and reads in each look."""

from collections.abc import Callable
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.access import clock_now
from tests.browser.conftest import looks
from tests.browser.test_accounts import given_signed_in
from tests.browser.test_day_report import _violations
from tests.conftest import Small
from tests.integration.pages import PASSWORD, _plain_static  # noqa: F401

pytestmark = pytest.mark.browser
#: Which pages each role is shown here.
PAGES = {
    "administrator": ["/design/", "/backups/"],
    "inspector": ["/facilities/YT/journal/", "/facilities/YT/journal/3/"],
    "epidemic_lead": ["/facilities/YT/protocol/versions/"],
    "clinician": ["/facilities/YT/people/P1/", "/facilities/YT/labels/?what=beds"],
}


@pytest.fixture
def people(small: Small) -> None:
    for role in PAGES:
        user = accounts.create_user(username=role, password=PASSWORD, name_zh="秦既明", name_en="Qin", by="t", at=0)
        accounts.grant(user=user, role=role, organisation=small.facility.organisation, by="t", at=clock_now())


@looks
def test_each_page_is_accessible_and_fits(
    people: None, open_browser: Callable[..., Any], width: int, language: str, theme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = {}
    for role, paths in PAGES.items():
        page = open_browser(language=language, width=width, theme=theme)
        given_signed_in(page, role)
        for path in paths:
            assert page.goto(path).status == 200, path
            found[path] = _violations(Axe().run(page))
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert {path: bad for path, bad in found.items() if bad} == {}
