"""The whole road: protocol, roster, readings, evidence, a signed report, an amendment."""

import json
from typing import Any

import pytest

from lazaretto.apps.command import actions as command
from lazaretto.apps.journal.queries import public_keys, verify, verify_deep
from lazaretto.apps.registry.actions import assign
from lazaretto.apps.reporting import actions as reporting
from lazaretto.apps.reporting.queries import bound_to, draft_with_outgoing, signed_reports
from lazaretto.apps.reporting.verify import verify_file
from lazaretto.apps.rounds import actions as rounds
from lazaretto.apps.rounds.models import Excuse, Fact
from lazaretto.protocol.canonical import canonical, digest
from lazaretto.protocol.clock import utc_text
from tests.conftest import DAY, Small

READINGS = """
id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by,reason
f1,temperature,person,P1,2026-03-17 07:00,done,36.5,Cel,S1,
f2,temperature,person,P2,2026-03-17 21:30,done,36.6,Cel,S1,
f3,temperature,person,S1,2026-03-17 08:30,done,36.4,Cel,S1,
f4,disinfection,place,KIT,2026-03-17 09:00,done,,,S1,
"""


def test_a_nil_report_carries_its_evidence(small: Small) -> None:
    """One resident on time, one late, one missed by name; staff and kitchen done; sums close; status follows."""
    small.bring("facts", READINGS)
    document = small.draft()
    residents = small.measure(document, "temperature.residents")
    assert (residents["expected"], residents["on_time"], residents["late"], residents["missed"]) == (3, 1, 1, 1)
    assert residents["coverage"] == "0.6666666666"
    assert residents["gaps"] == [{"subject": "person:P3", "due": "2026-03-16T22:00:00.000Z", "reason": None}]
    assert small.measure(document, "temperature.staff")["coverage"] == "1"
    assert small.measure(document, "disinfection.key_areas")["on_time"] == 1
    assert document["facts"] == {"used": 4, "repeat": 0, "extra": 0, "superseded": 0, "void": 0}
    assert document["day"] == {"from": "2026-03-16T16:00:00.000Z", "to": "2026-03-17T16:00:00.000Z"}
    assert {"entered_late", "unit_silent"} == {c["kind"] for c in document["contradictions"]}
    assert document["status"] == "contradictory"
    assert document["units"] == {"expected": 3, "reported": 2}
    for row in document["measures"]:
        parts = ("on_time", "late", "missed", "excused", "pending")
        assert row["expected"] == sum(row[p] for p in parts)


def test_counts_close_and_null_is_not_zero(small: Small) -> None:
    small.bring(
        "presence",
        """
        subject,place,from,to
        P1,W1-101,2026-03-01 00:00,2026-03-17 10:00
        P2,W1-102,2026-03-01 00:00,2026-03-17 09:00
        P2,W2-201,2026-03-17 12:00,
        """,
    )
    small.bring("people", "code,population\nP4,prisoner")
    small.bring("presence", "subject,place,from\nP4,W1-101,2026-03-17 15:00")
    row = small.draft()["counts"]["prisoner"]
    came = sum(row[k] for k in ("admitted", "transferred_in", "returned"))
    left = sum(row[k] for k in ("released", "transferred_out", "died", "away"))
    assert (row["present_start"], came, left, row["present_end"]) == (3, 2, 2, 3)
    assert (row["admitted"], row["returned"], row["away"], row["released"]) == (1, 1, 1, 1)
    assert row["tests_taken"] == {"value": None, "reason": "not_collected"}
    assert row["fever_screened"] == 0


def test_the_outgoing_form_has_no_names_and_no_small_numbers(small: Small) -> None:
    small.bring("facts", READINGS)
    own, form = draft_with_outgoing(small.facility, DAY, small.at)
    sent = bound_to(own, form)
    text = json.dumps(sent, ensure_ascii=False)
    assert not any(word in text for word in ("person:", "P3", "赵一", "S1"))
    gaps = small.measure(sent, "temperature.residents")["gaps"]
    assert gaps == [{"unit": "W2", "reason": "no_record", "n": {"suppressed": True, "value": None}}]
    assert sent["counts"]["prisoner"]["present_end"] == {"suppressed": True, "value": None}
    assert sent["counts"]["prisoner"]["died"] == 0
    assert sent["internal_digest"] == digest(own)


