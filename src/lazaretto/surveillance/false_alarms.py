"""
How many alarms a year there will be with nothing wrong, and how that was reckoned. Every alarm carries one of these.

More than one a week in a facility, and staff stop looking. The nominal chance of a chart is seldom its real one: C1 with limit 3
is said to alarm once in 741 days, but its sd comes from seven days, and for normal counts it alarms once in 65.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lazaretto.protocol.text import Text
from lazaretto.surveillance.distributions import student_two_sided
from lazaretto.surveillance.series import Chart, Floats

DAYS_A_YEAR = 365.0
WEEKS_A_YEAR = 365.25 / 7


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Expected false alarms a year over all series watched, None where nobody can know, and how this was reckoned."""

    per_year: float | None
    reckoned: Text

    @property
    def per_week(self) -> float | None:
        """Return the same for a week."""
        return None if self.per_year is None else self.per_year / WEEKS_A_YEAR


def by_chance(chance: float, *, series: float, checks_a_year: float = DAYS_A_YEAR) -> FalseAlarms:
    """Return the rate of `series` checked so often, if each check alarms by itself with `chance`."""
    words = Text(
        "{series:g} 个序列 × 每年 {checks:g} 次 × 每次误报机会 {chance:.3g}",
        "{series:g} series × {checks:g} checks a year × a chance of {chance:.3g} at each",
    )
    return FalseAlarms(
        series * checks_a_year * chance, words.format(series=series, checks=checks_a_year, chance=chance)
    )


def by_run_length(arl: float, *, series: float, checks_a_year: float = DAYS_A_YEAR) -> FalseAlarms:
    """Return the rate of charts that start again after an alarm and run `arl` checks until a false one (CUSUM)."""
    words = Text(
        "{series:g} 个序列，无异常时平均 {arl:.1f} 次检查出一次误报（马尔可夫链）",
        "{series:g} series, each with a false alarm every {arl:.1f} checks on average (Markov chain)",
    )
    return FalseAlarms(series * checks_a_year / arl, words.format(series=series, arl=arl))


def of_ears_on_normal_counts(limit: float, *, baseline: int = 7, series: float = 1) -> FalseAlarms:
    """
    Return the rate of C1 or C2 on normal counts without trend or weekday: C·√(n/(n + 1)) is Student's t with n − 1 degrees.

    Small counts are not normal: use `by_simulation` for them.
    """
    t = limit * math.sqrt(baseline / (baseline + 1))
    return by_chance(float(student_two_sided(t, baseline - 1)) / 2, series=series)


def by_simulation(
    chart: Callable[[Floats], Chart],
    mu: float,
    *,
    seed: int,
    series: float = 1,
    checks_a_year: float = DAYS_A_YEAR,
    runs: int = 400,
    checks: int = 400,
) -> FalseAlarms:
    """Return the rate of any chart on Poisson counts of mean `mu` a check, by running it; the first 50 checks do not count."""
    counts = np.random.default_rng(seed).poisson(mu, (runs, checks)).astype(np.float64)
    share = float(chart(counts).alarm[:, 50:].mean())
    words = Text(
        "模拟：均值 {mu:g} 的泊松计数 {n} 次检查，误报比例 {share:.3g}；{series:g} 个序列",
        "simulated: {n} checks of Poisson counts with mean {mu:g}, of which {share:.3g} alarm; {series:g} series",
    )
    n = runs * (checks - 50)
    return FalseAlarms(series * checks_a_year * share, words.format(mu=mu, n=n, share=share, series=series))


UNKNOWN = FalseAlarms(
    None,
    Text(
        "无法计算：取决于报告为何没有来。请数一数自己记录里的",
        "cannot be reckoned: it depends on why no report came; count it in your own record",
    ),
)
