"""
The chance that an infected person leaves quarantine undetected and still able to transmit, and what a whole pathway leaves
over when people can also be infected inside it.

Source: domain §5.5 (formula and reference values), §5.3 (sensitivity by day, `kucirka_knots`). Tests on one person are taken
as independent and the inputs as known, so every figure is optimistic; `range_of` shows what the uncertain inputs do to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import erf, log, sqrt

LONGEST = 60
_KNOTS = {3: 0.0, 4: 0.33, 5: 0.62, 6: 0.68, 7: 0.74, 8: 0.80, 9: 0.79, 21: 0.34, 30: 0.0}


@dataclass(frozen=True, slots=True)
class Assumptions:
    """
    Incubation as a lognormal (mu, sigma of its logarithm, in days), the share that never has symptoms, the chance that
    symptoms lead to removal, infectious days after onset, and a factor on the sensitivity of tests.
    """

    mu: float = 1.621
    sigma: float = 0.418
    never_symptomatic: float = 0.30
    removed: float = 0.90
    infectious_days: int = 10
    sensitivity: float = 1.0


DEFAULT = Assumptions()
#: The kindest and the harshest of the uncertain inputs together: not a confidence interval, a span of assumptions.
KIND = Assumptions(never_symptomatic=0.20, removed=0.95, infectious_days=8, sensitivity=1.1)
HARSH = Assumptions(never_symptomatic=0.40, removed=0.70, infectious_days=12, sensitivity=0.8)


def sensitivity(day: float) -> float:
    """
    Return the chance that a test taken `day` days after infection finds it.

    >>> [round(sensitivity(d), 3) for d in (3, 4, 8, 15, 21, 30)]
    [0.0, 0.33, 0.8, 0.565, 0.34, 0.0]
    """
    if day <= 3 or day >= 30:
        return 0.0
    days = sorted(_KNOTS)
    left = max(d for d in days if d <= day)
    right = min(d for d in days if d > day)
    share = (day - left) / (right - left)
    return _KNOTS[left] + share * (_KNOTS[right] - _KNOTS[left])


@lru_cache(maxsize=64)
def incubation(mu: float, sigma: float) -> tuple[float, ...]:
    """Return the chance of an incubation of 1, 2, … 60 days."""

    def below(x: int) -> float:
        return 0.0 if x <= 0 else 0.5 * (1 + erf((log(x) - mu) / (sigma * sqrt(2))))

    return tuple(below(x) - below(x - 1) for x in range(1, LONGEST + 1))


def residual_risk(days: int, tests: Sequence[int], since: int = 0, given: Assumptions = DEFAULT) -> float:
    """
    Return the chance that somebody infected `since` days before day 0 leaves on day `days` undetected and still able to
    transmit, with tests on the days `tests`; a test after leaving finds nothing.

    >>> round(residual_risk(14, [1, 4, 7, 14]), 6)
    0.018586
    """
    missed = 1.0
    for day in tests:
        if day <= days:
            missed *= 1 - min(sensitivity(day + since) * given.sensitivity, 1.0)
    a, c = given.never_symptomatic, given.removed
    still = sum(
        chance * ((1 - a) * (1 - c * (x <= days + since)) + a)
        for x, chance in enumerate(incubation(given.mu, given.sigma), start=1)
        if days + since < x + given.infectious_days
    )
    return missed * still


Hazard = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class PathwayRisk:
    """What a pathway leaves over: from those infected on entry, and from those infected inside it."""

    entry: float
    inside: float

    @property
    def total(self) -> float:
        return self.entry + self.inside


def pathway_risk(
    days: int, tests: Sequence[int], *, prevalence: float, hazard: Hazard, since: int = 0, given: Assumptions = DEFAULT
) -> PathwayRisk:
    """
    Return the risk of a pathway of `days` days: `prevalence` infected on entry, and a daily `hazard` of infection inside.

    >>> round(pathway_risk(14, [1, 7, 13], prevalence=0.01, hazard=lambda t: 0).total, 8)
    0.00025123
    """
    entry = prevalence * residual_risk(days, tests, since, given)
    inside = 0.0
    for t in range(days):
        if (h := hazard(t)) > 0:
            inside += h * residual_risk(days - t, [d - t for d in tests if d >= t], 0, given)
    return PathwayRisk(entry, inside)


def range_of(
    days: int, tests: Sequence[int], *, prevalence: tuple[float, float, float], hazard: tuple[float, float, float]
) -> tuple[PathwayRisk, PathwayRisk, PathwayRisk]:
    """Return the risk with the kind, the usual and the harsh inputs; `prevalence` and `hazard` are low, usual, high."""
    found = [
        pathway_risk(days, tests, prevalence=prevalence[n], hazard=lambda t, n=n: hazard[n], given=given)  # type: ignore[misc]
        for n, given in enumerate((KIND, DEFAULT, HARSH))
    ]
    return found[0], found[1], found[2]
