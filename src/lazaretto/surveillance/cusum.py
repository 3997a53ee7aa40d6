"""
CUSUM: Page's, and that of Lucas (1985) for Poisson counts. Small shifts that last are found, slowly.

    S_t = max(0, S_{t−1} + (y_t − μ0)/σ0 − k), alarm if S > h       Page, k = 0.5, h = 4–5
    S_t = max(0, S_{t−1} + y_t − k),           alarm if S >= h      Lucas, k = (λ1 − λ0)/(ln λ1 − ln λ0)

A day that is not observed leaves S where it is and raises no alarm: it adds neither a count nor the reference value that a
day with no case would take off.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazaretto.surveillance.distributions import log_gamma, normal_tail
from lazaretto.surveillance.series import Chart, Floats, as_series, blocks, demand, empty_chart, per_point

_SLACK = 1e-9


def page(
    counts: ArrayLike,
    mu: ArrayLike,
    sigma: ArrayLike,
    *,
    k: float = 0.5,
    h: float = 4.0,
    start: float = 0.0,
    reset: bool = False,
) -> Chart:
    """
    Return Page's chart; `mu` and `sigma` are a number, one a series, or one a point.

    `start` is S before the first day (h/2 for a head start), `reset` sets S to 0 after each alarm. `statistic` is S.
    """
    series = as_series(counts)
    mean, spread = per_point(mu, series), per_point(sigma, series)
    demand(not (np.asarray(sigma) <= 0).any(), "sigma is above zero: set a floor for it")
    demand(h > 0 and start >= 0, "h is above zero, and S never below it")

    def steps(rows: slice, out: Floats) -> None:
        np.subtract(series[rows], mean[rows], out=out)
        out /= spread[rows]
        out -= k

    def bound(rows: slice, before: Floats) -> None:
        np.subtract(h + k, before, out=before)
        before *= spread[rows]
        before += mean[rows]

    return _run(series, mean, steps, bound, _Limit(h, start, reset))


def poisson_cusum(counts: ArrayLike, *, k: ArrayLike, h: float, start: float = 0.0, reset: bool = False) -> Chart:
    """
    Return the chart of Lucas with reference value `k` (see `reference_value`); `expected` is k, `statistic` S.

    S that reaches h alarms; sums of tenths are taken to reach it when they miss it by less than 1e-9.
    """
    series = as_series(counts)
    demand(h > 0 and start >= 0, "h is above zero, and S never below it")
    off, reached = per_point(k, series), np.nextafter(h - _SLACK, 0)

    def steps(rows: slice, out: Floats) -> None:
        np.subtract(series[rows], off[rows], out=out)

    def bound(rows: slice, before: Floats) -> None:
        np.subtract(reached, before, out=before)
        before += off[rows]
        np.ceil(before, out=before)
        before -= 1

    return _run(series, off, steps, bound, _Limit(reached, start, reset))


def reference_value(lambda0: float, lambda1: float) -> float:
    """Return the k of Lucas for a usual rate lambda0 and the rate lambda1 that shall be found."""
    demand(0 < lambda0 < lambda1, "the rate to be found is above the usual rate, and that above zero")
    return (lambda1 - lambda0) / (math.log(lambda1) - math.log(lambda0))


class _Limit(NamedTuple):
    """What S must be above for an alarm, where it starts, and whether an alarm takes it back to 0."""

    above: float
    start: float
    reset: bool


Fill = Callable[[slice, Floats], None]


def _run(series: Floats, expected: Floats, steps: Fill, bound: Fill, limit: _Limit) -> Chart:
    """
    Return the chart of some steps; `bound` turns S before a day into the largest observation without an alarm, in place.

    All is done in the arrays of the answer, a block of series at a time: a copy costs more than the sums.
    """
    chart = empty_chart(series.shape)
    for rows in blocks(series.shape):
        after, before = chart.statistic[rows], chart.upper[rows]
        steps(rows, after)
        missing = np.isnan(after)
        some = bool(missing.any())
        if some:
            after[missing] = 0.0
        _accumulate(after, before, limit)
        np.greater(after, limit.above, out=chart.alarm[rows])
        bound(rows, before)
        chart.expected[rows] = expected[rows]
        if some:
            chart.alarm[rows][missing] = False
            for values in chart[:3]:
                values[rows][missing] = np.nan
    return chart


def _accumulate(steps: Floats, before: Floats, limit: _Limit) -> None:
    """Turn steps `[n_series, n_times]` into S after each of them, and fill S before it."""
    if limit.reset:
        _with_resets(steps, limit)
    else:
        _sums(steps, before, limit.start)
    before[:, :1] = limit.start
    before[:, 1:] = steps[:, :-1]
    if limit.reset:
        before[before > limit.above] = 0.0


def _sums(steps: Floats, lowest: Floats, start: float) -> None:
    """Make S_t = C_t − min(−start, C_1, …, C_t) of steps, C being the running sum: the same as step by step."""
    np.cumsum(steps, axis=1, out=steps)
    np.minimum.accumulate(steps, axis=1, out=lowest)
    np.minimum(lowest, -start, out=lowest)
    steps -= lowest


def _with_resets(steps: Floats, limit: _Limit) -> None:
    current = np.full(len(steps), limit.start)
    for t in range(steps.shape[1]):
        after = np.maximum(current + steps[:, t], 0.0)
        steps[:, t] = after
        current = np.where(after > limit.above, 0.0, after)


# -- how long until an alarm ---------------------------------------------------------------------------------------


def arl_poisson(k: float, h: float, rate: float) -> float:
    """
    Return the mean number of days until the first alarm of `poisson_cusum` under `rate` a day, exactly.

    S moves on the multiples of 1/d, where k = n/d; k is taken to the nearest fraction with d <= 200.
    """
    fraction = Fraction(k).limit_denominator(200)
    unit, off = fraction.denominator, fraction.numerator
    n_states = math.ceil(Fraction(h).limit_denominator(10_000) * unit)
    states = np.arange(n_states)
    counts = np.arange((n_states + off) // unit + 2)
    chances = np.exp(counts * math.log(rate) - rate - log_gamma(counts + 1.0)) if rate > 0 else counts == 0
    after = np.maximum(states[:, None] + counts[None, :] * unit - off, 0)
    stay = np.zeros((n_states, n_states + 1))
    for column, chance in enumerate(chances):
        np.add.at(stay, (states, np.minimum(after[:, column], n_states)), chance)
    return _mean_run(stay[:, :n_states])


def arl_normal(k: float, h: float, shift: float = 0.0, *, cells: int = 301) -> float:
    """Return the mean number of days until the first alarm of `page` for normal days (Brook and Evans 1972)."""
    width = 2 * h / (2 * cells - 1)
    tails = np.array([normal_tail((i - 0.5) * width + k - shift) for i in range(-cells, cells + 2)])
    rows, columns = np.arange(cells)[:, None], np.arange(cells)[None, :]
    place = columns - rows + cells
    stay = tails[place] - tails[place + 1]
    stay[:, 0] = 1 - tails[place[:, 0] + 1]
    return _mean_run(stay)


def _mean_run(stay: Floats) -> float:
    """Return the mean number of steps from state 0 until a chain leaves, given the chances to stay."""
    return float(np.linalg.solve(np.eye(len(stay)) - stay, np.ones(len(stay)))[0])
