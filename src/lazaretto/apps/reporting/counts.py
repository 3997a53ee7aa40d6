"""
The counts of a day per population: who was there, who came and went, and what was found.

A number that is not collected is null with a reason, never 0. Source: contract, rule 11; ADR 0002, 13.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q

from lazaretto.apps.laboratory import queries as laboratory
from lazaretto.apps.registry import headcount
from lazaretto.apps.registry.models import Facility, Presence
from lazaretto.apps.registry.queries import off_the_books
from lazaretto.apps.rounds.queries import DayEvidence
from lazaretto.apps.rounds.temperatures import around, least_of, readings, rules_of
from lazaretto.protocol.clock import FOREVER
from lazaretto.protocol.fever import TEMPERATURE, Fever, fever
from lazaretto.protocol.record import Institution, Subject
from lazaretto.protocol.round import Round

INFLOWS = ("admitted", "transferred_in", "returned")
OUTFLOWS = ("released", "transferred_out", "died", "away")
#: Files that turned out to be of somebody who is on file: one less is there, and nobody left. Said only where it happened.
MERGED = "merged"
#: What no register of this version collects; tests only where the laboratory's register is in use.
NOT_COLLECTED = ("suspected", "confirmed", "tests_taken", "positives")
ISOLATION, QUARANTINE = "isolation_stage", "quarantine_stage"


def null(reason: str) -> dict[str, Any]:
    return {"value": None, "reason": reason}


def counts(
    facility: Facility,
    institution: Institution,
    fevers: Mapping[str, Fever],
    start: int,
    end: int,
    *,
    measured: set[str],
) -> dict[str, dict[str, Any]]:
    """
    Return the counts of [start, end) for each population on file; `measured` are the populations that a temperature
    measure with thresholds asks.
    """
    flows = _flows(facility, start, end)
    taken = laboratory.counts(facility, start, end) if laboratory.in_use(facility) else None
    absent = {f"person:{code}" for code in off_the_books(facility, end - 1).values()}
    people: dict[str, list[Subject]] = {}
    for subject in institution.subjects:
        if subject.kind == "person":
            people.setdefault(subject.population, []).append(subject)
    return {
        population: _population(subjects, flows[population], fevers, start, end, population in measured, absent)
        | _tests(taken, population)
        for population, subjects in sorted(people.items())
    }


def _tests(taken: Mapping[str, dict[str, int]] | None, population: str) -> dict[str, Any]:
    """Return how many samples were taken and how many of them were positive, once the laboratory's register is in use."""
    return {} if taken is None else taken.get(population, {"tests_taken": 0, "positives": 0})


def _population(
    subjects: Sequence[Subject],
    flows: Counter[str],
    fevers: Mapping[str, Fever],
    start: int,
    end: int,
    measured: bool,
    absent: set[str],
) -> dict[str, Any]:
    here = [s for s in subjects if s.ref not in absent]
    feverish = [fevers[s.ref] for s in subjects if s.ref in fevers]
    row: dict[str, Any] = {
        "present_start": sum(_present(s, start - 1) for s in subjects),
        **{name: flows[name] for name in (*INFLOWS, *OUTFLOWS)},
        "present_end": sum(_present(s, end - 1) for s in subjects),
        "fever_screened": sum(f.screened for f in feverish) if measured else null("not_measured"),
        "fever_confirmed": sum(f.confirmed for f in feverish) if measured else null("not_measured"),
        **{name: null("not_collected") for name in NOT_COLLECTED[:2]},
        "in_isolation": _standing(here, ISOLATION, end - 1),
        "in_quarantine": _standing(here, QUARANTINE, end - 1),
        **{name: null("not_collected") for name in NOT_COLLECTED[2:]},
        "staff_on_duty": null("not_staff"),
    }
    if flows[MERGED]:
        row[MERGED] = flows[MERGED]
    if subjects and subjects[0].base == "staff_member":
        row["staff_on_duty"] = sum(any(s.start < end and s.end > start for s in p.stays) for p in subjects)
    return row


def _present(subject: Subject, at: int) -> bool:
    return any(stay.start <= at < stay.end for stay in subject.stays)


def _standing(subjects: Iterable[Subject], key: str, at: int) -> int:
    return sum(any(s.key == key and s.start <= at < s.end for s in p.standings) for p in subjects)


def _flows(facility: Facility, start: int, end: int) -> dict[str, Counter[str]]:
    """Return per population how many arrivals and departures of each reason fell in [start, end)."""
    found: dict[str, Counter[str]] = {}
    every = Presence.objects.filter(facility=facility, layer="record")
    edge = Q(starts__gte=start, starts__lt=end) | Q(ends__gte=start, ends__lt=end)
    rows = every.filter(person__in=every.filter(edge).values("person")).order_by("person_id", "starts")
    of: dict[int, str] = {}
    stays: list[headcount.Stay] = []
    for person, population, starts, ends, entry, exit_ in rows.values_list(
        "person_id", "person__population", "starts", "ends", "entry", "exit"
    ):
        of[person] = population
        stays.append(headcount.Stay(person, starts or 0, FOREVER if ends is None else ends, "", entry, exit_))
    for flow in headcount.flows(stays):
        if start <= flow.at < end:
            step = -1 if flow.reason == MERGED and flow.to is not None else 1
            found.setdefault(of[flow.person], Counter())[flow.reason] += step
    for population in facility.people.values_list("population", flat=True).distinct():
        found.setdefault(population, Counter())
    return found


def closes(row: Mapping[str, Any]) -> bool:
    """Say whether start + in − out = end."""
    came, left = sum(row[n] for n in INFLOWS), sum(row[n] for n in OUTFLOWS) + row.get(MERGED, 0)
    return bool(row["present_start"] + came - left == row["present_end"])


def fevers(day: DayEvidence, rounds: Sequence[Round]) -> dict[str, Fever]:
    """
    Return what the readings on record say of people whom a temperature measure with thresholds concerns, and of whom any
    reading was over the lowest one; nobody else had a fever. A person's own usual temperature is not asked here.
    """
    rules = rules_of(day.institution.subjects, rounds)
    if not rules:
        return {}
    found = day.facts.reaching(TEMPERATURE, day.near, least_of(rules.values()))
    known = around(day.facts, rules, day.near, day.facts.of)
    start, end = day.evidence.start, day.evidence.end
    return {ref: fever(of_one, rules[ref], start, end) for ref, of_one in readings(found, rules, known).items()}
