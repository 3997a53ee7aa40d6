"""
Small institutions in which everything that may go wrong does: made from one seed, so that a failure can be named.

The edges of windows are asked of the oracle, so that facts, excuses and changes lie on them or one millisecond beside.
"""

import itertools
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.record import (
    Assigned,
    Excuse,
    ExcuseScope,
    Fact,
    Institution,
    Outcome,
    Phase,
    Place,
    Standing,
    Stay,
    Subject,
)
from lazaretto.protocol.round import Round
from tests.property.oracle_owed import Expectation, expectations, owes
from tests.property.oracle_slots import DAY_MS, clock_face, count_windows, facility_day, instant, nominal_slots
from tests.property.world_rounds import HOUR, MINUTE, NUDGES, OBSERVATIONS, SHIFTS, near, some_round, some_timeline

ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Tehran",
    "America/Sao_Paulo",
    "UTC",
)
POPULATIONS = (("detainee", "resident"), ("patient", "resident"), ("guard", "staff"), ("visitor", ""))


class World(NamedTuple):
    """The arguments of the evaluator and of the oracle."""

    institution: Institution
    timeline: tuple[Phase, ...]
    day: date
    as_of: int


def world(seed: int) -> World:
    """Return the same world for the same seed."""
    rng = Random(seed)
    zone = rng.choice(ZONES)
    day = _day(rng, zone)
    places = _place_tree(rng)
    rounds = [some_round(rng, f"m{n}", tuple(places)) for n in range(rng.choice((1, 1, 2, 2, 3)))]
    facility = rng.choice(("F1", "看守所-7"))
    moments = _moments(rng, facility, zone, day, rounds)
    timeline = some_timeline(rng, zone, day, rounds, moments, tuple(places))
    places = {ref: _with_standings(rng, place, moments) for ref, place in places.items()}
    subjects = _subjects(rng, places, moments, rounds)
    bare = Institution(facility, zone, subjects, places)
    expected = _expected(bare, timeline, day)
    as_of = _as_of(rng, bare, timeline, day, expected)
    facts = _facts(rng, bare, timeline, day, expected, as_of)
    if facts and rng.random() < 0.1:
        as_of = rng.choice(facts).recorded_at + rng.choice(NUDGES)
    excuses = _excuses(rng, bare, expected, moments, as_of)
    return World(Institution(facility, zone, subjects, places, facts, excuses), timeline, day, as_of)


#: Worlds to hand to `@given`; a failing example is printed as `world(seed)`.
worlds = st.integers(min_value=0, max_value=2**48).map(world)


# Days


@lru_cache
def _changes(zone: str) -> tuple[date, ...]:
    """Return the dates from 2011 to 2026 on which the clocks of a zone are put forward or back."""
    dates = [date(2011, 1, 1) + timedelta(days=n) for n in range(16 * 365)]
    shift = [clock_face(zone, instant(zone, d, 0)).utcoffset() for d in dates]
    midnights = [d for d, a, b in zip(dates, shift, shift[1:], strict=False) if a != b]
    return tuple(midnights) or (date(2022, 3, 27),)


def _day(rng: Random, zone: str) -> date:
    if rng.random() < 0.65:
        return rng.choice(_changes(zone)) + timedelta(days=rng.choice((-1, 0, 0, 0, 1, 2)))
    return date(2011, 1, 5) + timedelta(days=rng.randrange(15 * 365))


# Places and subjects


def _place_tree(rng: Random) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for n in range(rng.randint(2, 6)):
        parent = rng.choice(list(places)) if places and rng.random() < 0.85 else None
        places[f"place:W{n}"] = Place(f"place:W{n}", parent, rng.choice(("ward", "room", "room", "building")))
    return places


def _with_standings(rng: Random, place: Place, moments: Sequence[int]) -> Place:
    standings: list[Standing] = []
    if rng.random() < 0.7:
        start, end = _span(rng, moments, 0.5)
        standings.append(Standing("class", rng.choice(("clean", "fever")), start, end))
        if end < FOREVER and rng.random() < 0.7:
            standings.append(Standing("class", rng.choice(("clean", "fever")), end))
    if rng.random() < 0.4:
        start, end = _span(rng, moments, 0.1)
        standings.append(Standing("service", rng.choice(("out", "out", "in")), start, end))
    standings.extend(_conditions(rng, moments))
    return Place(place.ref, place.parent, place.kind, tuple(standings))


