"""Facts whose times cannot be believed as they stand: wrong clocks, the future, long ago, and outside of a grant."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts.models import Grant, Role
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.apps.registry.queries import AFTERWARDS
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds import api, holding
from lazaretto.apps.rounds.models import Device, Fact, HeldClaim, IdConflict
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.refusal import Refusal
from tests.conftest import HOUR, Small
from tests.integration.test_facts_api import URL, post, token

MINUTE, DAY_MS = 60_000, 86_400_000


@pytest.fixture
def clock(small: Small, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a setter of the moment at which the API takes requests; at first it is that of the facility's next act."""

    def at(moment: int) -> None:
        monkeypatch.setattr(api, "clock", lambda: moment)

    at(small.at)
    return at


class Sender:
    """Hands facts over as a program would."""

    def __init__(self, small: Small, client: Client) -> None:
        self.small, self.client = small, client
        self.secret = token(small, Role.WARD_OFFICER)

    def send(self, *facts: dict[str, Any], **batch: Any) -> Any:
        base = {"observation": "temperature", "subject": "P1", "value": "36.5"}
        body = {"facility": "YT", **batch, "facts": [base | f for f in facts]}
        answer = post(self.client, self.secret, body)
        assert answer.status_code == 200, answer.content
        found = answer.json()
        assert found["created"] + found["skipped"] + found["held"] + found["failed"] == len(facts)
        return found


@pytest.fixture
def sender(small: Small, client: Client, clock: Any) -> Sender:
    return Sender(small, client)


def counts(answer: Any) -> tuple[int, int, int, int]:
    return answer["created"], answer["skipped"], answer["held"], answer["failed"]


def sound(small: Small) -> None:
    small.facility.log.refresh_from_db()
    assert verify(small.facility.log) == []
    assert verify_deep(small.facility.log) == []


def test_a_clock_that_is_off_is_put_right_and_flagged(small: Small, sender: Sender, clock: Any) -> None:
    seven = small.moment("07:00")
    answer = sender.send(
        {"id": "a", "observed_at": utc_text(seven)}, device="T-1", device_now=utc_text(small.at - 90 * MINUTE)
    )
    assert counts(answer) == (1, 0, 0, 0)
    fact = Fact.objects.get()
    assert (fact.observed_at, fact.claimed_at) == (seven + 90 * MINUTE, seven)
    assert Device.objects.get().skew_ms == 90 * MINUTE
    assert small.draft()["clock_corrected"] == 1
    clock(small.at + HOUR)
    again = sender.send({"id": "a", "observed_at": utc_text(seven)}, device="T-1", device_now=utc_text(small.at))
    assert counts(again) == (0, 1, 0, 0)
    assert counts(sender.send({"id": "a", "observed_at": utc_text(seven)})) == (0, 1, 0, 0)
    assert counts(sender.send({"id": "a", "observed_at": utc_text(seven + 90 * MINUTE)})) == (0, 0, 0, 1)
    assert not IdConflict.objects.exclude(observed_at=seven + 90 * MINUTE).exists()
    sound(small)


@pytest.mark.parametrize("off", [0, 119_999, -120_000])
def test_within_two_minutes_a_clock_is_right(small: Small, sender: Sender, off: int) -> None:
    sender.send({"id": "a", "observed_at": "2026-03-17 07:00"}, device_now=utc_text(small.at - off))
    assert Fact.objects.get().claimed_at is None
    assert "clock_corrected" not in small.draft()


def test_a_claim_from_the_future_waits_and_is_never_doubled(small: Small, sender: Sender, clock: Any) -> None:
    soon = {"id": "a", "observed_at": utc_text(small.at + 10 * MINUTE)}
    answer = sender.send(soon, {"id": "b", "observed_at": "2026-03-17 07:00"})
    assert counts(answer) == (1, 0, 1, 0)
    assert (answer["errors"][0]["outcome"], answer["errors"][0]["field"]) == ("held", "observed_at")
    size = small.facility.log.__class__.objects.get(pk=small.facility.log_id).size
    assert counts(sender.send(soon)) == (0, 0, 1, 0)
    clock(small.at + HOUR)  # its time has come; it waits all the same
    assert counts(sender.send(soon)) == (0, 0, 1, 0)
    assert HeldClaim.objects.count() == 1
    assert Fact.objects.count() == 1
    assert small.facility.log.__class__.objects.get(pk=small.facility.log_id).size == size
    sound(small)


