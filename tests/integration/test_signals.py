"""Questions about a day: what raises them, that they are asked once, and how they are answered."""

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.journal import retention
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.queries import verify_deep
from lazaretto.apps.registry.models import Person
from lazaretto.apps.rounds import signals
from lazaretto.apps.rounds.actions import record_facts
from lazaretto.apps.rounds.facts import Border
from lazaretto.apps.rounds.models import Signal
from lazaretto.apps.rounds.queries import signals_of
from lazaretto.apps.rounds.retention import forget_person
from lazaretto.protocol.clock import local
from lazaretto.protocol.refusal import Refusal
from tests.conftest import DAY, HOUR, ZONE, Small
from tests.integration.test_command_line import lazaretto

MINUTE = 60_000
PEOPLE = 24


def crowd(small: Small, size: int = PEOPLE) -> None:
    """Bring so many more people of each wing, whom the rounds of the tests read."""
    rows = [f"{w}{n:02d},prisoner,张{w}{n:02d},male,1980-01-01,W{w}" for w in (1, 2) for n in range(size)]
    stays = [f"{w}{n:02d},{'W1-101' if w == 1 else 'W2-201'},2026-03-16 00:00," for w in (1, 2) for n in range(size)]
    small.at = small.start
    for kind, head, lines in (
        ("people", "code,population,name,sex,birth_date,unit_code", rows), ("presence", "subject,place,from,to", stays),
    ):  # fmt: skip
        account = small.bring(kind, "\n".join([head, *lines]), name=f"crowd-{kind}.csv")
        assert not account.failures, account.failures
    small.at = small.moment("24:00")


def record(small: Small, rows: Iterable[tuple[int, str, str, str]], *, at: int | None = None, **more: str) -> None:
    """Record (instant, person, value, author) as temperatures."""
    when = at or small.at
    border = Border(small.facility, in_force(small.facility, small.start).resolved.document, when)
    claims = [
        {
            "id": f"{moment}-{who}", "observation": "temperature", "subject": who, "value": value, "by": by,
            "observed_at": local(ZONE, moment).strftime("%Y-%m-%d %H:%M:%S"),
        } | more
        for moment, who, value, by in rows
    ]  # fmt: skip
    record_facts(small.facility, [border.admit(c) for c in claims], by="t", at=when)


def round_of(
    small: Small, wall: str, wing: int, values: Iterable[Any], by: str = "S1"
) -> list[tuple[int, str, str, str]]:
    """Return a round through a wing, a reading every 20 seconds."""
    start = small.moment(wall) + wing * 1000
    return [(start + n * 20_000, f"{wing}{n:02d}", str(value), by) for n, value in enumerate(values)]


def honest(seed: str, n: int = PEOPLE) -> list[str]:
    draw = Random(seed)
    return [f"{draw.gauss(36.5, 0.3):.1f}" for _ in range(n)]


def rules(found: Iterable[Signal]) -> list[tuple[str, str, str]]:
    return sorted((s.rule, s.about, s.author) for s in found)


def asked(small: Small, **more: Any) -> list[Signal]:
    """Look at the day, and return what is asked about more than silence."""
    return [s for s in signals.look(small.facility, DAY, at=small.at, by="t", **more) if s.rule != "silent_unit"]


def test_honest_rounds_raise_nothing(small: Small) -> None:
    crowd(small)
    for hour in range(6, 22, 2):
        for wing in (1, 2):
            record(small, round_of(small, f"{hour:02d}:{wing * 15:02d}", wing, honest(f"{hour} {wing}"), by=f"S{wing}"))
    assert asked(small) == []


def test_the_same_value_all_through_a_round(small: Small) -> None:
    crowd(small)
    for wing in (1, 2):
        record(small, round_of(small, "08:00", wing, honest(f"8 {wing}"), by=f"S{wing}"))
        record(small, round_of(small, "12:00", wing, honest(f"12 {wing}"), by=f"S{wing}"))
    record(small, round_of(small, "16:00", 1, ["36.5"] * 22 + ["36.6", "36.4"]))
    (found,) = asked(small)
    assert rules([found]) == [("same_in_round", "unit:W1", "S1")]
    (row,) = found.numbers["rows"]
    assert (row["most"], row["n"], row["value"], row["at"]) == (22, 24, "36.5", small.moment("16:00") + 1000)
    assert float(row["chance"]) < 1e-10
    assert float(found.numbers["false_alarms"]["a_year"]) == pytest.approx(1e-6 * 5 * 365, rel=0.01)
    assert len(found.facts) == 22
    assert "S1" not in str(found.numbers)


def test_a_copied_sheet_raised_by_a_tenth(small: Small) -> None:
    crowd(small)
    first = honest("first")
    record(small, round_of(small, "08:00", 1, first))
    record(small, round_of(small, "12:00", 1, honest("second"), by="S2"))
    record(small, round_of(small, "16:00", 1, [f"{float(v) + 0.1:.1f}" for v in first]))
    (found,) = asked(small)
    assert rules([found]) == [("copied", "unit:W1", "S1")]
    (row,) = found.numbers["rows"]
    assert (row["same"], row["n"], row["shift"]) == (24, 24, "0.1")
    assert row["second"] - row["first"] == 8 * HOUR


