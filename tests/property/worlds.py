"""
Small institutions in which everything that may go wrong does: made from one seed, so that a failure can be named.

The edges of windows are asked of the oracle, so that facts, excuses and changes lie on them or one millisecond beside.
"""

import itertools
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st
from pydantic import ValidationError

from lazaretto.protocol.cadence import Cadence
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
    Shift,
    Standing,
    Stay,
    Subject,
    SubjectKind,
)
from lazaretto.protocol.round import Round
from tests.property.oracle import (
    DAY_MS,
    Expectation,
    clock_face,
    count_windows,
    expectations,
    facility_day,
    instant,
    nominal_slots,
    owes,
)

ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Tehran",
    "America/Sao_Paulo",
    "UTC",
)
MINUTE = 60_000
HOUR = 60 * MINUTE
OBSERVATIONS = ("temperature", "symptoms", "disinfection")
POPULATIONS = (("detainee", "resident"), ("patient", "resident"), ("guard", "staff"), ("visitor", ""))
SHIFTS = (
    (Shift("day", "08:00", "20:00"), Shift("night", "20:00", "08:00")),
    (Shift("a", "06:00", "14:00"), Shift("b", "14:00", "22:00"), Shift("c", "22:00", "06:00")),
    (Shift("early", "00:00", "12:00"), Shift("late", "10:00", "24:00")),
    (),
)
NUDGES = (-1, 0, 0, 0, 1)


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
    rounds = [_round(rng, f"m{n}", tuple(places)) for n in range(rng.choice((1, 1, 2, 2, 3)))]
    facility = rng.choice(("F1", "看守所-7"))
    moments = _moments(rng, facility, zone, day, rounds)
    timeline = _timeline(rng, zone, day, rounds, moments, tuple(places))
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
    a, b = sorted((_near(rng, moments), _near(rng, moments)))
    start = FOREVER_AGO if rng.random() < p_open else a
    end = FOREVER if rng.random() < p_open else max(b, a + 1)
    return start, end


def _near(rng: Random, moments: Sequence[int]) -> int:
    return rng.choice(moments) + rng.choice(NUDGES)


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
    edges = sorted({_near(rng, moments) for _ in range(rng.randint(0, 4))})
    edges = [*([FOREVER_AGO] if rng.random() < 0.75 else []), *edges, *([FOREVER] if rng.random() < 0.75 else [])]
    pairs = list(itertools.pairwise(edges))
    return tuple(Stay(a, b, rng.choice(refs)) for a, b in pairs if rng.random() < 0.85)


# Measures and the timeline


def _round(rng: Random, measure_id: str, refs: Sequence[str]) -> Round:
    subject: SubjectKind = rng.choices(("person", "place", "asset", "group", "facility"), (55, 27, 6, 6, 6))[0]
    document: dict[str, Any] = {
        "id": measure_id,
        "kind": "round",
        "title": {"zh": "巡查", "en": "Round"},
        "source": [{"text": "made up"}],
        "observation": rng.choice(("temperature", *OBSERVATIONS, "night_check")),
        "subject": subject,
        "cadence": _cadence(rng),
        "applies_to": [_selector(rng, subject, refs) for _ in range(rng.choice((1, 1, 1, 2)))],
    }
    if rng.random() < (0.5 if subject == "place" else 0.1):
        document["covers"] = "below"
    if subject == "place" and rng.random() < 0.35:
        document["occupied"] = True
    if subject == "person" and rng.random() < 0.2:
        document["presence"] = "assigned"
    if rng.random() < 0.3:
        document["entry_allowance"] = {"online": rng.choice(("PT30M", "PT4H")), "offline": rng.choice(("PT8H", "P1D"))}
    if rng.random() < 0.5:
        document["standings"] = _patches(rng, subject)
    return Round.model_validate(document)


