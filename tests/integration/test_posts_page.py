"""The page of posts: as each role, and what can be done on it."""

from pathlib import Path
from typing import Any

import pytest

from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.registry.models import Assignment
from tests.integration.pages import SignIn, _plain_static, sign_in  # noqa: F401
from tests.integration.test_posts import facility_with_posts


@pytest.mark.parametrize("role", POLICY)
def test_who_sees_and_who_names(make_facility: Any, tmp_path: Path, sign_in: SignIn, role: str) -> None:
    small = facility_with_posts(make_facility, tmp_path)
    client = sign_in(role, small.facility.organisation)
    page = client.get("/facilities/PP/posts/")
    assert page.status_code == (200 if Permission.STAFF_READ in POLICY[role] else 403)
    said = client.post("/facilities/PP/posts/name/", {"key": "epidemic_lead", "unit": "", "person": "S1"})
    may = Permission.PEOPLE_WRITE in POLICY[role]
    assert said.status_code == (302 if may else 403)
    assert Assignment.objects.filter(kind="post").count() == may
    other = make_facility("ZZ")
    assert client.get(f"/facilities/{other.facility.code}/posts/").status_code == 404


def test_naming_and_ending(make_facility: Any, tmp_path: Path, sign_in: SignIn) -> None:
    small = facility_with_posts(make_facility, tmp_path)
    client = sign_in("department_head", small.facility.organisation)
    page = client.get("/facilities/PP/posts/").content.decode()
    assert "never filled" in page
    assert "Of 5 posts that must be filled: 5 posts are empty; 7 people are in nobody" in page.replace("&#x27;", "'")

    def name(**said: str) -> str:
        return client.post("/facilities/PP/posts/name/", said, follow=True).content.decode()

    assert "Nobody was named" in name(key="epidemic_lead", unit="", person="P1")
    assert "Nobody was named" in name(key="epidemic_lead", unit="", person="nobody")
    assert client.post("/facilities/PP/posts/name/", {"key": "pope", "unit": "", "person": "S1"}).status_code == 404
    assert "Named, from now on." in name(key="epidemic_lead", unit="", person="S1")
    assert "in that time" in name(key="epidemic_lead", unit="", person="S1")
    assert "Named, from now on." in name(key="epidemic_lead.deputy", unit="", person="S2")
    assert "Named, from now on." in name(key="ward_lead", unit="W1", person="S3")
    held = Assignment.objects.get(key="ward_lead")
    assert (held.place.code if held.place else None) == "W1"
    assert "Ended, from now on." in client.post(f"/facilities/PP/posts/{held.pk}/end/", follow=True).content.decode()
    assert "over already" in client.post(f"/facilities/PP/posts/{held.pk}/end/", follow=True).content.decode()
    page = client.get("/facilities/PP/posts/?show=open").content.decode()
    assert "empty since" in page
    assert client.post("/facilities/PP/posts/999999/end/").status_code == 404
    assert client.get("/facilities/PP/posts/name/").status_code == 405


def test_the_page_costs_the_same_for_many(
    make_facility: Any,
    tmp_path: Path,
    sign_in: SignIn,
    django_assert_max_num_queries: Any,
) -> None:
    small = facility_with_posts(make_facility, tmp_path)
    client = sign_in("inspector", small.facility.organisation)
    client.get("/facilities/PP/posts/")
    people = "\n".join(f"T{n},officer,官{n}" for n in range(60))
    small.bring("people", f"code,population,name\n{people}")
    with django_assert_max_num_queries(24):
        assert client.get("/facilities/PP/posts/").status_code == 200
