"""
Exact Poisson for small counts: alarm if P(Y >= y | mu) < alpha.

The first chart to reach for when a unit has less than about five events a day. Source: domain practice; the false alarms of
`m` units checked every day are 365·m·P, where P is the chance that one of them alarms by itself.
"""

import numpy as np
from numpy.typing import ArrayLike

from lazaretto.surveillance.distributions import count_quantile, poisson_tail
from lazaretto.surveillance.series import Chart, Floats, as_series, demand, per_point

DAYS_A_YEAR = 365.0


def exact_poisson(counts: ArrayLike, mu: ArrayLike, *, alpha: float) -> Chart:
    """
    Return the chart of counts against a known mean `mu` per point (a number, one a series, or one a point).

    `statistic` is P(Y >= y | mu). A point that is not observed, or whose mean is not known, says nothing.
    """
    series = as_series(counts)
    mean = _means(mu, series)
    tail = poisson_tail(series, mean)
    known = ~np.isnan(tail)
    upper = np.where(known, _first_alarm(mean, alpha) - 1, np.nan)
    return Chart(np.where(known, mean, np.nan), upper, tail, known & (tail < alpha))


def _means(mu: ArrayLike, series: Floats) -> Floats:
    mean = per_point(mu, series)
    demand(not (mean < 0).any(), "a mean is not negative")
    return mean


def chance_of_alarm(mu: ArrayLike, alpha: float) -> Floats:
    """Return the chance that a check alarms when nothing is wrong: the largest P(Y >= y | mu) below alpha."""
    mean = np.asarray(mu, dtype=np.float64)
    return poisson_tail(_first_alarm(mean, alpha), mean)


def _first_alarm(mean: Floats, alpha: float) -> Floats:
    """Return the smallest count whose tail is below alpha. The quantile is within one of it; where two are equal, tails decide."""
    first = count_quantile(1 - alpha, mean)
    for _ in range(2):
        first = first + (poisson_tail(first, mean) >= alpha)
    return first


def false_alarms_a_year(mu: ArrayLike, alpha: float, *, units: float = 1, checks_a_year: float = DAYS_A_YEAR) -> float:
    """
    Return how many alarms a year there will be with nothing wrong.

    `mu` is the mean of one check, the same for all `units`, or one for each unit (leave `units` out then).
    """
    return float(checks_a_year * units * np.sum(chance_of_alarm(mu, alpha)))


def alpha_for(mu: ArrayLike, *, per_week: float = 1.0, units: float = 1, checks_a_week: float = 7.0) -> float:
    """
    Return the largest alpha with which there is at most `per_week` false alarms a week.

    Counts are whole, so the chance of an alarm moves in steps: any alpha between this one and the next step up gives the
    same alarms, and beyond it there are more than `per_week`.
    """
    demand(per_week > 0, "some false alarm must be allowed: a chart that never alarms by itself never alarms")
    mean = np.atleast_1d(np.asarray(mu, dtype=np.float64))
    steps = _steps(mean, per_week / (checks_a_week * units * mean.size))
    low, high = 0, steps.size - 1
    while low < high:
        middle = (low + high) // 2
        if checks_a_week * units * np.sum(chance_of_alarm(mean, float(steps[middle]))) <= per_week:
            high = middle
        else:
            low = middle + 1
    return float(steps[low])


def _steps(mean: Floats, share: float) -> Floats:
    """Return the alphas at which something changes, from 1 down to one that is safe for every unit by itself."""
    tails, y = [np.ones(1)], 1
    while tails[-1].max() >= share:
        tails.append(poisson_tail(y, mean))
        y += 1
    return np.unique(np.concatenate(tails))[::-1]
