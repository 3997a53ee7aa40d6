"""Entries that cannot have been made as their times say: one author in two units at once, or before the visit."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from lazaretto.apps.rounds.columns import DONE, Whole
from lazaretto.apps.rounds.queries import DayEvidence
from lazaretto.apps.rounds.questions import ENTRIES, MOST_FACTS, MOST_ROWS, Question
from lazaretto.apps.rounds.units import Units
from lazaretto.protocol.checks import EarlyEntryCheck, TwoPlacesCheck
from lazaretto.protocol.record import Subject
from lazaretto.surveillance import honesty
from lazaretto.surveillance.series import Flags


def two_places(day: DayEvidence, where: Units, check: TwoPlacesCheck) -> Iterator[Question]:
    """
    Ask where one author's entries from two wings lie within seconds.

    It is about places, not about who belongs to which unit: staff of several units meet at one gate. Times typed to the minute
    say nothing (a whole round is then at one instant), nor does anybody who moved on that day.
    """
    facts, evidence = day.evidence.facts, day.evidence
    rows = np.flatnonzero(evidence.today & (facts.says == DONE) & (facts.observed_at % 60_000 != 0) & _signed(day))
    names: dict[str, int] = {}
    unit = np.full(len(facts.refs), -1, np.int64)
    for number, subject in enumerate(evidence.subjects):
        if name := _wing(day, where, subject):
            unit[number] = names.setdefault(name, len(names))
    at, author, place = facts.observed_at[rows], facts.by[rows], unit[facts.subject[rows]]
    there = honesty.in_two_places(author, place, at, check.within.nominal_ms)
    known = list(names)
    for name in np.unique(author[there]).tolist():
        own = np.flatnonzero(author == name)
        own = own[np.lexsort((at[own],))]
        hits = np.flatnonzero(there[own])
        if len(hits) < check.at_least:
            continue
        lines = [_line(own, hit, at, place, known) for hit in hits[:MOST_ROWS].tolist()]
        ids = [facts.id_of(int(rows[own[hit]])) for hit in hits[:MOST_FACTS].tolist()]
        numbers = {"n": len(hits), "of": len(own), "rows": lines}
        yield _asked("two_places", day, facts.names[name], numbers, ids)


def _wing(day: DayEvidence, where: Units, subject: Subject) -> str:
    """Return the wing where a person was all day, empty if he was in none or in several; a place can be asked by telephone."""
    start, end = day.evidence.start, day.evidence.end
    if subject.kind != "person" or any(start < edge < end for s in subject.stays for edge in (s.start, s.end)):
        return ""
    return where.wing(subject, start)


def _line(own: Whole, hit: int, at: Whole, place: Whole, known: list[str]) -> dict[str, object]:
    """Return one entry with the last one before it that was in a unit at all."""
    here = int(own[hit])
    before = next(int(row) for row in own[:hit][::-1] if place[row] >= 0)
    return {
        "at": int(at[here]), "seconds": int(at[here] - at[before]) // 1000, "first": known[place[before]],
        "second": known[place[here]],
    }  # fmt: skip


def early_entries(day: DayEvidence, check: EarlyEntryCheck) -> Iterator[Question]:
    """Entries on record before the moment that they tell of."""
    facts, evidence = day.evidence.facts, day.evidence
    early = honesty.before_visit(facts.observed_at, facts.recorded_at, check.skew.nominal_ms)
    rows = np.flatnonzero(evidence.today & (facts.says == DONE) & early & _signed(day))
    for name in np.unique(facts.by[rows]).tolist():
        own = rows[facts.by[rows] == name]
        if len(own) < check.at_least:
            continue
        ahead = facts.observed_at[own] - facts.recorded_at[own]
        numbers = {
            "n": len(own),
            "first": int(facts.observed_at[own].min()),
            "most_seconds": int(ahead.max()) // 1000,
            "least_seconds": int(ahead.min()) // 1000,
        }
        ids = [facts.id_of(row) for row in own[:MOST_FACTS].tolist()]
        yield _asked("early_entry", day, facts.names[name], numbers, ids)


def _asked(rule: str, day: DayEvidence, author: str, numbers: dict[str, Any], ids: list[str]) -> Question:
    about = f"facility:{day.institution.facility}"
    return Question(rule, about, author, day.evidence.start, day.evidence.end, numbers, ids, ENTRIES)


def _signed(day: DayEvidence) -> Flags:
    """Say of each fact whether somebody is named who entered it."""
    facts = day.evidence.facts
    named = np.array([bool(name) for name in facts.names] or [False], bool)
    return named[facts.by] if len(facts) else np.zeros(0, bool)
