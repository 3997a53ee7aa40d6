"""
The slots of one measure and subject: when each is due, opens, closes, and until when it is on time.

Source: contract, rules 1 to 4; the choices are ADR 0002, 1–4, 9, 10 and 15.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.clock import MINUTES_A_DAY, Duration, instant, local_day, local_minute, minute_of_day, plus
from lazaretto.protocol.record import Phase, Shift, Subject
from lazaretto.protocol.round import Round

_MONDAY = date(1970, 1, 5)
_NOT_WOKEN = ("no", "false", "0")


class Slot(NamedTuple):
    """
    One slot. `end` is where its own length ends (`per_day`, `count`); `night` is the policy of a night slot or "".
    """

    due: int
    end: int
    opens: int
    closes: int
    grace_until: int
    round: Round
    night: str


class Segment(NamedTuple):
    """[start, end) during which one value of the measure holds for the subject."""

    start: int
    end: int
    round: Round
    shifts: tuple[Shift, ...]
    awake: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """The time zone of a facility and the name that seeds its random rounds."""

    zone: str
    facility: str


def segments(timeline: Sequence[Phase], measure: str, subject: Subject) -> tuple[Segment, ...]:
    """Return the segments on which version, level, override and the subject's standings are constant (rule 3)."""
    found: list[Segment] = []
    for phase in timeline:
        for round_ in phase.measures:
            if round_.id == measure:
                found.extend(_split(phase, round_, subject))
    return tuple(found)


def _split(phase: Phase, round_: Round, subject: Subject) -> Iterator[Segment]:
    keys = round_.standing_keys() | {"wake_for_rounds"}
    relevant = [s for s in subject.standings if s.key in keys and s.start < phase.end and s.end > phase.start]
    edges = {phase.start, phase.end} | {t for s in relevant for t in (s.start, s.end) if phase.start < t < phase.end}
    for start, end in pairwise(sorted(edges)):
        held = frozenset((s.key, s.value) for s in relevant if s.start <= start < s.end)
        awake = any(key == "wake_for_rounds" and value.lower() not in _NOT_WOKEN for key, value in held)
        yield Segment(start, end, round_.under(held), phase.shifts, awake)


def is_count(round_: Round) -> bool:
    """Say whether a measure is judged by a count within a window, without slots."""
    return round_.pace.count is not None


def slots(calendar: Calendar, parts: Sequence[Segment], base: str, start: int, end: int) -> list[Slot]:
    """
    Return the slots due in [start, end), with their neighbours before and after, in order of due.

    `base` is the subject's base class, which decides the default night policy.
    """
    reach = max((_reach_days(s.round.pace) for s in parts), default=1) + 1
    first, last = local_day(calendar.zone, start), local_day(calendar.zone, end)
    found: dict[int, tuple[int, int, Round, str]] = {}
    for part in parts:
        if is_count(part.round):
            continue
        for day in _days(first - timedelta(days=reach), last + timedelta(days=reach), calendar, part):
            for due, stop in nominal(calendar, part.round.pace, part.round.id, part.shifts, day):
                if part.start <= due < part.end:
                    night = _night_policy(calendar.zone, part, base, due)
                    if night != "skip":
                        found[due] = (max(stop, found[due][1]) if due in found else stop, due, part.round, night)
    return _windows(calendar.zone, [found[due] for due in sorted(found)])


def _reach_days(cadence: Cadence) -> int:
    return cadence.every.days if cadence.every and cadence.every.days else 1


def _days(first: date, last: date, calendar: Calendar, part: Segment) -> Iterator[date]:
    day = first
    while day <= last:
        if instant(calendar.zone, day, 0) < part.end and instant(calendar.zone, day, 2 * MINUTES_A_DAY) > part.start:
            yield day
        day += timedelta(days=1)


