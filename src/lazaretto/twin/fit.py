"""
A fit of an observed curve: R0 and what goes with it, with how well the curve is met.

The model is a well-mixed group: latent and infectious people in two stages each, a reporting share, and a fall of the
transmission at an unknown day (measures, or people's own care). Counts are negative binomial. The posterior is drawn by
sequential Monte Carlo: from the priors to the likelihood in steps that keep half of the particles effective, each step
followed by random-walk moves. Source: docs/explanation/twin.md; Del Moral, Doucet and Jasra 2006.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
from numba import njit

from lazaretto.protocol.pathogens import Pathogen
from lazaretto.twin.arrays import Floats
from lazaretto.twin.series import Series

PARTICLES, MOVES, STEPS_A_DAY = 1200, 5, 4
NAMES = (
    "r0",
    "latent_days",
    "infectious_days",
    "first_cases",
    "reported",
    "dispersion",
    "fall",
    "fall_day",
    "population",
)


@dataclass(frozen=True, slots=True)
class Priors:
    """
    Medians, and spreads on the scale of logarithms: about two thirds of the prior lies within a factor exp(spread).
    Defaults are wide: an acute infection of which nothing is known.
    """

    r0: tuple[float, float] = (2.5, 0.5)
    latent: tuple[float, float] = (0.7, 0.6)
    infectious: tuple[float, float] = (3.0, 0.5)
    first_cases: tuple[float, float] = (2.0, 1.2)


def priors_of(pathogen: Pathogen) -> Priors:
    """Return priors from the catalogue: what is latent is the incubation less the days shed before onset."""
    typical = float(pathogen.incubation.typical or pathogen.incubation.median or 2)
    before = next((-m.days for m in pathogen.infectious_from if m.event in ("onset", "rash") and m.days < 0), 0)
    after = next((m.days for m in pathogen.infectious_to if m.days > 0), 4)
    # The window of isolation is the longest somebody sheds; most transmission is in the first half of it.
    lasting = max(1.0, (before + after) / 2.5)
    return Priors(latent=(max(0.3, typical - before), 0.4), infectious=(lasting, 0.4))


@njit(cache=True, nogil=True)
def expected(theta, ends, starts, prevalence, days, steps):
    """
    Return what each particle expects to be reported at each observation.

    theta      float64 [p, 9]   natural scale, in the order of NAMES
    starts, ends   int64 [n]    the days (start, end] of each observation; prevalence: infectious people at `end`
    returns    float64 [p, n]
    """
    found = np.zeros((len(theta), len(ends)))
    first = min(0, starts.min() + 1)
    for k in range(len(theta)):
        r0, latent, infectious, begun, reported = theta[k, 0], theta[k, 1], theta[k, 2], theta[k, 3], theta[k, 4]
        fall, fall_day, n = theta[k, 6], theta[k, 7], theta[k, 8]
        h = 1.0 / steps
        a, c = 1 - np.exp(-2 * h / latent), 1 - np.exp(-2 * h / infectious)
        i1, i2, e1, e2 = begun, 0.0, 0.0, 0.0
        s = max(n - begun, 0.0)
        new = np.zeros(days - first + 1)
        ill = np.zeros(days - first + 1)
        for day in range(first, days):
            onset = begun if day == first else 0.0
            beta = r0 / infectious * (1 - fall / (1 + np.exp(-(day - fall_day) / 0.75)))
            for _ in range(steps):
                hit = s * (1 - np.exp(-beta * h * (i1 + i2) / n))
                x1, x2, y1, y2 = a * e1, a * e2, c * i1, c * i2
                s -= hit
                e1 += hit - x1
                e2 += x1 - x2
                i1 += x2 - y1
                i2 += y1 - y2
                onset += x2
            new[day - first], ill[day - first] = onset, i1 + i2
        for o in range(len(ends)):
            if prevalence:
                found[k, o] = reported * ill[ends[o] - first]
            else:
                total = 0.0
                for day in range(starts[o] + 1, ends[o] + 1):
                    total += new[day - first]
                found[k, o] = reported * total
    return found


@njit(cache=True, nogil=True)
def likelihood(mean, dispersion, seen):
    """Return the log of the negative binomial probability of what was seen, for each particle."""
    found = np.zeros(len(mean))
    for k in range(len(mean)):
        phi = dispersion[k]
        for o in range(len(seen)):
            m, y = mean[k, o] + 1e-6, seen[o]
            found[k] += (
                math_lgamma(y + phi) - math_lgamma(phi) - math_lgamma(y + 1.0)
                + phi * np.log(phi / (phi + m)) + y * np.log(m / (phi + m))
            )  # fmt: skip
    return found


@njit(cache=True, nogil=True)
def math_lgamma(x):
    """Return log Γ(x) for x > 0 (Stirling's series after a shift)."""
    shift = 0.0
    while x < 8.0:
        shift -= np.log(x)
        x += 1.0
    z = 1.0 / (x * x)
    tail = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z / 1680))) / x
    return shift + (x - 0.5) * np.log(x) - x + 0.9189385332046727 + tail


