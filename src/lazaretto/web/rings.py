"""
Evidence rings: how much of what was owed so far was done, as an arc in five states.

From 12 o'clock, clockwise: on time and late solid, missed a hollow box, unknown broken strokes, not yet due the track.
"""

from collections.abc import Mapping
from math import cos, radians, sin
from typing import NamedTuple

ORDER = ("on_time", "late", "missed", "unknown", "pending")
GAP = 5.0
#: What is not zero is never thinner than this, so that four in five thousand are seen.
LEAST = 17.0
_STROKE = 4.0


class Arc(NamedTuple):
    """A piece of a ring: the class that it is drawn in, and its outline."""

    state: str
    path: str


def angles(counts: Mapping[str, int]) -> dict[str, float]:
    """Return the degrees of each state that there is any of; with the gaps between them they make the circle full."""
    there = {s: counts.get(s, 0) for s in ORDER if counts.get(s, 0)}
    if len(there) == 1:
        return dict.fromkeys(there, 360.0)
    room = 360 - GAP * len(there)
    small: set[str] = set()
    while True:
        rest = sum(n for s, n in there.items() if s not in small)
        left = room - LEAST * len(small)
        more = {s for s, n in there.items() if s not in small and n * left < LEAST * rest}
        if not more:
            break
        small |= more
    return {s: LEAST if s in small else n * left / rest for s, n in there.items()}


def arcs(counts: Mapping[str, int], size: int = 78) -> list[Arc]:
    """Return the pieces of a ring in a square of `size`; none if nothing is owed at all today."""
    outer, inner = size / 2 - 1, size / 2 - 1 - size * 0.11
    found, start = [], 0.0
    for state, width in angles(counts).items():
        if state == "unknown":
            n = max(int((width + _STROKE) // (2 * _STROKE)), 2)
            each = width / (2 * n - 1)
            marks = [sector(size / 2, outer, inner, start + 2 * k * each, each) for k in range(n)]
            found.append(Arc(state, " ".join(marks)))
        elif state == "missed":
            found.append(Arc(state, sector(size / 2, outer - 0.8, inner + 0.8, start + 1, width - 2)))
        else:
            found.append(Arc(state, sector(size / 2, outer, inner, start, width)))
        start += width + GAP
    return found


def sector(centre: float, outer: float, inner: float, start: float, width: float) -> str:
    """Return the outline of a part of a ring, in degrees from 12 o'clock."""
    if width >= 360:
        half = sector(centre, outer, inner, 0, 180)
        return f"{half} {sector(centre, outer, inner, 180, 180)}"
    end, large = start + width, int(width > 180)
    return (
        f"M{_at(centre, outer, start)}A{outer:.2f} {outer:.2f} 0 {large} 1 {_at(centre, outer, end)}"
        f"L{_at(centre, inner, end)}A{inner:.2f} {inner:.2f} 0 {large} 0 {_at(centre, inner, start)}Z"
    )


def _at(centre: float, radius: float, angle: float) -> str:
    turned = radians(angle - 90)
    return f"{centre + radius * cos(turned):.2f} {centre + radius * sin(turned):.2f}"