def _windows(zone: str, dues: list[tuple[int, int, Round, str]]) -> list[Slot]:
    opens = []
    for index, (_, due, round_, _night) in enumerate(dues):
        at = due - round_.pace.early_ms
        if index:
            before = dues[index - 1][1]
            at = max(at, before + (due - before) // 2)
        opens.append(at)
    result = []
    for index, (stop, due, round_, night) in enumerate(dues):
        cadence = round_.pace
        reach = Duration(days=_reach_days(cadence))
        closes = plus(zone, due, reach)
        if index + 1 < len(dues):
            closes = min(closes, opens[index + 1])
        grace = cadence.grace_ms
        result.append(Slot(due, stop, opens[index], closes, stop if grace is None else due + grace, round_, night))
    return result


def _night_policy(zone: str, part: Segment, base: str, due: int) -> str:
    night = part.round.pace.night
    if night is None or part.awake or not night.covers(local_minute(zone, due)):
        return ""
    policy = night.policy or ("observe" if base == "resident" else "same")
    return "" if policy == "same" else policy


def nominal(
    calendar: Calendar, cadence: Cadence, measure: str, shifts: tuple[Shift, ...], day: date
) -> list[tuple[int, int]]:
    """Return the (due, end of its own length) of the slots that a cadence has on a nominal day; unordered."""
    form = cadence.form
    if form == "interval":
        assert cadence.every is not None
        if (day - (cadence.anchor or _MONDAY)).days % cadence.every.days:
            return []
    if form == "random":
        minutes = [(m, m) for m in draws(calendar.facility, cadence, measure, shifts, day)]
    else:
        offsets = cadence.offsets()
        stop = minute_of_day(cadence.between[1]) if cadence.between else MINUTES_A_DAY
        ends = [*offsets[1:], stop] if form == "per_day" else offsets
        minutes = list(zip(offsets, ends, strict=True))
    return [(instant(calendar.zone, day, a), instant(calendar.zone, day, b)) for a, b in minutes]


def draws(facility: str, cadence: Cadence, measure: str, shifts: tuple[Shift, ...], day: date) -> list[int]:
    """Return the minutes, counted from 00:00 of `day`, at which a random cadence falls due (ADR 0002, 10 and 15)."""
    assert cadence.random is not None
    n = cadence.random.n
    gap = cadence.random_gap
    spans = [("", 0, MINUTES_A_DAY)]
    if cadence.random.per == "shift":
        spans = [(s.id, minute_of_day(s.start), minute_of_day(s.end)) for s in shifts]
    found: list[int] = []
    for name, start, end in spans:
        length = end - start if end > start else end - start + MINUTES_A_DAY
        room = length - n * gap + 1
        seeds = [f"{facility}|{measure}|{day.isoformat()}|{name}|{i}".encode() for i in range(n)]
        drawn = sorted(int.from_bytes(hashlib.sha256(seed).digest()[:8], "big") % room for seed in seeds)
        found.extend(start + minute + i * gap for i, minute in enumerate(drawn))
    return found


def count_windows(calendar: Calendar, part: Segment, start: int, end: int) -> list[tuple[int, int]]:
    """Return the windows [a, b) of a `count` cadence that end in (start, end] and are in force at b − 1 ms."""
    count = part.round.pace.count
    assert count is not None
    days = count.within.days
    first = local_day(calendar.zone, start) - timedelta(days=1)
    last = local_day(calendar.zone, end)
    found: list[tuple[int, int]] = []
    day = first - timedelta(days=max(days - 1, 0))
    while day <= last:
        for a, b in _count_minutes(part.round.pace, day):
            opens, closes = instant(calendar.zone, day, a), instant(calendar.zone, day, b)
            if start < closes <= end and part.start < closes <= part.end and opens < closes:
                found.append((opens, closes))
        day += timedelta(days=1)
    return found


def _count_minutes(cadence: Cadence, day: date) -> list[tuple[int, int]]:
    assert cadence.count is not None
    within = cadence.count.within
    if within.days:
        on = (day - (cadence.anchor or _MONDAY)).days % within.days == 0
        return [(0, within.days * MINUTES_A_DAY)] if on else []
    step = within.seconds // 60
    return [(a, min(a + step, MINUTES_A_DAY)) for a in range(0, MINUTES_A_DAY, step)]
