"""
Farrington flexible (Farrington 1996; Noufaily 2013): this week against the same weeks of earlier years. For a bureau.

A quasi-Poisson regression on the baseline (`reference_weeks`), past outbreaks weighed down by their Anscombe residuals, and a
second one with these weights give the expected count μ0 and its error; the threshold is

    delta      (μ0^⅔ + z·√(4/9·μ0^⅓·τ))^{3/2}, τ = φ + se²(μ0)/μ0
    nbPlugin   the 1 − α quantile of the negative binomial with mean μ0 and variance φ·μ0 (Poisson if φ = 1)
    muan       the same, with exp(log μ0 + z·se(log μ0)) for μ0

The trend is kept if its p-value is below `p_threshold_trend`, b >= 3, and μ0 is not above everything that the baseline has
seen; else all is fitted again without. If neither converges there is no answer for that week.

Missing: a week that is not observed has no part in a baseline, and is not judged. Of `limit54` the cases that are known must
reach the limit; what is missing can only add to them (R gives no answer if one of these weeks is missing).
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazaretto.protocol.text import Text
from lazaretto.surveillance.distributions import count_quantile, normal_quantile, student_two_sided
from lazaretto.surveillance.quasi_poisson import Counts, Fit, fit
from lazaretto.surveillance.reference_weeks import WEEKS_A_YEAR, Design, designs
from lazaretto.surveillance.series import Flags, Floats, as_series, demand

Method = Literal["delta", "nbPlugin", "muan"]

BUREAU_ONLY = Text(
    "此法要有五年平稳的周数据。单个场所人少、人员流动、病例少，凑不出这样的基线，算出的界限不可信；因此只在局（省）一级提供。场所请用单例、聚集规则和泊松图。",
    "This method needs five years of steady weekly counts. One facility has too few people and cases, and they change; a threshold from such a baseline cannot be trusted. It is offered to the bureau only. In a facility use the rules for single cases and clusters, and the Poisson chart.",
)
_CELLS = 16_000  # weeks of baselines at a time, so that a block stays in the processor's cache


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The parameters under the names of R's `surveillance`; the defaults are those of Noufaily 2013, with alpha 0.01.

    `standard_error` says how the error of μ0 and of the trend is scaled. "model" is the dispersion of the fit. "surveillance" does
    as the R package 1.20–1.26, which loses the working weights of the refit before it predicts and so scales by
    Σ ω((y − μ)/μ)²/(n − p): too little where counts are above one a week. Thresholds by delta and muan come out a little lower,
    and chance looks like a trend: with "surveillance" leave `p_threshold_trend` at 1.
    """

    b: int = 5
    w: int = 3
    no_periods: int = 10
    past_weeks_not_included: int = 26
    weights_threshold: float = 2.58
    p_threshold_trend: float = 1.0
    limit54: tuple[float, int] = (5, 4)
    alpha: float = 0.01
    trend: bool = True
    standard_error: Literal["surveillance", "model"] = "surveillance"

    def __post_init__(self) -> None:
        demand(self.b >= 1 and self.w >= 0 and self.no_periods >= 1, "b and no_periods are 1 or more, w is 0 or more")
        demand(self.past_weeks_not_included >= 0, "past_weeks_not_included is 0 or more")
        demand(self.weights_threshold >= 0, "weights_threshold is 0 or more")
        demand(
            0 < self.alpha < 1 and self.limit54[0] >= 0 and self.limit54[1] >= 1, "alpha or limit54 is out of bounds"
        )


class Farrington(NamedTuple):
    """
    What was found, `[n_series, n_times]`, NaN where no week was judged.

    expected  μ0;  upper  the threshold U;  score  (y − μ0)/(U − μ0), NaN where U is not above μ0
    phi       the overdispersion, 1 or more;  trend  1 if the trend was kept, else 0
    alarm     y > U, with at least limit54 cases
    """

    expected: Floats
    upper: Floats
    score: Floats
    phi: Floats
    trend: Floats
    alarm: Flags


