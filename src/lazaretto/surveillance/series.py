"""What all charts take and give: counts of many series side by side, and for each point what was found."""

from collections.abc import Callable
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
    if (series < 0).any() or np.isinf(series).any():
        raise SeriesError("a count is neither negative nor infinite")
    return series


def per_point(value: ArrayLike, series: Floats) -> Floats:
    """Return a value for each point: a number for all, one a series `[n_series]`, or one a point."""
    values = np.asarray(value, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None]
    return np.broadcast_to(values, series.shape)


def in_blocks(part: Callable[[slice], Chart], shape: tuple[int, ...]) -> Chart:
    """Return a chart put together from those of some series at a time, few enough to stay in the processor's cache."""
    at_a_time = max(1, _CELLS // max(1, shape[1]))
    whole = [np.empty(shape) for _ in range(3)]
    chart = Chart(whole[0], whole[1], whole[2], np.empty(shape, dtype=bool))
    for first in range(0, shape[0], at_a_time):
        rows = slice(first, first + at_a_time)
        for values, found in zip(chart, part(rows), strict=True):
            values[rows] = found
    return chart


def demand(holds: bool, sentence: str) -> None:
    """:raises SeriesError: with the sentence, unless it holds."""
    if not holds:
        raise SeriesError(sentence)
