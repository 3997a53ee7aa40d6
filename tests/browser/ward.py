"""A ward officer with a phone: what every journey of the ward client begins with."""

from typing import Any

from tests.integration.pages import PASSWORD

PIN = "260317"


def given_the_ward_is_open(page: Any, *, ward: str = "W1", user: str = "officer") -> None:
    """Sign in, choose the ward and the PIN, and wait for the list and for the files to be on the phone."""
    page.goto("/ward/")
    page.locator("a[href^='/sign-in/']").click()
    page.locator("#username").fill(user)
    page.locator("#password").fill(PASSWORD)
    page.locator("form:has(#password) button").click()
    page.locator(".w-list button", has_text=ward).click()
    for _ in range(2):
        page.locator("#ward[data-screen=begin] .w-pad").wait_for()
        when_typing(page, PIN)
    page.locator("#ward[data-screen=beds]").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def when_typing(page: Any, digits: str) -> None:
    for digit in digits:
        page.locator(".w-key", has_text=digit).click()


def when_unlocking(page: Any) -> None:
    page.locator("#ward[data-screen=locked] .w-pad").wait_for()
    when_typing(page, PIN)
    page.locator("#ward[data-screen=beds]").wait_for()
