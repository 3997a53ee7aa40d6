"""
The headcount that closes: who was there at the start, who came and went and why, who is there at the end.

Computed from stays for any span (a day, a shift), per unit; a move between two units of the facility leaves one and
comes to the other, and cancels in the total. Source: contract, rule 11; `domain.md` §9.3 (start + in − out = end).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from lazaretto.apps.registry.movements import AWAY_EXITS

MOVED = "moved"


class Stay(NamedTuple):
    """A presence as the headcount sees it. `unit` is the code of the unit around its place, "" if it has none."""

    person: int
    start: int
    end: int
    unit: str
    entry: str = ""
    exit: str = ""


@dataclass(slots=True)
class Line:
    """One unit's headcount over a span. `came` and `left` count people by reason, `moved` between units among them."""

    unit: str
    start: int = 0
    end: int = 0
    came: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    @property
    def closes(self) -> bool:
        return self.start + self.came.total() - self.left.total() == self.end


def came_by(entry: str, *, first: bool) -> str:
    """Return why somebody came: what the presence says, else admitted at first and returned after a gap."""
    return entry or ("admitted" if first else "returned")


def left_by(exit_: str, *, last: bool) -> str:
    """Return why somebody left: what the presence says, else released at last and away before a gap."""
    return exit_ or ("released" if last else "away")


class Flow(NamedTuple):
    """That somebody came to (`to`) or left (`of`) a unit at a moment, and why."""

    at: int
    to: str | None
    of: str | None
    reason: str
    person: int


def flows(stays: Iterable[Stay]) -> Iterator[Flow]:
    """Return every coming and going in stays that are sorted by person and start."""
    for _, group in groupby(stays, key=lambda s: s.person):
        own = list(group)
        for index, stay in enumerate(own):
            before = own[index - 1] if index else None
            after = own[index + 1] if index + 1 < len(own) else None
            if before is None or before.end != stay.start:
                yield Flow(stay.start, stay.unit, None, came_by(stay.entry, first=before is None), stay.person)
            if after is None or after.start != stay.end:
                yield Flow(stay.end, None, stay.unit, left_by(stay.exit, last=after is None), stay.person)
            elif after.unit != stay.unit:
                yield Flow(stay.end, after.unit, stay.unit, MOVED, stay.person)


def headcount(stays: Iterable[Stay], start: int, end: int) -> dict[str, Line]:
    """Return the lines of [start, end) by unit. `stays` are sorted by person and start, and do not overlap."""
    every = list(stays)
    lines: dict[str, Line] = {}

    def line(unit: str) -> Line:
        return lines.setdefault(unit, Line(unit))

    for stay in every:
        if stay.start < start <= stay.end and stay.start < stay.end:
            line(stay.unit).start += 1
        if stay.start < end <= stay.end:
            line(stay.unit).end += 1
    for flow in flows(every):
        if start <= flow.at < end:
            if flow.to is not None:
                line(flow.to).came[flow.reason] += 1
            if flow.of is not None:
                line(flow.of).left[flow.reason] += 1
    return lines


def total(lines: Iterable[Line]) -> Line:
    """Return the whole facility's line: moves between its units cancel."""
    whole = Line("")
    for line in lines:
        whole.start += line.start
        whole.end += line.end
        whole.came += line.came
        whole.left += line.left
    del whole.came[MOVED], whole.left[MOVED]
    return whole


def away_at(stays: Iterable[Stay], at: int) -> int:
    """Return how many people are on the books and outside at an instant: gone with leave to come back."""
    n = 0
    for _, group in groupby(stays, key=lambda s: s.person):
        own = list(group)
        ended = [s for s in own if s.end <= at]
        inside = any(s.start <= at < s.end for s in own)
        n += bool(ended and not inside and ended[-1].exit in AWAY_EXITS)
    return n