class Forecast(NamedTuple):
    """log μ0, its standard error, the dispersion and whether there is a trend, each `[n]`; NaN without an answer."""

    eta: Floats
    error: Floats
    phi: Floats
    trend: Floats


def farrington(
    counts: ArrayLike,
    settings: Settings,
    *,
    method: Method = "delta",
    weeks: range | None = None,
    first_week: date | None = None,
) -> Farrington:
    """
    Judge `weeks` (indices from 0; left out: all that have `b` years and `w` weeks before them) of weekly counts.

    `first_week` is the day on which the first week begins; without it a year has 52 weeks.
    """
    series = as_series(counts)
    judged = range(WEEKS_A_YEAR * settings.b + settings.w, series.shape[1]) if weeks is None else weeks
    demand(
        len(judged) == 0 or 0 <= min(judged) <= max(judged) < series.shape[1], "these weeks are not all in the series"
    )
    forecast = _forecasts(series, settings, judged, first_week)
    enough = _recent(series, settings.limit54[1]) >= settings.limit54[0]
    shown = enough & ~np.isnan(series) & ~np.isnan(forecast.eta)
    eta, error, phi, trend = (np.where(shown, values, np.nan) for values in forecast)
    expected, upper = np.exp(eta), thresholds(Forecast(eta, error, phi, trend), method, settings.alpha)
    margin = np.where(upper > expected, upper - expected, np.nan)
    alarm = ~np.isnan(upper) & (series > np.where(np.isnan(upper), np.inf, upper)) & (series > 0)
    return Farrington(expected, upper, (series - expected) / margin, phi, trend, alarm)


def thresholds(forecast: Forecast, method: Method, alpha: float) -> Floats:
    """Return U by one of the three methods."""
    z = normal_quantile(1 - alpha)
    with np.errstate(over="ignore"):
        mu = np.exp(forecast.eta + (z * forecast.error if method == "muan" else 0))
    if method != "delta":
        return count_quantile(1 - alpha, mu, forecast.phi)
    tau = forecast.phi + forecast.error**2 * mu
    root: Floats = mu ** (2 / 3) + z * np.sqrt(4 / 9 * mu ** (1 / 3) * tau)
    return root**1.5


def _recent(series: Floats, n_weeks: int) -> Floats:
    """Return the cases known of the latest `n_weeks`, this one among them."""
    total = np.cumsum(np.pad(np.nan_to_num(series), ((0, 0), (n_weeks, 0))), axis=1)
    recent: Floats = total[:, n_weeks:] - total[:, :-n_weeks]
    return recent


