"""Search finds what the asker may see and nothing else, and keeps whose names it showed."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts.models import SensitiveRead
from lazaretto.apps.accounts.permissions import POLICY, Permission
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.test_operating_picture import text


@pytest.fixture
def two(make_facility: Any, look_at: Any) -> Small:
    made = make_facility("YT")
    make_facility("ZZ")
    look_at(made.at)
    return made


@pytest.mark.parametrize("asked", ["赵一", "zhaoyi", "zy", "P1", "p1"])
def test_a_person_is_found_by_name_sound_initials_and_code(two: Small, sign_in: SignIn, asked: str) -> None:
    lead = sign_in("epidemic_lead", two.facility.organisation)
    page = lead.get("/search/", {"q": asked})
    assert "/facilities/YT/people/P1/" in page.content.decode()
    assert "/facilities/ZZ/" not in page.content.decode()  # another facility has the same people
    assert SensitiveRead.objects.filter(where="search", fields="name").count() == 1


@pytest.mark.parametrize("role", POLICY)
def test_each_role_finds_what_it_may_see(two: Small, sign_in: SignIn, role: str) -> None:
    may, client = POLICY[role], sign_in(role, two.facility.organisation)
    assert ("赵一" in text(client.get("/search/", {"q": "P1"}))) == (Permission.RESIDENTS_READ in may)
    assert ("李四" in text(client.get("/search/", {"q": "lisi"}))) == (Permission.STAFF_READ in may)
    assert ("Cell 102" in text(client.get("/search/", {"q": "102"}))) == (Permission.PLACES_READ in may)
    assert SensitiveRead.objects.count() == (Permission.RESIDENTS_READ in may) + (Permission.STAFF_READ in may)


def test_nobody_and_nothing(two: Small, sign_in: SignIn, client: Any) -> None:
    assert client.get("/search/", {"q": "P1"}).status_code == 302
    lead = sign_in("epidemic_lead", two.facility.organisation)
    assert "Type a name" in text(lead.get("/search/"))
    assert "Nothing that you may see answers" in text(lead.get("/search/", {"q": "nobody-like-this"}))
    assert "Yunting prison YT" in text(lead.get("/search/", {"q": "yunting"}))
    assert lead.get("/search/", {"q": "%\x00_' or 1=1"}).status_code == 200


def test_as_many_queries_for_many_as_for_few(two: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", two.facility.organisation)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            lead.get("/search/", {"q": "P"})
        return len(queries)

    asked()
    few = asked()
    two.bring("people", "code,population\n" + "\n".join(f"PQ{n},prisoner" for n in range(80)), name="more.csv")
    assert asked() == few <= 40
