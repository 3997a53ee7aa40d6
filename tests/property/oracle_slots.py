"""The oracle's own reckoning of time: wall clocks, and the nominal slots of a measure on a day (steps 1 and 2)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lazaretto.protocol.record import (
    Phase,
    Shift,
)
from lazaretto.protocol.round import Round

DAY = 24 * 60
DAY_MS = DAY * 60_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONDAY = date(1970, 1, 5)
NOT_SO = ("no", "false", "0")


# Step 1: wall clocks


@lru_cache(maxsize=2_000)
def minutes(text: str) -> int:
    """Return the minutes from 00:00 to `HH:MM`."""
    hours, rest = text.split(":")
    return int(hours) * 60 + int(rest)


@lru_cache(maxsize=500_000)
def instant(zone: str, day: date, minute: int) -> int:
    """Return when the clocks first show a minute of a nominal day, or the first minute after it that they do show."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    while True:
        moment = wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
        if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall:
            return (moment - EPOCH) // timedelta(milliseconds=1)
        wall += timedelta(minutes=1)


@lru_cache(maxsize=200_000)
def clock_face(zone: str, moment: int) -> datetime:
    """Return what the clocks show at an instant."""
    return (EPOCH + timedelta(milliseconds=moment)).astimezone(ZoneInfo(zone))


@lru_cache(maxsize=200_000)
def days_later(zone: str, due: int, days: int) -> int:
    """Return the same wall-clock time so many dates after `due`, which is a whole minute."""
    shown = clock_face(zone, due)
    return instant(zone, shown.date() + timedelta(days=days), shown.hour * 60 + shown.minute)


def facility_day(zone: str, timeline: Sequence[Phase], day: date) -> tuple[int, int]:
    """Return the facility-day [start, end) of a date."""

    def end_of(one: date) -> int:
        midnight = instant(zone, one, 0)
        # Choice: in a hole of the timeline the version that was in force last still says when the day ends.
        phases = sorted(timeline, key=lambda phase: phase.start)
        begun = [phase for phase in phases if phase.start <= midnight] or phases[:1]
        return instant(zone, one, minutes(begun[-1].day_ends) if begun else DAY)

    return end_of(day - timedelta(days=1)), end_of(day)


# Step 2: the nominal slots of one value of a measure on one nominal day


class Nominal(NamedTuple):
    """A slot before anyone asks whether it exists; `end` is that of a `per_day` slot, else its due instant."""

    due: int
    end: int


@lru_cache(maxsize=20_000)
def nominal_slots(facility: str, zone: str, measure: Round, shifts: tuple[Shift, ...], day: date) -> list[Nominal]:
    """Return the slots in wall-clock order; two may fall on one instant."""
    cadence = measure.cadence
    starts, ends = minutes(cadence.starts or "00:00"), minutes(cadence.ends or "24:00")
    if cadence.every and cadence.form == "every":
        return [point(zone, day, m) for m in range(starts, ends, cadence.every.seconds // 60)]
    if cadence.every:
        # Choice: an anchor fixes the beat in both directions; it is no beginning.
        due_today = ((day - (cadence.anchor or day)).days % cadence.every.days) == 0
        return [point(zone, day, starts)] if due_today else []
    if cadence.times:
        return [point(zone, day, m) for m in sorted(minutes(text) for text in cadence.times)]
    if cadence.per_day:
        a, b = (minutes(text) for text in cadence.between or ("00:00", "24:00"))
        edges = [a + i * (b - a) // cadence.per_day for i in range(cadence.per_day)] + [b]
        return [Nominal(instant(zone, day, m), instant(zone, day, n)) for m, n in pairwise(edges)]
    if cadence.random and cadence.random.per == "day":
        return [point(zone, day, m) for m in drawn_minutes(facility, measure, day, "", DAY)]
    if cadence.random:
        return [
            point(zone, day, minutes(shift.start) + m)
            for shift in shifts
            for m in drawn_minutes(facility, measure, day, shift.id, shift_minutes(shift))
        ]
    return []


def point(zone: str, day: date, minute: int) -> Nominal:
    due = instant(zone, day, minute)
    return Nominal(due, due)


def shift_minutes(shift: Shift) -> int:
    # Choice: a shift is as long as its wall-clock times say; one that ends as it starts lasts 24 hours.
    return (minutes(shift.end) - minutes(shift.start)) % DAY or DAY


def drawn_minutes(facility: str, measure: Round, day: date, shift: str, length: int) -> list[int]:
    """Return the minutes of a day or shift at which a random round is due. :raises ValueError: if they do not fit."""
    cadence = measure.cadence
    assert cadence.random is not None
    # Choice: the minutes are distinct, so the gap is one minute where early and grace are both nothing.
    gap = max(1, -(-(cadence.early_ms + (cadence.grace_ms or 0)) // 60_000))
    room = length - cadence.random.n * gap
    if room < 0:
        raise ValueError(f"{cadence.random.n} draws, {gap} min apart, do not fit in {length} min")
    draws = []
    for i in range(cadence.random.n):
        digest = sha256(f"{facility}|{measure.id}|{day.isoformat()}|{shift}|{i}".encode()).digest()
        draws.append(int.from_bytes(digest[:8], "big") % (room + 1))
    return [draw + i * gap for i, draw in enumerate(sorted(draws))]


@lru_cache(maxsize=20_000)
def count_windows(zone: str, measure: Round, day: date) -> list[tuple[int, int]]:
    """Return the windows [a, b) of a `count` that begin on a day."""
    count = measure.cadence.count
    if count is None:
        return []
    if count.within.days:
        if (day - (measure.cadence.anchor or MONDAY)).days % count.within.days:
            return []
        return [(instant(zone, day, 0), instant(zone, day + timedelta(days=count.within.days), 0))]
    # Choice: the tiles are cut by the wall clock, as slots are; one that falls into a gap of the clocks is none.
    edges = [*range(0, DAY, count.within.seconds // 60), DAY]
    tiles = [(instant(zone, day, m), instant(zone, day, n)) for m, n in pairwise(edges)]
    return [(a, b) for a, b in tiles if a < b]
