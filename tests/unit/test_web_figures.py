"""Shares are cut, not rounded; a gap is never too thin to be seen."""

from itertools import pairwise

import pytest

from lazaretto.web.figures import BAR_WIDTH, LEAST, count, percent, segments


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ("1", "100%"),
        ("0.9999999999", "99.9%"),
        ("0.9996", "99.9%"),
        ("0.9", "90.0%"),
        ("0.0009", "0.0%"),
        ("0", "0.0%"),
        (None, "—"),
    ],
)
def test_a_share_is_never_rounded_up(share: str | None, said: str) -> None:
    assert percent(share) == said


def test_counts_have_a_group_comma() -> None:
    assert count(1862) == "1,862"


@pytest.mark.parametrize(
    "counts",
    [
        {"on_time": 4996, "late": 0, "missed": 4, "pending": 0, "excused": 0},
        {"on_time": 1, "late": 1, "missed": 9000, "pending": 1, "excused": 3},
        {"on_time": 5, "late": 5, "missed": 5, "pending": 5, "excused": 0},
        {"on_time": 0, "late": 0, "missed": 0, "pending": 7, "excused": 0},
        {"on_time": 0, "late": 0, "missed": 0, "pending": 0, "excused": 2},
    ],
)
def test_a_bar_shows_all_that_is_not_zero_within_its_width(counts: dict[str, int]) -> None:
    drawn = segments(**counts)
    assert [s.state for s in drawn] == [name for name, n in counts.items() if n]
    assert all(s.width >= LEAST for s in drawn if s.state != "excused")
    assert all(a.x + a.width <= b.x for a, b in pairwise(drawn))
    assert drawn[-1].x + drawn[-1].width <= BAR_WIDTH + 0.01


def test_a_bar_is_full_when_all_is_done() -> None:
    (only,) = segments(on_time=3, late=0, missed=0, pending=0, excused=0)
    assert (only.x, only.width) == (0, BAR_WIDTH)
