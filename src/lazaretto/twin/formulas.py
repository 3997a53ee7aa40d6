"""
The formulas that the twin is held against: residual risk at the end of quarantine, entry of infection by a closed
rotation, final size. Source: domain §5.5, §7.2, §10; reference values computed independently.
"""

from collections.abc import Sequence
from math import exp

from lazaretto.twin.tables import incubation_pmf, sensitivity

_LONGEST = 60


def residual_risk(
    q: int, tests: Sequence[int], infected_before: int, curve: dict[int, float], *, meanlog: float = 1.621,
    sdlog: float = 0.418, never_symptomatic: float = 0.3, removed: float = 0.9, infectious_after: int = 10,
) -> float:  # fmt: skip
    """
    Return the chance that somebody infected `infected_before` days before day 0 leaves on day `q` undetected and still
    able to transmit. `tests` are days of the quarantine; `removed` is the chance that symptoms lead to removal.
    """
    se = sensitivity(curve)
    undetected = 1.0
    for day in tests:
        undetected *= 1 - float(se[day + infected_before])
    left = 0.0
    for x, f in enumerate(incubation_pmf(meanlog, sdlog, _LONGEST), start=1):
        if q + infected_before < x + infectious_after:
            symptomatic = (1 - never_symptomatic) * (1 - removed * (x <= q + infected_before))
            left += float(f) * (symptomatic + never_symptomatic)
    return undetected * left


def rotation_entry(n: int, tests: Sequence[int], hazard: float, home_days: int, curve: dict[int, float]) -> float:
    """Return p_entry of domain §10: infected at home on one of `home_days`, then `n` days of standby with these tests."""
    return hazard * sum(residual_risk(n, tests, u, curve) for u in range(1, home_days + 1))


def final_size(r: float) -> float:
    """Return the share infected in one well-mixed group, z = 1 − exp(−R z)."""
    z = 0.0 if r <= 1 else 1 - exp(-r)
    for _ in range(500):
        z = 1 - exp(-r * z)
    return z
