"""What charts refuse, how scans and false alarms are reckoned, and what an alarm says."""

import math

import numpy as np
import pytest

from lazaretto.protocol.text import Text
from lazaretto.surveillance import alarm, false_alarms, rules
from lazaretto.surveillance.cusum import arl_normal, page, poisson_cusum, reference_value
from lazaretto.surveillance.distributions import binomial_tail, log_gamma, normal_quantile, normal_tail
from lazaretto.surveillance.ears import ears
from lazaretto.surveillance.ewma import ewma
from lazaretto.surveillance.farrington import Settings, farrington
from lazaretto.surveillance.poisson import alpha_for, exact_poisson, false_alarms_a_year
from lazaretto.surveillance.scan import scan, zones_of_tree
from lazaretto.surveillance.series import SeriesError, as_series
from lazaretto.surveillance.shewhart import p_chart

Y = np.array([[0.0, 1, 0, 2, 1, 0, 1, 5]])
RATE = false_alarms.by_chance(0.01, series=3)


@pytest.mark.parametrize("wrong", [[1, 2, 3], [[-1.0]], [[math.inf]]])
def test_what_are_no_series_is_refused(wrong: list[float]) -> None:
    with pytest.raises(SeriesError):
        as_series(wrong)


def test_settings_that_no_chart_can_work_with_are_refused() -> None:
    for wrong in (
        lambda: ears(Y, "C1", baseline=2),
        lambda: ears(Y, "C1", min_observed=8),
        lambda: page(Y, 1, 0),
        lambda: page(Y, 1, 1, h=0),
        lambda: poisson_cusum(Y, k=1, h=0),
        lambda: ewma(Y, 1, 0),
        lambda: ewma(Y, 1, 1, lam=0),
        lambda: p_chart(Y, Y - Y, 1.5),
        lambda: p_chart(Y, np.ones_like(Y), 0.1),
        lambda: exact_poisson(Y, -1, alpha=0.1),
        lambda: alpha_for(1.0, per_week=0),
        lambda: reference_value(0.6, 0.2),
    ):
        with pytest.raises(SeriesError):
            wrong()


def test_without_a_floor_seven_equal_days_are_infinitely_sure() -> None:
    flat = np.array([[2.0] * 7 + [3]])
    assert ears(flat, "C1", min_sigma=0).statistic[0, -1] == math.inf
    assert ears(flat, "C1").statistic[0, -1] == 2


def test_a_baseline_with_gaps_is_of_the_days_that_were_observed() -> None:
    gaps = np.array([[0.0, 1, np.nan, 2, 1, np.nan, 1, 5]])
    chart = ears(gaps, "C1", min_observed=5)
    seen = np.array([0, 1, 2, 1, 1])
    assert chart.statistic[0, -1] == pytest.approx((5 - 1) / seen.std(ddof=1))
    assert math.isnan(ears(gaps, "C1", min_observed=6).statistic[0, -1])


def test_known_run_lengths_of_page() -> None:
    """Brook and Evans' chain against tables in every textbook: k = 0.5, h = 4 and 5."""
    assert arl_normal(0.5, 4) == pytest.approx(335.4, abs=0.3)
    assert arl_normal(0.5, 5) == pytest.approx(930.9, abs=1)
    assert arl_normal(0.5, 4, 1.0) == pytest.approx(8.38, abs=0.01)


def test_distributions_at_known_points() -> None:
    assert normal_tail(3) == pytest.approx(0.00134990, abs=1e-8)
    assert normal_quantile(0.999) == pytest.approx(3.090232306167813)
    assert float(binomial_tail(3, 10, 0.1)) == pytest.approx(0.0701908264)
    points = np.array([0.5, 1.0, 3.0, 9.99, 10.0, 1e5])
    assert log_gamma(points) == pytest.approx([math.lgamma(x) for x in points], rel=1e-13, abs=1e-14)


# -- scan ----------------------------------------------------------------------------------------------------------


def test_a_tree_gives_each_unit_with_what_lies_below() -> None:
    zones = zones_of_tree([-1, 0, 0, 1])
    assert zones.astype(int).tolist() == [[1, 1, 1, 1], [0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1]]
    with pytest.raises(SeriesError, match="below itself"):
        zones_of_tree([1, 0])


