"""Messages of devices: taken in, or among the dead letters; a device speaks for itself only."""

import json
import stat
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import ApiToken, Grant, Role
from lazaretto.apps.accounts.queries import NotAllowed
from lazaretto.apps.registry.queries import NoSuchFacility
from lazaretto.apps.rounds import messages
from lazaretto.apps.rounds.messages import DeadLetters, Receiver
from lazaretto.apps.rounds.models import Device, Fact, HeldClaim
from lazaretto.protocol.clock import utc_text
from tests.conftest import HOUR, Small
from tests.integration.test_facts_api import token

TOPIC = "lazaretto/YT/T-1/facts"
READING = {"id": "a", "observation": "temperature", "subject": "P1", "observed_at": "2026-03-17 08:00", "value": 36.5}


@pytest.fixture
def receiver(small: Small) -> Receiver:
    letters = DeadLetters(small.folder / "mqtt" / "dead-letters.ndjson")
    return Receiver("YT", token(small, Role.WARD_OFFICER), letters, lambda: small.at)


def sent(receiver: Receiver, said: Any, topic: str = TOPIC) -> list[dict[str, Any]]:
    receiver.receive(topic, said if isinstance(said, bytes) else json.dumps(said).encode())
    return list(receiver.letters)


def test_one_reading_or_a_batch_and_again(small: Small, receiver: Receiver) -> None:
    for _ in range(2):
        assert sent(receiver, READING) == []
    batch = {
        "device_now": utc_text(small.at - HOUR),
        "facts": [READING | {"id": "b"}, READING | {"id": "c", "subject": "P2"}],
    }
    assert sent(receiver, batch) == []
    assert set(Fact.objects.values_list("id", "value", "source")) == {(i, "36.5", "mqtt") for i in "abc"}
    assert Fact.objects.get(id="b").claimed_at == small.moment("08:00")
    assert Device.objects.get().code == "T-1"


def test_what_cannot_be_taken_is_seen_by_a_person_and_the_rest_is_kept(small: Small, receiver: Receiver) -> None:
    future = READING | {"id": "d", "observed_at": "2027-01-01 08:00"}
    letters = sent(receiver, {"facts": [READING, READING | {"id": "b", "subject": "nobody"}, future]})
    assert [letter["said"]["id"] for letter in letters] == ["b"]
    assert letters[0]["topic"] == TOPIC
    assert letters[0]["zh"]
    assert letters[0]["en"]
    assert (Fact.objects.count(), HeldClaim.objects.get().device) == (1, "T-1")
    assert stat.S_IMODE(receiver.letters.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        (TOPIC, b"\xff\xfe"), (TOPIC, b"[1]"), (TOPIC, b"3"), (TOPIC, {"id": "x"}), (TOPIC, {"facts": "x"}),
        (TOPIC, {"device_now": "soon", "facts": [READING]}), (TOPIC, b" " * (messages.LONGEST + 1)),
        (TOPIC, {"device": "T-2", "facts": [READING]}), (TOPIC, {"facility": "ZZ", "facts": [READING]}),
        ("lazaretto/ZZ/T-1/facts", READING), ("lazaretto/YT/T-1/other", READING), ("lazaretto/YT//facts", READING),
        ("lazaretto/YT/T/1/facts", READING), (f"lazaretto/YT/{'T' * 61}/facts", READING),
    ],
)  # fmt: skip
def test_rubbish_and_what_another_should_have_sent(receiver: Receiver, topic: str, said: Any) -> None:
    assert len(sent(receiver, said, topic)) == 1
    assert not Fact.objects.exists()


def test_without_rights_nothing_is_taken_and_nothing_is_lost(small: Small, receiver: Receiver) -> None:
    ApiToken.objects.update(scopes=["protocol.read"])
    with pytest.raises(NotAllowed):
        sent(receiver, READING)
    ApiToken.objects.update(scopes=["fact.record"])
    accounts.end_grant(grant=Grant.objects.get(), why="left", by="t", at=small.at)
    with pytest.raises(NoSuchFacility):
        sent(receiver, READING)
    accounts.revoke_token(token=ApiToken.objects.get(), by="t", at=small.at)
    with pytest.raises(NotAllowed):
        sent(receiver, READING)
    assert list(receiver.letters) == []