def test_sign_then_amend_states_before_and_after(small: Small) -> None:
    small.bring("facts", READINGS)
    first = reporting.sign(facility=small.facility, on=DAY, by="test", signer="lead", at=small.at)
    with pytest.raises(reporting.AlreadySigned):
        reporting.sign(facility=small.facility, on=DAY, by="test", signer="lead", at=small.at)
    with pytest.raises(reporting.NothingToAmend):
        reporting.amend(facility=small.facility, on=DAY, by="test", signer="lead", at=small.at)
    small.at += 60_000
    small.bring(
        "facts", "id,observation,subject,observed_at,value\nf9,temperature,P3,2026-03-17 09:00,36.7", name="b.csv"
    )
    second = reporting.amend(facility=small.facility, on=DAY, by="test", signer="lead", at=small.at)
    assert (first.number, second.number, second.document["amends"]) == (1, 2, 1)
    change = next(c for c in second.document["changes"] if c.get("measure") == "temperature.residents")
    assert (change["before"]["missed"], change["after"]["missed"]) == (1, 0)
    assert [r.document["number"] for r in signed_reports(small.facility, DAY)] == [1, 2]
    assert first.document["measures"] != second.document["measures"]


def test_a_report_file_is_verified_without_a_database(small: Small) -> None:
    small.bring("facts", READINGS)
    report = reporting.sign(facility=small.facility, on=DAY, by="test", signer="lead", at=small.at)
    keyring = public_keys([small.facility.log])
    for document in (report.document, report.outgoing):
        assert verify_file(json.loads(json.dumps(document)), keyring) == []
        assert canonical(document)
        forged = json.loads(json.dumps(document))
        forged["measures"][0]["missed"] = 0
        assert len(verify_file(forged, keyring)) >= 2
    assert verify_file({"no": "signature"}, keyring)
    assert verify_file(report.document, {"keys": []})
    assert verify_file(report.document | {"checkpoint": None}, keyring)


def test_reports_are_part_of_the_record(small: Small) -> None:
    small.bring("facts", READINGS)
    reporting.sign(facility=small.facility, on=DAY, by="test", signer="lead", at=small.at)
    assert verify(small.facility.log.__class__.objects.get(pk=small.facility.log_id)) == []
    assert verify_deep(small.facility.log) == []


def test_a_day_before_it_begins_cannot_be_signed(small: Small) -> None:
    from datetime import timedelta

    with pytest.raises(reporting.DayNotBegun):
        reporting.sign(facility=small.facility, on=DAY + timedelta(days=3), by="t", signer="lead", at=small.at)


# -- contradictions ---------------------------------------------------------------------------------------------------


def kinds(document: dict[str, Any]) -> set[str]:
    return {c["kind"] for c in document["contradictions"]}


def reading(small: Small, name: str, subject: str, wall: str, value: str, **more: str) -> None:
    from lazaretto.apps.command import queries
    from lazaretto.apps.rounds.facts import Border

    at = small.moment(wall)
    border = Border(small.facility, queries.in_force(small.facility, at).resolved.document, at)
    claim = {
        "id": name,
        "observation": "temperature",
        "subject": subject,
        "observed_at": f"2026-03-17 {wall}",
        "value": value,
    }
    rounds.record_facts(small.facility, [border.admit(claim | more)], by="test", at=at)


def everybody(small: Small, *, but: str = "") -> None:
    for n, person in enumerate(("P1", "P2", "P3", "S1")):
        if person != but:
            reading(small, f"e{n}", person, f"08:{10 + n}", "36.5")
    reading(small, "k", "KIT", "09:00", "", observation="disinfection")


def test_a_whole_day_is_complete(small: Small) -> None:
    everybody(small)
    document = small.draft()
    assert (document["status"], document["contradictions"]) == ("complete", [])


def test_a_fever_is_open_until_it_is_answered(small: Small) -> None:
    everybody(small)
    reading(small, "hot", "P1", "14:00", "38.1")
    assert kinds(small.draft()) == {"fever_open"}
    assert small.draft()["counts"]["prisoner"]["fever_screened"] == 1
    assert small.draft()["counts"]["prisoner"]["fever_confirmed"] == 0
    reading(small, "hot2", "P1", "14:20", "38.0")
    assert small.draft()["counts"]["prisoner"]["fever_confirmed"] == 1
    reading(small, "cool", "P1", "16:00", "36.8")
    assert kinds(small.draft()) == set()


def test_isolation_answers_a_fever(small: Small) -> None:
    everybody(small)
    reading(small, "hot", "P1", "14:00", "38.1")
    small.bring("standings", "subject,key,value,from\nP1,isolation_stage,fever,2026-03-17 14:30")
    assert "fever_open" not in kinds(small.draft())


def test_a_silent_unit_contradicts(small: Small) -> None:
    everybody(small, but="P3")
    assert kinds(small.draft()) == {"unit_silent"}


