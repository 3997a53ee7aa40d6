"""
Scan statistic over a hierarchy (Kulldorff; tree-based scan): is there a unit, and a span of last days, with too many cases?

For a zone Z and a window with c cases and E = C·n_Z/N expected: LLR = c·ln(c/E) + (C − c)·ln((C − c)/(C − E)) if c > E, else 0.
n counts person-days that were observed. Zones are cell, floor, wing, workshop, shift, meal line, not circles; windows are the
last 1 … 14 days. The p-value is the rank of the largest LLR among those of `replicates` random permutations of the case labels,
so that it stands for all zones and windows looked at.

Missing: a unit-day that was not observed has neither cases nor person-days. It pulls nothing down, and a zone without any
person-day in a window is not looked at.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazaretto.surveillance.series import Flags, Floats, as_series, demand

MAX_DAYS = 14
REPLICATES = 999
_AT_A_TIME = 4_000_000


class Scan(NamedTuple):
    """
    What a scan found; zones × windows `[n_zones, n_windows]`, windows being the last 1, 2, … days.

    llr, observed, expected   of each zone and window; NaN where nothing was observed
    p            the chance of a largest LLR at least this large if nothing is wrong, in (0, 1]
    zone, days   the most likely cluster
    p_value      its p
    replicates, seed   how it was reckoned; keep them with the alarm
    """

    llr: Floats
    observed: Floats
    expected: Floats
    p: Floats
    zone: int
    days: int
    p_value: float
    replicates: int
    seed: int


def log_likelihood_ratio(c: ArrayLike, expected: ArrayLike, total: ArrayLike) -> Floats:
    """Return LLR of c cases where `expected` were of `total`; 0 unless there are more than expected."""
    inside, mean, whole = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (c, expected, total)))
    with np.errstate(divide="ignore", invalid="ignore"):
        outside = whole - inside
        rest = np.where(outside > 0, outside * np.log(outside / (whole - mean)), 0.0)
        return np.where(inside > mean, inside * np.log(inside / mean) + rest, np.where(np.isnan(mean), np.nan, 0.0))


def zones_of_tree(parents: Sequence[int]) -> Flags:
    """
    Return the zones of a tree of units as `[n_zones, n_units]`: each unit with all that lies below it.

    `parents` gives the index of the unit above, −1 at the top. Lists that cross a tree (a workshop, a meal line) are further rows.

    :raises SeriesError: if a unit lies below itself.
    """
    n = len(parents)
    within = np.eye(n, dtype=bool)
    for unit in range(n):
        above, steps = parents[unit], 0
        while above >= 0:
            within[above, unit] = True
            above, steps = parents[above], steps + 1
            demand(steps <= n, f"unit {unit} lies below itself")
    return within


def scan(
    cases: ArrayLike,
    person_days: ArrayLike,
    zones: ArrayLike,
    *,
    seed: int,
    max_days: int = MAX_DAYS,
    replicates: int = REPLICATES,
) -> Scan:
    """
    Look at all zones `[n_zones, n_units]` in the last 1 … max_days of `cases` and `person_days` `[n_units, n_days]`.

    Cases are whole and no more than the persons who were there (one case a person-day). NaN in either is a unit-day that was not
    observed. What is expected is the share of all cases in all the days given: hand over more days than the longest window.
    """
    counts, persons = as_series(cases), as_series(person_days)
    demand(
        counts.shape == persons.shape and counts.shape[1] >= 1, "cases and person-days are of the same units and days"
    )
    seen = ~(np.isnan(counts) | np.isnan(persons))
    counts, persons = np.where(seen, counts, 0), np.where(seen, persons, 0)
    demand(
        bool((counts == np.round(counts)).all() and (persons == np.round(persons)).all()), "cases and persons are whole"
    )
    demand(bool((counts <= persons).all()), "there are no more cases than persons")
    inside = np.asarray(zones, dtype=np.float64)
    spans = min(max_days, counts.shape[1])
    total, population = counts.sum(), _in_windows(persons[None], inside, spans)[0]
    expected = np.where(population > 0, total * population / max(persons.sum(), 1), np.nan)
    observed = _in_windows(counts[None], inside, spans)[0]
    llr = log_likelihood_ratio(observed, expected, total)
    highest = _highest_by_chance(counts, persons, inside, expected, seed, replicates)
    rank = 1 + (highest[:, None, None] >= llr[None] - 1e-12).sum(axis=0)
    p = np.where(np.isnan(llr), np.nan, rank / (replicates + 1))
    zone, window = np.unravel_index(int(np.argmax(np.nan_to_num(llr, nan=-1.0))), llr.shape)
    p_value = float(np.nan_to_num(p[zone, window], nan=1.0))
    return Scan(
        llr,
        np.where(np.isnan(expected), np.nan, observed),
        expected,
        p,
        int(zone),
        int(window) + 1,
        p_value,
        replicates,
        seed,
    )


def _in_windows(counts: Floats, zones: Floats, spans: int) -> Floats:
    """Return sums `[n, n_zones, spans]` of counts `[n, n_units, n_days]` over the last 1 … spans days of each zone."""
    latest = counts[:, :, ::-1][:, :, :spans].cumsum(axis=2)
    sums: Floats = np.matmul(zones, latest)
    return sums


def _highest_by_chance(
    counts: Floats, persons: Floats, zones: Floats, expected: Floats, seed: int, replicates: int
) -> Floats:
    """Return the largest LLR of each permutation `[replicates]`."""
    random, spans, total = np.random.default_rng(seed), expected.shape[1], counts.sum()
    at_a_time = max(1, _AT_A_TIME // max(1, counts.size + expected.size))
    highest = []
    for first in range(0, replicates, at_a_time):
        dealt = _permuted(random, persons, int(total), min(at_a_time, replicates - first))
        llr = log_likelihood_ratio(_in_windows(dealt, zones, spans), expected, total)
        highest.append(np.nan_to_num(llr).reshape(len(dealt), -1).max(axis=1))
    return np.concatenate(highest)


def _permuted(random: np.random.Generator, persons: Floats, total: int, n: int) -> Floats:
    """
    Deal `total` case labels anew among all person-days, n times; returns `[n, n_units, n_days]`.

    Each deal is the first `total` person-days of a random order, as a set of distinct numbers.
    """
    bounds = persons.astype(np.int64).ravel().cumsum()
    cells: NDArray[np.int64] = np.zeros((n, persons.size), dtype=np.int64)
    for row in range(n):
        label = random.choice(int(bounds[-1]), size=total, replace=False, shuffle=False) if total else np.empty(0, int)
        cells[row] = np.bincount(np.searchsorted(bounds, label, side="right"), minlength=persons.size)
    return cells.reshape(n, *persons.shape).astype(np.float64)
