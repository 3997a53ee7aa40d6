"""Against the figures recorded from R's `surveillance` 1.20.3 and the developers' own reference values, to 1e-6 and better."""

import json
import math

import numpy as np
import pytest

from lazaretto.surveillance.ears import Method as EarsMethod
from lazaretto.surveillance.ears import ears
from lazaretto.surveillance.farrington import Method, Settings, farrington
from lazaretto.surveillance.scan import log_likelihood_ratio
from tests.reference_data import rows

CLOSE = 1e-9


def agona() -> np.ndarray:
    return np.array([[float(row["count"]) for row in rows("salmonella_agona_uk_weekly.csv")]])


def recorded(table: str, name: str) -> list[tuple[int, float, bool]]:
    """Return index from 0, figure and alarm of one method; at least one must be there."""
    found = [row for row in rows(table) if row["method"] == name]
    assert found, name
    number = {"NA": math.nan, "": math.nan}
    return [
        (
            int(r["index"]) - 1,
            number[r["upperbound"]] if r["upperbound"] in number else float(r["upperbound"]),
            r["alarm"] == "1",
        )
        for r in found
    ]


@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
def test_ears_of_the_package(method: EarsMethod) -> None:
    chart = ears(agona(), method, variant="surveillance")
    said = recorded("salmonella_agona_uk_ref_ears.csv", f"EARS_{method}")
    for week, upper, alarm in said:
        assert chart.upper[0, week] == pytest.approx(upper, abs=CLOSE), week
        assert chart.alarm[0, week] == alarm, week
    assert np.flatnonzero(~np.isnan(chart.upper[0])).tolist() == [week for week, _, _ in said]


def test_ears_c3_of_the_textbook() -> None:
    chart = ears(agona(), "C3")
    for week, statistic, alarm in recorded("salmonella_agona_uk_ref_ears.csv", "EARS_C3_standard"):
        assert chart.statistic[0, week] == pytest.approx(statistic, abs=CLOSE), week
        assert chart.alarm[0, week] == alarm, week


@pytest.mark.parametrize("method", ["delta", "nbPlugin", "muan"])
def test_farrington_flexible(method: Method) -> None:
    found = farrington(agona(), Settings(b=3, alpha=0.01), method=method, weeks=range(260, 312))
    said = recorded("salmonella_agona_uk_ref_farrington_flexible.csv", f"farringtonFlexible_{method}")
    assert len(said) == 52
    for week, upper, alarm in said:
        assert found.upper[0, week] == pytest.approx(upper, abs=CLOSE, nan_ok=True), week
        assert found.alarm[0, week] == alarm, week


def test_scan_llr() -> None:
    said = [row for row in rows("formula_reference_values.csv") if row["function"] == "scan_llr"]
    assert said
    for row in said:
        given = json.loads(row["params_json"])
        assert float(log_likelihood_ratio(given["c"], given["E"], given["C"])) == pytest.approx(
            float(row["expected"]), rel=1e-9
        )