def test_a_scan_finds_the_wing_and_the_days() -> None:
    """Twenty units of 150 for 30 days, a case here and there; six in one wing in the last three days."""
    random = np.random.default_rng(8)
    cases, persons = (random.random((20, 30)) < 0.02).astype(float), np.full((20, 30), 150.0)
    cases[7] = [0.0] * 27 + [2, 2, 2]
    zones = np.vstack([np.eye(20), np.arange(20) // 5 == np.arange(4)[:, None], np.ones(20)])
    found = scan(cases, persons, zones, seed=1)
    assert (found.zone, found.days) == (7, 3)
    assert found.p_value == pytest.approx(0.001)
    assert found.observed[7, 2] == 6
    assert found.expected[7, 2] == pytest.approx(cases.sum() * 450 / (20 * 30 * 150))
    quiet = scan((random.random((20, 30)) < 0.02).astype(float), persons, zones, seed=1)
    assert quiet.p_value > 0.05


def test_under_the_null_p_is_evenly_spread() -> None:
    random = np.random.default_rng(2)
    p = [
        scan(random.binomial(40, 0.01, (8, 10)), np.full((8, 10), 40.0), np.eye(8), seed=seed, replicates=99).p_value
        for seed in range(120)
    ]
    assert 0.35 < np.mean(p) < 0.68
    assert np.mean(np.array(p) <= 0.1) < 0.2


def test_a_unit_day_not_observed_has_no_person_days() -> None:
    """As zero cases among 150 it would say that all the others have too many."""
    cases, persons = np.ones((3, 5)), np.full((3, 5), 150.0)
    zero, gone = cases.copy(), cases.copy()
    zero[0], gone[0] = 0, np.nan
    as_zero, as_gone = (scan(c, persons, np.eye(3), seed=1, replicates=19) for c in (zero, gone))
    assert as_zero.expected[1, 4] == pytest.approx(10 / 3)
    assert as_gone.expected[1, 4] == pytest.approx(5)
    assert np.isnan(as_gone.llr[0]).all()
    assert as_gone.p_value == 1
    nothing = scan(np.zeros((2, 3)), np.full((2, 3), 9.0), np.eye(2), seed=1, replicates=9)
    assert nothing.p_value == 1


def test_a_scan_refuses_what_it_cannot_permute() -> None:
    for cases, persons in (([[2.0]], [[1.0]]), ([[0.5]], [[9.0]]), ([[1.0]], [[9.0, 9.0]])):
        with pytest.raises(SeriesError):
            scan(cases, persons, [[1]], seed=1)


# -- false alarms and alarms ---------------------------------------------------------------------------------------


def test_the_nominal_chance_of_c1_is_not_its_real_one() -> None:
    """Against a simulation with normal counts; the nominal 1 − Φ(3) would be 0.49 a year."""
    said = false_alarms.of_ears_on_normal_counts(3.0)
    assert said.per_year == pytest.approx(5.64, abs=0.01)
    y = np.random.default_rng(5).normal(100, 5, (300, 400))
    assert 365 * ears(y, "C1").alarm[:, 7:].mean() == pytest.approx(said.per_year, rel=0.06)
    assert 365 * normal_tail(3) < 0.5


def test_rates_by_simulation_agree_with_the_exact_ones() -> None:
    alpha = 0.01
    simulated = false_alarms.by_simulation(lambda y: exact_poisson(y, 0.5, alpha=alpha), 0.5, seed=3, series=10)
    assert simulated.per_year == pytest.approx(false_alarms_a_year(0.5, alpha, units=10), rel=0.15)
    assert "Poisson counts" in simulated.reckoned.en
    run = false_alarms.by_run_length(36.5, series=2)
    assert run.per_year == pytest.approx(20)
    assert run.per_week == pytest.approx(20 * 7 / 365.25)
    assert false_alarms.UNKNOWN.per_week is None


def test_the_rate_of_a_cluster_rule() -> None:
    single, pair = (rules.Rule("r", Text("", ""), frozenset(), n, 72 * rules.HOUR, "unit") for n in (1, 2))
    assert rules.false_alarms_a_year(single, 0.01, units=20) == pytest.approx(73)
    assert rules.false_alarms_a_year(pair, 0.01, units=20) == pytest.approx(73 * (1 - math.exp(-0.03)))


def test_the_usual_rules_have_ids_words_and_a_source() -> None:
    assert len({rule.id for rule in rules.USUAL}) == len(rules.USUAL) == 6
    assert all(rule.title.zh and rule.title.en and rule.source for rule in rules.USUAL)
    with pytest.raises(SeriesError):
        rules.Rule("r", Text("", ""), frozenset(), 0, 1, "unit")


def test_an_alarm_says_rule_series_moment_numbers_and_rate() -> None:
    (found,) = alarm.alarms_of(
        ears(Y, "C1"), Y, rule="C1", series=["W1"], times=[f"03-{d:02}" for d in range(1, 9)], false_alarms=RATE
    )
    assert (found.rule, found.series, found.at, found.observed) == ("C1", "W1", "03-08", 5)
    assert found.statistic == pytest.approx(5.66947, abs=1e-5)
    assert found.sentence.en == (
        "W1, 03-08: 5, expected 0.71; above 2.98 it is an alarm. "
        "With nothing wrong, about 11 false alarms a year (3 series × 365 checks a year × a chance of 0.01 at each)."
    )
    assert found.sentence.zh == (
        "W1，03-08：5，预期 0.71，超过 2.98 即报警。无异常时每年约 11 次误报（3 个序列 × 每年 365 次 × 每次误报机会 0.01）。"
    )


def test_alarms_come_in_order_of_time_and_series() -> None:
    y = np.zeros((2, 10))
    y[0, 9] = y[1, 8] = y[0, 8] = 9
    names = [str(t) for t in range(10)]
    found = alarm.alarms_of(
        exact_poisson(y, 0.1, alpha=0.01), y, rule="p", series=["a", "b"], times=names, false_alarms=RATE
    )
    assert [(one.at, one.series) for one in found] == [("8", "a"), ("8", "b"), ("9", "a")]
    with pytest.raises(SeriesError):
        alarm.alarms_of(exact_poisson(y, 0.1, alpha=0.01), y, rule="p", series=["a"], times=names, false_alarms=RATE)


def test_a_farrington_alarm_carries_its_score() -> None:
    y = np.random.default_rng(1).poisson(4, (1, 330)).astype(float)
    y[0, 329] = 40
    found = farrington(y, Settings())
    said = alarm.alarms_of(
        found, y, rule="farrington", series=["S"], times=[str(t) for t in range(330)], false_alarms=RATE
    )
    assert said[-1].at == "329"
    assert said[-1].statistic == pytest.approx(found.score[0, 329])


def test_silence_is_unknown_and_not_zero() -> None:
    silence = np.array([[False, True], [False, False]])
    (found,) = alarm.alarms_of_silence(silence, units=["W1", "W2"], cycles=["03-01", "03-02"])
    assert found.observed is None
    assert found.sentence.en.startswith(
        "W1, 03-02: nothing was reported. This is unknown, not zero. False alarms: cannot be"
    )
    assert "不是零" in found.sentence.zh


def test_a_cluster_and_an_alarm_from_the_days_before_say_so() -> None:
    rule = rules.USUAL[1]
    cluster = rules.Cluster(rule.id, "", 0, -1, 0, 5, 9, 3)
    found = alarm.alarm_of_cluster(cluster, rule, place="W1", at="03-02 08:00", false_alarms=RATE)
    assert (found.observed, found.threshold, found.expected) == (3, 1, None)
    assert found.sentence.en.startswith("W1, 03-02 08:00: 3. With")
    with pytest.raises(SeriesError):
        alarm.alarm_of_cluster(cluster, rules.USUAL[0], place="W1", at="", false_alarms=RATE)
    before = alarm.Alarm("C3", "W1", "03-02", 0.0, 0.5, -math.inf, 2.4, RATE)
    assert "the days before suffice" in before.sentence.en
