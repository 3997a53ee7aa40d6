"""Signing in and out, and the choices that stay with a browser."""

# ruff: noqa: F811  (fixtures are imported by name and asked for by name)

from django.test import Client

from lazaretto.apps.journal.models import Entry
from tests.conftest import Small
from tests.integration.pages import PASSWORD, SignIn, _plain_static, sign_in  # noqa: F401


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
