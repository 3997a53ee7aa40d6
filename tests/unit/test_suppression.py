"""Small numbers do not leave the house, and cannot be found by subtraction."""

from lazaretto.apps.reporting.suppression import SEVERAL, gap_cells, suppressed

HIDDEN = {"suppressed": True, "value": None}


def test_one_to_four_are_hidden_and_zero_is_said() -> None:
    assert [suppressed(n) for n in (0, 1, 4, 5)] == [0, HIDDEN, HIDDEN, 5]
    assert suppressed({"value": None, "reason": "not_collected"}) == {"value": None, "reason": "not_collected"}


def test_a_lonely_small_cell_is_put_together_with_the_smallest_other() -> None:
    cells = gap_cells({("W1", "court"): 9, ("W2", "court"): 5, ("W3", "court"): 2})
    assert cells == [
        {"unit": SEVERAL, "reason": "court", "n": 7},
        {"unit": "W1", "reason": "court", "n": 9},
    ]
    mixed = gap_cells({("W1", "court"): 9, ("W3", "hospital"): 2})
    assert mixed == [{"unit": SEVERAL, "reason": SEVERAL, "n": 11}]


def test_two_small_cells_hide_each_other_and_one_alone_stays_hidden() -> None:
    assert [c["n"] for c in gap_cells({("W1", "a"): 1, ("W2", "a"): 4, ("W3", "a"): 6})] == [HIDDEN, HIDDEN, 6]
    assert gap_cells({("W1", "a"): 3}) == [{"unit": "W1", "reason": "a", "n": HIDDEN}]
