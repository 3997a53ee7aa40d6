"""Fits of real curves, and what is said of a file that cannot be fitted."""

from collections import Counter

import numpy as np
import pytest

from lazaretto import packs
from lazaretto.twin.fit import crps, fit, priors_of
from lazaretto.twin.series import BadSeries, Seen, from_line_list, read
from tests.reference_data import rows


def test_the_school_of_1978_is_met() -> None:
    """Boys in bed, 763 of them; published R0 is 3.5 to 7, by the length of the latent period assumed."""
    lines = "\n".join(f"{r['date']},{r['in_bed']}" for r in rows("influenza_england_1978_school.csv"))
    found = fit(read(f"date,in_bed\n{lines}", population=763), priors_of(packs.pathogens()["influenza_a"]))
    low, middle, high = found.quantiles("r0", 0.025, 0.5, 0.975)
    assert 3.4 < middle < 8
    assert high / low < 4
    assert found.crps_share < 0.15
    assert found.coverage_50 >= 0.4
    assert found.coverage_95 >= 0.9


def test_the_norovirus_of_2001_is_met() -> None:
    """From the list of pupils: one row each, the day of onset or 0."""
    text = "class,start_illness\n" + "\n".join(f"{r['class']},{r['start_illness']}" for r in rows("norovirus_derbyshire_2001_school.csv"))  # fmt: skip
    series = from_line_list(text, "start_illness")
    assert series.population == 492
    found = fit(series, priors_of(packs.pathogens()["norovirus"]))
    assert 0.9 < found.quantiles("r0", 0.5)[0] < 3
    assert found.crps_share < 0.7
    assert found.coverage_50 >= 0.45
    assert found.coverage_95 >= 0.9


def test_the_r0_that_made_a_curve_is_found_again() -> None:
    """A curve from the model's own kind: an SEIR of 5,000 with R0 3, half of the cases reported."""
    s, e, i, new = 4990.0, 0.0, 10.0, []
    for _ in range(70):
        hit, out, well = 3 / 4 * s * i / 5000, e / 2, i / 4
        s, e, i = s - hit, e + hit - out, i + out - well
        new.append(round(out / 2))
    found = fit(read("day,cases,population\n" + "\n".join(f"{d},{n},5000" for d, n in enumerate(new))))
    low, high = found.quantiles("r0", 0.025, 0.975)
    assert low < 3.6
    assert high > 2.4
    assert found.coverage_95 >= 0.9


def test_the_score_of_a_sharp_answer_is_its_error() -> None:
    samples = np.full((50, 2), 7.0)
    assert crps(samples, np.array([7.0, 10.0])) == pytest.approx([0, 3])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,cases\n2026-01-01,1\n2026-01-02,\n2026-01-04,4\n2026-01-05,0\n2026-01-06,2", [(-1, 0, 1), (2, 3, 4), (3, 4, 0), (4, 5, 2)]),
        ("day;cumulative\n1;2\n2;5\n4;9\n5;9", [(-1, 0, 2), (0, 1, 3), (1, 3, 4), (3, 4, 0)]),
        ("date,cases\n2026-01-07,4\n2026-01-14,9\n2026-01-21,3\n2026-01-28,1", [(-7, 0, 4), (0, 7, 9), (7, 14, 3), (14, 21, 1)]),
        ("# a note\n日期,病例\n2026/1/1,1\n2026/1/2,2\n2026/1/3,3\n2026/1/4,1", [(-1, 0, 1), (0, 1, 2), (1, 2, 3), (2, 3, 1)]),
    ],
)  # fmt: skip
def test_rows_speak_of_spans_of_days(text: str, said: list[tuple[int, int, int]]) -> None:
    """A blank is unknown; a cumulative gap belongs to the next row; weekly rows to their week."""
    assert list(read(text).seen) == [Seen(*s) for s in said]


def test_each_mistake_is_said_with_its_line() -> None:
    with pytest.raises(BadSeries) as caught:
        read("date,cases\n2026-01-01,1\n2026-13-01,2\n2026-01-02,-3\n2026-01-03,x\n2026-01-01,4\n2026-01-04,2.5")
    assert Counter(m.line for m in caught.value.mistakes) == Counter([3, 4, 5, 6, 7])
    for text in ("", "a,b\n1,2", "date,cases\n1,1", "date,cases,population\n1,50,40\n2,9,40\n3,9,40\n4,9,40", "day,cumulative\n1,5\n2,4\n3,6\n4,7"):  # fmt: skip
        with pytest.raises(BadSeries):
            read(text)