def test_a_device_that_claims_what_is_long_ago_waits(small: Small, sender: Sender, clock: Any) -> None:
    first = small.at
    sender.send({"id": "a", "observed_at": utc_text(first - 20 * DAY_MS)}, device="T-1")  # it was never seen before
    clock(first + DAY_MS)
    edge = first - 7 * DAY_MS
    for part in (["b", "c"], ["d", "e"]):  # one sync, in two batches: the second is not later than the first
        old = {"id": part[0], "observed_at": utc_text(edge - 1)}
        new = {"id": part[1], "observed_at": utc_text(edge)}
        assert counts(sender.send(old, new, device="T-1")) == (1, 0, 1, 0)
    assert set(HeldClaim.objects.values_list("fact_id", "why")) == {
        ("b", "before_last_sync"),
        ("d", "before_last_sync"),
    }
    clock(first + 9 * DAY_MS)
    again = sender.send({"id": "a", "observed_at": utc_text(first - 20 * DAY_MS)}, device="T-1")
    assert counts(again) == (0, 1, 0, 0)  # it is on file, so it does not wait
    other = {"id": "a", "observed_at": utc_text(first - 20 * DAY_MS), "value": "37.0"}
    assert counts(sender.send(other, device="T-1")) == (0, 0, 0, 1)
    assert counts(sender.send(old, device="T-2")) == (0, 0, 1, 0)
    sound(small)


def test_a_sync_that_never_ends_is_over_after_a_day(small: Small, sender: Sender, clock: Any) -> None:
    for minute in range(0, 25 * 60, 30):
        clock(small.at + minute * MINUTE)
        sender.send(device="T-1")
    device = Device.objects.get()
    assert device.last_sync_at == small.at + DAY_MS
    assert device.sync_began_at == small.at + DAY_MS + 30 * MINUTE


def held(sender: Sender, small: Small) -> HeldClaim:
    sender.send({"id": "a", "observed_at": utc_text(small.at + HOUR), "value": "36.9"})
    return HeldClaim.objects.get()


def test_a_person_takes_a_claim_in_with_the_right_time(small: Small, sender: Sender, clock: Any) -> None:
    claim, at = held(sender, small), small.at + 2 * HOUR
    for reason, moment in (("", small.at), ("wrong year", at + 3 * MINUTE)):
        with pytest.raises(RowError):
            holding.take_in(claim=claim, observed_at=moment, reason=reason, by="lead", at=at)
    for _ in range(2):
        holding.take_in(claim=claim, observed_at=small.at - HOUR, reason="wrong hour", by="lead", at=at)
    fact = Fact.objects.get()
    assert (fact.observed_at, fact.claimed_at, fact.recorded_at) == (small.at - HOUR, small.at + HOUR, at)
    with pytest.raises(Refusal):
        holding.refuse(claim=claim, reason="no", by="lead", at=at)
    clock(at)
    assert counts(sender.send({"id": "a", "observed_at": utc_text(small.at + HOUR), "value": "36.9"})) == (0, 1, 0, 0)
    kinds = list(small.facility.log.entries.order_by("seq").values_list("kind", flat=True))[-3:]
    assert kinds == ["claims_held", "facts_recorded", "claim_taken"]
    sound(small)
    HeldClaim.objects.update(claim=claim.claim | {"value": "36.1"})
    assert verify_deep(small.facility.log)


