"""The pages about people handed over: who sees what, everything shown before anything is written, looks recorded."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lazaretto.apps.accounts.models import SensitiveRead
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.registry.models import Movement, Person
from lazaretto.apps.reporting.models import Transfer, TransferReceipt
from lazaretto.protocol.canonical import canonical
from tests.conftest import HOUR, Small
from tests.integration.pages import SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401
from tests.integration.test_transfers import CARD, WORD, both, sent, taken  # noqa: F401

LIST = "/facilities/YT/transfers/"
SEND, RECEIVE, RECEIPT = LIST + "send/", LIST + "receive/", LIST + "receipt/"


@pytest.fixture
def seen(both: tuple[Small, Small], look_at: Callable[[int], None]) -> tuple[Small, Small]:
    look_at(both[0].at + 2 * HOUR)
    return both


@every_role
def test_each_role_sees_what_its_policy_says(seen: tuple[Small, Small], sign_in: SignIn, role: str) -> None:
    transfer, _ = sent(seen[0])
    client, may = sign_in(role, seen[0].facility.organisation), POLICY[role]
    reads = bool(may & {Permission.TRANSFER, Permission.HEALTH_READ})
    hands_over = Permission.TRANSFER in may
    for path in (LIST, f"{LIST}{transfer.ref}/"):
        assert client.get(path).status_code == (200 if reads else 403), path
    for path in (SEND, RECEIVE):
        assert client.get(path).status_code == (200 if hands_over else 403), path
        assert client.post(path, {}).status_code == (422 if hands_over else 403), path
    assert client.post(RECEIPT, {}).status_code == (302 if hands_over else 403)
    assert client.get(f"{LIST}{transfer.ref}/receipt.json").status_code == (404 if hands_over else 403)


def test_outside_the_facility_nothing_is_found(seen: tuple[Small, Small], sign_in: SignIn) -> None:
    transfer, _ = sent(seen[0])
    client = sign_in("epidemic_lead", seen[1].facility.organisation)
    for path in (LIST, SEND, RECEIVE, f"{LIST}{transfer.ref}/", f"{LIST}{transfer.ref}/receipt.json"):
        assert client.get(path).status_code == 404, path
        assert Client().get(path).status_code == 302, path
    assert client.get(f"/facilities/LX/transfers/{transfer.ref}/").status_code == 404
    assert client.post(RECEIPT, {}).status_code == 404


def test_health_information_is_for_those_who_may_see_it_and_the_look_is_kept(
    seen: tuple[Small, Small], sign_in: SignIn
) -> None:
    transfer, _ = sent(seen[0])
    SensitiveRead.objects.count()
    page = sign_in("clinician", seen[0].facility.organisation).get(f"{LIST}{transfer.ref}/").content.decode()
    assert "38.4 °C" in page
    assert "asthma" in page
    assert CARD in page
    read = SensitiveRead.objects.latest("pk")
    assert (read.subject, read.where) == (transfer.person.ref, "transfer")
    assert set(read.fields.split(",")) == {"identity_number", "risk_flag", "temperature"}
    page = sign_in("department_head", seen[0].facility.organisation).get(f"{LIST}{transfer.ref}/").content.decode()
    assert "38.4" not in page
    assert "asthma" not in page
    assert "seen by clinicians only" in page
    assert "release 2026-03-24" in page
    assert SensitiveRead.objects.latest("pk").fields == "identity_number"


def test_from_one_page_to_the_other(seen: tuple[Small, Small], sign_in: SignIn, look_at: Any) -> None:
    """Sent on one page, looked at and taken in on another; the receipt closes it."""
    a, b = seen
    there, here = (sign_in("epidemic_lead", s.facility.organisation) for s in (a, b))
    assert "fever open since" in there.get(SEND + "?person=P1").content.decode()
    assert "Nobody held here" in there.get(SEND + "?person=S1").content.decode()
    form = {"person": "P1", "to": "LX", "reason": "nearer to the hospital", "passphrase": WORD}
    assert "differ" in there.post(SEND, form).content.decode()
    assert not Transfer.objects.exists()
    response = there.post(SEND, form | {"again": WORD})
    assert "attachment" in response["Content-Disposition"]
    assert "not received" in there.get(LIST).content.decode()

    look_at(a.at + 3 * HOUR)
    page = "/facilities/LX/transfers/receive/"
    people, moves = Person.objects.count(), Movement.objects.count()

    def post(**more: Any) -> Any:
        return here.post(page, {"passphrase": WORD, "place": "W1-101", "act": "look"} | more)

    assert post(file=SimpleUploadedFile("p.json", response.content), passphrase="no").status_code == 422
    shown = post(file=SimpleUploadedFile("p.json", response.content)).content.decode()
    assert "Would be taken in as YT-P1." in shown
    assert "same name and birth date" in shown
    assert "release 2026-03-24" in shown
    assert (Person.objects.count(), Movement.objects.count()) == (people, moves)
    sealed = re.search(r'name="sealed" value="([^"]+)"', shown)
    assert sealed
    done = post(sealed=sealed[1], code="N1", act="take_in")
    assert done.status_code == 302
    assert "N1 is taken in." in here.get(done.url).content.decode()
    assert here.get(done.url + "receipt.json").json()["from"] == "YT"
    assert "Everybody who was handed over was received." in there.get(LIST).content.decode()
    assert "was taken in before" in post(sealed=sealed[1]).content.decode()


def test_a_receipt_on_the_page(seen: tuple[Small, Small], sign_in: SignIn) -> None:
    a, b = seen
    _, data = sent(a)
    client = sign_in("department_head", a.facility.organisation)
    found = taken(b, data)
    content = canonical(found.receipt.document)
    assert client.post(RECEIPT, {"file": SimpleUploadedFile("r.json", content)}).status_code == 302
    assert TransferReceipt.objects.filter(transfer__direction="out").count() == 1
    client.post(RECEIPT, {"file": SimpleUploadedFile("r.json", content[:-5])})
    assert "refused" in client.get(LIST).content.decode()


def test_a_form_from_elsewhere_is_refused(seen: tuple[Small, Small], sign_in: SignIn) -> None:
    client = sign_in("department_head", seen[0].facility.organisation, enforce_csrf=True)
    for path in (SEND, RECEIVE, RECEIPT):
        assert client.post(path, {"person": "P1"}).status_code == 403
    assert not Transfer.objects.exists()
