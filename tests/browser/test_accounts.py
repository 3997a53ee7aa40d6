"""Accounts in a real browser: setting up the second factor with a real code, and an accessibility check of each page."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.access import clock_now
from lazaretto.apps.accounts.models import User
from tests.browser.conftest import looks
from tests.browser.test_day_report import _violations
from tests.conftest import Small
from tests.integration.pages import PASSWORD, _plain_static  # noqa: F401

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _nothing_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def house(small: Small) -> dict[str, User]:
    """A bureau above the facility, an administrator at the bureau, an auditor, and some people with roles."""
    home, now = small.facility.organisation, clock_now()
    bureau = accounts.create_organisation(
        code="BJ", kind="bureau", name_zh="明川省监狱管理局", name_en="Mingchuan Prison Administration", by="t", at=0
    )
    accounts.set_parent(organisation=home, which="command_parent", parent=bureau, by="t", at=0)
    found = {}
    for name, role, place, zh, en in (
        ("admin", "administrator", bureau, "罗听澜", "Luo Tinglan"),
        ("auditor", "auditor", bureau, "薛定", "Xue Ding"),
        ("doctor", "clinician", home, "葛以恒", "Ge Yiheng"),
        ("ward", "ward_officer", home, "邹牧川", "Zou Muchuan"),
    ):
        user = accounts.create_user(username=name, password=PASSWORD, name_zh=zh, name_en=en, by="t", at=0)
        accounts.grant(user=user, role=role, organisation=place, by="t", at=0)
        found[name] = user
    doctor = found["doctor"]
    accounts.create_token(user=doctor, label="化验室网关", scopes=["fact.record"], ends_at=now + 10**9, by="t", at=now)
    accounts.record_reads(
        log=small.facility.log, subjects=["0123456789abcdef" * 2, "f" * 32], fields=["health.note", "identity_number"],
        where="person", by=doctor.ref, at=now,
    )  # fmt: skip
    return found


def given_signed_in(page: Any, name: str, path: str = "/me/") -> None:
    page.goto(path)
    page.locator("#username").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("form:has(#password) button").click()
    page.wait_for_url(f"**{path}")


def key_on(page: Any) -> str:
    return re.sub(r"[^A-Z2-7]", "", page.locator(".lz-steps code").inner_text())


@pytest.mark.parametrize("script", [True, False])
def test_set_up_the_second_factor_and_come_in_with_it(
    house: dict[str, User], open_browser: Callable[..., Any], script: bool
) -> None:
    page = open_browser(language="en-GB", script=script)
    given_signed_in(page, "doctor")
    page.get_by_role("link", name="Set up the second factor").click()
    secret = key_on(page)
    if script:
        assert page.locator(".lz-qr").evaluate("image => image.complete && image.naturalWidth > 50")
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Set up").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Recovery codes"
    assert page.locator(".lz-codes li").count() == 10
    page.get_by_role("link", name="I have them; to my account").click()
    assert page.get_by_text("10 recovery codes are left.").is_visible()
    page.get_by_role("button", name="Sign out").click()

    page.locator("#username").fill("doctor")
    page.locator("#password").fill(PASSWORD)
    page.locator("form:has(#password) button").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Second factor"
    page.get_by_label("Code, or one of your recovery codes").fill("000 000")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_role("alert").is_visible()
    page.get_by_label("Code, or one of your recovery codes").fill(code(secret))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def test_an_administrator_makes_a_user_and_gives_a_role(
    house: dict[str, User], open_browser: Callable[..., Any]
) -> None:
    page = open_browser(language="en-GB")
    given_signed_in(page, "admin", "/users/")
    page.get_by_role("link", name="New user").click()
    page.get_by_label("User name").fill("newcomer")
    page.get_by_label("Name in Latin letters").fill("Ma Yuan")
    page.get_by_label("Belongs to").select_option(label="Yunting prison")
    page.get_by_role("button", name="Make the user").click()
    password = page.locator(".lz-secret").inner_text()
    page.get_by_role("link", name="Handed over; to the user").click()
    form = page.get_by_role("form", name="Give a role")
    form.get_by_label("Role").select_option("clinician")
    form.get_by_label("Where").select_option(label="Yunting prison")
    form.get_by_role("button", name="Give the role").click()
    assert page.get_by_role("status").inner_text() == "The role is given and recorded."
    assert page.get_by_role("row", name="clinician").is_visible()

    fresh = open_browser(language="en-GB")
    fresh.goto("/me/")
    fresh.locator("#username").fill("newcomer")
    fresh.locator("#password").fill(password)
    fresh.locator("form:has(#password) button").click()
    fresh.wait_for_url("**/me/password/")
    fresh.get_by_label("One-time password").fill(password)
    fresh.get_by_label("New password", exact=True).fill("a-password-of-my-own")
    fresh.get_by_label("New password again").fill("a-password-of-my-own")
    fresh.get_by_role("button", name="Change the password").click()
    fresh.wait_for_url("**/me/")
    assert fresh.get_by_role("heading", level=1).inner_text() == "Ma Yuan"


@looks
def test_each_page_is_accessible_and_fits(
    house: dict[str, User], open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found: dict[str, list[str]] = {}

    def check(page: Any, name: str) -> None:
        found[name] = _violations(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    page = open_browser(language=language, width=width, theme=theme)
    given_signed_in(page, "doctor")
    check(page, "account without factor")
    for path in ("/me/password/", "/me/tokens/new/", "/me/second-factor/set-up/", "/me/confirm/"):
        page.goto(path)
        check(page, path)
    page.goto("/me/second-factor/set-up/")
    secret = key_on(page)
    page.locator("#code").fill("000000")
    page.locator("form:has(#code) button").click()
    check(page, "set-up refused")
    page.locator("#code").fill(code(secret))
    page.locator("form:has(#code) button").click()
    page.wait_for_url("**/me/recovery-codes/")
    check(page, "recovery codes")
    for path in ("/me/", "/me/recovery-codes/new/", "/me/second-factor/remove/", "/me/confirm/code/"):
        page.goto(path)
        check(page, path)

    page = open_browser(language=language, width=width, theme=theme)
    page.goto("/sign-in/")
    page.locator("#username").fill("doctor")
    page.locator("#password").fill(PASSWORD)
    page.locator("form:has(#password) button").click()
    page.wait_for_url("**/sign-in/code/")
    check(page, "code")
    page.locator("#code").fill("000000")
    page.locator("form:has(#code) button").click()
    check(page, "code refused")

    page = open_browser(language=language, width=width, theme=theme)
    given_signed_in(page, "admin", "/users/")
    user = f"/users/{house['doctor'].ref}/"
    for path in (
        "/users/",
        "/users/?q=nobody",
        "/users/new/",
        user,
        f"/users/{house['admin'].ref}/",
        "/organisations/",
    ):
        page.goto(path)
        for summary in page.locator(".lz-fold > summary").all():
            summary.click()
        check(page, path)
    page.goto(user)
    page.locator("summary").filter(has=page.locator("xpath=..//button[@value='password']")).first.click()
    fold = page.locator("details:has(button[value=password])")
    fold.locator("input[name=why]").fill("忘记")
    fold.locator("button[value=password]").click()
    check(page, "one-time password")

    page = open_browser(language=language, width=width, theme=theme)
    given_signed_in(page, "auditor", "/looks/")
    check(page, "looks")
    assert {name: bad for name, bad in found.items() if bad} == {}
