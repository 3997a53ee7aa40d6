"""Adopting a protocol from the page takes two people and a reason; versions are listed and compared."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Role
from lazaretto.apps.command import proposals
from lazaretto.apps.command.models import Adoption
from lazaretto.apps.command.queries import in_force
from lazaretto.apps.journal.queries import verify, verify_deep
from tests.conftest import Small
from tests.integration.pages import PASSWORD, SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401

HERE = "/facilities/YT/protocol/"
OTHER = "care-home"


@pytest.fixture
def seen(small: Small, look_at: Callable[[int], None]) -> Small:
    look_at(small.at)
    return small


def propose(client: Client, **said: Any) -> Any:
    return client.post(HERE + "propose/", {"with": OTHER, "reason": "moved to a care home"} | said)


def test_one_proposes_and_another_approves(seen: Small, sign_in: SignIn) -> None:
    head, lead = (sign_in(r, seen.facility.organisation) for r in (Role.DEPARTMENT_HEAD, Role.EPIDEMIC_LEAD))
    assert propose(head).status_code == 302
    assert in_force(seen.facility, seen.at).resolved.document.id != OTHER  # nothing holds yet
    page = lead.get(HERE + "versions/").content.decode()
    assert "moved to a care home" in page
    assert "Approve" in page
    assert "Approve" not in head.get(HERE + "versions/").content.decode()
    assert head.post(HERE + "proposals/1/", {"do": "adopted"}).status_code == 422
    assert Adoption.objects.count() == 1
    assert lead.post(HERE + "proposals/1/", {"do": "adopted"}).status_code == 302
    assert in_force(seen.facility, seen.at).resolved.document.id == OTHER
    page = lead.get(HERE + "versions/").content.decode()
    assert "approved by Qin" in page
    assert page.count('name="first"') == 2
    first, second = Adoption.objects.order_by("starts").values_list("document_id", flat=True)
    between = lead.get(f"{HERE}between/?first={first}&second={second}").content.decode()
    assert "stricter" in between
    assert lead.get(f"{HERE}between/?first={first}&second={'0' * 64}").status_code == 404
    seen.facility.log.refresh_from_db()
    assert verify(seen.facility.log) == verify_deep(seen.facility.log) == []


def test_nobody_approves_his_own(seen: Small, sign_in: SignIn) -> None:
    lead = sign_in(Role.EPIDEMIC_LEAD, seen.facility.organisation)
    propose(lead)
    answer = lead.post(HERE + "proposals/1/", {"do": "adopted"})
    assert answer.status_code == 422
    assert "nobody approves what he proposed himself" in answer.content.decode()
    assert Adoption.objects.count() == 1
    assert lead.post(HERE + "proposals/1/", {"do": "withdrawn"}).status_code == 302
    assert proposals.waiting(seen.facility) is None
    assert lead.post(HERE + "proposals/1/", {"do": "withdrawn"}).status_code == 422


def test_what_is_refused_says_why_and_changes_nothing(seen: Small, sign_in: SignIn) -> None:
    head, lead = (sign_in(r, seen.facility.organisation) for r in (Role.DEPARTMENT_HEAD, Role.EPIDEMIC_LEAD))
    for said, words in (({"reason": " "}, "say why"), ({"with": ""}, "choose a file")):
        answer = propose(head, **said)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    propose(head)
    assert "waits for its approval" in propose(head).content.decode()
    assert lead.post(HERE + "proposals/1/", {"do": "declined", "answer": ""}).status_code == 422
    assert lead.post(HERE + "proposals/1/", {"do": "declined", "answer": "not yet"}).status_code == 302
    assert "not yet" in head.get(HERE + "versions/").content.decode()
    assert Adoption.objects.count() == 1


def test_the_superior_body_may_approve(seen: Small, sign_in: SignIn) -> None:
    bureau = accounts.create_organisation(code="BJ", kind="bureau", name_zh="局", name_en="Bureau", by="t", at=0)
    accounts.set_parent(organisation=seen.facility.organisation, which="command_parent", parent=bureau, by="t", at=0)
    propose(sign_in(Role.CLINICIAN, seen.facility.organisation))
    assert sign_in(Role.BUREAU_APPROVER, bureau).post(HERE + "proposals/1/", {"do": "adopted"}).status_code == 302
    assert Adoption.objects.count() == 2


@every_role
def test_who_proposes_and_who_approves(seen: Small, sign_in: SignIn, role: str) -> None:
    asks = {Role.CLINICIAN, Role.DEPARTMENT_HEAD, Role.EPIDEMIC_LEAD}
    client = sign_in(role, seen.facility.organisation)
    assert propose(client).status_code == (302 if role in asks else 403)
    may = asks | {Role.BUREAU_APPROVER}
    assert client.post(HERE + "proposals/9/", {"do": "declined"}).status_code == (422 if role in may else 403)
    assert client.get(HERE + "versions/").status_code == 200
