"""
Properties of early warning: many series together are each by itself; what is missing is no zero; time may be shifted; and
Farrington on random worlds is what a point-by-point reckoning with other algebra says.
"""

import math
import os
from collections.abc import Callable
from datetime import date, timedelta
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lazaretto.protocol.text import Text
from lazaretto.surveillance.cusum import page, poisson_cusum
from lazaretto.surveillance.distributions import count_quantile, poisson_tail, student_two_sided
from lazaretto.surveillance.ears import ears
from lazaretto.surveillance.ewma import ewma
from lazaretto.surveillance.farrington import Method, Settings, farrington
from lazaretto.surveillance.poisson import exact_poisson
from lazaretto.surveillance.rules import HOUR, Events, Rule, clusters
from lazaretto.surveillance.scan import scan, zones_of_tree
from lazaretto.surveillance.series import Chart
from lazaretto.surveillance.shewhart import p_chart
from tests.property import farrington_point

CHARTS: dict[str, Callable[[np.ndarray], Chart]] = {
    "poisson": lambda y: exact_poisson(y, 0.7, alpha=0.01),
    "p chart": lambda y: p_chart(y, np.full(y.shape, 90.0), 0.02),
    "page": lambda y: page(y, 1.0, 1.0),
    "page, reset": lambda y: page(y, 1.0, 1.0, reset=True),
    "lucas": lambda y: poisson_cusum(y, k=0.9, h=2.5),
    "ewma": lambda y: ewma(y, 1.0, 1.0),
    "C1": lambda y: ears(y, "C1"),
    "C2": lambda y: ears(y, "C2"),
    "C3": lambda y: ears(y, "C3"),
    "C1 with gaps": lambda y: ears(y, "C1", min_observed=4),
    "C3 of the package": lambda y: ears(y, "C3", variant="surveillance"),
}
FORGET = {"C1": 7, "C2": 9, "C3": 11, "C1 with gaps": 7, "C3 of the package": 11, "poisson": 0, "p chart": 0}
cells = st.one_of(st.integers(0, 9).map(float), st.just(math.nan))
series = hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 30)), elements=cells)
few = settings(max_examples=int(os.environ.get("LAZARETTO_WORLDS", "100")) // 10, deadline=None)
charts = pytest.mark.parametrize("name", CHARTS)


def same(one: Chart, other: Chart) -> None:
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


@charts
@few
@given(y=series)
def test_many_series_are_each_by_itself(name: str, y: np.ndarray) -> None:
    together = CHARTS[name](y)
    for row in range(len(y)):
        same(Chart._make(values[row : row + 1] for values in together), CHARTS[name](y[row : row + 1]))


@charts
@few
@given(y=series)
def test_a_missing_day_raises_no_alarm_and_has_no_figure(name: str, y: np.ndarray) -> None:
    chart, missing = CHARTS[name](y), np.isnan(y)
    assert not chart.alarm[missing].any()
    assert np.isnan(chart.statistic[missing]).all()
    assert np.isnan(chart.upper[missing]).all()


@charts
@few
@given(y=hnp.arrays(np.float64, (1, 24), elements=st.integers(0, 9).map(float)), day=st.integers(0, 23))
def test_a_missing_day_is_no_zero(name: str, y: np.ndarray, day: int) -> None:
    """What a chart says with a day missing is not what it says with no case on that day."""
    gone, zero = y.copy(), y.copy()
    gone[0, day], zero[0, day] = math.nan, 0
    without, with_zero = CHARTS[name](gone), CHARTS[name](zero)
    known = CHARTS[name](y).statistic[0]
    if not math.isnan(known[day]):
        assert math.isnan(without.statistic[0, day])
        assert not math.isnan(with_zero.statistic[0, day])
    same(
        Chart._make(v[:, :day] for v in without), Chart._make(v[:, :day] for v in with_zero)
    )  # and the days before do not know


@charts
@few
@given(y=series)
def test_an_alarm_is_an_observation_above(name: str, y: np.ndarray) -> None:
    chart = CHARTS[name](y)
    known = ~np.isnan(chart.upper)
    clear = known & ~np.isclose(y, np.where(known, chart.upper, 0), atol=1e-6)
    assert (chart.alarm[clear] == (y[clear] > chart.upper[clear])).all()


@pytest.mark.parametrize("name", FORGET)
@few
@given(y=series, by=st.integers(1, 9))
def test_shifting_time_shifts_alarms(name: str, y: np.ndarray, by: int) -> None:
    """A method that looks back a few days says the same some days later, once these are all there."""
    early, late = CHARTS[name](y), CHARTS[name](np.hstack([np.full((len(y), by), 3.0), y]))
    same(
        Chart._make(v[:, FORGET[name] :] for v in early),
        Chart._make(v[:, by + FORGET[name] :] for v in late),
    )


@pytest.mark.parametrize("name", ["page", "lucas", "ewma"])
@few
@given(y=series, at=st.integers(0, 29))
def test_a_missing_day_leaves_a_sum_where_it_is(name: str, y: np.ndarray, at: int) -> None:
    """To put a missing day in between changes nothing on the days after it."""
    at = min(at, y.shape[1])
    parted = CHARTS[name](np.insert(y, at, math.nan, axis=1))
    same(CHARTS[name](y), Chart._make(np.delete(v, at, axis=1) for v in parted))


# -- Farrington ----------------------------------------------------------------------------------------------------


def world(seed: int) -> tuple[np.ndarray, Settings, date | None]:
    random = np.random.default_rng(seed)
    w = int(random.integers(0, 5))
    own = Settings(
        b=int(random.integers(1, 6)),
        w=w,
        no_periods=int(random.choice([1, 1, 2, 5, 10])),
        past_weeks_not_included=int(random.choice([0, 2, w, 26])),
        weights_threshold=float(random.choice([1, 2.58])),
        p_threshold_trend=float(random.choice([1, 0.05, 0.5])),
        limit54=(0, 4),
        alpha=float(random.choice([0.05, 0.01])),
        trend=bool(random.random() < 0.9),
        standard_error="surveillance" if random.random() < 0.5 else "model",
    )
    first = date(2000, 1, 1) + timedelta(days=int(random.integers(0, 7000))) if random.random() < 0.6 else None
    weeks = np.arange(53 * own.b + w + 30)
    mean = random.choice([0.02, 0.3, 2, 30, 500]) * np.exp(random.choice([0, 0.004]) * weeks)
    mean = mean * np.exp(random.choice([0, 0.5]) * np.sin(weeks * 2 * np.pi / 52))
    y = random.poisson(mean * random.gamma(2, 0.5, weeks.size) if random.random() < 0.5 else mean).astype(float)
    if random.random() < 0.4:
        y[random.random(weeks.size) < random.choice([0.05, 0.3, 0.8])] = np.nan
    if random.random() < 0.1:
        y[~np.isnan(y)] = 0
    return y, own, first


@pytest.mark.parametrize("method", get_args(Method))
@pytest.mark.parametrize("start", range(0, 60, 20))
def test_farrington_is_the_point_by_point_reckoning(method: Method, start: int) -> None:
    """Random settings, dates, gaps, empty series, trends kept and dropped: the same numbers to 1e-8."""
    answers = 0
    for seed in range(start, start + 20):
        y, own, first = world(seed)
        found = farrington(y[None], own, method=method, first_week=first, weeks=range(52 * own.b, y.size))
        for week in np.random.default_rng(seed).integers(53 * own.b + own.w, y.size, 4):
            if math.isnan(y[week]):
                assert math.isnan(found.upper[0, week])
                continue
            with np.errstate(all="ignore"):
                said = farrington_point.judge(y, int(week), own, method, first)
            ours = (found.expected[0, week], found.upper[0, week], found.phi[0, week])
            assert ours == pytest.approx(said[:3], rel=1e-8, abs=1e-8, nan_ok=True), (seed, week)
            if not math.isnan(said.upper):
                assert found.trend[0, week] == said.trend, (seed, week)
                answers += 1
    assert answers > 30


def test_farrington_of_many_series_is_each_by_itself() -> None:
    random = np.random.default_rng(4)
    y = random.poisson(random.gamma(2, 2, (5, 1)), (5, 330)).astype(float)
    y[1, 200] = y[2, 325] = math.nan
    own = Settings(b=5, p_threshold_trend=0.05)
    together = farrington(y, own)
    assert together.alarm.shape == y.shape
    assert (~np.isnan(together.upper[0, 263:])).any()
    for row in range(len(y)):
        for whole, part in zip(together, farrington(y[row : row + 1], own), strict=True):
            np.testing.assert_allclose(whole[row], part[0], rtol=1e-10)


@given(shift=st.integers(1, 60), seed=st.integers(0, 99))
@settings(max_examples=15)
def test_farrington_shifted_in_time(shift: int, seed: int) -> None:
    y = np.random.default_rng(seed).poisson(3, (1, 240)).astype(float)
    own = Settings(b=3, w=2)
    early = farrington(y, own, weeks=range(200, 240))
    late = farrington(np.hstack([np.full((1, shift), 9.0), y]), own, weeks=range(200 + shift, 240 + shift))
    for one, other in zip(early, late, strict=True):
        np.testing.assert_allclose(one[:, 200:], other[:, 200 + shift :], rtol=1e-10)


# -- scan and rules ------------------------------------------------------------------------------------------------

TREE = zones_of_tree([-1, 0, 0, 1, 1, 2])


@given(
    cases=hnp.arrays(np.float64, (6, 9), elements=st.one_of(st.integers(0, 3).map(float), st.just(math.nan))),
    seed=st.integers(0, 9),
)
@settings(max_examples=40, deadline=None)
def test_p_of_a_scan_is_a_rank(cases: np.ndarray, seed: int) -> None:
    """p lies in (0, 1], is a rank among 1 + replicates, is least where LLR is highest, and the seed decides it."""
    persons = np.full(cases.shape, 20.0)
    found = scan(cases, persons, TREE, seed=seed, replicates=39)
    assert 0 < found.p_value <= 1
    known = ~np.isnan(found.p)
    assert ((found.p[known] > 0) & (found.p[known] <= 1)).all()
    assert np.isclose(found.p[known] * 40, np.round(found.p[known] * 40)).all()
    assert found.p_value == (np.min(found.p[known]) if known.any() else 1)
    again = scan(cases, persons, TREE, seed=seed, replicates=39)
    np.testing.assert_array_equal(found.p, again.p)
    order = np.argsort(found.llr[known])
    assert (np.diff(found.p[known][order]) <= 0).all()


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 2), st.sampled_from("ab")), max_size=25), st.integers(1, 4)
)
def test_clusters_are_those_of_a_plain_loop(said: list[tuple[int, int, str]], n: int) -> None:
    """Each case that has n − 1 others of its kind and unit within 48 hours before it is in a cluster, and no alarm is without."""
    at, unit, kind = ([case[i] for case in said] for i in range(3))
    rule = Rule("r", Text("", ""), frozenset(), n, 48 * HOUR, "unit")
    events = Events(np.array(at, dtype=np.int64) * HOUR, kind, np.array(unit, dtype=np.int64), np.full(len(said), -1))
    found = clusters(rule, events, lambda _: np.arange(3))
    full = set()
    for place in range(3):
        for what in "ab":
            own = sorted(a for a, u, k in said if (u, k) == (place, what))
            full |= {(place, what, own[i]) for i in range(n - 1, len(own)) if own[i] - own[i - n + 1] <= 48}
    covered = {(c.place, c.kind, h) for c in found for h in range(c.raised_at // HOUR, c.last_at // HOUR + 1)}
    assert full <= covered
    assert {(c.place, c.kind, c.raised_at // HOUR) for c in found} | {
        (c.place, c.kind, c.last_at // HOUR) for c in found
    } <= full
    assert all(c.n_cases >= n and c.first_at <= c.raised_at <= c.last_at for c in found)


# -- distributions -------------------------------------------------------------------------------------------------


@given(st.floats(1e-6, 60), st.integers(0, 120))
def test_the_poisson_tail_is_the_sum(mu: float, y: int) -> None:
    whole = [math.exp(-mu + k * math.log(mu) - math.lgamma(k + 1)) for k in range(y, y + 400)]
    assert float(poisson_tail(y, mu)) == pytest.approx(math.fsum(whole), rel=1e-10, abs=1e-300)


@given(st.floats(0.0, 40), st.sampled_from([1.0, 1 + 1e-12, 1.3, 8.0]), st.sampled_from([0.5, 0.95, 0.99, 0.999]))
def test_the_quantile_is_the_first_that_holds_enough(mu: float, phi: float, p: float) -> None:
    y = float(count_quantile(p, mu, phi))
    assert y >= 0
    if phi <= 1 + 1e-12:
        assert 1 - float(poisson_tail(y + 1, mu)) >= p - 1e-9
        assert y == 0 or 1 - float(poisson_tail(y, mu)) < p + 1e-9
    else:
        assert y <= mu + 40 * math.sqrt(mu * phi) + 40 * phi


@given(st.floats(-30, 30), st.integers(1, 300))
def test_students_tail_is_the_finite_sum(t: float, df: int) -> None:
    assert float(student_two_sided(t, df)) == pytest.approx(farrington_point.student(t, df), abs=1e-12)
