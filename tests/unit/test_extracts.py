"""What is hidden in an extract cannot be found again from what is shown."""

from random import Random

from lazaretto.apps.reporting.extracts import HEADCOUNT, POPULATION, READINGS, age_band, hidden
from lazaretto.apps.reporting.suppression import SMALL


def test_a_small_count_is_hidden_and_never_alone() -> None:
    lines = [
        {"on": "d", "base": "b", "sex": "male", "age": age, "people": n}
        for age, n in (("a", 3), ("b", 9), ("c", 7), ("d", 0))
    ]
    assert [line["people"] for line in hidden(POPULATION, lines)] == [None, 9, None, 0]
    assert [line["suppressed"] for line in hidden(POPULATION, lines)] == [True, False, True, False]


def test_what_was_computed_from_few_people_is_hidden_too() -> None:
    line = {
        "on": "d",
        "unit": "W1",
        "hour": 8,
        "people": 2,
        "readings": 2,
        "mean": 36.5,
        "sd": 0.1,
        "at_least_37_3": 0,
        "at_least_38_0": 0,
    }
    (shown,) = hidden(READINGS, [line])
    assert {shown[name] for name in READINGS.values} == {None}


def test_no_hidden_count_follows_from_the_others() -> None:
    """In a line start + came − left = end, and the lines of a day add up: at least two are missing, or none is."""
    draw = Random(7)
    for _ in range(400):
        lines = []
        for unit in range(draw.randint(1, 5)):
            start, came = draw.choice((0, 3, 12, 60)), draw.choice((0, 0, 1, 7))
            left = draw.choice((0, 0, 2, 9)) if start + came >= 9 else 0
            lines.append(
                {"on": "d", "unit": str(unit), "start": start, "came": came, "left": left, "end": start + came - left}
            )
        shown = hidden(HEADCOUNT, lines)
        for before, after in zip(lines, shown, strict=True):
            gone = [name for name in HEADCOUNT.counts if after[name] is None]
            assert len(gone) != 1, (lines, shown)
            assert after["suppressed"] == bool(gone)
            for name in HEADCOUNT.counts:
                assert after[name] in (None, before[name])
                assert after[name] is None or after[name] == 0 or after[name] >= SMALL
        for name in HEADCOUNT.counts:
            column = [line[name] for line in shown]
            assert column.count(None) != 1 or all(n == 0 for n in column if n is not None), (lines, shown)


def test_ages_come_in_bands() -> None:
    from datetime import date

    on = date(2026, 3, 17)
    born = {date(2008, 3, 17): "18-29", date(2008, 3, 18): "0-17", date(1956, 3, 17): "70+", None: "unknown"}
    assert {d: age_band(d, on) for d in born} == born
