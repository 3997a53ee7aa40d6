"""The door for what phones kept sealed: whose a record is, what he might do then, and that nothing is lost or doubled."""

from itertools import permutations
from typing import Any

import pytest
from django.test import Client

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import ApiToken
from lazaretto.apps.journal import envelopes, keys
from lazaretto.apps.rounds import api_ward, pairs
from lazaretto.apps.rounds.models import Fact, FeverEpisode
from lazaretto.protocol.clock import local
from lazaretto.web.limits import Limit
from tests.conftest import HOUR, ZONE, Small
from tests.ward import DEVICE, Clock, fact, noon, officer, pass_of, sealed, ward_clock  # noqa: F401

DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BY_DEVICE", "BY_ADDRESS"):
        monkeypatch.setattr(api_ward, name, Limit(600, 60_000))


def post(records: list[dict[str, str]], now: int, *, device: str = DEVICE, vouching: str = "", code: str = "YT") -> Any:
    headers = {"Authorization": f"Bearer {vouching}"} if vouching else {}
    body = {"device": device, "device_now": local(ZONE, now).isoformat(), "records": records}
    return Client().post(f"/api/v1/ward/{code}/outbox", body, content_type="application/json", headers=headers)


def fates(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [r["outcome"] for r in response.json()["receipts"]]


def test_a_record_is_its_authors_whoever_sends_it_and_however_often(noon: Small) -> None:
    user = officer(noon, "nightly", "许怀瑾", "S1")
    secret = pass_of(noon, user, noon.at)
    records = [
        sealed(noon, secret, f"0199-{n}", fact(f"person:P{n}", noon.at - n * 60_000), at=noon.at) for n in (1, 2, 3)
    ]
    for some in permutations(records):
        response = post(list(some), noon.at)
        assert set(fates(response)) <= {"created", "skipped"}
    facts = Fact.objects.filter(id__startswith="0199")
    assert {(f.subject, f.by, f.source, f.value) for f in facts} == {
        (f"P{n}", "S1", "offline", "36.5") for n in (1, 2, 3)
    }
    assert b"36.5" not in b"".join(r["text"].encode() for r in records)


def test_the_pass_is_no_key_to_anything_else(noon: Small) -> None:
    secret = pass_of(noon, officer(noon, "other", "某人"), noon.at)
    asked = Client().get("/api/v1/facilities/YT/due?place=W1", headers={"Authorization": f"Bearer {secret}"})
    assert asked.status_code == 401
    facts = {"facility": "YT", "facts": [fact("person:P1", noon.at) | {"id": "x1"}]}
    posted = Client().post(
        "/api/v1/facts", facts, content_type="application/json", headers={"Authorization": f"Bearer {secret}"}
    )
    assert posted.status_code == 401
    assert accounts.FLUSH_MS == 72 * HOUR
    assert ApiToken.objects.get(device=DEVICE).scopes == ["fact.record"]


def test_what_cannot_be_opened_or_was_moved_stays_on_the_phone(noon: Small) -> None:
    secret = pass_of(noon, officer(noon, "other", "某人"), noon.at)
    good = sealed(noon, secret, "good", fact("person:P1", noon.at), at=noon.at)
    moved = good | {"id": "renamed"}
    broken = good | {"text": ("A" if good["text"][0] != "A" else "B") + good["text"][1:]}
    unknown = good | {"key": "0" * 16}
    odd = good | {"point": "AAAA"}
    assert fates(post([moved, broken, unknown, odd], noon.at)) == ["unreadable"] * 4
    assert fates(post([good], noon.at, device="ward-another-phone")) == ["unreadable"]
    assert not Fact.objects.filter(source="offline").exists()
    keys.destroy(good["key"])
    assert fates(post([good], noon.at)) == ["unreadable"]
    assert envelopes.current(noon.facility.log, at=noon.at).key_id != good["key"]


def test_a_pass_of_another_phone_or_facility_or_nobody_sends_nothing(noon: Small, make_facility: Any) -> None:
    user = officer(noon, "other", "某人")
    other = make_facility("QY")
    accounts.grant(user=user, role="ward_officer", organisation=other.facility.organisation, by="test", at=0)
    stolen = [pass_of(noon, user, noon.at, "ward-another-phone"), pass_of(other, user, noon.at), "lf_invented", ""]
    records = [sealed(noon, s, f"s{n}", fact("person:P1", noon.at), at=noon.at) for n, s in enumerate(stolen)]
    assert fates(post(records, noon.at)) == ["failed"] * 4
    assert post(records, noon.at, code="NO").status_code == 404


def test_after_three_days_the_author_vouches_himself(noon: Small, ward_clock: Clock) -> None:
    user, colleague = officer(noon, "first", "甲"), officer(noon, "second", "乙")
    record = sealed(noon, pass_of(noon, user, noon.at), "late", fact("person:P1", noon.at), at=noon.at)
    later = noon.at + 73 * HOUR
    ward_clock(later)
    assert fates(post([record], later)) == ["waits"]
    assert fates(post([record], later, vouching=pass_of(noon, colleague, later))) == ["waits"]
    assert fates(post([record], later, vouching=pass_of(noon, user, later))) == ["created"]
    assert Fact.objects.get(id="late").observed_at == noon.at


def test_rights_count_as_of_the_moment_of_the_act(noon: Small) -> None:
    """A role that began at noon of yesterday: what was seen the day before it is not taken, what was seen since is."""
    from datetime import date

    user = officer(noon, "newcomer", "新来", starts_on=date(2026, 3, 17))
    secret = pass_of(noon, user, noon.at)
    before = sealed(noon, secret, "before", fact("person:P1", noon.at - DAY), at=noon.at)
    since = sealed(noon, secret, "since", fact("person:P1", noon.at - HOUR), at=noon.at)
    response = post([before, since], noon.at)
    assert fates(response) == ["failed", "created"]
    assert response.json()["receipts"][0]["message_zh"] == "当时没有录入权限"


def test_a_clock_that_is_off_is_set_right_and_said(noon: Small) -> None:
    secret = pass_of(noon, officer(noon, "other", "某人"), noon.at)
    slow = noon.at - 3 * HOUR
    response = post([sealed(noon, secret, "slow", fact("person:P1", slow - 60_000), at=noon.at)], slow)
    assert fates(response) == ["created"]
    assert response.json()["skew_ms"] == 3 * HOUR
    row = Fact.objects.get(id="slow")
    assert (row.observed_at, row.claimed_at) == (noon.at - 60_000, slow - 60_000)


def test_what_the_record_refuses_says_why_and_a_doubtful_time_waits_for_a_person(noon: Small) -> None:
    secret = pass_of(noon, officer(noon, "other", "某人"), noon.at)
    said = {
        "nobody": fact("person:P9", noon.at), "cold": fact("person:P1", noon.at, "12.0"),
        "future": fact("person:P1", noon.at + DAY), "odd": {"observation": "temperature"},
    }  # fmt: skip
    records = [sealed(noon, secret, id_, f, at=noon.at) for id_, f in said.items()]
    response = post(records, noon.at)
    assert fates(response) == ["failed", "failed", "held", "failed"]
    assert all(r["message_zh"] and r["message_en"] for r in response.json()["receipts"])


def test_the_door_is_narrow(noon: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_ward, "BY_DEVICE", Limit(2, 60_000))
    assert [post([], noon.at).status_code for _ in range(3)] == [200, 200, 429]
    assert post([], noon.at, device="ward-another-phone").status_code == 200
    assert post([], noon.at, device="x").status_code == 422
    limit = Limit(2, 1000)
    assert [limit.allows("a", t) for t in (0, 1, 2, 1001)] == [True, True, False, True]


def test_two_who_differ_are_settled_by_a_person_and_both_stay(noon: Small) -> None:
    one, other = officer(noon, "first", "甲"), officer(noon, "second", "乙")
    for user, id_, value, ago in ((one, "a", "36.8", 6), (other, "b", "37.1", 1)):
        record = sealed(
            noon, pass_of(noon, user, noon.at), id_, fact("person:P1", noon.at - ago * 60_000, value), at=noon.at
        )
        assert fates(post([record], noon.at)) == ["created"]
    (pair,) = pairs.unsettled(noon.facility, ["P1", "P2"], noon.at)
    assert [f.value for f in pair] == ["36.8", "37.1"]
    pairs.settle(noon.facility, "b", "a", keeps="b", by="lead", at=noon.at)
    pairs.settle(noon.facility, "a", "b", keeps="", by="lead", at=noon.at)  # settled already: it stays as it is
    assert pairs.unsettled(noon.facility, ["P1"], noon.at) == []
    assert Fact.objects.get(supersedes="a").outcome == "void"
    assert Fact.objects.filter(id__in=["a", "b"]).count() == 2
    assert noon.facility.log.entries.filter(kind="pair_settled").count() == 1


def test_a_second_reading_after_a_high_one_differs_rightly(noon: Small) -> None:
    one, other = officer(noon, "first", "甲"), officer(noon, "second", "乙")
    for user, id_, value, ago in ((one, "a", "38.4", 20), (other, "b", "36.9", 1)):
        record = sealed(
            noon, pass_of(noon, user, noon.at), id_, fact("person:P1", noon.at - ago * 60_000, value), at=noon.at
        )
        post([record], noon.at)
    assert FeverEpisode.objects.get().first == "a"
    assert pairs.unsettled(noon.facility, ["P1"], noon.at) == []


def test_a_new_sealing_key_leaves_nothing_unread_for_three_days(
    noon: Small, django_capture_on_commit_callbacks: Any
) -> None:
    """What was sealed to the old key is read until 72 h after the new one; only then does the old one go, on record."""
    log, user = noon.facility.log, officer(noon, "other", "某人")
    before = sealed(noon, pass_of(noon, user, noon.at), "before", fact("person:P1", noon.at), at=noon.at)
    made = envelopes.replace(log, at=noon.at, by="t")
    after = sealed(noon, pass_of(noon, user, noon.at), "after", fact("person:P2", noon.at), at=noon.at)
    assert (after["key"], before["key"] == made.key_id) == (made.key_id, False)
    assert envelopes.retired_from(log)[0][1] == noon.at + 72 * HOUR
    for moment, gone in ((noon.at + 72 * HOUR - 1, []), (noon.at + 72 * HOUR, [before["key"]])):
        with django_capture_on_commit_callbacks(execute=True):
            assert envelopes.retire(log, by="t", at=moment) == gone
        if not gone:
            assert fates(post([before, after], noon.at)) == ["created", "created"]
    assert not keys.is_here(before["key"])
    assert keys.is_here(made.key_id)
    assert envelopes.retire(log, by="t", at=noon.at + 100 * HOUR) == []
    assert log.entries.get(kind="seal_key_retired").detail == {"key_id": before["key"]}
    assert envelopes.current(log, at=noon.at) == made


def test_the_command_line_says_what_it_kept(noon: Small) -> None:
    from typer.testing import CliRunner

    from lazaretto.config.cli import app

    sealed(noon, pass_of(noon, officer(noon, "other", "某人"), noon.at), "x", fact("person:P1", noon.at), at=noon.at)
    run = lambda *words: CliRunner().invoke(app, list(words), env={"LAZARETTO_LANG": "en"})  # noqa: E731
    first, second = run("key", "reseal", "--log", "YT"), run("key", "retire")
    assert (first.exit_code, second.exit_code) == (0, 0), (first.output, second.output)
    assert "kept until" in second.output
    assert "0 old sealing keys" in second.output
    assert run("key", "reseal", "--log", "NO").exit_code == 1
