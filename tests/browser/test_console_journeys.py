"""Journeys at the desk: a hand-over between two people, search, shortcuts; and pictures of the main pages."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.access import clock_now
from tests.browser.test_accounts import given_signed_in
from tests.conftest import Small
from tests.integration.pages import PASSWORD, _plain_static  # noqa: F401

pytestmark = pytest.mark.browser
TODAY = "/facilities/YT/today/?place=W1"
#: Pages by name, for pictures; whoever changes one looks at it.
PICTURES = {
    "today": TODAY, "picture": "/facilities/YT/picture/", "wall": "/facilities/YT/wall/",
    "person": "/facilities/YT/people/P1/", "people": "/facilities/YT/people/", "protocol": "/facilities/YT/protocol/",
    "versions": "/facilities/YT/protocol/versions/", "journal": "/facilities/YT/journal/",
    "labels": "/facilities/YT/labels/",
}  # fmt: skip
FOLDER = Path(__file__).resolve().parents[2] / "var" / "pictures"


@pytest.fixture
def people(small: Small) -> Small:
    for name, zh, en, role in (
        ("day", "秦既明", "Qin Jiming", "epidemic_lead"), ("night", "罗听澜", "Luo Tinglan", "ward_officer"),
    ):  # fmt: skip
        user = accounts.create_user(username=name, password=PASSWORD, name_zh=zh, name_en=en, by="t", at=0)
        accounts.grant(user=user, role=role, organisation=small.facility.organisation, by="t", at=clock_now())
    return small


def given_at(page: Any, name: str, path: str) -> Any:
    given_signed_in(page, name)
    page.goto(path)
    return page


def test_a_shift_is_handed_over_read_and_signed(people: Small, open_browser: Callable[..., Any]) -> None:
    """One begins and writes, the other reads item by item and signs; nobody signs unread or his own."""
    day = given_at(open_browser(language="en-GB"), "day", TODAY)
    day.get_by_label("I counted").fill("2")
    day.get_by_role("button", name="Begin a hand-over").click()
    day.get_by_label("What the next shift takes over").fill("Bed 101-1: second reading at 20:00")
    day.get_by_role("button", name="Add").click()
    assert day.get_by_role("button", name="Take over and sign").count() == 0  # not his own
    night = given_at(open_browser(language="en-GB", width=390), "night", TODAY)
    assert night.get_by_role("button", name="Sign after reading 1 item").get_attribute("aria-disabled") == "true"
    night.get_by_role("button", name="Read · Bed 101-1").click()
    night.get_by_label("I counted").fill("3")
    night.get_by_role("button", name="Take over and sign").click()
    handover = night.locator("#handover")
    handover.get_by_text("signed").first.wait_for()
    said = handover.inner_text()
    assert "Luo Tinglan" in said
    assert "The record counts; the difference stays marked." in said
    day.reload()
    assert "Luo Tinglan" in day.locator("#handover").inner_text()


def test_search_from_anywhere_by_initials_and_keys(people: Small, open_browser: Callable[..., Any]) -> None:
    page = given_at(open_browser(), "day", TODAY)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type("zy")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="赵一").first.click()
    page.wait_for_url("**/people/P1/")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/picture/")
    page.keyboard.press("?")
    sheet = page.locator("dialog#keys")
    assert sheet.is_visible()
    page.keyboard.press("Escape")
    assert not sheet.is_visible()
    page.keyboard.press("/")
    page.keyboard.type("gp")  # in a field keys are letters
    page.wait_for_timeout(300)
    assert page.url.endswith("/picture/")
    assert page.locator("#find").input_value() == "gp"


def test_pictures_of_the_main_pages(people: Small, open_browser: Callable[..., Any]) -> None:
    """In both languages and themes, desk and phone, into `var/pictures`: all eight ways with LAZARETTO_LOOKS=all."""
    every = os.environ.get("LAZARETTO_LOOKS") == "all"
    ways = [(w, at, t) for w in (390, 1440) for at in ("zh-CN", "en-GB") for t in ("light", "dark")]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for width, language, theme in ways if every else [ways[0], ways[-1]]:
        page = open_browser(language=language, width=width, theme=theme)
        given_signed_in(page, "day")
        for name, path in PICTURES.items():
            assert page.goto(path).status == 200, path
            file = FOLDER / f"{name}-{language[:2]}-{width}-{theme}.png"
            page.screenshot(path=str(file), full_page=True)
            assert file.stat().st_size > 5_000, file
