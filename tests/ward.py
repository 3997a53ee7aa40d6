"""What the tests of the ward client share: a facility at noon of a measuring day, and sealing as a phone does it."""

import base64
import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.journal import envelopes
from lazaretto.apps.rounds.outbox import context_of
from lazaretto.protocol.clock import local
from tests.conftest import ZONE, Small
from tests.integration.pages import PASSWORD

DEVICE = "ward-0123456789abcdef"
Clock = Callable[[int], None]


@pytest.fixture
def ward_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a setter of the moment at every edge that the ward client meets."""
    from lazaretto.apps.accounts import access as accounts_access
    from lazaretto.apps.console import access
    from lazaretto.apps.rounds import api_ward

    def at(moment: int) -> None:
        for edge in (access, accounts_access, api_ward):
            monkeypatch.setattr(edge, "clock_now", lambda: moment)

    return at


@pytest.fixture
def noon(small: Small, ward_clock: Clock) -> Small:
    """A facility with four temperatures a day, at 13:10; two people of the ward had readings before. User `officer`."""
    from lazaretto.apps.command import actions as command

    start = small.moment("00:00")
    command.declare_level(facility=small.facility, level="outbreak", reason="t", by="test", at=start - 3_600_000)
    readings = "\n".join(
        f"r{day}-{p},temperature,person,P{p},2026-03-{day:02d} 08:05,done,36.{p + day % 2},Cel,S1" for day in range(8, 17) for p in (1, 2)
    )  # fmt: skip
    small.at = start
    small.bring("facts", "id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by\n" + readings)
    small.at = small.moment("13:10")
    ward_clock(small.at)
    officer(small, "officer", "秦既明", "S1")
    return small


def officer(small: Small, name: str, zh: str, person: str = "", role: str = "ward_officer", **dates: Any) -> Any:
    user = accounts.create_user(username=name, password=PASSWORD, name_zh=zh, name_en=name.title(), by="test", at=0)
    if person:
        user.person_code = person
        user.save(update_fields=["person_code"])
    accounts.grant(user=user, role=role, organisation=small.facility.organisation, by="test", at=0, **dates)
    return user


def pass_of(small: Small, user: Any, at: int, device: str = DEVICE) -> str:
    return accounts.create_flush_token(user=user, organisation=small.facility.organisation, device=device, at=at)


def fact(subject: str, at: int, value: str = "36.5", **more: Any) -> dict[str, Any]:
    kind, code = subject.split(":")
    said = {"observation": "temperature", "subject_kind": kind, "subject": code, "value": value, "ucum": "Cel"}
    return said | {"observed_at": local(ZONE, at).isoformat()} | more


def sealed(
    small: Small, secret: str, id_: str, said: dict[str, Any], *, at: int, device: str = DEVICE
) -> dict[str, str]:
    """Return a record as a phone keeps it."""
    key = envelopes.current(small.facility.log, at=at)
    told = {"token": secret, "fact": {"id": id_, **said}}
    return {"id": id_, **seal(key.key_id, key.public, context_of(small.facility, device, id_), told)}


def seal(key_id: str, key: str, context: str, said: dict[str, Any]) -> dict[str, str]:
    """Return what a client seals to a facility's key; `context` is bound to it."""
    public = bytes.fromhex(key)
    own = ec.generate_private_key(ec.SECP256R1())
    point = own.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public))
    iv = os.urandom(12)
    text = AESGCM(envelopes.message_key(shared, point, public)).encrypt(iv, json.dumps(said).encode(), context.encode())
    return {"key": key_id, "point": _text(point), "iv": _text(iv), "text": _text(text)}


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