@dataclass(frozen=True, slots=True)
class Fit:
    """
    The posterior: particles by name, and samples of what would be seen again at each observation. `crps` is in cases,
    `crps_share` relative to the mean of the curve; coverage is the share of observations inside the band.
    """

    series: Series
    particles: dict[str, Floats]
    again: Floats
    crps: float
    crps_share: float
    coverage_50: float
    coverage_95: float
    evidence: float

    def quantiles(self, name: str, *at: float) -> list[float]:
        return [float(v) for v in np.quantile(self.particles[name], at)]

    def bands(self) -> Floats:
        """Return quantiles 2.5, 25, 50, 75 and 97.5 % of what would be seen, by observation."""
        return np.quantile(self.again, (0.025, 0.25, 0.5, 0.75, 0.975), axis=0)


Progress = Callable[[float], None]


def fit(series: Series, priors: Priors = Priors(), *, seed: int = 1, progress: Progress = lambda share: None) -> Fit:
    """Return the posterior of a curve. The same seed gives the same answer."""
    draw = np.random.Generator(np.random.Philox(seed))
    seen = np.array([s.value for s in series.seen], float)
    starts, ends = (np.array([getattr(s, n) for s in series.seen], np.int64) for n in ("start", "end"))
    mean, sd = _normal_priors(series, priors)
    particles = mean + sd * draw.standard_normal((PARTICLES, len(NAMES)))

    def judged(z: Floats) -> tuple[Floats, Floats]:
        theta = _natural(z, series)
        expects = expected(theta, ends, starts, series.kind == "prevalence", series.days, STEPS_A_DAY)
        return likelihood(expects, theta[:, 5], seen), expects

    level, evidence = 0.0, 0.0
    like, _ = judged(particles)
    while level < 1:
        step = _next_step(like, level)
        weight = (step - level) * like
        evidence += float(np.log(np.mean(np.exp(weight - weight.max()))) + weight.max())
        share = np.exp(weight - weight.max())
        share /= share.sum()
        chosen = np.searchsorted(np.cumsum(share), (np.arange(PARTICLES) + draw.random()) / PARTICLES)
        particles, like, level = (
            particles[np.minimum(chosen, PARTICLES - 1)],
            like[np.minimum(chosen, PARTICLES - 1)],
            step,
        )
        particles, like = _moved(particles, like, level, mean, sd, judged, draw)
        progress(level)
    theta = _natural(particles, series)
    _, expects = judged(particles)
    again = draw.poisson(draw.gamma(theta[:, 5:6], np.maximum(expects, 1e-9) / theta[:, 5:6])).astype(float)
    return _scored(series, theta, again, seen, evidence)


