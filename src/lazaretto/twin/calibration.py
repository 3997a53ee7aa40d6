"""
Calibration of the twin itself on an observed curve, without a likelihood: approximate Bayesian computation by populations
of particles. Each round keeps those whose run comes closest to the curve, and draws the next from around them.

Source: Toni, Welch et al. 2009 (J R Soc Interface 6:187).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import joblib
import numpy as np

from lazaretto.twin.arrays import Floats
from lazaretto.twin.day import Run, simulate
from lazaretto.twin.fit import crps
from lazaretto.twin.scenario import SOURCES, Scenario
from lazaretto.twin.series import Series

#: Priors are uniform over these ranges unless others are given.
DEFAULT = ("disease.r0", "contacts.weight_other")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Accepted particles by input, what they would show again at each observation [particles, n], and how well it fits."""

    values: dict[str, Floats]
    weights: Floats
    again: Floats
    tolerance: float
    crps: float
    coverage_50: float
    coverage_95: float


def observed(run: Run, series: Series) -> Floats:
    """Return what the file would have shown of a run: onsets in the days of each row, or people ill on its day."""
    daily, ill = run.series("onsets").astype(float), run.series("infectious").astype(float)
    last = len(daily)
    if series.kind == "prevalence":
        return np.array([ill[min(s.end, last - 1)] for s in series.seen])
    return np.array([daily[max(0, s.start + 1) : min(last, s.end + 1)].sum() for s in series.seen])


def calibrate(
    scenario: Scenario, series: Series, priors: Mapping[str, tuple[float, float]] | None = None, *, particles: int = 100,
    rounds: int = 4, jobs: int = 1, seed: int = 1, progress: Callable[[int, int], None] = lambda n, total: None,
) -> Calibrated:  # fmt: skip
    """Return the posterior of some inputs of a scenario, given a curve that began on its first day."""
    ranges = dict(priors or {name: SOURCES[name][:2] for name in DEFAULT})
    names = list(ranges)
    low, high = (np.array([ranges[n][k] for n in names]) for k in (0, 1))
    draw = np.random.Generator(np.random.Philox(seed))
    base = scenario.changed(days=max(scenario.days, series.days + 1))
    seen = np.array([s.value for s in series.seen], float)
    points = low + (high - low) * draw.random((particles * 4, len(names)))
    weights = np.ones(len(points))
    kept = shown = np.empty(0)
    tolerance = np.inf
    for step in range(rounds):
        shown_all = np.array(_shown(base, series, names, points, jobs, step))
        distance = np.sqrt(((np.sqrt(shown_all) - np.sqrt(seen)) ** 2).mean(axis=1))
        order = np.argsort(distance, kind="stable")[:particles]
        kept, shown, weights = points[order], shown_all[order], weights[order] / weights[order].sum()
        tolerance = float(distance[order[-1]])
        progress(step + 1, rounds)
        if step < rounds - 1:
            points, weights = _next(kept, weights, low, high, draw)
    again = draw.poisson(np.maximum(shown, 0.05)).astype(float)
    inside = [((seen >= a) & (seen <= b)).mean() for a, b in (np.quantile(again, q, axis=0) for q in ((0.25, 0.75), (0.025, 0.975)))]  # fmt: skip
    return Calibrated({n: kept[:, k] for k, n in enumerate(names)}, weights, again, tolerance,
                      float(crps(again, seen).mean()), float(inside[0]), float(inside[1]))  # fmt: skip


def _shown(base: Scenario, series: Series, names: list[str], points: Floats, jobs: int, step: int) -> list[Floats]:
    work = joblib.Parallel(n_jobs=jobs)
    tasks = (
        joblib.delayed(_one)(base, series, dict(zip(names, p, strict=True)), step * 100_003 + n)
        for n, p in enumerate(points)
    )
    return list(work(tasks))


def _one(base: Scenario, series: Series, values: dict[str, float], run: int) -> Floats:
    parts: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        part, _, field = name.partition(".")
        parts.setdefault(part, {})[field] = float(value)
    return observed(simulate(base.changed(**parts), run), series)


def _next(kept: Floats, weights: Floats, low: Floats, high: Floats, draw: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw around those kept, within the priors; the weight undoes what the drawing preferred."""
    spread = (
        np.sqrt(2 * np.average((kept - np.average(kept, axis=0, weights=weights)) ** 2, axis=0, weights=weights)) + 1e-9
    )
    chosen = draw.choice(len(kept), size=2 * len(kept), p=weights / weights.sum())
    points = kept[chosen] + spread * draw.standard_normal((2 * len(kept), kept.shape[1]))
    outside = ((points < low) | (points > high)).any(axis=1)
    points[outside] = kept[chosen][outside]
    kernel = np.exp(-0.5 * (((points[:, None] - kept[None]) / spread) ** 2).sum(axis=2)) @ (weights / weights.sum())
    return points, 1 / np.maximum(kernel, 1e-12)
