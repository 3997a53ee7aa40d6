"""The second factor with real codes: set up, asked for, refused, limited, replaced by recovery codes, reset."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from lazaretto.apps.accounts import access, actions
from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import POLICY
from lazaretto.apps.journal.models import Entry
from tests.conftest import Small
from tests.integration.pages import PASSWORD, SignIn, _plain_static, every_role, sign_in  # noqa: F401

SET_UP, CODE, CODES = "/me/second-factor/set-up/", "/sign-in/code/", "/me/recovery-codes/"


@pytest.fixture(autouse=True)
def _nothing_tried_yet() -> Iterator[None]:
    """Limits and used codes are kept in memory; each test starts without."""
    cache.clear()
    yield
    cache.clear()


def code(secret: str, step: int = 0) -> str:
    """Return the code of now, or of the period before or after."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def wrong(secret: str) -> str:
    """Return six digits that are no code around now."""
    near = {code(secret, step) for step in range(-3, 4)}
    return next(text for n in range(100) if (text := f"{n:06}") not in near)


@pytest.fixture
def lead(small: Small, sign_in: SignIn) -> User:
    sign_in("epidemic_lead", small.facility.organisation)
    return User.objects.get(username="epidemic_lead-YT")


def browser(*, csrf: bool = False) -> Client:
    return Client(headers={"accept-language": "en"}, enforce_csrf_checks=csrf)


def password(client: Client, user: User, **more: Any) -> Any:
    return client.post("/sign-in/", {"username": user.username, "password": PASSWORD, **more})


def set_up(user: User) -> str:
    """Set up the second factor as the user does it; return the key."""
    client = browser()
    password(client, user)
    page = client.get(SET_UP).content.decode()
    secret = "".join(re.findall(r"<span>([A-Z2-7]{1,4})</span>", page))
    done = client.post(SET_UP, {"code": code(secret)})
    assert done.url == CODES  # type: ignore[attr-defined]
    return secret


def kinds(n: int) -> list[str]:
    found = Entry.objects.filter(log__name="node").order_by("-seq").values_list("kind", flat=True)[:n]
    return list(reversed(found))


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_set_up_then_sign_in_with_a_code(lead: User) -> None:
    secret = set_up(lead)
    assert kinds(3) == ["signed_in", "second_factor_added", "recovery_codes_made"], "in the transaction of the change"
    client = browser()
    asked = password(client, lead, next="/me/")
    assert asked.url == CODE
    assert not signed_in(client)
    assert client.get("/me/").url == "/sign-in/?next=/me/"  # type: ignore[attr-defined]
    assert "authenticator app" in client.get(CODE).content.decode()
    done = client.post(CODE, {"code": code(secret)})
    assert done.url == "/me/"  # type: ignore[attr-defined]
    assert signed_in(client)
    page = client.get("/me/").content.decode()
    assert "A second factor protects the account." in page
    assert "10 recovery codes are left." in page


def test_the_key_is_not_kept_in_the_clear(lead: User, settings: Any) -> None:
    secret = set_up(lead)
    kept = Authenticator.objects.get(type="totp")
    assert secret not in str(kept.data)
    settings.SECRET_KEY = "another secret of the installation"
    client = browser()
    password(client, lead)
    assert "The code is not right" in client.post(CODE, {"code": code(secret)}).content.decode()


def test_a_wrong_code_is_refused_counted_and_named(lead: User) -> None:
    secret = set_up(lead)
    client = browser()
    password(client, lead)
    for n in (1, 2):
        page = client.post(CODE, {"code": wrong(secret)}).content.decode()
        assert "The code is not right, or was used already." in page
        entry = Entry.objects.filter(log__name="node").latest("seq")
        assert (entry.kind, entry.subjects, entry.by) == ("second_factor_refused", [lead.ref], "")
        assert entry.detail == {"in_a_row": n}
    assert not signed_in(client)
    client.post(CODE, {"code": code(secret)})
    assert signed_in(client)
    lead.refresh_from_db()
    assert lead.refused_in_a_row == 0


def test_a_code_is_good_once(lead: User) -> None:
    secret = set_up(lead)
    first, second, now = browser(), browser(), code(secret)
    for client in (first, second):
        password(client, lead)
    first.post(CODE, {"code": now})
    assert signed_in(first)
    assert "was used already" in second.post(CODE, {"code": now}).content.decode()
    cache.delete(f"allauth.mfa.totp.used?user={lead.pk}&code={now}")  # the library forgets after one period, we do not
    assert "was used already" in second.post(CODE, {"code": now}).content.decode()
    assert not signed_in(second)