def _conditions(rng: Random, moments: Sequence[int]) -> list[Standing]:
    """Return standings that change the cadence or the night."""
    found = []
    if rng.random() < 0.45:
        start, end = _span(rng, moments, 0.2)
        found.append(Standing("isolation_stage", rng.choice(("one", "two")), start, end))
        if end < FOREVER and rng.random() < 0.4:
            found.append(Standing("isolation_stage", rng.choice(("one", "two")), end))
    if rng.random() < 0.2:
        found.append(Standing("contact", "yes", *_span(rng, moments, 0.4)))
    if rng.random() < 0.25:
        value = rng.choice(("yes", "yes", "1", "no", "false", "0"))
        found.append(Standing("wake_for_rounds", value, *_span(rng, moments, 0.5)))
    return found


def _span(rng: Random, moments: Sequence[int], p_open: float) -> tuple[int, int]:
    """Return a span with edges on moments that matter; each end is open with a probability."""
    a, b = sorted((near(rng, moments), near(rng, moments)))
    start = FOREVER_AGO if rng.random() < p_open else a
    end = FOREVER if rng.random() < p_open else max(b, a + 1)
    return start, end


def _subjects(
    rng: Random, places: Mapping[str, Place], moments: Sequence[int], rounds: Sequence[Round]
) -> tuple[Subject, ...]:
    kinds = {measure.subject for measure in rounds}
    refs = list(places)
    subjects = [_person(rng, n, refs, moments) for n in range(rng.randint(1, 5 if "person" in kinds else 2))]
    asked = [ref for ref in refs if "place" in kinds or rng.random() < 0.3]
    subjects += [Subject(ref, "place", standings=places[ref].standings, place=ref) for ref in asked]
    if "asset" in kinds or rng.random() < 0.2:
        for n in range(rng.randint(1, 2)):
            where = rng.choice([*refs, None])
            subjects.append(Subject(f"asset:A{n}", "asset", standings=tuple(_conditions(rng, moments)), place=where))
    if "group" in kinds or rng.random() < 0.2:
        subjects.append(Subject("group:G0", "group", standings=tuple(_conditions(rng, moments))))
    if "facility" in kinds or rng.random() < 0.2:
        subjects.append(Subject("facility:F", "facility", standings=tuple(_conditions(rng, moments))))
    rng.shuffle(subjects)
    return tuple(subjects)


def _person(rng: Random, n: int, refs: Sequence[str], moments: Sequence[int]) -> Subject:
    population, base = rng.choice(POPULATIONS)
    held = [Assigned("post", "gate", *_span(rng, moments, 0.4)) for _ in range(rng.choice((0, 1, 1, 2)))]
    return Subject(
        f"person:P{n}",
        "person",
        population,
        base,
        stays=_stays(rng, refs, moments),
        standings=tuple(_conditions(rng, moments)),
        assignments=tuple(held),
    )


def _stays(rng: Random, refs: Sequence[str], moments: Sequence[int]) -> tuple[Stay, ...]:
    """Return moves from place to place, some of them by way of an absence."""
    edges = sorted({near(rng, moments) for _ in range(rng.randint(0, 4))})
    edges = [*([FOREVER_AGO] if rng.random() < 0.75 else []), *edges, *([FOREVER] if rng.random() < 0.75 else [])]
    pairs = list(itertools.pairwise(edges))
    return tuple(Stay(a, b, rng.choice(refs)) for a, b in pairs if rng.random() < 0.85)


# Moments that matter