def test_preferred_digits_of_an_author_and_of_a_thermometer(small: Small) -> None:
    crowd(small)
    for hour in (8, 12, 16):
        halves = [f"{round(float(v) * 2) / 2:.1f}" for v in honest(f"{hour}", PEOPLE)]
        record(small, round_of(small, f"{hour:02d}:00", 1, halves), device="T-1")
    found = asked(small)
    assert rules(s for s in found if s.rule == "digits") == [
        ("digits", "device:T-1", ""),
        ("digits", "facility:YT", "S1"),
    ]
    numbers = next(s.numbers for s in found if s.rule == "digits")
    assert sum(numbers["observed"]) == numbers["n"] == 72
    assert numbers["observed"][0] + numbers["observed"][5] == 72


def test_readings_that_never_change(small: Small) -> None:
    crowd(small)
    for hour in range(12, 24):
        values = honest(f"{hour} 1")
        record(small, round_of(small, f"{hour:02d}:00", 1, ["36.4"] * 8 + values[8:]))
    found = {s.rule: s for s in asked(small)}
    assert found["same_for_person"].numbers["rows"] == [{"value": "36.4", "most": 12, "n": 12, "people": 8}]


def test_two_units_at_once_and_entries_before_the_visit(small: Small) -> None:
    crowd(small)
    ahead = small.moment("07:00")
    record(small, [(ahead + 90_000 + n * 1000, f"1{n:02d}", "36.5", "S2") for n in range(6)], at=ahead)
    rows = [*round_of(small, "08:00", 1, honest("a")[:6]), *round_of(small, "08:00", 2, honest("b")[:6])]
    record(small, rows)
    found = {s.rule: s for s in asked(small)}
    assert set(found) == {"two_places", "early_entry"}
    assert found["two_places"].author == "S1"
    assert found["two_places"].numbers["rows"][0]["first"] != found["two_places"].numbers["rows"][0]["second"]
    assert (found["early_entry"].author, found["early_entry"].numbers["n"]) == ("S2", 6)
    assert found["early_entry"].numbers["false_alarms"]["a_year"] is None


def test_a_burst_and_a_silent_unit_are_those_of_the_report(small: Small) -> None:
    crowd(small, 45)
    start = small.moment("08:00") + 1000
    record(small, [(start + n * 100, f"1{n:02d}", v, "S1") for n, v in enumerate(honest("x", 45))])
    # times are kept to the second, so that 45 entries in 4.5 seconds are 45 entries in five
    found = signals.look(small.facility, DAY, at=small.at, by="t")
    about = {(s.rule, s.about) for s in found}
    assert ("burst_entry", "facility:YT") in about
    assert ("silent_unit", "unit:W2") in about
    contradictions = {(c["kind"], c.get("unit")) for c in small.draft()["contradictions"]}
    assert {
        ("unit_silent", about.partition(":")[2]) for rule, about in about if rule == "silent_unit"
    } <= contradictions
    assert "burst_entry" in {kind for kind, _ in contradictions}


def test_looking_again_asks_nothing_twice_and_is_on_record(small: Small) -> None:
    crowd(small)
    record(small, round_of(small, "16:00", 1, ["36.5"] * 24))
    first = signals.look(small.facility, DAY, at=small.at, by="t")
    assert first
    assert signals.look(small.facility, DAY, at=small.at + HOUR, by="t") == []
    signals.answer(first[0], code="explained", note="new thermometer", by="u1", at=small.at + HOUR)
    assert signals.look(small.facility, DAY, at=small.at + 2 * HOUR, by="t") == []
    entries = Entry.objects.filter(log=small.facility.log, kind__startswith="signal").order_by("seq")
    assert list(entries.values_list("kind", flat=True)) == ["signal_raised", "signal_answered"]
    assert list(verify_deep(small.facility.log)) == []


def test_an_answer_needs_a_code_a_note_and_somebody_else(small: Small) -> None:
    crowd(small)
    record(small, round_of(small, "16:00", 1, ["36.5"] * 24, by="u7"))
    one = next(s for s in asked(small) if s.author == "u7")
    for code, note, by, why in (
        ("guilty", "x", "u1", "no_answer"), ("true", " ", "u1", "no_note"), ("true", "x", "u7", "own_entries"),
    ):  # fmt: skip
        with pytest.raises(Refusal, match=why):
            signals.answer(one, code=code, note=note, by=by, at=small.at)
    for _ in range(2):
        row = signals.answer(one, code="true", note="typed at the desk; round repeated", by="u1", at=small.at)
    assert (row.answer, row.by, row.answered_at) == ("true", "u1", small.at)
    with pytest.raises(Refusal, match="answered"):
        signals.answer(one, code="mistaken", note="x", by="u1", at=small.at)


