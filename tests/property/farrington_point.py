"""
Farrington flexible for one week of one series, point by point: dates one by one, a design matrix, QR at each step, loops.

It shares no reckoning with `lazaretto.surveillance`: it is its oracle on random worlds, and what it is measured against. It is
written from the formulas, follows the control flow of the R package (refit at each point), and is not R.
"""

import math
from datetime import date, timedelta
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from lazaretto.surveillance.farrington import Settings


class Point(NamedTuple):
    expected: float
    upper: float
    phi: float
    trend: bool


NOTHING = Point(math.nan, math.nan, math.nan, False)


def judge(counts: np.ndarray, week: int, settings: Settings, method: str, first_week: date | None = None) -> Point:
    levels = baseline(week, settings, first_week)
    if levels is None:
        return NOTHING
    weeks = [i for i, level in enumerate(levels) if level and not math.isnan(counts[i])]
    y = np.array([counts[i] for i in weeks])
    own = [levels[i] for i in weeks]
    result = model(y, weeks, own, week, settings, trend=settings.trend)
    if settings.trend and not (
        result and result[3] < settings.p_threshold_trend and settings.b >= 3 and math.exp(result[0]) <= max(y)
    ):
        result = model(y, weeks, own, week, settings, trend=False)
        kept = False
    else:
        kept = settings.trend
    if result is None:
        return NOTHING
    eta, error, phi, _ = result
    return Point(math.exp(eta), threshold(eta, error, phi, settings.alpha, method), phi, kept)


