"""
Scenarios side by side, run by run on the same chance: bands, paired differences, and what would move the ranking.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
import pyarrow as pa

from lazaretto.protocol.text import Text
from lazaretto.twin.arrays import Floats
from lazaretto.twin.day import simulate
from lazaretto.twin.ensemble import column
from lazaretto.twin.scenario import SOURCES, Scenario

#: From how many infections caused inside it is called an outbreak.
OUTBREAK = 2
QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)


@dataclass(frozen=True, slots=True)
class Measure:
    """An outcome: its column, its words, its unit, and whether it is human cost."""

    name: str
    title: Text
    unit: Text
    cost: bool = False


_PEOPLE, _DAYS, _TIMES = Text("人", "people"), Text("人日", "person-days"), Text("次", "times")
MEASURES = (
    Measure("infections", Text("累计感染", "Infections"), _PEOPLE),
    Measure("inside_infections", Text("内部传播", "Infected inside"), _PEOPLE),
    Measure("severe", Text("重症", "Severely ill"), _PEOPLE),
    Measure("first_detection", Text("首次发现用时", "Time to first detection"), Text("天", "days")),
    Measure("restricted", Text("受限人日", "Restriction"), _DAYS, True),
    Measure("alone", Text("独居人日", "Alone in a room"), _DAYS, True),
    Measure("alone_over_limit", Text("超限独居人日", "Alone beyond the limit"), _DAYS, True),
    Measure("entitlements_unmet", Text("欠的应得", "Entitlements unmet"), _TIMES, True),
    Measure("visits_lost", Text("取消的会见", "Visits lost"), _TIMES, True),
    Measure("staff_inside", Text("民警在内执勤", "Staff inside"), _DAYS, True),
    Measure("duty_over_limit", Text("超限执勤", "Duty beyond the limit"), _DAYS, True),
    Measure("peak_rooms", Text("单间峰值", "Single rooms at peak"), Text("间", "rooms"), True),
    Measure("rooms_short", Text("缺单间", "Short of single rooms"), _TIMES, True),
    Measure("tests", Text("检测", "Tests"), _TIMES, True),
    Measure("ppe", Text("防护用品", "Protective sets"), Text("套", "sets"), True),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One outcome of one scenario: quantiles of `QUANTILES`, mean, and the paired difference to the first scenario."""

    quantiles: tuple[float, ...]
    mean: float
    difference: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared. `best_in` is the share of runs in which each has the fewest infections (ties shared)."""

    scenarios: tuple[Scenario, ...]
    runs: int
    lines: dict[str, tuple[Line, ...]]
    no_outbreak: tuple[float, ...]
    above: dict[int, tuple[float, ...]]
    curves: tuple[Floats, ...]
    best_in: tuple[float, ...]


def compare(
    scenarios: Sequence[Scenario], tables: Sequence[pa.Table], above: Sequence[int] = (10, 50, 100)
) -> Compared:
    """Return the comparison of ensembles that were run with the same seed and number of runs."""
    lines = {
        m.name: tuple(_line(column(t, m.name), column(tables[0], m.name), k) for k, t in enumerate(tables))
        for m in MEASURES
    }
    inside = [column(t, "inside_infections") for t in tables]
    infections = np.array([column(t, "infections") for t in tables])
    fewest = infections == infections.min(axis=0)
    curves = tuple(np.quantile(np.array(t.column("curve").to_pylist()), QUANTILES, axis=0) for t in tables)
    return Compared(
        tuple(scenarios), len(infections[0]), lines,
        tuple(float((x < OUTBREAK).mean()) for x in inside),
        {limit: tuple(float((x > limit).mean()) for x in infections) for limit in above},
        curves, tuple(float(v) for v in (fewest / fewest.sum(axis=0)).mean(axis=1)),
    )  # fmt: skip


def _line(own: Floats, first: Floats, index: int) -> Line:
    known = own[~np.isnan(own)]
    quantiles = tuple(float(v) for v in np.quantile(known, QUANTILES)) if len(known) else (float("nan"),) * 5
    paired = own - first
    paired = paired[~np.isnan(paired)]
    difference = None
    if index and len(paired):
        difference = (float(paired.mean()), *(float(v) for v in np.quantile(paired, (0.025, 0.975))))
    return Line(quantiles, float(known.mean()) if len(known) else float("nan"), difference)  # type: ignore[arg-type]


# -- what moves the ranking -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moved:
    """One input: its range, the mean difference in infections (second − first) at either end, its rank correlation."""

    name: str
    low: float
    high: float
    at_low: float
    at_high: float
    rank: float


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """One at a time, and a Latin hypercube: in what share of its points the second has fewer infections than the first."""

    base: float
    moved: tuple[Moved, ...]
    points: int
    second_better: float


def sensitivity(
    one: Scenario, other: Scenario, *, runs: int = 10, points: int = 40, seed: int = 1,
    progress: Callable[[int, int], None] = lambda n, total: None,
) -> Sensitivity:  # fmt: skip
    """Return which inputs move the difference between two scenarios, over the ranges of `SOURCES`."""
    names = list(SOURCES)
    total = 1 + 2 * len(names) + points
    base = _difference(one, other, {}, runs)
    ends = []
    for n, name in enumerate(names):
        low, high, _ = SOURCES[name]
        ends.append([_difference(one, other, {name: v}, runs) for v in (low, high)])
        progress(3 + 2 * n, total)
    draw = np.random.Generator(np.random.Philox(seed))
    cube = (np.array([draw.permutation(points) for _ in names]).T + draw.random((points, len(names)))) / points
    found = []
    for n, point in enumerate(cube):
        values = {k: SOURCES[k][0] + u * (SOURCES[k][1] - SOURCES[k][0]) for k, u in zip(names, point, strict=True)}
        found.append(_difference(one, other, values, runs))
        progress(2 + 2 * len(names) + n, total)
    ranks = [_rank_correlation(cube[:, k], np.array(found)) for k in range(len(names))]
    moved = [Moved(k, SOURCES[k][0], SOURCES[k][1], e[0], e[1], r) for k, e, r in zip(names, ends, ranks, strict=True)]
    moved.sort(key=lambda m: -abs(m.at_high - m.at_low))
    return Sensitivity(base, tuple(moved), points, float(np.mean(np.array(found) < 0)))


def _difference(one: Scenario, other: Scenario, values: dict[str, float], runs: int) -> float:
    parts: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        part, _, field = name.partition(".")
        parts.setdefault(part, {})[field] = value
    a, b = (s.changed(**parts) for s in (one, other))
    return float(
        np.mean([simulate(b, k).total("infections") - simulate(a, k).total("infections") for k in range(runs)])
    )


def _rank_correlation(x: Floats, y: Floats) -> float:
    if np.ptp(y) == 0:
        return 0.0
    a, b = (np.argsort(np.argsort(v)).astype(float) for v in (x, y))
    return float(np.corrcoef(a, b)[0, 1])


def shown(value: float) -> str:
    """Return a number as people read it."""
    if isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"
