"""
Quasi-Poisson regression of many series at once: log μ_i = γ_level(i) + β·t_i, by iteratively reweighted least squares.

All series share their weeks and levels. So within a step nothing but sums by level is needed of the weights W_i = ω_i·μ_i,
and the weighted least squares are those of an analysis of covariance:

    W_c = Σ W,  t̄_c = Σ W·t / W_c,  D = Σ W·(t − t̄_c)²
    β' = β + Σ_i ω_i·y_i·(t_i − t̄_c) / D,   γ'_c = γ_c + (β − β')·t̄_c + Σ ω·y / W_c − 1
    x'(X'WX)⁻¹x = 1/W_c + (t − t̄_c)²/D

It starts from μ = y + 0.1, has converged when the deviance changes by less than 1e-8 of itself, and gives up after 25 steps,
as `glm` does in R: where a level has no case at all, μ runs towards zero and the answer is where it stops. What was not
observed has ω = 0 and is no zero.
"""

from typing import NamedTuple

import numpy as np

from lazaretto.surveillance.reference_weeks import Design
from lazaretto.surveillance.series import Flags, Floats, Whole

EPSILON = 1e-8
STEPS = 25
_ALIASED = 1e-12  # a trend with less than this share of its own cannot be told from the levels


class Fit(NamedTuple):
    """
    What was fitted, a row for each series: γ `[m, n_levels]` and β `[m]`, and the same before the last step, in whose weights
    stand W_c, t̄_c `[m, n_levels]` and D `[m]` (inf without trend).
    """

    gamma: Floats
    slope: Floats
    gamma_before: Floats
    slope_before: Floats
    share: Floats
    middle: Floats
    spread: Floats
    converged: Flags

    def log_mean(self, design: Design, *, before: bool = False) -> Floats:
        """Return the log of the fitted means `[m, n]`, or of those before the last step."""
        gamma, slope = (self.gamma_before, self.slope_before) if before else (self.gamma, self.slope)
        answer: Floats = gamma[:, design.level] + slope[:, None] * design.time
        return answer

    def leverage(self, design: Design) -> Floats:
        """Return x'(X'WX)⁻¹x of each week of a baseline `[m, n]`."""
        lag = design.time - self.middle[:, design.level]
        answer: Floats = (1 / self.share)[:, design.level] + lag**2 / self.spread[:, None]
        return answer

    def ahead(self, design: Design) -> tuple[Floats, Floats]:
        """Return log μ and leverage of the week to be judged, each `[m]`."""
        lag = design.time_ahead - self.middle[:, -1]
        eta = self.gamma[:, -1] + self.slope * design.time_ahead
        return eta, 1 / self.share[:, -1] + lag**2 / self.spread


class _Sums(NamedTuple):
    """Σ W, Σ W·t and Σ W·t² by level, each `[m, n_levels]`."""

    one: Floats
    time: Floats
    square: Floats

    def solved(self, *, trend: bool) -> tuple[Floats, Floats, Floats]:
        """Return W_c (1 where nothing was observed: its weeks weigh nothing), t̄_c and D."""
        share = np.where(self.one == 0, 1, self.one)
        if not trend:
            return share, np.zeros_like(share), np.full(len(share), np.inf)
        middle = self.time / share
        spread = (self.square - self.time * middle).sum(axis=1)
        return share, middle, np.where(spread > _ALIASED * self.square.sum(axis=1), spread, np.nan)


class Counts(NamedTuple):
    """Counts `[m, n]`, 0 where nothing was observed, with the logarithms that every fit of them needs."""

    y: Floats
    log_start: Floats
    y_log_y: Floats

    @classmethod
    def of(cls, y: Floats) -> "Counts":
        """Return the counts of `y`, in which NaN is what was not observed."""
        count = np.where(np.isnan(y), 0.0, y)
        return cls(count, np.log(count + 0.1), count * np.log(np.maximum(count, 1e-300)))


def fit(counts: Counts, prior: Floats, design: Design, *, trend: bool) -> Fit:
    """
    Return the fit of counts with prior weights ω, which are 0 for what was not observed.

    A fit whose level of the week to be judged holds nothing observed, or whose trend cannot be told from the levels, has not
    converged.
    """
    with np.errstate(all="ignore"):  # what overflows has not converged
        return _iterate(_Problem.of(counts, prior, design, trend), _start(counts, prior, design, trend))


