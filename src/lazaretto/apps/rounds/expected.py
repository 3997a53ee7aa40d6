"""
Which slots and windows of a measure matter now: what was due lately, what is open, what comes next. Pure; kept by day, as
they are the same for everybody who shares the values of a measure.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from lazaretto.apps.rounds.sharing import sharing, takes
from lazaretto.protocol.clock import instant, local_day
from lazaretto.protocol.record import Phase, Subject
from lazaretto.protocol.round import Round
from lazaretto.protocol.selection import Selection
from lazaretto.protocol.slots import Calendar, Segment, Slot, count_windows, is_count, slots

DAY_MS = 24 * 3_600_000
Span = tuple[int, int]


class Horizon(NamedTuple):
    """The instant that is looked from, and how far back and ahead of it slots are listed."""

    at: int
    back: int
    ahead: int

    def shows(self, slot: Slot) -> bool:
        """Say whether a slot is listed: lately due, open, or next. A random one is shown to nobody before it is due."""
        if slot.round.pace.random is not None and slot.due > self.at:
            return False
        return self.at - self.back < slot.due <= self.at + self.ahead or slot.opens <= self.at < slot.closes


class Asked(NamedTuple):
    """
    Subjects who share the slots of a measure. `counts` says that each is a window judged by a count, at its end; `takes`
    are the observations that fulfil each.
    """

    measure: str
    subjects: list[Subject]
    slots: list[Slot]
    takes: list[tuple[str, ...]]
    counts: bool = False


def asked(
    calendar: Calendar, phases: Sequence[Phase], selection: Selection, subjects: Sequence[Subject], horizon: Horizon
) -> Iterator[Asked]:
    """Yield what each measure asks of whom, where it may ask at all: presence is not looked at."""
    for measure, key, numbers in sharing(phases, selection, subjects):
        yield from _of(calendar, *key, measure, [subjects[n] for n in numbers], horizon)


def _of(
    calendar: Calendar, parts: tuple[Segment, ...], resident: bool, measure: str, own: list[Subject], horizon: Horizon
) -> Iterator[Asked]:
    day = instant(calendar.zone, local_day(calendar.zone, horizon.at), 0)
    spare = horizon.back // DAY_MS + 1, horizon.ahead // DAY_MS + 2
    every, windows = _around(calendar, parts, resident, day, *spare)
    shown = [s for s in every if horizon.shows(s)]
    if shown:
        yield Asked(measure, own, shown, [takes(s.round, s.night) for s in shown])
    counted = [
        Slot(b, b, a, b, b, round_, "")
        for round_, a, b in windows
        if a <= horizon.at < b or horizon.at - horizon.back < b <= horizon.at
    ]
    if counted:
        yield Asked(measure, own, counted, [takes(s.round) for s in counted], counts=True)


@lru_cache(maxsize=2048)
def _around(
    calendar: Calendar, parts: tuple[Segment, ...], resident: bool, day: int, back: int, ahead: int
) -> tuple[list[Slot], list[tuple[Round, int, int]]]:
    """Return the slots around a local day that may be lately due, open or next on it, and the windows that are counted."""
    longest = max((_days(p.round) for p in parts), default=1)
    early = max((p.round.pace.early_ms for p in parts), default=0)
    start, end = _days_from(calendar.zone, day, -back - longest - 1), _days_from(calendar.zone, day, ahead + 1) + early
    counted = [
        (p.round, a, b)
        for p in parts
        if is_count(p.round)
        for a, b in count_windows(calendar, p, start, end + longest * DAY_MS)
    ]
    return slots(calendar, parts, "resident" if resident else "", start, end), counted


def _days(round_: Round) -> int:
    pace = round_.pace
    within = pace.count.within.days if pace.count else 0
    return max(1, within, pace.every.days if pace.every else 0)


def _days_from(zone: str, day: int, n: int) -> int:
    return instant(zone, local_day(zone, day) + timedelta(days=n), 0)
