"""
Figures for analysis, without identities: tables that hold counts only.

A cell that counts 1 to 4 people is null (and says so in the column `suppressed`); where one cell alone would follow
from a total by subtraction, the next smallest goes with it. 0 was looked at, and is said.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from statistics import fmean, pstdev
from typing import Any, NamedTuple

from lazaretto.apps.registry.models import Facility, Person
from lazaretto.apps.registry.queries import headcounts
from lazaretto.apps.reporting.models import SignedReport
from lazaretto.apps.reporting.suppression import SMALL
from lazaretto.apps.rounds.models import Fact
from lazaretto.protocol.clock import instant, local_day

Line = dict[str, Any]
AGES = (18, 30, 40, 50, 60, 70)
#: The most days that one extract covers: it is read into memory.
LONGEST_DAYS = 92


class Table(NamedTuple):
    """One table of an extract: its columns, and which of them count people."""

    name: str
    by: tuple[str, ...]
    counts: tuple[str, ...]
    values: tuple[str, ...] = ()
    sums: bool = False
    """Whether the counts of a line follow from one another, so that one alone cannot be hidden."""

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.by, *self.counts, *self.values, "suppressed")


REPORTS = Table(
    "reports", ("on", "number", "status"), (), ("measures", "expected", "done", "missed", "excused", "pending")
)
HEADCOUNT = Table("headcount", ("on", "unit"), ("start", "came", "left", "end"), sums=True)
POPULATION = Table("population", ("on", "base", "sex", "age"), ("people",))
READINGS = Table(
    "readings", ("on", "unit", "hour"), ("people",), ("readings", "mean", "sd", "at_least_37_3", "at_least_38_0")
)
TABLES = {table.name: table for table in (REPORTS, HEADCOUNT, POPULATION, READINGS)}


def extract(facility: Facility, table: str, first: date, last: date) -> Iterator[list[Any]]:
    """
    Return a table of [first, last] with its heads first.

    :raises ValueError: if the span is empty, or longer than `LONGEST_DAYS`.
    """
    days = (last - first).days + 1
    if not 1 <= days <= LONGEST_DAYS:
        raise ValueError(days)
    shape = TABLES[table]
    rows = _MAKERS[table](facility, [first + timedelta(days=n) for n in range(days)])
    yield list(shape.columns)
    for line in hidden(shape, rows):
        yield [line[name] for name in shape.columns]


def hidden(table: Table, lines: Iterable[Line]) -> list[Line]:
    """
    Return lines with small counts as null. Lines that share all but the last of `by` add up to a total that others
    publish, so one small cell alone among them takes the next smallest with it. What was computed from a hidden count
    of people is hidden too.
    """
    groups: dict[tuple[Any, ...], list[Line]] = defaultdict(list)
    for line in lines:
        groups[tuple(line[name] for name in table.by[:-1])].append(line | {"suppressed": False})
    found: list[Line] = []
    for group in groups.values():
        more = True
        while more:
            more = any(_hide_column(group, name) for name in table.counts)
            more |= table.sums and _hide_in_lines(group, table)
        for line in group:
            if table.counts and line[table.counts[0]] is None:
                line.update(dict.fromkeys(table.values))
        found += group
    return found


def _hide_column(group: Sequence[Line], name: str) -> bool:
    """Hide the small counts of a column, and never one alone; say whether anything was hidden."""
    gone = [line for line in group if line[name] is None]
    small = [line for line in group if line[name] is not None and 0 < line[name] < SMALL]
    others = sorted((line for line in group if (line[name] or 0) >= SMALL), key=lambda line: line[name])
    if len(small) + len(gone) == 1 and others:
        small.append(others[0])
    for line in small:
        line[name], line["suppressed"] = None, True
    return bool(small)


def _hide_in_lines(group: Sequence[Line], table: Table) -> bool:
    """Where one count of a line would follow from its others, hide the smallest of those too."""
    hidden_more = False
    for line in group:
        shown = [name for name in table.counts if line[name] is not None]
        if len(shown) == len(table.counts) - 1:
            least = min(shown, key=lambda name: line[name])
            line[least], line["suppressed"], hidden_more = None, True, True
    return hidden_more


# -- the tables ------------------------------------------------------------------------------------------------------


def _reports(facility: Facility, days: Sequence[date]) -> Iterator[Line]:
    """One line a day, of its last signed report; a day without one is unknown and its numbers are null."""
    rows = SignedReport.objects.filter(facility=facility, on__gte=days[0], on__lte=days[-1]).order_by("on", "number")
    latest = {report.on: report for report in rows}
    for on in days:
        report = latest.get(on)
        line: Line = {"on": on.isoformat(), "number": report.number if report else None}
        measures = report.outgoing["measures"] if report else []
        sums: Line = {
            "measures": len(measures),
            "done": sum(m["on_time"] + m["late"] for m in measures),
            **{name: sum(m[name] for m in measures) for name in ("expected", "missed", "excused", "pending")},
        }
        yield line | {"status": report.status if report else "unknown"} | (sums if report else dict.fromkeys(sums))


def _headcount(facility: Facility, days: Sequence[date]) -> Iterator[Line]:
    spans = [(instant(facility.zone, on, 0), instant(facility.zone, on + timedelta(days=1), 0)) for on in days]
    for on, lines in zip(days, headcounts(facility, spans), strict=True):
        for unit, line in sorted(lines.items()):
            yield {
                "on": on.isoformat(), "unit": unit or "other", "start": line.start, "came": line.came.total(),
                "left": line.left.total(), "end": line.end,
            }  # fmt: skip


def _population(facility: Facility, days: Sequence[date]) -> Iterator[Line]:
    """Who was there at the end of each day, by base class, sex and age."""
    people = {p.pk: p for p in Person.objects.filter(facility=facility)}
    stays = list(
        facility.presences.filter(layer="record").values_list("person_id", "starts", "ends").order_by("person_id")
    )
    for on in days:
        at = instant(facility.zone, on + timedelta(days=1), 0) - 1
        there = {who for who, starts, ends in stays if (starts or 0) <= at and (ends is None or ends > at)}
        counted = Counter(
            (p.base, p.sex or "unknown", age_band(p.birth_date, on)) for p in map(people.__getitem__, there)
        )
        for (base, sex, age), n in sorted(counted.items()):
            yield {"on": on.isoformat(), "base": base, "sex": sex, "age": age, "people": n}


def age_band(born: date | None, on: date) -> str:
    """Return an age in bands: `18-29`, `70+`, `unknown`."""
    if born is None:
        return "unknown"
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    for low, high in zip((0, *AGES), AGES, strict=False):
        if age < high:
            return f"{low}-{high - 1}"
    return f"{AGES[-1]}+"


def _readings(facility: Facility, days: Sequence[date]) -> Iterator[Line]:
    """Temperatures by unit and hour: how many people and readings, mean and spread, how many from two limits up."""
    units = dict(facility.people.filter(unit__isnull=False).values_list("code", "unit__code"))
    start, end = instant(facility.zone, days[0], 0), instant(facility.zone, days[-1] + timedelta(days=1), 0)
    rows = Fact.objects.filter(
        facility=facility, observation="temperature", subject_kind="person", outcome="done", observed_at__gte=start,
        observed_at__lt=end,
    )  # fmt: skip
    gathered: dict[tuple[date, str, int], tuple[set[str], list[float]]] = {}
    hour_ms = 3_600_000
    for subject, observed_at, value in rows.values_list("subject", "observed_at", "value").iterator(chunk_size=5000):
        number = _number(value)
        if number is None:
            continue
        on = local_day(facility.zone, observed_at)
        hour = (observed_at - instant(facility.zone, on, 0)) // hour_ms
        who, numbers = gathered.setdefault((on, units.get(subject, "other"), hour), (set(), []))
        who.add(subject)
        numbers.append(number)
    for (on, unit, hour), (who, numbers) in sorted(gathered.items()):
        yield {
            "on": on.isoformat(), "unit": unit, "hour": hour, "people": len(who), "readings": len(numbers),
            "mean": round(fmean(numbers), 2), "sd": round(pstdev(numbers), 3),
            "at_least_37_3": _small(sum(n >= 37.3 for n in numbers)),
            "at_least_38_0": _small(sum(n >= 38.0 for n in numbers)),
        }  # fmt: skip


def _small(n: int) -> int | None:
    return None if 0 < n < SMALL else n


def _number(text: str) -> float | None:
    try:
        return float(Decimal(text))
    except InvalidOperation:
        return None


_MAKERS: dict[str, Callable[[Facility, Sequence[date]], Iterator[Line]]] = {
    "reports": _reports, "headcount": _headcount, "population": _population, "readings": _readings,
}  # fmt: skip
