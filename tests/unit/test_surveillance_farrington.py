"""Farrington flexible where there is little to go by: gaps, nothing at all, no trend, leap weeks, no convergence."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pytest

from lazaretto.surveillance.farrington import BUREAU_ONLY, Method, Settings, farrington
from lazaretto.surveillance.quasi_poisson import Counts, fit
from lazaretto.surveillance.reference_weeks import Design, designs
from lazaretto.surveillance.series import SeriesError

METHODS: tuple[Method, ...] = ("delta", "nbPlugin", "muan")
ERRORS: tuple[Literal["model", "surveillance"], ...] = ("model", "surveillance")
N = 330


def counts(mu: float = 4, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mu, (1, N)).astype(float)


def only(weeks: range, first_week: date | None = None, **more: int) -> Design:
    said = {"b": 2, "w": 1, "no_periods": 1, "left_out": 3} | more
    ((design, _),) = designs(weeks, **said, first_week=first_week)
    return design


def test_weeks_before_five_years_are_not_judged() -> None:
    found = farrington(counts(), Settings())
    assert np.isnan(found.upper[0, : 5 * 52 + 3]).all()
    assert not np.isnan(found.upper[0, 5 * 52 + 3 :]).any()
    assert not farrington(counts()[:, :200], Settings()).alarm.any()


def test_an_outbreak_alarms_and_does_not_raise_its_own_threshold() -> None:
    y = counts()
    y[0, 310:] += 20
    found = farrington(y, Settings())
    assert found.alarm[0, 310:].all()
    np.testing.assert_array_equal(found.upper[0, 310:], farrington(counts(), Settings()).upper[0, 310:])
    assert (found.score[0, 310:] > 1).all()


def test_a_past_outbreak_is_weighed_down() -> None:
    y = counts()
    y[0, 300 - 104 - 1 : 300 - 104 + 2] += 60
    weighed = farrington(y, Settings(), weeks=range(300, 301))
    taken = farrington(y, Settings(weights_threshold=1e9), weeks=range(300, 301))
    assert weighed.upper[0, 300] < taken.upper[0, 300]


@pytest.mark.parametrize("method", METHODS)
def test_a_missing_week_is_no_zero(method: Method) -> None:
    """Weeks without data leave the baseline; as zeros they would pull it down. The missing week itself is not judged."""
    gone, zero = counts(), counts()
    gone[0, 200:230], zero[0, 200:230] = np.nan, 0
    gone[0, 320], zero[0, 320] = np.nan, 0
    own = Settings(limit54=(0, 4))
    without, with_zeros = farrington(gone, own, method=method), farrington(zero, own, method=method)
    assert without.expected[0, 310] > with_zeros.expected[0, 310]
    assert np.isnan(without.upper[0, 320])
    assert not without.alarm[0, 320]
    assert not np.isnan(with_zeros.upper[0, 320])


def test_cases_that_are_known_suffice_for_limit54() -> None:
    y = counts(0.2)
    y[0, 300:304] = 0, 2, np.nan, 4
    y[0, 310:314] = 0, 2, np.nan, 2
    found = farrington(y, Settings())
    assert found.alarm[0, 303]
    assert np.isnan(found.upper[0, 313])  # four known: whether there were five is not known


def test_a_series_without_any_case_has_no_threshold_and_no_alarm() -> None:
    y = np.zeros((1, N))
    assert np.isnan(farrington(y, Settings()).upper).all()
    assert np.isnan(farrington(y, Settings(limit54=(0, 4))).upper).all()  # 25 steps towards zero do not suffice
    bare = farrington(y, Settings(b=2, limit54=(0, 4)))
    known = ~np.isnan(bare.upper)
    assert known.any()
    assert not bare.alarm.any()
    assert (bare.expected[known] < 1e-6).all()
    assert (bare.phi[known] == 1).all()


def test_a_series_that_was_never_observed_says_nothing() -> None:
    y = np.vstack([np.full((1, N), np.nan), counts()])
    found = farrington(y, Settings())
    assert all(np.isnan(values[0]).all() for values in found[:5])
    assert not found.alarm[0].any()
    np.testing.assert_array_equal(found.upper[1], farrington(counts(), Settings()).upper[0])


def test_without_overdispersion_the_quantile_is_the_poissons() -> None:
    y = np.full((1, N), 5.0)
    found = farrington(y, Settings(alpha=0.01), method="nbPlugin", weeks=range(300, 301))
    assert found.phi[0, 300] == 1
    assert found.upper[0, 300] == 11  # P(Y <= 10) = 0.98631, P(Y <= 11) = 0.99455 for mean 5


def test_a_trend_that_is_not_significant_is_dropped() -> None:
    flat = counts(40)
    own = Settings(p_threshold_trend=1e-9, standard_error="model")
    kept, dropped = farrington(flat, Settings()), farrington(flat, own)
    assert (kept.trend[0, 300:] == 1).all()
    assert (dropped.trend[0, 300:] == 0).all()
    np.testing.assert_array_equal(dropped.upper, farrington(flat, replace(own, trend=False)).upper)


def test_the_error_of_the_package_finds_trends_in_chance() -> None:
    """Thirty steady series: at 5 % about 1.5 of them should show a trend. With the package's error more than half do."""
    flat = np.random.default_rng(9).poisson(40, (30, 300)).astype(float)
    said = {
        error: farrington(flat, Settings(p_threshold_trend=0.05, standard_error=error), weeks=range(299, 300))
        .trend[:, 299]
        .sum()
        for error in ERRORS
    }
    assert said["model"] <= 4
    assert said["surveillance"] > 15