def baseline(week: int, settings: Settings, first_week: date | None) -> list[int] | None:
    same = [week - 52 * years for years in range(settings.b + 1)]
    if first_week is not None:
        same = [nearest(first_week, week, years) for years in range(settings.b + 1)]
    if same[-1] < 0:
        return None
    p, w = settings.no_periods, settings.w
    levels = [0] * (week + 1)
    for i in range(week - w, week + 1):
        levels[i] = p
    for years in range(1, settings.b + 1):
        at, later = same[years], same[years - 1]
        for i in range(max(0, at - w), min(at + w, week) + 1):
            levels[i] = p
        if p > 1:
            free = later - 2 * w - 1 - at
            i = at + w + 1
            for level in range(1, p):
                for _ in range(free // (p - 1) + (level <= free % (p - 1))):
                    levels[i] = level
                    i += 1
    for i in range(max(0, week - settings.past_weeks_not_included), week + 1):
        levels[i] = 0
    return levels


def nearest(first_week: date, week: int, years: int) -> int:
    """Return the week whose first day is nearest to the same day of the year, found by trying days."""
    day = first_week + timedelta(days=7 * week)
    back = (
        date(day.year - years, 3, 1)
        if (day.month, day.day) == (2, 29) and years % 4
        else day.replace(year=day.year - years)
    )
    for off in (0, -1, 1, -2, 2, -3, 3):
        candidate = back + timedelta(days=off)
        if candidate.weekday() == day.weekday():
            return (candidate - first_week).days // 7
    raise AssertionError


def model(
    y: np.ndarray, weeks: list[int], levels: list[int], week: int, settings: Settings, *, trend: bool
) -> tuple[float, float, float, float] | None:
    used = sorted(set(levels))
    if settings.no_periods not in used:
        return None
    columns = [[1.0] * len(weeks), *([float(i) for i in weeks] for _ in range(trend))]
    ahead = [1.0, *([float(week)] if trend else [])]
    for level in used[1:]:
        columns.append([float(own == level) for own in levels])
        ahead.append(float(level == settings.no_periods))
    design, now = np.array(columns).T, np.array(ahead)
    free = len(y) - design.shape[1]
    if free <= 0:
        return None
    converged, _, mu, work, unscaled = glm(y, design, np.ones(len(y)))
    if not converged:
        return None
    phi = max(1.0, float(np.sum(work * ((y - mu) / mu) ** 2)) / free)
    weights = []
    for i in range(len(y)):
        leverage = work[i] * (design[i] @ unscaled @ design[i])
        if leverage > 1 - 1e-12:
            weights.append(1.0)
            continue
        residual = 1.5 * (y[i] ** (2 / 3) * mu[i] ** (-1 / 6) - mu[i] ** 0.5) / math.sqrt(phi * (1 - leverage))
        weights.append(residual**-2 if residual > settings.weights_threshold else 1.0)
    omega = np.array(weights) * len(y) / sum(weights)
    _, beta, mu, work, unscaled = glm(y, design, omega)
    squares = ((y - mu) / mu) ** 2
    phi = max(1.0, float(np.sum(work * squares)) / free)
    scale = float(np.sum(omega * squares)) / free if settings.standard_error == "surveillance" else phi
    p = student(float(beta[1]) / math.sqrt(scale * unscaled[1, 1]), free) if trend else 1.0
    if trend and settings.p_threshold_trend >= 1:
        p = 0.0
    return float(now @ beta), math.sqrt(scale * (now @ unscaled @ now)), phi, p


def glm(
    y: np.ndarray, design: np.ndarray, prior: np.ndarray
) -> tuple[bool, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    mu = y + 0.1
    eta = np.log(mu)
    before = deviance(y, mu, prior)
    converged = False
    for _ in range(25):
        work = prior * mu
        root = np.sqrt(work)
        q, r = np.linalg.qr(design * root[:, None])
        beta = np.linalg.solve(r, q.T @ ((eta + (y - mu) / mu) * root))
        eta = design @ beta
        mu = np.maximum(np.exp(eta), np.finfo(float).eps)
        now = deviance(y, mu, prior)
        if abs(now - before) / (abs(now) + 0.1) < 1e-8:
            converged = True
            break
        before = now
    inverse = np.linalg.inv(r)
    return converged, beta, mu, work, inverse @ inverse.T


def deviance(y: np.ndarray, mu: np.ndarray, prior: np.ndarray) -> float:
    logs = np.log(np.where(y > 0, y, 1) / mu)
    return float(2 * np.sum(prior * np.where(y > 0, y * logs - (y - mu), mu)))


def student(t: float, df: int) -> float:
    """Return P(|T| >= |t|) by the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4."""
    theta = math.atan(abs(t) / math.sqrt(df))
    cos, sin = math.cos(theta), math.sin(theta)
    term, total = 1.0, 1.0
    if df % 2 == 0:
        for k in range(1, df // 2):
            term *= cos**2 * (2 * k - 1) / (2 * k)
            total += term
        return 1 - sin * total
    term = total = cos
    for k in range(1, (df - 1) // 2):
        term *= cos**2 * 2 * k / (2 * k + 1)
        total += term
    inside = theta + (sin * total if df > 1 else 0)
    return 1 - 2 / math.pi * inside


def threshold(eta: float, error: float, phi: float, alpha: float, method: str) -> float:
    z = NormalDist().inv_cdf(1 - alpha)
    log_mu = eta + (z * error if method == "muan" else 0)
    if method != "delta" and max(log_mu, math.log(phi)) > math.log(100_000):
        return math.nan
    mu = math.exp(log_mu)
    if method == "delta":
        tau = phi + (error * mu) ** 2 / mu
        return (mu ** (2 / 3) + z * math.sqrt(4 / 9 * mu ** (1 / 3) * tau)) ** 1.5
    total, y = 0.0, -1
    while total < 1 - alpha:
        y += 1
        if phi > 1:
            size = mu / (phi - 1)
            log = (
                math.lgamma(y + size)
                - math.lgamma(size)
                - math.lgamma(y + 1)
                - size * math.log(phi)
                + y * math.log1p(-1 / phi)
            )
        else:
            log = y * math.log(mu) - mu - math.lgamma(y + 1)
        total += math.exp(log)
    return float(y)