class _Problem(NamedTuple):
    """What stays the same from step to step: ω, Σ ω·y by level, Σ ω·y·t, and the deviance's own part."""

    prior: Floats
    cases: Floats
    moments: Floats
    own: Floats
    design: Design
    trend: bool

    @classmethod
    def of(cls, counts: Counts, prior: Floats, design: Design, trend: bool) -> "_Problem":
        cases = prior * counts.y
        return cls(
            prior,
            cases @ design.one_hot,
            cases @ design.time,
            2 * (np.einsum("ij,ij->i", prior, counts.y_log_y) - cases.sum(axis=1)),
            design,
            trend,
        )

    def some(self, rows: Flags) -> "_Problem":
        return _Problem(self.prior[rows], self.cases[rows], self.moments[rows], self.own[rows], self.design, self.trend)

    def sums(self, gamma: Floats, slope: Floats) -> _Sums:
        """Return the sums of the weights under γ and β."""
        n, moments = gamma.shape[1], self.design.moments
        if not self.trend:
            one = np.exp(gamma) * (self.prior @ self.design.one_hot)
            return _Sums(one, one, one)
        weight = np.multiply.outer(slope, self.design.time)
        np.exp(weight, out=weight)
        weight *= self.prior
        found = weight @ moments
        scale = np.exp(gamma)
        return _Sums(scale * found[:, :n], scale * found[:, n : 2 * n], scale * found[:, 2 * n :])

    def deviance(self, gamma: Floats, slope: Floats, sums: _Sums) -> Floats:
        fitted = np.einsum("ij,ij->i", gamma, self.cases) + slope * self.moments
        total: Floats = self.own + 2 * (sums.one.sum(axis=1) - fitted)
        return total


def _start(counts: Counts, prior: Floats, design: Design, trend: bool) -> tuple[Fit, Floats]:
    """Return the first step, from μ = y + 0.1, and the deviance before it."""
    work = prior * (counts.y + 0.1)
    n = design.one_hot.shape[1]
    found = work @ design.moments
    sums = _Sums(found[:, :n], found[:, n : 2 * n], found[:, 2 * n :])
    share, middle, spread = sums.solved(trend=trend)
    target = work * counts.log_start - 0.1 * prior  # W·z, for z = η + (y − μ)/μ
    mean = (target @ design.one_hot) / share
    slope = (target @ design.time - (middle * mean * share).sum(axis=1)) / spread if trend else np.zeros(len(work))
    gamma = mean - slope[:, None] * middle
    own = counts.y_log_y - counts.y * counts.log_start + 0.1
    deviance = 2 * np.einsum("ij,ij->i", prior, own)
    known = sums.one[:, -1] > 0
    return Fit(gamma, slope, gamma, slope, share, middle, spread, known), deviance


def _iterate(problem: _Problem, started: tuple[Fit, Floats]) -> Fit:
    """Step on until the deviance stands; series that have converged leave."""
    at, before = started
    found = Fit._make(np.array(values) for values in at)
    rows = np.arange(len(before))
    for step in range(1, STEPS + 1):
        sums = problem.sums(at.gamma, at.slope)
        deviance = problem.deviance(at.gamma, at.slope, sums)
        done = np.abs(deviance - before) / (np.abs(deviance) + 0.1) < EPSILON
        if done.any() or step == STEPS:
            _keep(found, rows, at, done, last=step == STEPS)
            rows, problem = rows[~done], problem.some(~done)
            at, sums = Fit._make(v[~done] for v in at), _Sums._make(v[~done] for v in sums)
            deviance = deviance[~done]
        if step == STEPS or not rows.size:
            break
        at, before = _step(problem, at, sums), deviance
    return found


def _step(problem: _Problem, at: Fit, sums: _Sums) -> Fit:
    share, middle, spread = sums.solved(trend=problem.trend)
    pull = problem.moments - np.einsum("ij,ij->i", middle, problem.cases)
    slope = at.slope + pull / spread if problem.trend else at.slope
    gamma = at.gamma + (at.slope - slope)[:, None] * middle + problem.cases / share - 1
    return Fit(gamma, slope, at.gamma, at.slope, share, middle, spread, at.converged)


def _keep(found: Fit, rows: Whole, at: Fit, done: Flags, *, last: bool) -> None:
    """Store what has converged, and after the last step where the others stopped."""
    some = slice(None) if last else done
    for whole, part in zip(found, at, strict=True):
        whole[rows[some]] = part[some]
    found.converged[rows[some]] = (done & at.converged)[some]
