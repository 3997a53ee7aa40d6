"""
CUSUM: Page's, and that of Lucas (1985) for Poisson counts. Small shifts that last are found, slowly.

    S_t = max(0, S_{t−1} + (y_t − μ0)/σ0 − k), alarm if S > h       Page, k = 0.5, h = 4–5
    S_t = max(0, S_{t−1} + y_t − k),           alarm if S >= h      Lucas, k = (λ1 − λ0)/(ln λ1 − ln λ0)

A day that is not observed leaves S where it is and raises no alarm: it adds neither a count nor the reference value that a
day with no case would take off.
"""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from lazaretto.surveillance.distributions import log_gamma, normal_tail
from lazaretto.surveillance.series import Chart, Flags, Floats, as_series, demand, in_blocks, per_point

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

    def part(rows: slice) -> Chart:
        y, middle, unit = series[rows], mean[rows], spread[rows]
        before, after = _accumulate((y - middle) / unit - k, h, start, reset)
        upper = (h + k) - before
        upper *= unit
        upper += middle
        return _chart(y, middle, upper, after, after > h)

    return in_blocks(part, series.shape)


def poisson_cusum(counts: ArrayLike, *, k: ArrayLike, h: float, start: float = 0.0, reset: bool = False) -> Chart:
    """
    Return the chart of Lucas with reference value `k` (see `reference_value`); `expected` is k, `statistic` S.

    S that reaches h alarms; sums of tenths are taken to reach it when they miss it by less than 1e-9.
    """
    series = as_series(counts)
    demand(h > 0 and start >= 0, "h is above zero, and S never below it")
    off, reached = per_point(k, series), h - _SLACK

    def part(rows: slice) -> Chart:
        y, minus = series[rows], off[rows]
        before, after = _accumulate(y - minus, reached, start, reset)
        return _chart(y, minus, np.ceil(reached + minus - before) - 1, after, after >= reached)

    return in_blocks(part, series.shape)


def reference_value(lambda0: float, lambda1: float) -> float:
    """Return the k of Lucas for a usual rate lambda0 and the rate lambda1 that shall be found."""
    demand(0 < lambda0 < lambda1, "the rate to be found is above the usual rate, and that above zero")
    return (lambda1 - lambda0) / (math.log(lambda1) - math.log(lambda0))


def _chart(y: Floats, expected: Floats, upper: Floats, statistic: Floats, alarm: Flags) -> Chart:
    missing = np.isnan(y)
    chart = Chart(expected, upper, statistic, alarm)
    if missing.any():
        chart = Chart(np.array(expected), upper, statistic, alarm)
        for values in chart[:3]:
            values[missing] = np.nan
        alarm[missing] = False
    return chart


def _accumulate(steps: Floats, h: float, start: float, reset: bool) -> tuple[Floats, Floats]:
    """Return S before and after each step, `[n_series, n_times]`; a step that is NaN leaves S where it is."""
    gaps = np.isnan(steps)
    if gaps.any():
        steps[gaps] = 0.0
    after = _with_resets(steps, h, start) if reset else _sums(steps, start)
    before = np.empty_like(after)
    before[:, :1] = start
    before[:, 1:] = after[:, :-1]
    if reset:
        before[before > h] = 0.0
    return before, after


def _sums(steps: Floats, start: float) -> Floats:
    """Return S_t = C_t − min(−start, C_1, …, C_t), C being the running sum: the same as step by step, without a loop."""
    total = np.cumsum(steps, axis=1)
    lowest = np.minimum.accumulate(total, axis=1)
    np.minimum(lowest, -start, out=lowest)
    total -= lowest
    return total


def _with_resets(steps: Floats, h: float, start: float) -> Floats:
    days = steps.T.copy()  # so that a day's row lies together
    current = np.full(len(steps), start)
    for day in days:
        np.maximum(current + day, 0.0, out=day)
        current = np.where(day > h, 0.0, day)
    return days.T


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
