"""
EWMA: z_t = λ·y_t + (1 − λ)·z_{t−1}, z_0 = μ0; alarm if z_t > μ0 + L·σ0·√(λ/(2 − λ)·(1 − (1 − λ)^{2t})).

λ = 0.2–0.3, L = 2.7–3. A day that is not observed leaves z and the limit where they are: t counts observed days.
"""

import numpy as np
from numpy.typing import ArrayLike

from lazaretto.surveillance.series import Chart, Floats, as_series, demand, per_point


def ewma(counts: ArrayLike, mu: ArrayLike, sigma: ArrayLike, *, lam: float = 0.3, width: float = 3.0) -> Chart:
    """
    Return the chart; `mu` and `sigma` are a number or one a series `[n_series]`. `width` is L, `statistic` is z.

    `upper` is the observation that would have taken z exactly to its limit.
    """
    demand(0 < lam <= 1, "lambda lies above 0 and up to 1")
    series = as_series(counts)
    mean, spread = per_point(mu, series), per_point(sigma, series)
    demand(bool((spread > 0).all()), "sigma is above zero: set a floor for it")
    observed = ~np.isnan(series)
    before, after = _smooth(series, mean, lam)
    limit = limits(observed.cumsum(axis=1), mean, spread, lam=lam, width=width)
    upper = np.where(observed, (limit - (1 - lam) * before) / lam, np.nan)
    statistic = np.where(observed, after, np.nan)
    return Chart(np.where(observed, mean, np.nan), upper, statistic, observed & (after > limit))


def limits(days: ArrayLike, mu: ArrayLike, sigma: ArrayLike, *, lam: float = 0.3, width: float = 3.0) -> Floats:
    """Return the limit of z after that many observed days."""
    share = lam / (2 - lam) * (1 - (1 - lam) ** (2 * np.asarray(days, dtype=np.float64)))
    limit: Floats = np.asarray(mu, dtype=np.float64) + width * np.asarray(sigma, dtype=np.float64) * np.sqrt(share)
    return limit


def _smooth(series: Floats, mean: Floats, lam: float) -> tuple[Floats, Floats]:
    before, after = np.empty_like(series), np.empty_like(series)
    current = mean[:, 0].copy() if series.shape[1] else np.empty(len(series))
    for t in range(series.shape[1]):
        before[:, t] = current
        moved = lam * series[:, t] + (1 - lam) * current
        current = np.where(np.isnan(moved), current, moved)
        after[:, t] = current
    return before, after