def _forecasts(series: Floats, settings: Settings, judged: range, first_week: date | None) -> Forecast:
    whole = Forecast(*(np.full(series.shape, np.nan) for _ in range(4)))
    for design, group in designs(
        judged,
        b=settings.b,
        w=settings.w,
        no_periods=settings.no_periods,
        left_out=settings.past_weeks_not_included,
        first_week=first_week,
    ):
        rows, columns = (v.ravel() for v in np.meshgrid(np.arange(len(series)), group, indexing="ij"))
        at_a_time = max(1, _CELLS // max(1, design.back.size))
        for first in range(0, rows.size, at_a_time):
            row, column = rows[first : first + at_a_time], columns[first : first + at_a_time]
            y = series[row[:, None], column[:, None] - design.back]
            for values, found in zip(whole, _forecast(y, design, settings), strict=True):
                values[row, column] = found
    return whole


def _forecast(y: Floats, design: Design, settings: Settings) -> Forecast:
    """Return the forecasts from some baselines, with the trend where it is kept."""
    answer = _fitted(y, design, settings, trend=settings.trend)
    if settings.trend:
        again = np.flatnonzero(~_keeps_trend(answer, y, settings))
        for values, found in zip(
            answer.forecast, _fitted(y[again], design, settings, trend=False).forecast, strict=True
        ):
            values[again] = found
    return answer.forecast


class _Fitted(NamedTuple):
    forecast: Forecast
    p_of_trend: Floats


def _keeps_trend(fitted: _Fitted, y: Floats, settings: Settings) -> Flags:
    """Return where the trend is significant, has three years behind it, and leads to nothing unseen."""
    highest = np.max(np.where(np.isnan(y), -np.inf, y), axis=1)
    significant = fitted.p_of_trend < settings.p_threshold_trend
    keeps: Flags = significant & (np.exp(fitted.forecast.eta) <= highest) & (settings.b >= 3)
    return keeps


def _fitted(y: Floats, design: Design, settings: Settings, *, trend: bool) -> _Fitted:
    """Fit twice, the second time with what stands out weighed down; NaN where the first has not converged."""
    observed = ~np.isnan(y)
    prior = observed.astype(np.float64)
    free = prior.sum(axis=1) - ((prior @ design.one_hot) > 0).sum(axis=1) - trend
    free = np.where(free > 0, free, np.nan)
    counts = Counts.of(y)
    first = fit(counts, prior, design, trend=trend)
    weights = _weights(counts.y, prior, first, design, free, settings.weights_threshold)
    second = fit(counts, weights, design, trend=trend)
    spread = _Spread.of(counts.y, weights, second, design)
    phi = np.maximum(spread.pearson / free, 1)
    scale = spread.without_means / free if settings.standard_error == "surveillance" else phi
    eta, leverage = second.ahead(design)
    forecast = (eta, np.sqrt(scale * leverage), phi, np.full(len(y), float(trend)))
    answered = first.converged & ~np.isnan(free)
    always = not trend or settings.p_threshold_trend >= 1
    p = np.zeros(len(y)) if always else _p_of_trend(second, scale, free)
    return _Fitted(Forecast(*(np.where(answered, values, np.nan) for values in forecast)), p)


def _p_of_trend(found: Fit, scale: Floats, free: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return student_two_sided(found.slope / np.sqrt(scale / found.spread), free)


class _Spread(NamedTuple):
    """The means of a fit, the weights of its last step, ((y − μ)/μ)², and their sum with these weights and with ω."""

    mu: Floats
    work: Floats
    squares: Floats
    pearson: Floats
    without_means: Floats

    @classmethod
    def of(cls, y: Floats, prior: Floats, found: Fit, design: Design) -> "_Spread":
        with np.errstate(all="ignore"):  # a fit that ran away has no answer
            mu = np.exp(found.log_mean(design))
            work = prior * np.exp(found.log_mean(design, before=True))
            squares = (y / mu - 1) ** 2
            totals = (np.einsum("ij,ij->i", weights, squares) for weights in (work, prior))
            return cls(mu, work, squares, *totals)


def _weights(y: Floats, prior: Floats, found: Fit, design: Design, free: Floats, threshold: float) -> Floats:
    """
    Return the weights of the second fit: s⁻² of an Anscombe residual s above the threshold, else 1, scaled to sum to n.

    Above the mean s is never more than Pearson's residual, so that only the few weeks where that is high are reckoned. A week
    that makes its level by itself fits itself: its residual is 0 and not 0/0.
    """
    spread, weights = _Spread.of(y, prior, found, design), prior.copy()
    phi = np.maximum(spread.pearson / free, 1)
    with np.errstate(all="ignore"):
        left = 1 - spread.work * found.leverage(design)
        room = phi[:, None] * np.where(left > 1e-12, left, np.inf)
        high = (spread.squares * spread.mu > threshold**2 * room) & (y > spread.mu) & (prior > 0)
        mu = spread.mu[high]
        residual = 1.5 * (y[high] ** (2 / 3) * mu ** (-1 / 6) - np.sqrt(mu)) / np.sqrt(room[high])
        weights[high] = np.where(residual > threshold, residual**-2.0, 1.0)
        scaled: Floats = weights * (prior.sum(axis=1) / weights.sum(axis=1))[:, None]
    return scaled
