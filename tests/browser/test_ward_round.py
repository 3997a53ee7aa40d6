"""A ward round on a phone without network: nothing is lost or doubled, whatever dies on the way."""

import contextlib
from typing import Any

import pytest
from playwright.sync_api import Error

from lazaretto.apps.rounds.models import Fact
from tests.browser.ward import given_the_ward_is_open, when_typing, when_unlocking
from tests.browser.ward_phone import Phones, _fresh_limits, phone  # noqa: F401
from tests.conftest import Small
from tests.integration.pages import _plain_static  # noqa: F401
from tests.ward import noon, ward_clock  # noqa: F401

pytestmark = pytest.mark.browser


@pytest.fixture
def forty(noon: Small) -> Small:
    """Forty people in the ward, all owed a temperature."""
    people = "\n".join(f"Q{n},prisoner,孙某{n}" for n in range(38))
    noon.bring("people", "code,population,name\n" + people, name="more.csv")
    stays = "\n".join(f"Q{n},W1-101,2026-03-01" for n in range(38))
    noon.bring("presence", "subject,place,from\n" + stays, name="mp.csv")
    noon.at = noon.moment("13:10")
    return noon


def when_measured(page: Any, digits: str, *, taps: list[int]) -> None:
    """Type a reading, say that there are no symptoms, and save; count each tap."""
    when_typing(page, digits)
    page.get_by_role("button", name="无症状").click()
    page.locator("#save").click()
    taps.append(len(digits) + 2)


def then_all_is_sent(page: Any) -> None:
    page.locator(".w-offline").wait_for(state="detached")


def test_forty_people_with_the_network_cut_twice_and_the_tab_killed(forty: Small, phone: Phones) -> None:
    page, taps = phone(), list[int]()
    given_the_ward_is_open(page)
    context = page.context
    page.locator("#next").click()

    def round_of(page: Any, first: int, last: int) -> None:
        for n in range(first, last):
            who = page.locator(".w-sheet h2").inner_text()
            when_measured(page, f"6{n % 7}", taps=taps)
            page.wait_for_function("who => document.querySelector('.w-sheet h2')?.textContent !== who", arg=who)

    round_of(page, 0, 5)
    page.locator(".w-pill").wait_for(state="detached")
    context.set_offline(True)
    round_of(page, 5, 15)
    assert page.locator(".w-pill").inner_text() == "20"  # ten people, a temperature and the symptoms of each

    page.close()  # the tab is killed, and comes back without network
    page = phone.tab(context)
    page.goto("/ward/")
    when_unlocking(page)
    assert "15 / 40" in page.locator(".w-progress").inner_text()
    assert "本机存 20 条" in page.locator(".w-offline").inner_text()
    page.locator("#next").click()
    round_of(page, 15, 20)

    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator(".w-pill").wait_for(state="detached")
    assert Fact.objects.filter(observation="temperature", source="offline").count() == 20

    cut = {"answers": 0}

    def dies_on_the_way_back(route: Any) -> None:
        """The server takes the records; the phone never hears of it."""
        cut["answers"] += 1
        route.fetch()
        with contextlib.suppress(Error):
            route.abort()

    page.route("**/outbox", dies_on_the_way_back)
    round_of(page, 20, 30)
    page.wait_for_timeout(500)
    page.unroute("**/outbox")
    assert int(page.locator(".w-pill").inner_text()) == 20
    context.set_offline(True)
    page.reload()
    when_unlocking(page)
    page.locator("#next").click()
    round_of(page, 30, 39)
    when_measured(page, "65", taps=taps)
    page.locator("#ward[data-screen=beds]").wait_for()
    assert "40 / 40" in page.locator(".w-progress").inner_text()
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    then_all_is_sent(page)

    assert cut["answers"]
    facts = Fact.objects.filter(source="offline")
    for observation in ("temperature", "symptoms"):
        found = list(facts.filter(observation=observation).values_list("subject", flat=True))
        assert sorted(found) == sorted({f"Q{n}" for n in range(38)} | {"P1", "P2"})
    assert set(facts.values_list("by", flat=True)) == {"S1"}
    assert max(taps) <= 4
    page.locator(".w-foot .w-main-button").click()
    assert "80 条已送达" in page.locator("#main").inner_text()
