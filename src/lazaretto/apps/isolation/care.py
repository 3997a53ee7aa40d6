"""
Care inside isolation: what each person there is owed on a day, what was given, what is short. The entitlements are those that
the pathway names; nobody loses one for what he did, and a shortfall stands in the day's report.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q

from lazaretto.apps.clinic.medicines import GOOD as LONG_TERM
from lazaretto.apps.clinic.medicines import MEASURE as MEDICINES
from lazaretto.apps.clinic.medicines import doses_a_day, takers
from lazaretto.apps.command.queries import NoProtocol, in_force, timeline
from lazaretto.apps.isolation.courses import Course, courses
from lazaretto.apps.isolation.models import Episode, Placement
from lazaretto.apps.registry.models import Facility, Standing
from lazaretto.apps.work import ledger
from lazaretto.apps.work.ledger import Line, Owing
from lazaretto.apps.work.models import Given
from lazaretto.protocol.clock import instant
from lazaretto.protocol.provisions import Entitlement
from lazaretto.protocol.resolve import Resolved

#: A visit by a clinician is overdue after 26 hours, and told outside the wing after 36 (D3).
OVERDUE_MS, ESCALATED_MS = 26 * 3_600_000, 36 * 3_600_000


class Care(NamedTuple):
    """What people in isolation and quarantine are owed on a day, by person, with their episodes."""

    on: date
    lines: list[Line]
    courses: dict[int, Course]


def care_on(facility: Facility, on: date, at: int) -> Care:
    """Return the ledger of a day as of an instant. :raises NoProtocol: if nothing was adopted."""
    start, end = instant(facility.zone, on, 0), instant(facility.zone, on + timedelta(days=1), 0)
    inside = Placement.objects.filter(episode__facility=facility, status__in=[Placement.OPEN, Placement.ENDED])
    inside = inside.filter(starts__lt=end).filter(Q(ends=None) | Q(ends__gt=start))
    known = courses(facility, at, Episode.objects.filter(pk__in=inside.values("episode")))
    resolved = in_force(facility, min(at, end - 1)).resolved
    owing = [o for course in known if (o := _owing(course, resolved)) is not None]
    back = ledger.look_back(e for o in owing for e in o.entitlements)
    given = ledger.given_between(facility, (o.person for o in owing), on - timedelta(days=back), on, known_by=at)
    lines = ledger.lines(_with_company(facility, owing, start, end), given, on, facility.zone)
    return Care(on, lines, {c.episode.person_id: c for c in known})


def lines_between(
    facility: Facility, first: date, last: date, at: int, known: Sequence[Course]
) -> Iterator[tuple[date, list[Line]]]:
    """Yield the ledger of each day from `first` to `last` for these courses, each by the protocol of its day."""
    phases = timeline(facility, at)
    found: Sequence[Given] | None = None
    for n in range((last - first).days + 1):
        on = first + timedelta(days=n)
        start, end = instant(facility.zone, on, 0), instant(facility.zone, on + timedelta(days=1), 0)
        moment = min(at, end - 1)
        resolved = next((p for p in phases if p.start <= moment < p.end), phases[0]).resolved
        here = [c for c in known if _inside(c, start, end)]
        owing = [o for course in here if (o := _owing(course, resolved)) is not None]
        if not owing:
            continue
        if found is None:
            back = timedelta(days=max(ledger.look_back(e for o in owing for e in o.entitlements), 7))
            everybody = [c.episode.person_id for c in known]
            found = ledger.given_between(facility, everybody, on - back, last, known_by=at)
        near = [g for g in found if on - timedelta(days=7) <= g.on <= on + timedelta(days=2)]
        yield on, ledger.lines(_with_company(facility, owing, start, end), near, on, facility.zone)


def _inside(course: Course, start: int, end: int) -> bool:
    return any(
        p.status in (Placement.OPEN, Placement.ENDED) and p.starts < end and (p.ends is None or p.ends > start)
        for p in course.placements
    )


def _owing(course: Course, resolved: Resolved) -> Owing | None:
    stays = [p for p in course.placements if p.status in (Placement.OPEN, Placement.ENDED)]
    if not stays:
        return None
    measures = [resolved.any_measure(name) for name in course.pathway.entitlements]
    asked = tuple(m for m in measures if isinstance(m, Entitlement) and m.active)
    ends = course.episode.ended_at
    return Owing(course.episode.person_id, min(p.starts for p in stays), ends, asked)


def _with_company(facility: Facility, owing: Sequence[Owing], start: int, end: int) -> list[Owing]:
    """Leave out what is owed only while another standing holds (company, regular medicines), unless it does."""
    vulnerable = set(
        Standing.objects.filter(facility=facility, key="vulnerable", person__isnull=False)
        .filter(Q(starts=None) | Q(starts__lt=end)).filter(Q(ends=None) | Q(ends__gt=start))
        .values_list("person", flat=True)
    )  # fmt: skip
    taking = takers(facility, [o.person for o in owing], start, end)
    return [
        o._replace(
            entitlements=tuple(
                e if e.id != MEDICINES else _doses(e, taking.get(o.person, ()))
                for e in o.entitlements
                if "vulnerable" not in e.while_ or o.person in vulnerable
            )
        )
        for o in owing
    ]


def _doses(measure: Entitlement, standings: Sequence[Standing]) -> Entitlement:
    """Return the medicines that somebody is owed each day: those he takes regularly. Relief is owed when it is asked for."""
    goods = [
        g.model_copy(update={"amount": Decimal(doses_a_day(standings))} if g.id == LONG_TERM else {})
        for g in measure.goods
        if (g.id == LONG_TERM and standings) or g.per in ("stay", "occasion")
    ]
    return measure.model_copy(update={"goods": goods})


class Summary(NamedTuple):
    """One good over all people of a day: how many are owed it, have it, declined it, are short, and still have time."""

    line: Line
    owed: int
    given: int
    declined: int
    short: int
    waiting: int


def summary(care: Care, at: int) -> list[Summary]:
    """Return the goods of a day in the order of the pathways, each with its counts."""
    found: dict[tuple[str, str], list[Line]] = {}
    for line in care.lines:
        found.setdefault((line.measure.id, line.good.id), []).append(line)
    out = []
    for lines in found.values():
        counted = Counter(state(line, at) for line in lines)
        out.append(
            Summary(lines[0], len(lines), counted["given"], counted["declined"], counted["short"], counted["waiting"])
        )
    return out


def state(line: Line, at: int) -> str:
    """Say how a line stands: given, declined, waiting while there is time, else short."""
    if line.declined:
        return "declined"
    if not line.short:
        return "given"
    return "waiting" if at < line.due else "short"


def for_report(facility: Facility, on: date, at: int) -> dict[str, Any] | None:
    """
    Return what the day's report says of isolation: care owed and short by good, reviews that nobody did, people held past
    the moment at which the criteria were met. None on a day without anybody in isolation or quarantine.
    """
    try:
        care = care_on(facility, on, at)
    except NoProtocol:
        return None
    if not care.courses:
        return None
    rows = [
        {"measure": s.line.measure.id, "good": s.line.good.id, "owed": s.owed, "given": s.given, "declined": s.declined,
         "short": s.short, "pending": s.waiting}
        for s in summary(care, at)
    ]  # fmt: skip
    open_ = [c for c in care.courses.values() if c.episode.ended_at is None]
    return {
        "isolation": sum(c.episode.is_isolation for c in care.courses.values()),
        "quarantine": sum(not c.episode.is_isolation for c in care.courses.values()),
        "care": rows,
        "reviews_overdue": sum(bool([r for r in c.reviews(at) if not r.outside]) for c in open_),
        "outside_overdue": sum(c.silence is not None for c in open_),
        "past_criteria": sum(c.met_at is not None for c in open_),
        "not_told": sum(c.episode.told_at is None for c in open_ if c.entered),
    }