def test_wrong_codes_close_the_sign_in_as_wrong_passwords_do(lead: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False  # the other limit, five codes in five minutes, is tried below
    secret = set_up(lead)
    client = browser()
    for _ in range(5):
        client.post("/sign-in/", {"username": lead.username, "password": "no"})
    password(client, lead)
    for _ in range(5):
        last = client.post(CODE, {"code": wrong(secret)})
    assert last.status_code == 429
    assert client.post(CODE, {"code": code(secret)}).status_code == 429
    assert not signed_in(client)
    assert password(browser(), lead).status_code == 429


def test_five_wrong_codes_are_enough_from_wherever_they_come(lead: User) -> None:
    secret = set_up(lead)
    for n in range(5):
        client = Client(headers={"accept-language": "en"}, REMOTE_ADDR=f"10.0.0.{n}")
        password(client, lead)
        client.post(CODE, {"code": wrong(secret)})
    client = Client(headers={"accept-language": "en"}, REMOTE_ADDR="10.0.1.1")
    password(client, lead)
    assert "Too many codes were tried." in client.post(CODE, {"code": code(secret)}).content.decode()
    assert not signed_in(client)


def test_a_recovery_code_opens_once(lead: User) -> None:
    set_up(lead)
    spare = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    client = browser()
    password(client, lead)
    client.post(CODE, {"code": spare})
    assert signed_in(client)
    assert kinds(2) == ["recovery_code_used", "signed_in"]
    assert "9 recovery codes are left." in client.get("/me/").content.decode()
    client = browser()
    password(client, lead)
    assert "The code is not right" in client.post(CODE, {"code": spare}).content.decode()


def test_the_recovery_codes_can_be_read_kept_and_made_anew(lead: User) -> None:
    secret = set_up(lead)
    client = browser()
    password(client, lead)
    client.post(CODE, {"code": code(secret)})
    unused = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    page = client.get(CODES)
    assert all(one in page.content.decode() for one in unused)
    assert "no-store" in page.headers["Cache-Control"]
    file = client.get(CODES + "file/")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert all(one in file.content.decode() for one in unused)
    client.post(CODES + "new/")
    assert kinds(1) == ["recovery_codes_made"]
    assert not set(unused) & set(Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes())


def test_what_changes_the_way_in_asks_again_after_five_minutes(lead: User, monkeypatch: Any) -> None:
    secret = set_up(lead)
    client = browser()
    password(client, lead)
    client.post(CODE, {"code": code(secret)})
    later = access.clock_now() + 6 * 60_000
    monkeypatch.setattr(access, "clock_now", lambda: later)
    asked = client.get("/me/second-factor/remove/")
    assert asked.url.startswith("/me/confirm/?next=")  # type: ignore[attr-defined]
    refused = client.post(asked.url, {"password": "no"})  # type: ignore[attr-defined]
    assert "The password is not right." in refused.content.decode()
    assert kinds(1) == ["confirmation_refused"]
    outside = client.post("/me/confirm/?next=//evil.example/", {"password": PASSWORD, "next": "//evil.example/"})
    assert "evil" not in outside.url  # type: ignore[attr-defined]
    assert client.get("/me/second-factor/remove/").status_code == 200
    client.post("/me/second-factor/remove/")
    assert not Authenticator.objects.exists()
    assert kinds(2) == ["second_factor_removed", "recovery_codes_removed"]


def test_a_code_confirms_as_well_as_the_password(lead: User, monkeypatch: Any) -> None:
    secret = set_up(lead)
    client = browser()
    password(client, lead)
    client.post(CODE, {"code": code(secret)})
    later = access.clock_now() + 6 * 60_000
    monkeypatch.setattr(access, "clock_now", lambda: later)
    again = "/me/confirm/code/?next=/me/recovery-codes/"
    assert "The code is not right" in client.post(again, {"code": wrong(secret)}).content.decode()
    done = client.post(again, {"code": code(secret, 1), "next": CODES})
    assert done.url == CODES  # type: ignore[attr-defined]


@every_role
@pytest.mark.parametrize("setting", ["roles", "required", "optional"])
def test_who_is_led_to_set_it_up(small: Small, sign_in: SignIn, settings: Any, role: str, setting: str) -> None:
    settings.SECOND_FACTOR = setting
    client = sign_in(role, small.facility.organisation)
    led = setting == "required" or (setting == "roles" and bool(POLICY[role] & access.STRONG))
    response = client.get("/me/")
    assert (response.status_code, getattr(response, "url", "")) == ((302, SET_UP) if led else (200, ""))
    if led:
        assert client.get("/").url == SET_UP  # type: ignore[attr-defined]
        assert client.post("/me/tokens/new/", {"label": "x"}).url == SET_UP  # type: ignore[attr-defined]
        assert client.post("/sign-out/").url == "/sign-in/"  # type: ignore[attr-defined]


def test_who_must_have_it_goes_on_once_it_is_set_up_and_cannot_remove_it(lead: User, settings: Any) -> None:
    settings.SECOND_FACTOR = "roles"
    client = browser()
    password(client, lead)
    assert client.get("/").url == SET_UP  # type: ignore[attr-defined]
    page = client.get(SET_UP).content.decode()
    secret = "".join(re.findall(r"<span>([A-Z2-7]{1,4})</span>", page))
    assert "data:image/svg+xml;base64," in page
    assert "The code is not right" in client.post(SET_UP, {"code": wrong(secret)}).content.decode()
    assert client.get("/").url == SET_UP  # type: ignore[attr-defined]
    client.post(SET_UP, {"code": code(secret)})
    assert client.get("/").status_code == 200
    assert client.get(CODES).status_code == 200
    assert "cannot" not in client.get("/me/").content.decode()
    assert "It can be replaced, not removed." in client.get("/me/second-factor/remove/").content.decode()
    client.post("/me/second-factor/remove/")
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_key_is_replaced_also_where_it_cannot_be_removed(lead: User, settings: Any) -> None:
    settings.SECOND_FACTOR = "roles"
    old = set_up(lead)
    spare = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    client = browser()
    password(client, lead)
    client.post(CODE, {"code": spare})
    page = client.get("/me/second-factor/replace/").content.decode()
    new = "".join(re.findall(r"<span>([A-Z2-7]{1,4})</span>", page))
    client.post("/me/second-factor/replace/", {"code": wrong(new)})
    client.post("/me/second-factor/replace/", {"code": code(old)})
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code(old))
    done = client.post("/me/second-factor/replace/", {"code": code(new)})
    assert done.url == "/me/"  # type: ignore[attr-defined]
    assert kinds(2) == ["second_factor_removed", "second_factor_added"]
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code(new))
    assert Authenticator.objects.filter(type="recovery_codes").exists()


