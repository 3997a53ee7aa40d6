"""Residual risk against the reference values, and how it must behave whatever the inputs."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.surveillance.residual_risk import Assumptions, pathway_risk, range_of, residual_risk

REFERENCES = Path(__file__).parents[1] / "data" / "residual_risk_reference.csv"
ROWS = list(csv.DictReader(REFERENCES.read_text(encoding="utf-8").splitlines()))
HAZARDS = {
    "0": lambda t: 0.0,
    "1e-4 every day": lambda t: 1e-4,
    "1e-4 days 0-41, 1e-5 days 42-55": lambda t: 1e-4 if t < 42 else 1e-5,
}


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["params_json"][:60])
def test_reference_values_to_a_millionth(row: dict[str, str]) -> None:
    asked = json.loads(row["params_json"])
    if row["function"] == "residual_risk":
        given_ = Assumptions(never_symptomatic=asked["a"], removed=asked["c"], infectious_days=asked["E"])
        found = residual_risk(asked["q"], asked["tests"], asked["u"], given_)
    else:
        found = pathway_risk(
            asked["Q"], asked["tests"], prevalence=asked["pi0"], hazard=HAZARDS[asked["hazard"]], since=asked["u"]
        ).total
    assert found == pytest.approx(float(row["expected"]), rel=1e-6)


def test_there_are_fifteen_references() -> None:
    assert len(ROWS) == 15


def test_long_and_leaky_is_worse_than_short_and_clean() -> None:
    """56 days with one in ten thousand infected inside each day leave more than 14 clean days (domain §5.5)."""
    tests = [1, 4, 7, 14, 21, 22, 28, 35, 42, 43, 49, 56]
    leaky = pathway_risk(56, tests, prevalence=0.01, hazard=HAZARDS["1e-4 every day"])
    clean = pathway_risk(14, [1, 7, 13], prevalence=0.01, hazard=HAZARDS["0"])
    assert leaky.total > clean.total
    assert leaky.entry < 1e-10


@given(st.integers(0, 40), st.lists(st.integers(0, 40), max_size=6), st.integers(0, 10), st.integers(0, 40))
def test_a_day_or_a_test_more_never_adds_risk(days: int, tests: list[int], since: int, more: int) -> None:
    now = residual_risk(days, tests, since)
    assert 0 <= now <= 1
    assert residual_risk(days, [*tests, more], since) <= now + 1e-12
    assert residual_risk(days, tests, since) >= residual_risk(days + 30, tests, since) - 1e-12


def test_the_span_of_assumptions_holds_the_usual_one() -> None:
    kind, usual, harsh = range_of(14, [1, 7, 13], prevalence=(0.001, 0.01, 0.05), hazard=(0, 1e-5, 1e-4))
    assert kind.total < usual.total < harsh.total
