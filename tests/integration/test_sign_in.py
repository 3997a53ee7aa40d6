"""Signing in and out, one's own account, and the choices that stay with a browser."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from lazaretto.apps.accounts import access, actions
from lazaretto.apps.accounts.models import ApiToken, Role, User
from lazaretto.apps.accounts.models import SignIn as Line
from lazaretto.apps.accounts.permissions import POLICY
from lazaretto.apps.journal.models import Entry
from tests.conftest import Small
from tests.integration.pages import PASSWORD, SignIn, _plain_static, every_role, sign_in  # noqa: F401

NEW = "another-long-password"


@pytest.fixture(autouse=True)
def _nothing_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def test_sign_in_and_out_are_recorded(small: Small, sign_in: SignIn) -> None:
    sign_in("epidemic_lead", small.facility.organisation)
    browser = Client(headers={"accept-language": "en"})
    wrong = browser.post("/sign-in/", {"username": "epidemic_lead-YT", "password": "no"})
    assert wrong.status_code == 422
    assert "Not signed in; this is recorded." in wrong.content.decode()
    right = browser.post("/sign-in/", {"username": "epidemic_lead-YT", "password": PASSWORD, "next": "//evil.example/"})
    assert right.url == "/"  # type: ignore[attr-defined]
    assert browser.post("/sign-out/").url == "/sign-in/"  # type: ignore[attr-defined]
    kinds = Entry.objects.filter(log__name="node").order_by("seq").values_list("kind", flat=True)
    assert list(kinds)[-3:] == ["sign_in_refused", "signed_in", "signed_out"]


def test_a_refusal_names_the_known_user_and_how_many_in_a_row(small: Small, sign_in: SignIn) -> None:
    sign_in("epidemic_lead", small.facility.organisation)
    user = User.objects.get(username="epidemic_lead-YT")
    browser = Client()

    def refuse(name: str) -> Entry:
        browser.post("/sign-in/", {"username": name, "password": "no"})
        return Entry.objects.filter(log__name="node").latest("seq")

    for n in (1, 2, 3):
        entry = refuse(user.username)
        assert (entry.kind, entry.subjects, entry.by, entry.detail) == (
            "sign_in_refused",
            [user.ref],
            "",
            {"in_a_row": n},
        )
    entry = refuse("nobody")
    assert (entry.kind, entry.subjects, entry.detail) == ("sign_in_refused", [], {})
    browser.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    assert refuse(user.username).detail == {"in_a_row": 1}
    assert [line.in_a_row for line in Line.objects.filter(user=user).order_by("id")] == [1, 2, 3, 0, 1]


def test_ten_refusals_close_the_sign_in(small: Small, sign_in: SignIn) -> None:
    sign_in("epidemic_lead", small.facility.organisation)
    browser = Client(headers={"accept-language": "en"})
    for _ in range(10):
        last = browser.post("/sign-in/", {"username": "epidemic_lead-YT", "password": "no"})
    assert last.status_code == 429
    assert "Sign-in is closed for 15 minutes" in last.content.decode()
    assert browser.post("/sign-in/", {"username": "epidemic_lead-YT", "password": PASSWORD}).status_code == 429


def test_language_and_theme_are_kept_and_lead_back_here_only(db: None) -> None:
    browser = Client()
    assert 'lang="zh-Hans"' in text_of(browser, "/sign-in/")
    response = browser.post("/language/", {"language": "en", "next": "/sign-in/?next=/x/"})
    assert response.url == "/sign-in/?next=/x/"  # type: ignore[attr-defined]
    assert 'lang="en"' in text_of(browser, "/sign-in/")
    assert browser.post("/theme/", {"theme": "dark", "next": "https://evil.example/"}).url == "/"  # type: ignore[attr-defined]
    assert 'data-bs-theme="dark"' in text_of(browser, "/sign-in/")
    assert browser.post("/theme/", {"theme": "pink"}).status_code == 400
    assert browser.post("/language/", {"language": "xx"}).status_code == 400


@every_role
def test_everybody_reads_his_own_account(small: Small, sign_in: SignIn, role: str) -> None:
    client = sign_in(role, small.facility.organisation)
    page = text_of(client, "/me/")
    assert page.count("<h1") == 1
    assert Role(role).label.partition(" / ")[2] in page
    assert "Yunting prison" in page
    assert "without end" in page
    client.cookies["lz_lang"] = "zh-hans"
    page = text_of(client, "/me/")
    assert Role(role).label.partition(" / ")[0] in page
    assert "云汀监狱" in page


@pytest.mark.parametrize("path", ["/me/", "/me/password/", "/me/tokens/new/", "/me/recovery-codes/", "/organisations/"])
def test_nobody_reads_an_account_without_signing_in(db: None, path: str) -> None:
    assert Client().get(path).url == f"/sign-in/?next={path}"  # type: ignore[attr-defined]


def test_the_history_is_ones_own(small: Small, sign_in: SignIn) -> None:
    client = sign_in("clinician", small.facility.organisation)
    sign_in("ward_officer", small.facility.organisation)
    for _ in range(2):
        Client().post("/sign-in/", {"username": "clinician-YT", "password": "no"})
    Client().post("/sign-in/", {"username": "ward_officer-YT", "password": PASSWORD})
    page = text_of(client, "/me/")
    assert page.count("refused: wrong password") == 2
    assert "2 in a row" in page
    assert "> · signed in" not in page.replace("</span> · signed in", "> · signed in")


def test_change_the_password(small: Small, sign_in: SignIn) -> None:
    client, other = sign_in("clinician", small.facility.organisation), Client()
    other.post("/sign-in/", {"username": "clinician-YT", "password": PASSWORD})
    for given, said in (
        ({"old": "no", "new": NEW, "again": NEW}, "The password is not right."),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "at least 10 characters"),
        ({"old": PASSWORD, "new": "1234567890", "again": "1234567890"}, "too common"),
        ({"old": PASSWORD, "new": NEW, "again": "x"}, "The two do not agree."),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "The new password is the old one."),
    ):
        answer = client.post("/me/password/", given)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert other.get("/me/").status_code == 200
    done = client.post("/me/password/", {"old": PASSWORD, "new": NEW, "again": NEW}, follow=True)
    assert "Your other sessions have ended." in done.content.decode()
    assert client.get("/me/").status_code == 200
    assert other.get("/me/").status_code == 302
    assert Entry.objects.filter(kind="password_changed").count() == 1


def test_a_guessed_old_password_is_counted_like_a_sign_in(small: Small, sign_in: SignIn, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    client = sign_in("clinician", small.facility.organisation)
    for _ in range(10):
        last = client.post("/me/password/", {"old": "no", "new": NEW, "again": NEW})
    assert last.status_code == 429
    assert client.post("/me/password/", {"old": PASSWORD, "new": NEW, "again": NEW}).status_code == 429


def test_end_the_other_sessions(small: Small, sign_in: SignIn) -> None:
    client, other = sign_in("clinician", small.facility.organisation), Client()
    other.post("/sign-in/", {"username": "clinician-YT", "password": PASSWORD})
    client.post("/me/sessions/end/")
    assert client.get("/me/").status_code == 200
    assert other.get("/me/").status_code == 302


# -- a one-time password -------------------------------------------------------------------------------------------


@pytest.fixture
def invited(small: Small) -> tuple[User, str]:
    now = access.clock_now()
    user, password = actions.invite_user(username="new", organisation=small.facility.organisation, by="console", at=now)
    actions.grant(user=user, role="ward_officer", organisation=small.facility.organisation, by="console", at=now)
    return user, password


def test_a_one_time_password_leads_to_a_new_one_first(invited: tuple[User, str]) -> None:
    _, password = invited
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", password)
    client = Client(headers={"accept-language": "en"})
    client.post("/sign-in/", {"username": "new", "password": password})
    for path in ("/", "/me/", "/me/tokens/new/", "/facilities/YT/protocol/"):
        assert client.get(path).url == "/me/password/"  # type: ignore[attr-defined]
    client.post("/me/password/", {"old": password, "new": NEW, "again": NEW})
    assert client.get("/me/").status_code == 200
    again = Client().post("/sign-in/", {"username": "new", "password": password})
    assert again.status_code == 422


def test_a_one_time_password_runs_out(invited: tuple[User, str], monkeypatch: Any) -> None:
    _, password = invited
    later = access.clock_now() + 3 * 86_400_000
    monkeypatch.setattr(access, "clock_now", lambda: later)
    client = Client(headers={"accept-language": "en"})
    answer = client.post("/sign-in/", {"username": "new", "password": password})
    assert answer.status_code == 422
    assert "has run out" in answer.content.decode()
    assert "_auth_user_id" not in client.session


# -- tokens --------------------------------------------------------------------------------------------------------


def test_make_and_revoke_a_token(small: Small, sign_in: SignIn) -> None:
    sign_in("ward_officer", small.facility.organisation)
    client = Client(headers={"accept-language": "en"})
    client.post("/sign-in/", {"username": "ward_officer-YT", "password": PASSWORD})
    page = text_of(client, "/me/tokens/new/")
    offered = set(re.findall(r'name="scope" value="([\w.]+)"', page))
    assert offered == {p.value for p in POLICY["ward_officer"]}
    made = client.post(
        "/me/tokens/new/", {"label": "gateway", "days": "30", "scope": ["fact.record"], "organisation": "YT"}
    )
    assert "no-store" in made.headers["Cache-Control"]
    found = re.search(r"lz_[\w-]{40,}", made.content.decode())
    assert found
    token = ApiToken.objects.get()
    assert (token.scopes, token.organisation, token.label) == (["fact.record"], small.facility.organisation, "gateway")
    assert found[0] not in text_of(client, "/me/")
    client.post(f"/me/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None
    kinds = Entry.objects.filter(kind__startswith="token_").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["token_created", "token_revoked"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"label": "", "days": "30", "scope": ["fact.record"]}, "Say what the token is for."),
        ({"label": "x", "days": "0", "scope": ["fact.record"]}, "A token holds for 1 to 366 days."),
        ({"label": "x", "days": "999", "scope": ["fact.record"]}, "A token holds for 1 to 366 days."),
        ({"label": "x", "days": "30"}, "Choose at least one thing"),
        ({"label": "x", "days": "30", "scope": ["users.manage"]}, "A token may not do what its user may not"),
        ({"label": "x", "days": "30", "scope": ["rubbish"]}, "A token may not do what its user may not"),
    ],
)
def test_a_token_that_is_not_made(small: Small, sign_in: SignIn, given: dict[str, Any], said: str) -> None:
    sign_in("ward_officer", small.facility.organisation)
    client = Client(headers={"accept-language": "en"})
    client.post("/sign-in/", {"username": "ward_officer-YT", "password": PASSWORD})
    answer = client.post("/me/tokens/new/", given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_another_ones_token_is_not_found(small: Small, sign_in: SignIn) -> None:
    sign_in("ward_officer", small.facility.organisation)
    owner = User.objects.get(username="ward_officer-YT")
    actions.create_token(user=owner, label="x", scopes=["fact.record"], ends_at=small.at + 1, by="t", at=small.at)
    client = sign_in("administrator", small.facility.organisation)
    assert client.post(f"/me/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 404


def test_a_token_is_made_only_lately_confirmed(small: Small, sign_in: SignIn) -> None:
    client = sign_in("ward_officer", small.facility.organisation)
    assert client.get("/me/tokens/new/").url.startswith("/me/confirm/")  # type: ignore[attr-defined]


def test_the_language_goes_with_the_user_and_the_browser_keeps_one_for_nobody(small: Small, sign_in: SignIn) -> None:
    client = sign_in("ward_officer", small.facility.organisation)
    assert client.get("/me/").headers["Content-Language"] == "en"
    client.post("/language/", {"language": "zh-hant", "next": "/me/"})
    page = client.get("/me/").content.decode()
    assert 'lang="zh-Hant"' in page
    assert "使用者" in page
    client.cookies["lz_lang"] = "en"  # somebody else's choice on a shared machine
    assert client.get("/me/").headers["Content-Language"] == "zh-hant"
    assert Client(headers={"Accept-Language": "en"}).get("/sign-in/").headers["Content-Language"] == "en"
    assert client.post("/language/", {"language": "fr"}).status_code == 400
