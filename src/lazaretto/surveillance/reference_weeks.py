"""
Which weeks a Farrington baseline holds, and the period of the year that each belongs to.

Around the same week of each of `b` years back, ±w weeks form the level of the week to be judged; the weeks between two
such windows are shared among the other `no_periods` − 1 levels, the first ones a week longer if they do not divide. The
latest weeks are left out, so that an outbreak does not become its own baseline.

Without dates the same week of a year ago is 52 weeks ago (as R's `surveillance` does without dates). With the date of the
first week it is the week, beginning on the same weekday, nearest to the same day of the year (29 February: 1 March), so that
a year with 53 weeks moves nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazaretto.surveillance.series import Floats, Whole, demand

WEEKS_A_YEAR = 52


class Design(NamedTuple):
    """
    The weeks of a baseline, earliest first.

    back        `[n]`, how many weeks before the week to be judged
    level       `[n]`, 0 … n_levels − 1; the last is that of the week to be judged
    time        `[n]`, weeks from the middle of the baseline;  time_ahead, those of the week to be judged
    moments     `[n, 3·n_levels]`, for each level 1, t and t² of its weeks, else 0
    """

    back: Whole
    level: Whole
    time: Floats
    time_ahead: float
    moments: Floats

    @property
    def one_hot(self) -> Floats:
        """Return a week's level as a column of ones `[n, n_levels]`."""
        return self.moments[:, : self.moments.shape[1] // 3]


def designs(
    weeks: Iterable[int], *, b: int, w: int, no_periods: int, left_out: int, first_week: date | None
) -> Iterator[tuple[Design, Whole]]:
    """Yield each design with the weeks (indices from 0) that share it. A week without its reference weeks is left out."""
    sharing: dict[tuple[tuple[int, ...], int], list[int]] = {}
    for week in weeks:
        anchors = tuple(week - at for at in _same_week(week, b, first_week))
        if anchors[-1] <= week:
            cut = min(week - anchors[-1], w)  # a window that begins before the series is cut
            sharing.setdefault((anchors, cut), []).append(week)
    for (anchors, cut), group in sharing.items():
        yield _design(anchors, cut, w, no_periods, left_out), np.array(group)


def _same_week(week: int, b: int, first_week: date | None) -> list[int]:
    """Return the index of the same week 1 … b years ago; below zero where that is before the series."""
    if first_week is None:
        return [week - WEEKS_A_YEAR * years for years in range(1, b + 1)]
    day = first_week + timedelta(weeks=week)
    return [round((_years_before(day, years) - first_week).days / 7) for years in range(1, b + 1)]


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


def _design(anchors: tuple[int, ...], cut: int, w: int, no_periods: int, left_out: int) -> Design:
    level = np.full(anchors[-1] + cut + 1, -1)  # by weeks back; -1 is in no level
    level[: w + 1] = no_periods - 1
    later = 0
    for anchor in anchors:
        if no_periods > 1:
            between = _between(anchor - later - 2 * w - 1, no_periods - 1)
            level[later + w + 1 : anchor - w] = between[::-1]
        level[max(anchor - w, 0) : anchor + w + 1] = no_periods - 1
        later = anchor
    level[: left_out + 1] = -1
    back = np.flatnonzero(level >= 0)[::-1]
    middle = float(back.mean()) if back.size else 0.0
    time: Floats = middle - back.astype(np.float64)
    one_hot = (level[back][:, None] == np.arange(no_periods)).astype(np.float64)
    moments = np.hstack([one_hot, one_hot * time[:, None], one_hot * time[:, None] ** 2])
    return Design(back, level[back], time, middle, moments)


def _between(n_weeks: int, n_levels: int) -> NDArray[np.int64]:
    """Return the levels of the weeks between two windows, earliest first."""
    demand(n_weeks >= n_levels, "there are more periods than weeks between two windows: lower w or no_periods")
    length, rest = divmod(n_weeks, n_levels)
    return np.repeat(np.arange(n_levels), [length + (level < rest) for level in range(n_levels)])
