"""People who look at pages, and the moment at which they look."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Role
from lazaretto.apps.console import access

PASSWORD = "a-long-test-password"
READINGS = """
id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by,reason
f1,temperature,person,P1,2026-03-17 07:00,done,36.5,Cel,S1,
f2,temperature,person,P2,2026-03-17 07:10,done,36.6,Cel,S1,
f3,temperature,person,S1,2026-03-17 08:30,done,36.4,Cel,S1,
f4,disinfection,place,KIT,2026-03-17 09:00,done,,,S1,
"""

SignIn = Callable[..., Client]
#: The roles that every run tries: who leads, who walks, who looks from above, who sees no health data.
NEAR = frozenset({"epidemic_lead", "ward_officer", "bureau_viewer", "administrator"})
#: All fourteen are tried by `make test-more`.
every_role = pytest.mark.parametrize(
    "role", [pytest.param(role, marks=() if role in NEAR else pytest.mark.more) for role in Role.values]
)


@pytest.fixture(autouse=True)
def _plain_static(settings: Any) -> None:
    """Pages name their static files as they are: no manifest has to be built for a test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def look_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a setter of the moment at which pages are looked at."""

    def at(moment: int) -> None:
        monkeypatch.setattr(access, "clock_now", lambda: moment)

    return at


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """Return a maker of signed-in browsers: a new user with one role in one organisation, reading English."""

    def make(role: str, organisation: Any, *, enforce_csrf: bool = False) -> Client:
        name = f"{role}-{organisation.code}"
        user = accounts.create_user(username=name, password=PASSWORD, name_zh="秦既明", name_en="Qin", by="test", at=0)
        accounts.grant(user=user, role=role, organisation=organisation, by="test", at=0)
        client = Client(enforce_csrf_checks=enforce_csrf)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.cookies["lz_lang"] = "en"
        return client

    return make