def _normal_priors(series: Series, priors: Priors) -> tuple[Floats, Floats]:
    """Return means and spreads on the scale on which each is normal; see `_natural`."""
    given = (priors.r0, priors.latent, priors.infectious, priors.first_cases)
    mean = [log(m) for m, _ in given] + [1.0, log(15.0), -2.5, 0.0, log(8.0)]
    sd = [s for _, s in given] + [1.2, 1.0, 2.0, 1.0, 1.5]
    if series.kind == "prevalence":
        mean[4], sd[4] = 2.0, 1.0
    return np.array(mean), np.array(sd)


def _natural(z: Floats, series: Series) -> Floats:
    """Return particles in their own units. Where the population is not known it is some times the cases."""
    found = np.exp(np.clip(z, -12, 12))
    found[:, 0] = np.minimum(found[:, 0], 60)
    found[:, 1:3] = np.clip(found[:, 1:3], 0.15, 120)
    for share in (4, 6):
        found[:, share] = 1 / (1 + np.exp(-np.clip(z[:, share], -12, 12)))
    found[:, 7] = series.days * _phi(z[:, 7])
    found[:, 8] = series.population if series.population else series.total * (1 + found[:, 8])
    found[:, 3] = np.minimum(found[:, 3], 0.5 * found[:, 8])
    return found


def _phi(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-1.702 * np.clip(x, -8, 8)))


def _next_step(like: Floats, level: float) -> float:
    """Return the next power of the likelihood, such that half of the particles stay effective."""

    def effective(step: float) -> float:
        weight = np.exp((step - level) * (like - like.max()))
        return float(weight.sum() ** 2 / (weight**2).sum())

    if effective(1.0) >= len(like) / 2:
        return 1.0
    low, high = level, 1.0
    for _ in range(60):
        step = (low + high) / 2
        low, high = (step, high) if effective(step) >= len(like) / 2 else (low, step)
    return max(low, level + 1e-9)


def _moved(
    particles: Floats, like: Floats, level: float, mean: Floats, sd: Floats,
    judged: Callable[[Floats], tuple[Floats, Floats]], draw: np.random.Generator,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Move every particle some times, by a random walk as wide as the particles lie."""
    spread = np.linalg.cholesky(np.cov(particles.T) + 1e-9 * np.eye(particles.shape[1]))
    scale = 2.0 / particles.shape[1] ** 0.5
    prior = -0.5 * (((particles - mean) / sd) ** 2).sum(axis=1)
    for _ in range(MOVES):
        other = particles + scale * draw.standard_normal(particles.shape) @ spread.T
        other_prior = -0.5 * (((other - mean) / sd) ** 2).sum(axis=1)
        other_like, _ = judged(other)
        taken = np.log(draw.random(len(like))) < level * (other_like - like) + other_prior - prior
        particles = np.where(taken[:, None], other, particles)
        like, prior = np.where(taken, other_like, like), np.where(taken, other_prior, prior)
        scale *= 1.3 if taken.mean() > 0.3 else 0.7 if taken.mean() < 0.15 else 1.0
    return particles, like


def _scored(series: Series, theta: Floats, again: Floats, seen: Floats, evidence: float) -> Fit:
    low, high = np.quantile(again, (0.25, 0.75), axis=0)
    lowest, highest = np.quantile(again, (0.025, 0.975), axis=0)
    score = crps(again, seen)
    return Fit(
        series, {name: theta[:, k] for k, name in enumerate(NAMES)}, again, float(score.mean()),
        float(score.mean() / max(seen.mean(), 1e-9)),
        float(((seen >= low) & (seen <= high)).mean()), float(((seen >= lowest) & (seen <= highest)).mean()), evidence,
    )  # fmt: skip


def crps(samples: Floats, seen: Floats) -> Floats:
    """Return the continuous ranked probability score of each observation, E|X − y| − E|X − X'| / 2, from samples [s, n]."""
    ordered = np.sort(samples, axis=0)
    n = len(ordered)
    weight = 2 * np.arange(1, n + 1) - n - 1
    between = 2 * (weight[:, None] * ordered).sum(axis=0) / (n * n)
    return np.abs(samples - seen).mean(axis=0) - between / 2
