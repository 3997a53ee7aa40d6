"""
Shewhart's p-chart of a daily proportion (fever among those screened): alarm if p̂ > p0 + 3·√(p0(1 − p0)/n).

Where n·p0 < 5 the normal limit is far too low; there the exact binomial tail is held against the same chance, 0.00135.
"""

import numpy as np
from numpy.typing import ArrayLike

from lazaretto.surveillance.distributions import binomial_tail, normal_tail
from lazaretto.surveillance.series import Chart, Flags, Floats, as_series, demand, per_point

EXACT_BELOW = 5.0


def p_chart(positive: ArrayLike, tested: ArrayLike, p0: ArrayLike, *, sigmas: float = 3.0) -> Chart:
    """
    Return the chart of `positive` among `tested`, against the usual proportion p0 (a number, one a series, or one a point).

    `expected` and `upper` are counts of positives, `statistic` is the proportion. A day on which nobody was tested, or of
    which either figure is missing, says nothing: it is not a proportion of zero.
    """
    found, screened = as_series(positive), as_series(tested)
    demand(found.shape == screened.shape, "positive and tested are of the same series and days")
    usual = per_point(p0, found)
    demand(not ((usual <= 0) | (usual >= 1)).any(), "p0 lies between 0 and 1")
    known = ~np.isnan(found) & (screened > 0)
    demand(not (found > screened)[known].any(), "nobody is positive who was not tested")
    n = np.where(known, screened, np.nan)
    limit = n * usual + sigmas * np.sqrt(n * usual * (1 - usual))
    few = known & (n * usual < EXACT_BELOW)
    limit[few] = _exact_limit(n[few], usual[few], normal_tail(sigmas))
    return Chart(n * usual, limit, found / n, _above(found, limit, known))


def _above(found: Floats, limit: Floats, known: Flags) -> Flags:
    above: Flags = known & (np.where(known, found, 0) > np.where(known, limit, 0))
    return above


def _exact_limit(n: Floats, p: Floats, alpha: float) -> Floats:
    """Return the largest count whose tail is not below alpha."""
    limit, y = np.zeros_like(n), 0
    rows = np.arange(n.size)
    while rows.size:
        y += 1
        rows = rows[binomial_tail(y, n[rows], p[rows]) >= alpha]
        limit[rows] = y
    return limit
