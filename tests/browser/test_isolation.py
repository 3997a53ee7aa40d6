"""The board of isolation in Chromium: accessible and fitting, planned by drag and by form, and the three journeys of the issue."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.isolation import cohorts, deciding
from lazaretto.apps.isolation.courses import course_of
from lazaretto.apps.isolation.models import Cohort, Episode, Placement
from lazaretto.apps.registry import actions as registry
from tests.browser.conftest import looks
from tests.browser.test_day_report import _violations, given_signed_in
from tests.conftest import DAY, Small
from tests.integration.isolation import day_eight, days_later, furnish, ordered, place, placed, release_on
from tests.integration.pages import PASSWORD, _plain_static, look_at  # noqa: F401

pytestmark = pytest.mark.browser
HERE = "/facilities/YT/isolation/"


@pytest.fixture
def ward(make_facility: Callable[..., Small], look_at: Callable[[int], None]) -> Small:
    small = day_eight(make_facility())
    _user(small)
    look_at(small.at)
    return small


def _user(small: Small, name: str = "lead", role: str = "epidemic_lead") -> None:
    user = accounts.create_user(username=name, password=PASSWORD, name_zh="秦既明", name_en="Qin", by="test", at=0)
    accounts.grant(user=user, role=role, organisation=small.facility.organisation, by="test", at=0)


def _batch(small: Small) -> Cohort:
    """Two of one van; on day 6 the first of them was exposed again."""
    batch = cohorts.open_cohort(small.facility, code="0318", measure="quarantine.contacts", by="c", at=days_later(1))
    Episode.objects.filter(person__code__in=["P2", "P3"]).update(cohort=batch)
    deciding.expose(
        Episode.objects.get(person__code="P2"), exposed_at=days_later(6), source="episode:9", by="c", at=days_later(6)
    )
    return batch


@looks
def test_each_page_is_accessible_and_fits(
    ward: Small, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language=language, width=width, theme=theme)
    given_signed_in(page, HERE)
    found = {}
    batch = _batch(ward)
    paths = (
        "", "?days=60", "episodes/1/", "care/", "order/", "compare/", "separation/", "rooms/", "waits/", "cohorts/",
        f"cohorts/{batch.pk}/", "equity/", "medicine/",
    )  # fmt: skip
    for path in paths:
        page.goto(HERE + path)
        found[path] = _violations(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert {path: bad for path, bad in found.items() if bad} == {}


def test_a_bar_is_dragged_to_another_room_and_the_server_checks(ward: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB", width=1440)
    given_signed_in(page, HERE)
    page.locator("select[name=episode]").select_option(label="孙三 · Quarantine · contacts")
    page.locator("select[name=room]").select_option("C2")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_text("Planned: 孙三 in C2.").wait_for()

    def drag(to: str, dx: int) -> None:
        bar = page.locator("[data-planned]").bounding_box()
        row = page.locator(f'[data-drop="{to}"]').bounding_box()
        page.mouse.move(bar["x"] + 6, bar["y"] + 8)
        page.mouse.down()
        page.mouse.move(bar["x"] + 20 + dx, row["y"] + 14, steps=6)
        page.mouse.up()

    drag("F2", 0)
    page.get_by_text("is no room of the type quarantine").wait_for()
    drag("C2", 64)
    page.get_by_text("Planned: 孙三 in C2.").wait_for()
    assert Placement.objects.get(status="planned").starts > days_later(9)


def test_without_script_and_on_a_phone_it_is_a_list(ward: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB", width=390, script=False)
    given_signed_in(page, HERE)
    assert page.get_by_role("heading", name="Who is where now").is_visible()
    assert not page.locator(".lz-board").is_visible()
    page.get_by_role("link", name="钱二").first.click()
    assert page.get_by_role("heading", name="If it ended today").is_visible()


def test_a_positive_on_day_nine_restarts_the_batch(
    make_facility: Callable[..., Small], look_at: Callable[[int], None], open_browser: Callable[..., Any]
) -> None:
    small = furnish(make_facility())
    batch = cohorts.open_cohort(small.facility, code="0317", measure="quarantine.contacts", by="c", at=days_later(0))
    for code, room in (("P1", "C1"), ("P2", "C2")):
        episode = ordered(
            small, code, "quarantine.contacts", at=days_later(0), exposures=(days_later(0),), cohort=batch
        )
        placed(small, episode, room, at=days_later(0))
    _user(small)
    look_at(days_later(9))
    page = open_browser(language="en-GB", width=1440)
    given_signed_in(page, f"{HERE}episodes/1/")
    page.get_by_text("Review, new exposure, extension, symptoms").click()
    page.get_by_role("button", name="Is a case: quarantine ends, the batch starts again").click()
    page.get_by_text("became a case").wait_for()
    page.goto(f"{HERE}episodes/2/")
    page.get_by_text("Expected end: 9 Apr").wait_for()


def test_a_batch_goes_through_three_stages_and_a_release_falls_due(
    make_facility: Callable[..., Small], look_at: Callable[[int], None], open_browser: Callable[..., Any]
) -> None:
    """Planned, signed by two, carried out; and the law ends it in the middle of the second stage."""
    from tests.conftest import PEOPLE, PLACES, PRESENCE

    small = make_facility("YT", protocol="facility-s2-detention", people=False)
    for kind, text in (
        ("places", PLACES), ("people", PEOPLE.replace("prisoner", "remand_prisoner")), ("presence", PRESENCE)
    ):  # fmt: skip
        assert not small.bring(kind, text).failures
    furnish(small, {"F1": "vacated_detention_house", "C1": "transitional_detention_centre"})
    registry.set_standing(
        subject=place(small, "C2"),
        key="class",
        value="home_transitional_cells",
        starts=small.start,
        source="t",
        by="t",
        at=small.start,
    )
    release_on(small, "P1", DAY + timedelta(days=30))
    episode = ordered(small, "P1", "isolation.transitional", at=days_later(0), ground="new arrival")
    placed(small, episode, "F1", at=days_later(0))
    _user(small)
    _user(small, "ward", "ward_officer")
    look_at(days_later(21.1))
    page = open_browser(language="en-GB", width=1440)
    given_signed_in(page, f"{HERE}episodes/1/")
    page.locator("select[name=room]").select_option("C1")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_role("button", name="Sign as sender").click()
    page.get_by_role("button", name="The person is in the room now").click()
    page.get_by_text("both the sender and the receiver sign").wait_for()
    other = open_browser(language="en-GB", width=1440)
    other.goto(f"{HERE}episodes/1/")
    other.locator("#username").fill("ward")
    other.locator("#password").fill(PASSWORD)
    other.locator("form:has(#password) button").click()
    other.wait_for_url("**/episodes/1/")
    other.get_by_role("button", name="Sign as receiver").click()
    other.get_by_role("button", name="The person is in the room now").click()
    other.get_by_text("Recorded.").wait_for()
    episode.refresh_from_db()
    course = course_of(episode, days_later(22))
    assert (course.stage.id if course.stage else "", course.expected_end) == ("two", course.legal_at)
    page.goto(f"{HERE}episodes/1/")
    page.get_by_text("The law sets the end: 16 Apr").wait_for()
    assert Episode.objects.get().ended_at is None
