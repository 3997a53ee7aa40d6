"""The epidemic curve: one column a day, drawn as SVG, with a table that says the same."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

WIDTH, HEIGHT = 430, 190
LEFT, TOP, BOTTOM = 26, 10, 22
KINDS = ("confirmed", "suspected")


class Day(NamedTuple):
    """One day of the curve: fevers that began, by what became of them. `known` is whether its report was signed."""

    on: date
    confirmed: int
    suspected: int
    known: bool


def drawn(days: Sequence[Day]) -> dict[str, Any]:
    """Return columns, hatched days, ticks and lines in units of the drawing."""
    most = max((d.confirmed + d.suspected for d in days), default=0)
    top = next(n for n in (4, 8, 12, 20, 40, 80, 200, 500, 2000, 10_000, 10**9) if n >= most)
    step = (WIDTH - LEFT) / max(len(days), 1)
    floor, unit = HEIGHT - BOTTOM, (HEIGHT - BOTTOM - TOP) / top
    bars: list[Mapping[str, Any]] = []
    hatched = []
    for n, day in enumerate(days):
        x = LEFT + n * step
        if not day.known:
            hatched.append({"x": round(x + 1, 2), "width": round(step - 2, 2)})
        y: float = floor
        for kind, count in (("confirmed", day.confirmed), ("suspected", day.suspected)):
            if count:
                y -= count * unit
                bars.append({"kind": kind, "x": round(x + 2, 2), "y": round(y, 2), "width": round(step - 4, 2),
                             "height": round(count * unit - 0.6, 2)})  # fmt: skip
    return {
        "width": WIDTH, "height": HEIGHT, "floor": floor, "left": LEFT, "top": TOP, "tall": floor - TOP,
        "bars": bars, "hatched": hatched,
        "lines": [{"n": n * top // 4, "y": round(floor - n * top // 4 * unit, 2)} for n in range(5)],
        "ticks": [
            {"text": f"{d.on.month}-{d.on.day:02d}", "x": round(LEFT + (n + 0.5) * step, 2)}
            for n, d in enumerate(days) if n % 7 == 0
        ],
    }  # fmt: skip