def _patches(rng: Random, subject: str) -> list[dict[str, Any]]:
    patches = []
    for where in rng.sample(
        [
            {"isolation_stage": "one"},
            {"isolation_stage": "*"},
            {"contact": "yes"},
            {"isolation_stage": "two", "contact": "*"},
        ],
        rng.choice((1, 1, 2)),
    ):
        change: dict[str, Any] = {"cadence": _cadence(rng)} if rng.random() < 0.85 else {}
        if not change or rng.random() < 0.15:
            change["covers"] = rng.choice(("self", "below"))
        if subject == "place" and rng.random() < 0.2:
            change["occupied"] = rng.random() < 0.5
        patches.append({"where": where, "set": change})
    return patches


def _selector(rng: Random, subject: str, refs: Sequence[str]) -> dict[str, Any]:
    selector: dict[str, Any] = {}
    if subject == "person" and rng.random() < 0.5:
        selector["populations"] = rng.sample(["detainee", "resident", "staff", "guard", "visitor"], rng.randint(1, 2))
    places: dict[str, list[str]] = {}
    if rng.random() < 0.15:
        places["kinds"] = rng.sample(["ward", "room", "building"], rng.randint(1, 2))
    if rng.random() < 0.15:
        places["classes"] = rng.sample(["clean", "fever"], rng.choice((1, 1, 2)))
    if rng.random() < 0.15:
        places["within"] = [ref.removeprefix("place:") for ref in rng.sample(list(refs), rng.randint(1, 2))]
    if rng.random() < 0.06:
        places["kinds"], places["classes"] = [rng.choice(("ward", "room"))], [rng.choice(("clean", "fever"))]
    if places:
        selector["places"] = places
    return selector


def _cadence(rng: Random) -> dict[str, Any]:
    """Return a cadence as a document, drawn again until the model takes it and its draws fit in their shift."""
    while True:
        document = _form(rng)
        if "count" not in document:
            if rng.random() < 0.5:
                document["early"] = rng.choice(("PT0M", "PT5M", "PT15M", "PT30M", "PT1H", "PT90S", "PT12H", "P1D"))
            if rng.random() < 0.5:
                document["grace"] = rng.choice(("PT0M", "PT10M", "PT30M", "PT1H", "PT45S", "PT6H", "P1D"))
        if rng.random() < 0.5:
            document["night"] = _night(rng)
        try:
            cadence = Cadence.model_validate(document)
        except ValidationError:
            continue
        if cadence.random is None or _fits(cadence):
            return document


