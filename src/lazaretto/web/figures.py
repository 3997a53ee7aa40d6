"""Counts, shares and coverage bars: numbers made readable without making them better than they are."""

from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

BAR_WIDTH = 112
#: A segment that is not zero is never thinner than this, so that four in five thousand are seen.
LEAST = 5
_EXCUSED = 6


class Segment(NamedTuple):
    """A piece of a coverage bar in SVG units; `state` is its class."""

    state: str
    x: float
    width: float


def count(n: int) -> str:
    return f"{n:,}"


def percent(share: str | None) -> str:
    """Return a share with one decimal, cut and never rounded up: only all is 100."""
    if share is None:
        return "—"
    value = Decimal(share) * 100
    return "100%" if value == 100 else f"{value.quantize(Decimal('0.1'), ROUND_DOWN)}%"


def segments(
    *, on_time: int, late: int, missed: int, pending: int, excused: int, width: int = BAR_WIDTH
) -> list[Segment]:
    """Return the pieces of a coverage bar from left to right; excused stands outside the whole, as a thin end."""
    parts = [(s, n) for s, n in (("on_time", on_time), ("late", late), ("missed", missed), ("pending", pending)) if n]
    room = width - (_EXCUSED if excused else 0) - max(len(parts) - 1, 0)
    found, x = [], 0.0
    for (state, _), part in zip(parts, _widths([n for _, n in parts], room), strict=True):
        found.append(Segment(state, round(x, 2), round(part, 2)))
        x += part + 1
    if excused:
        found.append(Segment("excused", width - 4, 4))
    return found


def _widths(counts: list[int], room: float) -> list[float]:
    """Share out `room` in proportion, after giving each of the small ones its least."""
    total = sum(counts)
    small = [n * room < LEAST * total for n in counts]
    rest = room - LEAST * sum(small)
    large = sum(n for n, is_small in zip(counts, small, strict=True) if not is_small)
    return [LEAST if is_small else rest * n / large for n, is_small in zip(counts, small, strict=True)]
