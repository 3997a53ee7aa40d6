"""Distributions as tables of quantiles, made once for a scenario: a draw is then one look-up."""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from lazaretto.twin.arrays import Days, Floats, Singles
from lazaretto.twin.scenario import Disease

SIZE = 4096
_LONGEST = 400


@lru_cache(maxsize=8)
def normal_quantiles(size: int = SIZE) -> Floats:
    """Return the standard normal at (k + 1/2) / size."""
    return np.array([NormalDist().inv_cdf((k + 0.5) / size) for k in range(size)])


def normal_cdf(x: Floats) -> Floats:
    """Return Φ(x)."""
    return np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in np.ravel(x)]).reshape(np.shape(x))


def incubation_pmf(meanlog: float, sdlog: float, longest: int = 60) -> Floats:
    """Return f(x) = F(x) − F(x − 1) for x = 1 … longest (domain §5.5); at `sdlog` 0 all of it on the rounded-up median."""
    found = np.zeros(longest)
    if sdlog == 0:
        found[min(max(math.ceil(math.exp(meanlog)), 1), longest) - 1] = 1.0
        return found
    x = np.arange(0, longest + 1, dtype=float)
    f = np.zeros(longest + 1)
    f[1:] = normal_cdf((np.log(x[1:]) - meanlog) / sdlog)
    return np.diff(f)


def quantiles_of_days(pmf: Floats, first: int) -> Days:
    """Return whole days at (k + 1/2) / SIZE of a distribution on first, first + 1, …"""
    edges = np.cumsum(pmf) / pmf.sum()
    at = (np.arange(SIZE) + 0.5) / SIZE
    return (first + np.minimum(np.searchsorted(edges, at, side="right"), len(pmf) - 1)).astype(np.int16)


def gamma_quantiles(shape: float) -> Singles:
    """Return a gamma of mean 1 and this shape at (k + 1/2) / SIZE; ones for a shape of 1000 or more."""
    if shape >= 1000:
        return np.ones(SIZE, np.float32)
    top = 60.0 / min(shape, 1.0)
    # On t = x^shape the density of a small shape is finite at 0; dt = shape x^(shape-1) dx.
    t = np.linspace(0, top**shape, 400_001)[1:]
    x = t ** (1 / shape)
    edges = np.cumsum(np.exp(-x * shape))
    found = np.interp((np.arange(SIZE) + 0.5) / SIZE, edges / edges[-1], x)
    return (found / found.mean()).astype(np.float32)


Tables = tuple[Days, Days, Singles, Singles]


@lru_cache(maxsize=64)
def _tables(
    meanlog: float, sdlog: float, after: float, spread: float, dispersion: float, mean: float, sd: float
) -> Tables:
    incubation = quantiles_of_days(incubation_pmf(meanlog, sdlog, _LONGEST), 1)
    z = normal_quantiles()
    lasting = np.maximum(1, np.round(after * np.exp(spread * z - spread * spread / 2)))
    return (
        incubation,
        np.minimum(lasting, _LONGEST).astype(np.int16),
        gamma_quantiles(dispersion),
        (mean + sd * z).astype(np.float32),
    )


def tables(disease: Disease) -> Tables:
    """Return incubation, days shed after onset, individual shedding and fever, as quantiles."""
    d = disease
    return _tables(
        d.incubation_meanlog, d.incubation_sdlog, d.after_onset, d.after_onset_spread, d.dispersion, d.fever_mean, d.fever_sd
    )  # fmt: skip


def sensitivity(knots: dict[int, float], longest: int = _LONGEST) -> Floats:
    """Return the sensitivity of a test by day since infection, linear between the knots, the end values beyond them."""
    days = sorted(knots)
    return np.interp(np.arange(longest + 1), days, [knots[d] for d in days])


def shed_days(disease: Disease) -> float:
    """Return the mean shedding of one case in days, the factor of those without symptoms included."""
    incubation, sick, _shed, _fever = tables(disease)
    profile = np.array(disease.profile)
    whole, part = int(disease.before_onset), disease.before_onset % 1
    total = 0.0
    for early, share in ((whole, 1 - part), (whole + 1, part)):
        if share == 0:
            continue
        start = np.maximum(int(disease.latent), incubation.astype(int) - early)
        for lasting in np.unique(sick):
            weight = float((sick == lasting).mean()) * share
            length = np.maximum(incubation + lasting - np.maximum(start, 1), 0)
            total += weight * float(np.mean([_sum_of(profile, int(n)) for n in length[::16]]))
    return total * (1 - disease.asymptomatic_share * (1 - disease.asymptomatic_shedding))


def _sum_of(profile: Floats, n: int) -> float:
    return float(profile[:n].sum() + profile[-1] * max(0, n - len(profile)))