def _fits(cadence: Cadence) -> bool:
    """Say whether the draws of a `random` fit in the shortest shift, which the model does not ask."""
    assert cadence.random is not None
    gap = max(1, -(-(cadence.early_ms + (cadence.grace_ms or 0)) // MINUTE))
    return cadence.random.n * gap <= (8 * 60 if cadence.random.per == "shift" else 24 * 60)


def _form(rng: Random) -> dict[str, Any]:
    form = rng.choices(
        ("every", "interval", "times", "per_day", "random", "count"), (20, 16, 18, 18, 12, 16)
    )[0]  # fmt: skip
    if form == "every":
        document: dict[str, Any] = {"every": rng.choice(("PT1H", "PT90M", "PT2H", "PT4H", "PT5H", "PT6H", "PT30M"))}
        if rng.random() < 0.5:
            document["starts"] = rng.choice(("00:30", "02:00", "02:30", "06:00", "10:00"))
        if rng.random() < 0.3:
            document["ends"] = rng.choice(("18:00", "23:59", "24:00", "22:00"))
        return document
    if form == "interval":
        document = {"every": rng.choice(("P1D", "P1D", "P1D", "P2D", "P3D", "P1W", "P5D", "P2W"))}
        if document["every"] != "P1D" or rng.random() < 0.2:
            document["anchor"] = (date(2011, 1, 1) + timedelta(days=rng.randrange(6000))).isoformat()
        if rng.random() < 0.7:
            document["starts"] = rng.choice(("00:00", "02:00", "02:30", "08:00", "01:30", "23:50"))
        return document
    if form == "times":
        pool = ["00:00", "00:30", "01:00", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00", "08:00", "08:20",
                "12:00", "16:40", "20:00", "23:30", "23:55"]  # fmt: skip
        return {"times": rng.sample(pool, rng.randint(1, 6))}
    if form == "per_day":
        document = {"per_day": rng.choice((1, 1, 2, 2, 3, 4, 7, 24))}
        if document["per_day"] > 3 or rng.random() < 0.5:
            document["between"] = rng.choice(
                (
                    ["08:00", "20:00"],
                    ["00:00", "24:00"],
                    ["01:00", "03:30"],
                    ["01:30", "04:00"],
                    ["00:00", "02:00"],
                    ["06:10", "24:00"],
                )
            )
        return document
    if form == "random":
        return {"random": {"n": rng.randint(1, 5), "per": rng.choice(("day", "shift"))}}
    return _count(rng)


def _count(rng: Random) -> dict[str, Any]:
    within = rng.choice(("PT2H", "PT4H", "PT5H", "PT6H30M", "PT8H", "PT24H", "P1D", "P1D", "P1W", "P2D", "P3D"))
    document: dict[str, Any] = {"count": {"at_least": rng.choice((1, 1, 2, 2, 3)), "within": within}}
    if within in ("P2D", "P3D") or (within in ("P1D", "P1W") and rng.random() < 0.4):
        document["anchor"] = (date(2011, 1, 1) + timedelta(days=rng.randrange(6000))).isoformat()
    return document


def _night(rng: Random) -> dict[str, str]:
    night = {}
    if rng.random() < 0.9:
        night["from"], night["to"] = rng.choice(
            (("22:00", "06:00"), ("00:00", "03:00"), ("21:30", "24:00"), ("02:00", "08:00"))
        )
    if rng.random() < 0.55:
        night["policy"] = rng.choice(("skip", "skip", "observe", "observe", "same"))
    return night


def _timeline(
    rng: Random, zone: str, day: date, rounds: list[Round], moments: Sequence[int], refs: Sequence[str]
) -> tuple[Phase, ...]:
    """Return one to three phases; a later one may drop a measure, give it another value, or end the day elsewhere."""
    changes = sorted({_near(rng, moments) for _ in range(rng.choice((0, 0, 1, 1, 2)))})
    first = FOREVER_AGO if rng.random() < 0.9 else instant(zone, day, 0) - rng.choice((-9 * HOUR, 0, 1, 30 * HOUR))
    last = FOREVER if rng.random() < 0.95 else instant(zone, day, 0) + rng.choice((-5 * HOUR, 9 * HOUR, 40 * HOUR))
    edges = [first, *(change for change in changes if first < change < last), last]
    phases = []
    measures, ends, shifts = rounds, _day_ends(rng), rng.choice(SHIFTS)
    for start, end in itertools.pairwise(edges):
        phases.append(Phase(start, end, tuple(measures), ends, shifts))
        measures = [m for m in (_changed(rng, r, refs) for r in rounds) if m is not None]
        ends = ends if rng.random() < 0.7 else _day_ends(rng)
        shifts = shifts if rng.random() < 0.7 else rng.choice(SHIFTS)
    return tuple(phases)


def _day_ends(rng: Random) -> str:
    return rng.choice(("24:00", "24:00", "24:00", "17:00", "09:00", "08:00", "02:30", "00:30", "23:59"))


def _changed(rng: Random, measure: Round, refs: Sequence[str]) -> Round | None:
    chance = rng.random()
    if chance < 0.3:
        return measure
    if chance < 0.4:
        return None
    patch: dict[str, Any] = {"cadence": _cadence(rng)}
    if chance > 0.85:
        patch["applies_to"] = [_selector(rng, measure.subject, refs)]
    if chance > 0.95:
        patch["covers"] = rng.choice(("self", "below"))
    return measure.patched(patch)


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
