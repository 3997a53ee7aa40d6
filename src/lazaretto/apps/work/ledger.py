"""
The ledger of entitlements: what a person is owed on a day, what was given of it, and what is short.

A day counts for a person whose span covers at least half of it, or of what is left of it by the span's own end. What was
offered and declined is no shortfall, and stays visible. Source: design §2 (entitlement), domain §8.2 (D3, D4, D7, D8).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Facility, Person
from lazaretto.apps.work.models import Given
from lazaretto.protocol.clock import instant, local_day
from lazaretto.protocol.provisions import Entitlement, Good
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

MEALS = 3
_DAYS = {"day": 1, "meal": 1, "week": 7, "month": 30}
_BATCH = 400


class Owing(NamedTuple):
    """A span [start, end) in which a person is owed these entitlements; `end` is None while it lasts."""

    person: int
    start: int
    end: int | None
    entitlements: tuple[Entitlement, ...]


class Line(NamedTuple):
    """One good of one person on one day: owed, given, declined; `due` is when the day (or the first span) is over."""

    person: int
    on: date
    measure: Entitlement
    good: Good
    owed: Decimal
    given: Decimal
    declined: bool
    reason: str
    due: int

    @property
    def short(self) -> Decimal:
        return Decimal(0) if self.declined else max(self.owed - self.given, Decimal(0))


def lines(owing: Iterable[Owing], given: Sequence[Given], on: date, zone: str) -> list[Line]:
    """Return what each person is owed on a day, in order; a good that is not owed that day has no line."""
    by_good: dict[tuple[int, str, str], list[Given]] = {}
    for row in given:
        by_good.setdefault((row.person_id, row.measure, row.good), []).append(row)
    found: dict[tuple[int, str, str], Line] = {}
    for one in owing:
        for measure in one.entitlements:
            for good in measure.goods:
                key = (one.person, measure.id, good.id)
                line = _line(one, measure, good, by_good.get(key, ()), on, zone)
                if line is not None and key not in found:
                    found[key] = line
    return list(found.values())


def _line(one: Owing, measure: Entitlement, good: Good, given: Iterable[Given], on: date, zone: str) -> Line | None:
    begins, over = instant(zone, on, 0), instant(zone, on + timedelta(days=1), 0)
    first, due = _first(one, measure, good, zone), over
    if good.per in ("stay", "occasion"):
        if first != on:
            return None
        since, due = first, one.start + (measure.first_within.nominal_ms if measure.first_within else over - begins)
    else:
        held = min(over, one.end if one.end is not None else over) - max(begins, one.start)
        if held * 2 < over - begins:
            return None
        span = _DAYS[good.per]
        since = on - timedelta(days=span - 1)
        if span > 1 and (local_day(zone, one.start) > since) and not _first_due(one, measure, on, zone):
            return None
    rows = [g for g in given if since <= g.on <= on or (good.per in ("stay", "occasion") and g.on >= since)]
    amount = (good.amount if good.amount is not None else Decimal(1)) * (MEALS if good.per == "meal" else 1)
    total = sum((g.amount for g in rows if g.outcome == Given.GIVEN), Decimal(0))
    other = [g for g in rows if g.outcome != Given.GIVEN]
    declined = any(g.outcome == Given.DECLINED for g in other)
    return Line(one.person, on, measure, good, Decimal(amount), total, declined, other[-1].reason if other else "", due)


def _first(one: Owing, measure: Entitlement, good: Good, zone: str) -> date:
    """Return the day on which what is given once must be there."""
    within = measure.first_within
    return local_day(zone, one.start + (within.nominal_ms if within else 0))


def _first_due(one: Owing, measure: Entitlement, on: date, zone: str) -> bool:
    """Say whether the first of what comes weekly is due on a day: it does not wait for a week to pass."""
    return measure.first_within is not None and local_day(zone, one.start + measure.first_within.nominal_ms) == on


def given_between(facility: Facility, people: Iterable[int], first: date, last: date, *, known_by: int) -> list[Given]:
    """Return what was given to people on the days from `first` to `last` as far as it was entered by then, in order."""
    ids, found = sorted(set(people)), []
    for start in range(0, len(ids), _BATCH):
        rows = Given.objects.filter(
            recorded_at__lte=known_by,
            facility=facility,
            person__in=ids[start : start + _BATCH],
            on__gte=first,
            on__lte=last,
        )
        found += list(rows.order_by("given_at", "pk"))
    return found


def look_back(entitlements: Iterable[Entitlement]) -> int:
    """Return for how many days what was given counts."""
    return max((_DAYS.get(g.per, 2) for e in entitlements for g in e.goods), default=1)


class Entry(NamedTuple):
    """What somebody says was given: `amount` in the unit of the good."""

    person: Person
    ref: str
    measure: str
    good: str
    amount: Decimal
    given_at: int
    outcome: str = Given.GIVEN
    reason: str = ""


@transaction.atomic
def give(facility: Facility, entries: Sequence[Entry], *, by: str, at: int) -> list[Given]:
    """
    Enter what was given. The same `ref` again changes nothing.

    :raises Refusal: in_future, no_reason (of what was not given), no_amount.
    """
    refs = [e.ref for e in entries]
    known: Mapping[str, Given] = {g.ref: g for g in Given.objects.filter(facility=facility, ref__in=refs)}
    made = [_given(facility, e, by, at) for e in entries if e.ref not in known]
    for item in made:
        item.save(force_insert=True)
    if made:
        journal.record(
            facility.log, "care_given", [Version("given", g.ref, g.record()) for g in made], by=by, at=at,
            occurred_at=max(g.given_at for g in made), subjects=sorted({g.person.ref for g in made})[:50],
        )  # fmt: skip
    return [known.get(e.ref) or next(g for g in made if g.ref == e.ref) for e in entries]


def _given(facility: Facility, entry: Entry, by: str, at: int) -> Given:
    if entry.given_at > at + 120_000:
        raise Refusal("in_future", Text("时间还没到", "that moment is still to come"), entry.given_at)
    if entry.outcome != Given.GIVEN and not entry.reason.strip():
        raise Refusal("no_reason", Text("没有给或本人不要，请写明原因", "not given, or declined: say why"))
    if entry.outcome == Given.GIVEN and entry.amount <= 0:
        raise Refusal("no_amount", Text("数量须大于零", "the amount must be above zero"))
    return Given(
        facility=facility, person=entry.person, ref=entry.ref[:80], measure=entry.measure, good=entry.good,
        on=local_day(facility.zone, entry.given_at), amount=entry.amount, outcome=entry.outcome,
        reason=entry.reason.strip()[:200], given_at=entry.given_at, recorded_at=at, by=by[:60],
    )  # fmt: skip


def given_to(person: Person) -> list[dict[str, object]]:
    """Return everything that was given to a person; who did it is left out."""
    return [
        g.record() | {"by": None} for g in Given.objects.filter(person=person).select_related("person").order_by("pk")
    ]