def _moments(rng: Random, facility: str, zone: str, day: date, rounds: Sequence[Round]) -> list[int]:
    """Return nominal due instants and edges of the day and its neighbours, to hang changes on."""
    found: set[int] = set()
    for offset in (-1, 0, 0, 1):
        one = day + timedelta(days=offset)
        found |= {instant(zone, one, m) for m in (0, 540, 600, 1020, rng.randrange(1440), rng.randrange(1440))}
        for measure in rounds:
            shifts = SHIFTS[0]
            slots = nominal_slots(facility, zone, measure, shifts, one)
            windows = count_windows(zone, measure, one)
            some = [edge for slot in slots for edge in slot] + [edge for window in windows for edge in window]
            found |= set(rng.sample(some, min(len(some), 6)))
            found |= {(a.due + b.due) // 2 for a, b in itertools.pairwise(slots)}
            found |= {(a + b) // 2 for a, b in [*slots[:2], *windows[:2]]}
    return sorted(found)


def _expected(bare: Institution, timeline: Sequence[Phase], day: date) -> list[Expectation]:
    """Return what exists around the day, owed or not."""
    start, end = facility_day(bare.zone, timeline, day)
    ids = sorted({measure.id for phase in timeline for measure in phase.measures})
    found = [e for m in ids for s in bare.subjects for e in expectations(bare, timeline, m, s, day, day)]
    return [e for e in found if e.closes > start - 6 * HOUR and e.opens < end + 6 * HOUR]


def _as_of(
    rng: Random, bare: Institution, timeline: Sequence[Phase], day: date, expected: Sequence[Expectation]
) -> int:
    start, end = facility_day(bare.zone, timeline, day)
    chance = rng.random()
    if chance < 0.45:
        return end + rng.randrange(10 * DAY_MS)
    if chance < 0.75 and expected:
        e = rng.choice(expected)
        return rng.choice((e.due, e.opens, e.closes, e.grace_until, e.judged_at)) + rng.choice(NUDGES)
    if chance < 0.95:
        return rng.randrange(start, end + 1)
    return start - rng.randrange(2 * DAY_MS)


# Facts and excuses


def _facts(
    rng: Random, bare: Institution, timeline: Sequence[Phase], day: date, expected: Sequence[Expectation], as_of: int
) -> tuple[Fact, ...]:
    amount = rng.choice((0, 5, 12, 20, 35))
    names = [f"f{n:02d}" for n in range(amount * 2)]
    rng.shuffle(names)
    facts: list[Fact] = []
    for _ in range(amount):
        facts.append(_fact(rng, names.pop(), bare, timeline, day, expected, as_of))
        if rng.random() < 0.2:
            facts.append(_correction(rng, names.pop(), facts, bare))
    if len(facts) > 1 and rng.random() < 0.1:  # a circle, of one or of two
        a, b = rng.choice(facts), rng.choice(facts)
        facts = [_relinked(f, b.id if f is a else a.id) if f in (a, b) else f for f in facts]
    rng.shuffle(facts)
    return tuple(facts)


def _relinked(fact: Fact, target: str) -> Fact:
    return Fact(fact.id, fact.observation, fact.subject, fact.observed_at, fact.recorded_at, fact.outcome, fact.reason,
                target, fact.source)  # fmt: skip


def _fact(
    rng: Random,
    name: str,
    bare: Institution,
    timeline: Sequence[Phase],
    day: date,
    expected: Sequence[Expectation],
    as_of: int,
) -> Fact:
    start, end = facility_day(bare.zone, timeline, day)
    if expected and rng.random() < 0.93:
        e = _one_of(rng, bare, expected)
        observation, subject = e.measure.observation, e.subject.ref
        observed = _moment_of(rng, e)
        known = bare.places.get(subject)
        if known and known.parent and rng.random() < (0.5 if e.measure.covers == "below" else 0.1):
            subject = known.parent
        if rng.random() < (0.5 if e.observed_night else 0.05):
            observation = "night_check"
    else:
        observation, subject = rng.choice(OBSERVATIONS), rng.choice(bare.subjects).ref
        observed = rng.randrange(start - DAY_MS, end + DAY_MS)
    if rng.random() < 0.03:
        subject, observation = rng.choice((("person:nobody", observation), (subject, "roll_call")))
    outcome: Outcome = rng.choices(("done", "refused", "unable", "not_done", "void"), (68, 10, 8, 11, 3))[0]
    reason = rng.choice(("asleep", "absent", "")) if outcome != "done" else rng.choice(("", "", "noted"))
    source = rng.choice(("", "online", "offline", "paper"))
    return Fact(name, observation, subject, observed, _recorded(rng, observed, as_of), outcome, reason, None, source)


def _one_of(rng: Random, bare: Institution, expected: Sequence[Expectation]) -> Expectation:
    """Return one that is owed, if it is found soon."""
    for _ in range(3):
        e = rng.choice(expected)
        if rng.random() < 0.15 or owes(bare, e):
            break
    return e


def _moment_of(rng: Random, e: Expectation) -> int:
    """Return a moment on or beside an edge of a window, or anywhere in it."""
    if rng.random() < 0.5 and e.opens < e.closes:
        return rng.randrange(e.opens, e.closes)
    if rng.random() < 0.1:
        return e.due + rng.randrange(-DAY_MS, DAY_MS)
    return rng.choice((e.opens, e.closes, e.due, e.grace_until, e.end)) + rng.choice(NUDGES)


def _recorded(rng: Random, observed: int, as_of: int) -> int:
    if rng.random() < 0.3:
        allowed = rng.choice((30 * MINUTE, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY_MS))
        return observed + allowed + rng.choice(NUDGES)
    if rng.random() < 0.1:
        return as_of + rng.choice(NUDGES)
    return observed + rng.choice((0, 0, 5 * MINUTE, HOUR, 5 * HOUR, 30 * HOUR, -HOUR))


def _correction(rng: Random, name: str, facts: Sequence[Fact], bare: Institution) -> Fact:
    """Return a fact that supersedes another, perhaps one that is superseded already or never arrives."""
    old = rng.choice(facts)
    moved = old.observed_at + rng.choice((0, 0, 1, -1, HOUR, -HOUR, 25 * HOUR))
    recorded = max(old.recorded_at, moved) + rng.choice((-3 * HOUR, 0, MINUTE, 9 * HOUR))
    target = old.id if rng.random() < 0.92 else "f-unseen"
    subject = old.subject if rng.random() < 0.9 else rng.choice(bare.subjects).ref
    outcome: Outcome = rng.choices(("done", "refused", "not_done", "void"), (50, 10, 10, 30))[0]
    return Fact(name, old.observation, subject, moved, recorded, outcome, "mistyped", target, old.source)


def _excuses(
    rng: Random, bare: Institution, expected: Sequence[Expectation], moments: Sequence[int], as_of: int
) -> tuple[Excuse, ...]:
    return tuple(_excuse(rng, f"x{n}", bare, expected, moments, as_of) for n in range(rng.choice((0, 0, 1, 2, 4))))


def _excuse(
    rng: Random, name: str, bare: Institution, expected: Sequence[Expectation], moments: Sequence[int], as_of: int
) -> Excuse:
    start, end = _span(rng, moments, 0.15)
    recorded = start
    if expected:
        e = rng.choice(expected)
        if rng.random() < 0.5:
            start, end = rng.choice(
                ((e.judged_at, e.judged_at + HOUR), (e.judged_at - HOUR, e.judged_at + rng.choice((0, 1))))
            )
        recorded = rng.choice((e.grace_until, e.due, as_of, e.due - DAY_MS, e.grace_until + HOUR)) + rng.choice(NUDGES)
    scope: ExcuseScope = rng.choice(("subject", "place", "place", "measure", "facility"))
    measure_ids = sorted({e.measure.id for e in expected}) or ["m0"]
    measure = rng.choice(measure_ids) if scope == "measure" or rng.random() < 0.25 else None
    subject = None
    if scope == "subject":
        subject = rng.choice(bare.subjects).ref
    if scope == "place":
        subject = rng.choice(list(bare.places))
    withdrawn = FOREVER
    if rng.random() < 0.25:
        withdrawn = rng.choice((recorded + HOUR, as_of, as_of + HOUR, recorded)) + rng.choice(NUDGES)
    return Excuse(name, scope, start, end, rng.choice(("no_power", "court", "")), recorded, subject, measure, withdrawn)
