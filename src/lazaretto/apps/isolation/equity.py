"""
The equity report (D19): who was restricted for how long, whose reviews came on time, who got less than is owed; by population,
sex and age, over a period. It names nobody, and a cell that could point at somebody is empty.

A day counts as a day of restriction for a person who was in a room of isolation or quarantine at any time of it. A review is on
time if it was done by the end of its day. Source: domain §8.2, D5, D7, D19. Ethnicity is not on file, and is not asked for.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Q

from lazaretto.apps.isolation.care import lines_between, state
from lazaretto.apps.isolation.courses import Course, courses
from lazaretto.apps.isolation.models import Episode, Placement
from lazaretto.apps.registry.models import Facility, Person
from lazaretto.protocol import pathway as rules
from lazaretto.protocol.clock import instant, local_day

SMALL = 5
MOST_DAYS = 92
CALLS = "contact.calls"
BANDS = ((0, 17), (18, 29), (30, 44), (45, 59), (60, 200))
UNKNOWN = "unknown"
#: What is counted of a group, in the order in which it is shown.
COUNTS = ("people", "days", "alone", "reviews", "on_time", "owed", "short", "calls_short")


class Row(NamedTuple):
    """A group (of a dimension) with its counts; None stands for a number that is kept back."""

    group: str
    counts: dict[str, int | None]


class Equity(NamedTuple):
    """The report of a period: a table for each dimension, and the total."""

    first: date
    last: date
    total: Row
    tables: dict[str, list[Row]]


def equity(facility: Facility, first: date, last: date, at: int) -> Equity:
    """Return the report of the days from `first` to `last`, at most 92. :raises NoProtocol: if nothing was adopted."""
    last = min(last, local_day(facility.zone, at), first + timedelta(days=MOST_DAYS - 1))
    start, end = instant(facility.zone, first, 0), instant(facility.zone, last + timedelta(days=1), 0)
    inside = Placement.objects.filter(episode__facility=facility, status__in=[Placement.OPEN, Placement.ENDED])
    inside = inside.filter(starts__lt=min(end, at)).filter(Q(ends=None) | Q(ends__gt=start))
    known = courses(facility, at, Episode.objects.filter(pk__in=inside.values("episode")))
    by_person = _counted(facility, known, first, last, at)
    people = {c.episode.person_id: c.episode.person for c in known}
    tables = {
        name: protected(_grouped(by_person, {pk: of(person, first) for pk, person in people.items()}))
        for name, of in (("population", _population), ("sex", _sex), ("age", _age))
    }
    total = _grouped(by_person, dict.fromkeys(people, "")) or [Row("", dict.fromkeys(COUNTS, 0))]
    return Equity(first, last, protected(total)[0], tables)


def _population(person: Person, on: date) -> str:
    return person.population


def _sex(person: Person, on: date) -> str:
    return person.sex or UNKNOWN


def _age(person: Person, on: date) -> str:
    born = person.birth_date
    if born is None:
        return UNKNOWN
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    low, high = next((b for b in BANDS if b[0] <= years <= b[1]), BANDS[-1])
    return f"{low}–{high}" if high < 200 else f"{low}+"


def _counted(facility: Facility, known: Sequence[Course], first: date, last: date, at: int) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = defaultdict(Counter)
    days: dict[int, set[date]] = defaultdict(set)
    alone: dict[int, set[date]] = defaultdict(set)
    start, end = instant(facility.zone, first, 0), instant(facility.zone, last + timedelta(days=1), 0)
    for course in known:
        person = course.episode.person_id
        found[person]["people"] = 1
        for on, single in _days(course, start, min(end, at)):
            days[person].add(on)
            if single:
                alone[person].add(on)
        due, on_time = reviews(course, start, min(end, at))
        found[person].update(reviews=due, on_time=on_time)
    for person, own in found.items():
        own.update(days=len(days[person]), alone=len(alone[person]))
    for _, lines in lines_between(facility, first, last, at, known):
        for line in lines:
            stands = state(line, at)
            if stands == "waiting":
                continue
            short = stands == "short"
            calls = short and line.measure.id == CALLS
            found[line.person].update(owed=1, short=int(short), calls_short=int(calls))
    return found


def _days(course: Course, start: int, end: int) -> Iterable[tuple[date, bool]]:
    """Yield the days of [start, end) in rooms of restriction, each with whether the stage is a single room."""
    for p in course.placements:
        if p.status not in (Placement.OPEN, Placement.ENDED):
            continue
        begins, over = max(p.starts, start), min(end if p.ends is None else p.ends, end)
        if over <= begins:
            continue
        stage = course.pathway.stage(p.stage)
        single = stage is not None and stage.placement == "single_room"
        on, last = local_day(course.zone, begins), local_day(course.zone, over - 1)
        while on <= last:
            yield on, single
            on += timedelta(days=1)


def reviews(course: Course, start: int, end: int) -> tuple[int, int]:
    """Return how many reviews fell due in [start, end), the day of each being over, and how many of them came on time."""
    due = on_time = 0
    done = sorted((n.occurred_at, n.kind) for n in course.notes if n.kind in ("reviewed", "outside"))
    for n, entered in enumerate(course.entered):
        stage = course.pathway.stage(entered.stage)
        left = course.entered[n + 1].at if n + 1 < len(course.entered) else course.ended_or_now
        if stage is None:
            continue
        before = entered.at
        for review in rules.reviews(course.pathway, entered, left, course.zone):
            closes = instant(course.zone, local_day(course.zone, review.at) + timedelta(days=1), 0)
            kinds = ("outside",) if review.outside else ("reviewed", "outside")
            since = entered.at if review.outside else min(before, review.at - 86_400_000)
            if start <= review.at and closes <= end:
                due += 1
                on_time += any(k in kinds and since <= at < closes for at, k in done)
            if not review.outside:
                before = review.at
    return due, on_time


def _grouped(by_person: Mapping[int, Counter[str]], group: Mapping[int, str]) -> list[Row]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for person, counts in by_person.items():
        found[group[person]].update(counts)
    return [Row(name, {k: counts[k] for k in COUNTS}) for name, counts in sorted(found.items())]


def protected(rows: Sequence[Row]) -> list[Row]:
    """
    Return the rows without what could point at somebody: everything of a group of 1–4 people, any count of 1–4, and where one
    number alone of a column is kept back, the smallest other one as well: else the total would say it.
    """
    few = {r.group for r in rows if 0 < (r.counts["people"] or 0) < SMALL}
    hidden = {(r.group, k) for r in rows for k, n in r.counts.items() if r.group in few or 0 < (n or 0) < SMALL}
    for name in COUNTS:
        alone = [r for r in rows if (r.group, name) in hidden]
        others = [r for r in rows if (r.group, name) not in hidden]
        if len(alone) == 1 and others:
            hidden.add((min(others, key=lambda r: (r.counts[name] or 0, r.group)).group, name))
    return [Row(r.group, {k: None if (r.group, k) in hidden else n for k, n in r.counts.items()}) for r in rows]
