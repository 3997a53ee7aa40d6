"""
EARS C1, C2 and C3 (Hutwagner 2003; Fricker 2008): today against the seven days before, for series without a history.

    C_k(t) = (y_t − mean)/sd, sample sd; C1 of days t−7…t−1, C2 of t−9…t−3; alarm if C > 3
    C3(t)  = Σ_{i=t−2}^{t} max(0, C2(i) − 1);                               alarm if C3 > 2

sd is never taken below `min_sigma`: after seven days of zero any case would be infinitely many sd away.

`variant="surveillance"` does as the R package `surveillance` 1.20–1.26: limits z = Φ⁻¹(0.999) for C1 and C2 and Φ⁻¹(0.975) for
C3, whose bound holds only the terms of the two days *before*, so that it is another chart than the textbook's.

Missing: a day is judged only if it was observed and at least `min_observed` days of its baseline were (left out: all of
them); mean and sd are of the observed days. C3 is a sum of three days and is unknown if one of them is.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazaretto.surveillance.distributions import normal_quantile
from lazaretto.surveillance.series import Chart, Floats, as_series, blocks, demand, empty_chart

Method = Literal["C1", "C2", "C3"]
Variant = Literal["textbook", "surveillance"]
GUARD = {"C1": 0, "C2": 2, "C3": 2}
LIMIT = {
    "textbook": {"C1": 3.0, "C2": 3.0, "C3": 2.0},
    "surveillance": {"C1": normal_quantile(0.999), "C2": normal_quantile(0.999), "C3": normal_quantile(0.975)},
}


class Settings(NamedTuple):
    """Length of the baseline in days, floor of the sd, limit of C, days that a baseline needs, and whose C3."""

    baseline: int
    min_sigma: float
    limit: float
    min_observed: int
    variant: Variant


def ears(
    counts: ArrayLike,
    method: Method,
    *,
    baseline: int = 7,
    min_sigma: float = 0.5,
    limit: float | None = None,
    min_observed: int | None = None,
    variant: Variant = "textbook",
) -> Chart:
    """Return the chart; `statistic` is C1, C2 or C3 (for the package's C3 the sum of the two days before)."""
    demand(baseline >= 3 and min_sigma >= 0, "a baseline has three days or more, and min_sigma is not negative")
    needed = baseline if min_observed is None else min_observed
    demand(2 <= needed <= baseline, "min_observed lies between 2 and the baseline")
    settings = Settings(baseline, min_sigma, LIMIT[variant][method] if limit is None else limit, needed, variant)
    series = as_series(counts)
    chart = empty_chart(series.shape)
    for rows in blocks(series.shape):
        for values, found in zip(chart, _block(series[rows], method, settings), strict=True):
            values[rows] = found
    return chart


def _block(series: Floats, method: Method, settings: Settings) -> Chart:
    mean, spread = _baseline(series, GUARD[method], settings)
    with np.errstate(divide="ignore", invalid="ignore"):  # min_sigma = 0 and seven equal days: infinitely many sd
        distance = (series - mean) / spread
    if method == "C3":
        return _summed(series, mean, spread, distance, settings)
    upper = mean + settings.limit * spread
    return Chart(mean, upper, distance, series > upper)


def _summed(series: Floats, mean: Floats, spread: Floats, distance: Floats, settings: Settings) -> Chart:
    excess = np.maximum(distance - 1, 0)  # NaN stays NaN
    before = np.full(series.shape, np.nan)
    before[:, 2:] = excess[:, :-2] + excess[:, 1:-1]
    if settings.variant == "surveillance":
        upper = np.maximum(0, series + spread * (settings.limit - before))
        known = np.where(np.isnan(upper), np.nan, 0)
        return Chart(mean + known, upper, before + known, series > upper)
    total = before + excess
    upper = np.where(before > settings.limit, -np.inf, mean + spread * (1 + settings.limit - before))
    upper[np.isnan(total)] = np.nan
    return Chart(np.where(np.isnan(total), np.nan, mean), upper, total, total > settings.limit)


def _baseline(series: Floats, guard: int, settings: Settings) -> tuple[Floats, Floats]:
    """Return mean and floored sd of each day's baseline; NaN where the day or too much of its baseline is missing."""
    length, n_times = settings.baseline, series.shape[1]
    mean, spread = np.full(series.shape, np.nan), np.full(series.shape, np.nan)
    first = guard + length
    if n_times > first:
        lags = [series[:, first - lag : n_times - lag] for lag in range(guard + 1, first + 1)]
        moments = _moments if not np.isnan(series).any() or settings.min_observed == length else _moments_of_observed
        mean[:, first:], spread[:, first:] = moments(lags, settings.min_observed)
        spread = np.maximum(spread, settings.min_sigma)
        unseen = np.isnan(series)
        mean[unseen] = spread[unseen] = np.nan
    return mean, spread


def _moments(lags: list[Floats], _: int) -> tuple[Floats, Floats]:
    """Return mean and sample sd over the lags, NaN where any is missing."""
    mean = sum(lags[1:], lags[0]) / len(lags)
    squares = np.zeros_like(mean)
    for lag in lags:
        squares += (lag - mean) ** 2
    return mean, np.sqrt(squares / (len(lags) - 1))


def _moments_of_observed(lags: list[Floats], needed: int) -> tuple[Floats, Floats]:
    """Return mean and sample sd over the lags that were observed, NaN where fewer than `needed` were."""
    stacked = np.stack(lags)
    seen = ~np.isnan(stacked)
    n = seen.sum(axis=0).astype(np.float64)
    n[n < needed] = np.nan
    mean = np.where(seen, stacked, 0).sum(axis=0) / n
    squares = (np.where(seen, stacked - mean, 0) ** 2).sum(axis=0)
    return mean, np.sqrt(squares / (n - 1))
