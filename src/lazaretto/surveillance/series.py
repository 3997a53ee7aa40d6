"""What all charts take and give: counts of many series side by side, and for each point what was found."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
_CELLS = 65_000


class SeriesError(ValueError):
    """What was handed over are not series of counts, or a setting that no chart can work with."""


class Chart(NamedTuple):
    """
    What a chart says of each point, all `[n_series, n_times]`, NaN where it says nothing.

    expected   what was to be expected of the observation
    upper      the largest observation that would raise no alarm; -inf if the days before suffice whatever is observed
    statistic  the chart's own figure
    alarm      never on a point that was not observed
    """

    expected: Floats
    upper: Floats
    statistic: Floats
    alarm: Flags


def as_series(counts: ArrayLike) -> Floats:
    """Return counts as `[n_series, n_times]`. :raises SeriesError: if they are not, or one is negative or infinite."""
    series = np.asarray(counts, dtype=np.float64)
    if series.ndim != 2:
        raise SeriesError(f"series are [n_series, n_times]; this has {series.ndim} dimensions")
    if series.size:
        low, high = np.fmin.reduce(series, axis=None), np.fmax.reduce(series, axis=None)
        demand(not (low < 0 or high == np.inf), "a count is neither negative nor infinite")
    return series


def per_point(value: ArrayLike, series: Floats) -> Floats:
    """Return a value for each point: a number for all, one a series `[n_series]`, or one a point."""
    values = np.asarray(value, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None]
    return np.broadcast_to(values, series.shape)


def empty_chart(shape: tuple[int, ...]) -> Chart:
    """Return a chart to be filled, whose figures are anything yet."""
    return Chart(np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape, dtype=bool))


def blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield some series at a time, few enough that what is reckoned of them stays in the processor's cache."""
    at_a_time = max(1, _CELLS // max(1, shape[1]))
    for first in range(0, shape[0], at_a_time):
        yield slice(first, first + at_a_time)


def demand(holds: bool, sentence: str) -> None:
    """:raises SeriesError: with the sentence, unless it holds."""
    if not holds:
        raise SeriesError(sentence)