def test_a_claim_that_a_person_refused_stays_out(small: Small, sender: Sender, clock: Any) -> None:
    claim = held(sender, small)
    for _ in range(2):
        holding.refuse(claim=claim, reason="nobody was there", by="lead", at=small.at + MINUTE)
    with pytest.raises(Refusal):
        holding.take_in(claim=claim, observed_at=small.at, reason="x", by="lead", at=small.at + MINUTE)
    for at in (small.at, small.at + 2 * HOUR):
        clock(at)
        again = sender.send({"id": "a", "observed_at": utc_text(small.at + HOUR), "value": "36.9"})
        assert counts(again) == (0, 0, 0, 1)
    assert not Fact.objects.exists()
    sound(small)


def test_a_claim_whose_id_was_taken_meanwhile_can_only_be_refused(small: Small, sender: Sender) -> None:
    claim = held(sender, small)
    sender.send({"id": "a", "observed_at": "2026-03-17 07:00"})
    with pytest.raises(Refusal):
        holding.take_in(claim=claim, observed_at=small.at, reason="x", by="lead", at=small.at + HOUR)
    assert Fact.objects.get().value == "36.5"
    assert HeldClaim.objects.get().decision == ""
    sound(small)


@pytest.mark.parametrize(
    ("starts", "ends", "delivered", "outcomes"),
    [  # the facts are of the 15th, the 16th and the 17th
        (None, None, 18, "created created created"),
        (16, None, 18, "failed created created"),
        (None, 17, 17, "created created failed"),
        (None, 17, 23, "created created failed"),  # handed in after the role had ended
        (15, 16, 18, "created failed failed"),
    ],
)
def test_each_row_is_judged_by_the_rights_of_its_time(
    small: Small, sender: Sender, clock: Any, starts: int | None, ends: int | None, delivered: int, outcomes: str
) -> None:
    day = lambda n: None if n is None else date(2026, 3, n)  # noqa: E731
    Grant.objects.update(starts_on=day(starts), ends_on=day(ends))
    clock(small.at + (delivered - 18) * DAY_MS + 20 * HOUR)
    rows = [{"id": f"n{n}", "observed_at": f"2026-03-{n} 12:00"} for n in (15, 16, 17)]
    answer = sender.send(*rows)
    failed = {e["index"]: "failed" for e in answer["errors"]}
    assert " ".join(failed.get(n, "created") for n in range(3)) == outcomes
    assert set(Fact.objects.values_list("id", flat=True)) == {r["id"] for n, r in enumerate(rows) if n not in failed}


def test_a_role_that_ended_long_ago_opens_nothing(small: Small, sender: Sender, clock: Any) -> None:
    Grant.objects.update(ends_on=date(2026, 3, 18))
    clock(small.at + AFTERWARDS)
    body = {"facility": "YT", "facts": []}
    assert post(sender.client, sender.secret, body).status_code == 404
    clock(small.at + AFTERWARDS - 1)
    assert post(sender.client, sender.secret, body).status_code == 200


def test_a_batch_costs_the_same_however_many_rows(small: Small, sender: Sender) -> None:
    def cost(n: int, start: int) -> int:
        facts = [
            {"id": f"{start}-{i}", "observed_at": "2026-03-17 07:00", "subject": ("P1", "P2", "person:P3")[i % 3]}
            for i in range(n)
        ]
        with CaptureQueriesContext(connection) as seen:
            assert sender.send(*facts, device="T-1", device_now=utc_text(small.at))["created"] == n
        return len(seen)

    cost(3, 0)
    Grant.objects.update(starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 20) + timedelta(days=1))
    assert cost(3, 1) == cost(300, 2) <= 30


def test_a_moment_that_cannot_be_read_is_a_problem(small: Small, sender: Sender) -> None:
    for said in ("soon", "2026-13-01"):
        answer = post(sender.client, sender.secret, {"facility": "YT", "device_now": said, "facts": []})
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
        assert json.loads(answer.content)["errors"][0]["path"] == ["body", "device_now"]
    assert sender.client.get(URL).status_code == 405