def test_nothing_is_replaced_where_nothing_is(lead: User) -> None:
    client = browser()
    password(client, lead)
    assert client.get("/me/second-factor/replace/").url == SET_UP  # type: ignore[attr-defined]


def test_a_lost_factor_is_reset_by_somebody_else_and_ends_the_sessions(lead: User) -> None:
    secret = set_up(lead)
    client = browser()
    password(client, lead)
    client.post(CODE, {"code": code(secret)})
    assert actions.reset_factor(user=lead, why="手机丢失", by="console", at=access.clock_now())
    assert kinds(1) == ["second_factor_reset"]
    assert client.get("/me/").status_code == 302
    client = browser()
    password(client, lead)
    assert signed_in(client)
    assert not actions.reset_factor(user=lead, why="again", by="console", at=access.clock_now())


def test_the_code_page_is_for_those_whose_password_was_right(lead: User) -> None:
    secret = set_up(lead)
    client = browser()
    assert client.get(CODE).url == "/sign-in/"  # type: ignore[attr-defined]
    assert client.post(CODE, {"code": code(secret)}).url == "/sign-in/"  # type: ignore[attr-defined]
    assert not signed_in(client)


@pytest.mark.parametrize("path", [SET_UP, "/me/second-factor/remove/", CODES + "new/", "/me/confirm/", "/me/password/"])
def test_forms_need_their_token(lead: User, path: str) -> None:
    client = browser(csrf=True)
    client.force_login(lead, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(path, {"code": "000000", "password": PASSWORD}).status_code == 403


def test_no_page_on_the_way_runs_what_is_not_ours(lead: User) -> None:
    set_up(lead)
    client = browser()
    password(client, lead)
    pages = [client.get(CODE)]
    client = browser()
    client.force_login(lead, backend="django.contrib.auth.backends.ModelBackend")
    pages += [client.get(path) for path in ("/me/confirm/", "/me/confirm/code/", "/me/password/", "/me/")]
    for response in pages:
        assert response.status_code == 200, response
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        text = response.content.decode()
        assert not re.search(r"""\sstyle=|<style|<script(?![^>]*src=)|\son\w+=""", text)
        assert text.count("<h1") == 1
