"""Medicines: a gap calls, fever medicine is handed out on a page and followed by a look for the fever it may hide."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from lazaretto.apps.accounts.permissions import POLICY
from lazaretto.apps.clinic.medicines import gaps
from lazaretto.apps.isolation.care import care_on
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.rounds.models import Fact
from lazaretto.apps.work import ledger
from lazaretto.apps.work.models import Cascade
from tests.conftest import DAY, Small
from tests.integration.isolation import days_later, furnish, ordered, person, placed
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401

BOARD = "/facilities/YT/isolation/"


def taking(small: Small, code: str, value: str) -> None:
    registry.set_standing(
        subject=person(small, code), key="regular_medicine", value=value, starts=small.start, source="t", by="t",
        at=small.start,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "given", "hours", "missed"),
    [
        ("insulin", None, 23, 0),
        ("insulin", None, 25, 1),
        ("insulin", None, 49, 2),
        ("insulin/2", None, 25, 2),
        ("insulin", 20, 43, 0),
        ("insulin", 20, 45, 1),
        ("insulin/2", 20, 45, 2),
        ("insulin/99", None, 25, 1),
    ],
)
def test_doses_are_counted_from_the_last_one(
    make_facility: Callable[..., Small], value: str, given: int | None, hours: int, missed: int
) -> None:
    small = furnish(make_facility())
    taking(small, "P1", value)
    if given is not None:
        entry = ledger.Entry(
            person(small, "P1"), "r", "medicines.continuity", "long_term", Decimal(1), days_later(given / 24)
        )
        ledger.give(small.facility, [entry], by="t", at=days_later(3))
    found = gaps(small.facility, {person(small, "P1").pk: days_later(0)}, days_later(hours / 24))
    assert [g.missed for g in found] == ([missed] if missed else [])


def test_a_gap_calls_on_the_board_and_on_the_picture(
    make_facility: Callable[..., Small], sign_in: SignIn, look_at: Callable[[int], None]
) -> None:
    small = furnish(make_facility())
    taking(small, "P1", "anticonvulsant")
    for code, room in (("P1", "C1"), ("P2", "C2")):
        placed(small, ordered(small, code, "quarantine.contacts", at=days_later(0), exposures=(days_later(-1),)), room,
               at=days_later(0))  # fmt: skip
    owed = [
        line for line in care_on(small.facility, DAY, days_later(1)).lines if line.measure.id == "medicines.continuity"
    ]
    assert [(line.person, line.good.id) for line in owed] == [(person(small, "P1").pk, "long_term")]
    look_at(days_later(2.2))
    clinician = sign_in("clinician", small.facility.organisation)
    assert "more than one dose is not on record" in clinician.get(BOARD).content.decode()
    custody = sign_in("ward_officer", small.facility.organisation).get(BOARD).content.decode()
    assert "Regular medicine" not in custody
    picture = sign_in("epidemic_lead", small.facility.organisation).get("/facilities/YT/picture/now/").content.decode()
    assert "Regular medicine missed more than once" in re.sub(r"\s+", " ", picture)
    entry = ledger.Entry(person(small, "P1"), "r", "medicines.continuity", "long_term", Decimal(1), days_later(2))
    ledger.give(small.facility, [entry], by="t", at=days_later(2.1))
    assert "Regular medicine" not in clinician.get(BOARD).content.decode()


def test_fever_medicine_is_handed_out_once_and_somebody_looks(
    make_facility: Callable[..., Small], sign_in: SignIn, look_at: Callable[[int], None]
) -> None:
    small = make_facility("YT", protocol="facility-s0-prison")
    look_at(days_later(1))
    client, here = sign_in("clinician", small.facility.organisation), f"{BOARD}medicine/"
    data = {"person": "P1", "medicine": "paracetamol 500 mg", "token": "0192f0c1-7d1e-7a3b-8a57-0123456789ab"}
    assert client.post(here, data | {"person": "P9"}).status_code == 422
    assert client.post(here, data | {"given_at": "2030-01-01 08:00"}).status_code == 422
    for _ in range(2):
        page = client.post(here, data, follow=True).content.decode()
    assert "On record." in page
    assert "Looked: no fever" in page
    assert (Fact.objects.filter(observation="antipyretic").count(), Cascade.objects.count()) == (1, 1)
    cascade = Cascade.objects.get()
    assert (cascade.event, cascade.subject) == ("antipyretic_issued", "person:P1")
    client.post(f"{here}{cascade.pk}/looked/", {"fever": "no"})
    cascade.refresh_from_db()
    assert (cascade.reason, cascade.done.count()) == ("no fever", 1)
    assert client.post(f"{here}{cascade.pk}/looked/", {"fever": "no"}).status_code == 404
    client.post(here, data | {"token": "0192f0c1-7d1e-7a3b-8a57-0123456789ac"})
    second = Cascade.objects.get(ended_at=None)
    client.post(f"{here}{second.pk}/looked/", {"fever": "yes"})
    second.refresh_from_db()
    assert (second.ended_at, second.done.count()) == (None, 1)


def test_who_hands_it_out(make_facility: Callable[..., Small], sign_in: SignIn, look_at: Callable[[int], None]) -> None:
    small = make_facility()
    look_at(days_later(1))
    for role, may in POLICY.items():
        opens = 200 if {"health.read", "fact.record"} <= may else 403
        assert sign_in(role, small.facility.organisation).get(f"{BOARD}medicine/").status_code == opens, role