def test_a_roll_call_that_does_not_match_contradicts(small: Small) -> None:
    everybody(small)
    reading(small, "roll", "W1", "10:00", "3", observation="roll_call")
    (found,) = small.draft()["contradictions"]
    assert (found["kind"], found["counted"], found["on_file"]) == ("headcount_mismatch", "3", 2)


def test_an_id_conflict_contradicts(small: Small) -> None:
    everybody(small)
    reading(small, "e0", "P1", "09:30", "36.9")
    assert kinds(small.draft()) == {"id_conflict"}
    assert Fact.objects.get(facility=small.facility, id="e0").value == "36.5"


def test_two_corrections_of_one_fact_contradict(small: Small) -> None:
    everybody(small)
    reading(small, "z1", "P1", "09:20", "36.6", supersedes="e0")
    reading(small, "z2", "P1", "09:21", "36.7", supersedes="e0")
    assert small.draft()["contradictions"] == [{"kind": "correction_conflict", "fact": "z2"}]


def test_forty_people_in_ten_seconds_contradict(small: Small) -> None:
    small.at = small.start + 1000
    small.bring("people", "code,population,unit_code\n" + "\n".join(f"Q{n},prisoner,W1" for n in range(45)))
    small.bring("presence", "subject,place,from\n" + "\n".join(f"Q{n},W1-101,2026-03-01" for n in range(45)))
    everybody(small)
    small.at = small.moment("24:00")
    at = small.moment("09:30")
    from lazaretto.apps.command import queries
    from lazaretto.apps.rounds.facts import Border

    border = Border(small.facility, queries.in_force(small.facility, at).resolved.document, at)
    claims = [
        {"id": f"b{n}", "observation": "temperature", "subject": f"Q{n}", "by": "S1", "value": "36.5",
         "observed_at": f"2026-03-17 09:30:{1 + n // 9:02d}"}
        for n in range(45)
    ]  # fmt: skip
    rounds.record_facts(small.facility, [border.admit(c) for c in claims], by="test", at=at + 60_000)
    (found,) = small.draft()["contradictions"]
    assert (found["kind"], found["by"]) == ("burst_entry", "S1")
    assert found["subjects"] >= 40


def test_an_overdue_level_review_contradicts(small: Small) -> None:
    at = small.start + 1000
    command.declare_level(
        facility=small.facility, level="heightened", reason="port", by="test", at=at, review_at=small.moment("06:00")
    )
    everybody(small)
    assert "level_review_overdue" in kinds(small.draft())
    command.review_level(facility=small.facility, reason="goes on", by="test", at=small.moment("05:00"))
    assert "level_review_overdue" not in kinds(small.draft())


def test_an_overdue_flag_review_contradicts_once(small: Small) -> None:
    """However often something else changes meanwhile, the flag whose review is overdue is said once."""
    declared = small.start - 8 * 86_400_000
    for holds, at in ((True, declared), (False, small.moment("20:00"))):
        command.declare_flag(
            facility=small.facility, flag="local_outbreak", holds=holds, reason="city", by="test", at=at
        )
        if holds:
            command.declare_level(
                facility=small.facility, level="heightened", reason="x", by="test", at=small.moment("08:00")
            )
    everybody(small)
    found = [c for c in small.draft()["contradictions"] if c["kind"] == "flag_review_overdue"]
    assert [(c["flag"], c["review_at"]) for c in found] == [("local_outbreak", utc_text(declared + 7 * 86_400_000))]


def test_a_clock_set_back_contradicts_and_nothing_goes_back(small: Small) -> None:
    everybody(small)
    reading(small, "late", "P1", "20:00", "36.5")
    reading(small, "back", "P1", "12:00", "36.5")
    assert kinds(small.draft()) == {"clock_jump"}
    assert Fact.objects.get(facility=small.facility, id="back").recorded_at == small.moment("20:00")


def test_nobody_excuses_a_round_they_were_assigned(small: Small) -> None:
    person = small.facility.people.get(code="S1")
    assign(
        person=person,
        kind="role",
        key="ward_officer",
        starts=small.moment("00:00"),
        ends=small.moment("12:00"),
        by="t",
        at=small.at,
    )
    item = {"scope": "facility", "starts": small.moment("06:00"), "ends": small.moment("07:00"), "reason": "no_power"}
    with pytest.raises(rounds.OwnRound):
        rounds.excuse(facility=small.facility, item=Excuse(by="S1", **item), by="t", at=small.at)
    after = item | {"starts": small.moment("13:00"), "ends": small.moment("14:00")}
    assert rounds.excuse(facility=small.facility, item=Excuse(by="S1", **after), by="t", at=small.at)[1]
    assert rounds.excuse(facility=small.facility, item=Excuse(by="S2", **item), by="t", at=small.at)[1]