def test_two_fevers_in_a_unit_and_one_that_goes_on(small: Small) -> None:
    crowd(small)
    for n, wall in enumerate(("08:00", "10:00")):
        start = small.moment(wall)
        record(small, [(start, f"10{n}", "38.5", "S1"), (start + 20 * MINUTE, f"10{n}", "38.6", "S1")])
    found = {s.rule: s for s in asked(small)}
    cluster = found["cluster.fever_unit_72h"]
    assert (cluster.about, cluster.numbers["n"], cluster.numbers["least"]) == ("unit:W1", 2, 2)
    assert cluster.starts == small.moment("08:20")
    assert float(cluster.numbers["false_alarms"]["a_year"]) > 0
    tomorrow = DAY + timedelta(days=1)
    later = small.moment("09:00", tomorrow)
    record(small, [(later, "105", "38.5", "S1"), (later + 20 * MINUTE, "105", "38.6", "S1")], at=later + HOUR)
    again = signals.look(small.facility, tomorrow, at=later + HOUR, by="t")
    assert [s.rule for s in again if s.rule.startswith("cluster.")] == []


def test_the_same_person_twice_is_no_cluster(small: Small) -> None:
    crowd(small)
    for wall in ("06:00", "12:00"):
        start = small.moment(wall)
        record(small, [(start, "100", "38.5", "S1"), (start + 20 * MINUTE, "100", "38.6", "S1")])
        record(small, [(start + 60 * MINUTE, "100", "36.5", "S1"), (start + 90 * MINUTE, "100", "36.5", "S1")])
    assert "cluster.fever_unit_72h" not in {s.rule for s in asked(small)}


@pytest.mark.parametrize("missing", [0, 20])
def test_a_chart_says_nothing_where_too_many_days_were_not_observed(small: Small, missing: int) -> None:
    """Three fevers after four weeks without any. Days on which nobody was read are no days of zero."""
    crowd(small, 6)
    for back in range(28, -1, -1):
        day = DAY - timedelta(days=back)
        if 0 < back <= missing:
            continue
        start = small.moment("08:00", day)
        rows = [
            (start + n * 20_000, f"{w}{n:02d}", v, f"S{w}")
            for w in (1, 2)
            for n, v in enumerate(honest(f"{day} {w}", 6))
        ]
        record(small, [(at + int(who[0]) * 10 * MINUTE, who, v, by) for at, who, v, by in rows])
    start = small.moment("10:00")
    for n in range(3):
        record(small, [(start, f"10{n}", "38.5", "S1"), (start + 20 * MINUTE, f"10{n}", "38.6", "S1")])
    found = {s.rule: s for s in asked(small)}
    assert ("chart.fevers_c2" in found) is (missing == 0)
    if missing == 0:
        numbers = found["chart.fevers_c2"].numbers
        assert (numbers["n"], numbers["expected"], numbers["above"], numbers["days"]) == (3, "0", "1.5", 28)
        assert float(numbers["false_alarms"]["a_year"]) > 0


def test_a_day_that_has_not_begun_and_a_house_without_protocol(small: Small) -> None:
    with pytest.raises(Refusal, match="not_begun"):
        signals.look(small.facility, DAY + timedelta(days=9), at=small.at, by="t")
    small.facility.adoptions.all().delete()
    with pytest.raises(NoProtocol):
        signals.look(small.facility, DAY, at=small.at, by="t")


def test_kept_three_years_and_gone_with_the_file_of_its_author(small: Small) -> None:
    crowd(small)
    record(small, round_of(small, "16:00", 1, ["36.5"] * 24))
    asked(small)
    author = Person.objects.get(facility=small.facility, code="S1")
    assert [s["rule"] for s in signals_of(author)] == ["same_in_round"]
    late = small.at + 1095 * 24 * HOUR + 1
    policy = [p for p in retention.policies() if p.what == "signals"]
    assert retention.due(small.facility.log, policy, late - 1) == {"signals": 0}
    forget_person(small.facility, "S1", "staff", by="t", at=small.at)
    assert not Signal.objects.filter(author="S1").exists()
    proof = retention.purge(small.facility.log, policy, by="t", at=late)
    assert proof.holds
    assert not Signal.objects.exists()


def test_the_command_asks_once_and_says_how_many(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lazaretto.config import runtime

    crowd(small)
    record(small, round_of(small, "16:00", 1, ["36.5"] * 24))
    monkeypatch.setattr(runtime, "now", lambda: small.at)
    words = ("signals", "look", "--facility", "YT", "--day", DAY.isoformat())
    said = lazaretto(tmp_path, *words)
    assert "same_in_round  unit:W1" in said.stdout
    assert "S1" not in said.stdout
    assert f"{DAY}: {Signal.objects.count()} new to look at." in said.stdout
    assert json.loads(lazaretto(tmp_path, *words, "--json").stdout)["new"] == []
    assert "has not begun" in lazaretto(tmp_path, *words[:-1], "2026-04-17", ok=False).stderr
