"""
Residual risk of a pathway and of one course: what would leave undetected if it ended on a day. A figure for planning, with its
inputs beside it; it decides nothing about anybody.
"""

from collections.abc import Sequence
from typing import NamedTuple

from lazaretto.apps.isolation.courses import Course
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.pathway import Pathway
from lazaretto.surveillance.residual_risk import PathwayRisk, pathway_risk, range_of

#: How many arrive infected, and the daily chance of infection inside: low, usual, high. Assumptions, shown beside each figure.
PREVALENCE = (0.001, 0.01, 0.05)
SINGLE, SHARED = (0.0, 1e-5, 1e-4), (1e-5, 1e-4, 1e-3)


class Estimate(NamedTuple):
    """The risk with the kind, usual and harsh inputs, and how it falls day by day with the usual ones."""

    low: PathwayRisk
    usual: PathwayRisk
    high: PathwayRisk
    days: int
    tests: tuple[int, ...]
    prevalence: float
    hazard: float
    curve: tuple[tuple[int, float], ...] = ()


class Cost(NamedTuple):
    """A pathway beside others: its risk, and what it costs people and house for `people` of them."""

    pathway: Pathway
    estimate: Estimate
    days: int
    alone: int
    tests: int
    room_days: int
    person_days: int


def estimate(days: int, tests: Sequence[int], *, alone: bool, curve: bool = False) -> Estimate:
    hazard = SINGLE if alone else SHARED
    low, usual, high = range_of(days, tests, prevalence=PREVALENCE, hazard=hazard)
    points = [
        (d, pathway_risk(d, tests, prevalence=PREVALENCE[1], hazard=lambda t: hazard[1]).total)
        for d in range(0, days + 1, max(days // 14, 1))
    ]
    return Estimate(low, usual, high, days, tuple(tests), PREVALENCE[1], hazard[1], tuple(points) if curve else ())


def tests_of(pathway: Pathway) -> list[int]:
    """Return the days of the whole way on which it tests."""
    found, begins = [], 0
    for stage in pathway.stages:
        length = stage.length.days if stage.length else 0
        for test in stage.tests:
            found += [begins + d for d in test.on_days if d <= length]
            if test.before_exit is not None:
                found.append(begins + length)
        begins += length
    return sorted(set(found))


def length_of(pathway: Pathway) -> int | None:
    """Return the days of the whole way, None where a number is missing."""
    lengths = [stage.length.days for stage in pathway.stages if stage.length is not None]
    return sum(lengths) if len(lengths) == len(pathway.stages) else None


def is_alone(pathway: Pathway) -> bool:
    return all(stage.placement in ("single_room", "own_room") for stage in pathway.stages)


def compare(pathways: Sequence[Pathway], *, people: int) -> list[Cost]:
    """Return the quarantine pathways with their risk and their cost for so many people, the shortest first."""
    found = []
    for pathway in pathways:
        days = length_of(pathway)
        if days is None or days == 0 or pathway.purpose in ("isolation", "cohorting"):
            continue
        tests = tests_of(pathway)
        rooms = sum(
            -(-people // (stage.persons or (1 if stage.placement == "single_room" else 3))) * stage.length.days
            for stage in pathway.stages
            if stage.length is not None
        )
        alone = sum(s.length.days for s in pathway.stages if s.length and s.placement == "single_room")
        risk = estimate(days, tests, alone=is_alone(pathway), curve=True)
        found.append(Cost(pathway, risk, days, alone, len(tests) * people, rooms, days * people))
    return sorted(found, key=lambda c: c.days)


def of_course(course: Course) -> Estimate | None:
    """Return what would be left if a quarantine ended now, with the tests that were negative; None for isolation."""
    if course.episode.is_isolation or not course.entered:
        return None
    start = course.way.exposures[-1] if course.way.exposures else course.entered[0].at
    days = max((local_day(course.zone, course.ended_or_now) - local_day(course.zone, start)).days, 0)
    tests = sorted(
        {
            (local_day(course.zone, t.at) - local_day(course.zone, start)).days
            for t in course.way.tests
            if t.result == "negative" and t.at >= start
        }
    )
    return estimate(days, tests, alone=bool(course.stage and course.stage.placement == "single_room"))