def test_a_trend_that_leads_beyond_what_was_seen_is_dropped() -> None:
    """Exponential growth: the forecast is above every baseline week, so that the trend goes, however significant."""
    rising = np.random.default_rng(3).poisson(np.exp(0.02 * np.arange(N)))[None].astype(float)
    assert (farrington(rising, Settings(), weeks=range(320, 330)).trend[0, 320:] == 0).all()
    falling = rising[:, ::-1].copy()
    assert (farrington(falling, Settings(limit54=(0, 4)), weeks=range(320, 330)).trend[0, 320:] == 1).all()


def test_less_than_three_years_have_no_trend() -> None:
    found = farrington(counts(), Settings(b=2), weeks=range(200, 210))
    assert (found.trend[0, 200:210] == 0).all()


def test_reference_weeks_without_dates_are_52_weeks_apart() -> None:
    design = only(range(150, 151))
    assert (150 - design.back).tolist() == [45, 46, 47, 97, 98, 99]
    assert set(design.level.tolist()) == {0}


def test_leap_weeks_move_nothing() -> None:
    """2020 has 53 ISO weeks: the same day of the year is 53 weeks before the first week of January 2021, not 52."""
    first = date(2018, 1, 1)
    week = (date(2021, 1, 11) - first).days // 7
    design = only(range(week, week + 1), first)
    days = [first + timedelta(weeks=int(week - back)) for back in design.back]
    assert days[1] == date(2019, 1, 14)
    assert days[4] == date(2020, 1, 13)
    late = (date(2020, 12, 28) - first).days // 7
    assert first + timedelta(weeks=int(late - only(range(late, late + 1), first).back[-2])) == date(2019, 12, 30)


def test_the_29th_of_february_is_the_1st_of_march_in_other_years() -> None:
    first = date(2018, 1, 4)  # a Thursday; the 29th of February 2024 is one, too
    week = (date(2024, 2, 29) - first).days // 7
    design = only(range(week, week + 1), first, w=0)
    assert [first + timedelta(weeks=int(week - back)) for back in design.back] == [date(2022, 3, 3), date(2023, 3, 2)]


def test_weeks_between_windows_are_shared_among_the_periods() -> None:
    """45 weeks lie between two windows of seven; nine levels of five. 26 and the judged week itself are left out."""
    design = only(range(300, 301), b=5, w=3, no_periods=10, left_out=26)
    assert design.back.tolist() == list(range(263, 26, -1))
    levels, sizes = np.unique(design.level[:52], return_counts=True)
    assert dict(zip(levels.tolist(), sizes.tolist(), strict=True)) == dict.fromkeys(range(9), 5) | {9: 7}


def test_what_does_not_converge_is_said() -> None:
    """A level of which nothing was observed is no prediction; nor is a trend over one week of each level."""
    design = only(range(300, 301), b=3, w=2, no_periods=4, left_out=26)
    y = np.full((1, design.back.size), 3.0)
    y[0, design.level == 3] = np.nan
    prior = (~np.isnan(y)).astype(float)
    assert not fit(Counts.of(y), prior, design, trend=False).converged[0]
    single = np.full(y.shape, np.nan)
    for level in range(4):
        single[0, np.flatnonzero(design.level == level)[0]] = 2.0 + level
    alone = (~np.isnan(single)).astype(float)
    assert not fit(Counts.of(single), alone, design, trend=True).converged[0]
    assert fit(Counts.of(single), alone, design, trend=False).converged[0]


def test_the_error_of_the_model_is_another_than_the_packages() -> None:
    """The package loses a factor of the mean in the error: same expectation, same dispersion, other delta threshold."""
    y = counts(20)
    package, model = farrington(y, Settings()), farrington(y, Settings(standard_error="model"))
    np.testing.assert_array_equal(package.expected, model.expected)
    np.testing.assert_array_equal(package.phi, model.phi)
    known = ~np.isnan(package.upper)
    assert (package.upper[known] < model.upper[known]).all()
    quantile = (
        farrington(y, Settings(), method="nbPlugin"),
        farrington(y, Settings(standard_error="model"), method="nbPlugin"),
    )
    np.testing.assert_array_equal(quantile[0].upper, quantile[1].upper)


@pytest.mark.parametrize(
    "wrong", [{"b": 0}, {"w": -1}, {"no_periods": 0}, {"alpha": 0.0}, {"limit54": (5, 0)}, {"weights_threshold": -1.0}]
)
def test_settings_out_of_bounds_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SeriesError):
        Settings(**wrong)  # type: ignore[arg-type]


def test_more_periods_than_weeks_are_refused() -> None:
    with pytest.raises(SeriesError, match="more periods than weeks"):
        farrington(counts(), Settings(no_periods=60))
    with pytest.raises(SeriesError, match="not all in the series"):
        farrington(counts(), Settings(), weeks=range(300, 400))


def test_why_only_for_a_bureau() -> None:
    assert "five years" in BUREAU_ONLY.en
    assert "五年" in BUREAU_ONLY.zh
