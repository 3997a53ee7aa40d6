"""
Honesty checks.

Does a day's record look like readings that were taken? Each answer is a question for a person, with its numbers; never a
finding about anybody. Readings are in °C by tenths. A chance is an upper bound for honest work; too few readings give none
(`-`), which is not the same as nothing found. Source: domain handbook §4.3 (e).
"""

import numpy as np

from lazaretto.surveillance import honesty
from lazaretto.surveillance.distributions import chi_square_tail
from tests.spec.runners import Spec
from tests.spec.tables import Cells


def steps(text: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """Read `36.5 x38, 36.6` as tenths of a degree."""
    found: list[int] = []
    for part in text.split(","):
        value, _, times = part.strip().partition(" x")
        found += [round(float(value) * 10)] * int(times or 1)
    return np.array(found, np.int64)


def short(value: float) -> str:
    return "-" if np.isnan(value) else "0" if value == 0 else f"{value:.2g}"


def test_the_tail_of_chi_square(spec: Spec) -> None:
    """P(X ≥ x): the 5 % points of printed tables."""
    spec.rows(
        """
        df | x      || p
        1  | 3.841  || 0.050
        2  | 5.991  || 0.050
        3  | 7.815  || 0.050
        9  | 16.919 || 0.050
        9  | 0      || 1.000
        """,
        lambda cells: {"p": f"{chi_square_tail(float(cells['x']), int(cells['df'])):.3f}"},
    )


def test_last_digits(spec: Spec) -> None:
    """
    What is expected is no uniform digit but a normal with the readings' own mean and spread, rounded to a tenth: between
    36.3 and 36.7 the digits 3 to 7 are usual. `excess` is the share that would have to end in another digit.
    """

    def answer(cells: Cells) -> dict[str, str]:
        found = honesty.last_digits(steps(cells["readings"]), at_least=50)
        return {
            "digit": "-" if np.isnan(found.p) else str(found.digit), "p": short(found.p), "excess": short(found.excess),
        }  # fmt: skip

    spec.rows(
        """
        readings                                                                  || digit | p       | excess
        36.2 x6, 36.3 x9, 36.4 x13, 36.5 x16, 36.6 x13, 36.7 x9, 36.8 x6          || 8     | 0.98    | 0.082
        36.0 x24, 36.5 x52, 37.0 x24                                              || 5     | 8e-83   | 0.8
        36.0 x15, 36.1 x5, 36.3 x6, 36.4 x6, 36.5 x30, 36.6 x6, 36.8 x6, 37.0 x12 || 0     | 3.8e-24 | 0.46
        36.0 x12, 36.5 x25, 37.0 x12                                              || -     | -       | -
        """,
        answer,
    )


def test_the_same_value_in_a_round(spec: Spec) -> None:
    """How likely is it that so many of a round's readings show one value, whichever? `spread` is the facility's own, in °C."""

    def answer(cells: Cells) -> dict[str, str]:
        read = steps(cells["readings"])
        group, spread = np.zeros(read.size, np.int64), 10 * float(cells["spread"])
        found = honesty.alike(read, group, 1, spread, at_least=10)
        return {
            "most": f"{found.most[0]} of {found.n[0]}",
            "value": f"{found.value[0] / 10}",
            "chance": short(found.chance[0]),
        }

    spec.rows(
        """
        readings                               | spread || most     | value | chance
        36.5 x38, 36.6 x2                      | 0.3    || 38 of 40 | 36.5  | 3.1e-31
        36.5 x38, 36.6 x2                      | 0.1    || 38 of 40 | 36.5  | 4.4e-14
        36.3 x8, 36.4 x9, 36.5 x12, 36.6 x11   | 0.3    || 12 of 40 | 36.5  | 0.011
        36.5 x10                               | 0.3    || 10 of 10 | 36.5  | 3.9e-09
        36.5 x9                                | 0.3    || 9 of 9   | 36.5  | -
        """,
        answer,
    )


def test_copied_rounds(spec: Spec) -> None:
    """
    Two rounds of the same twenty people, the second made from the first: as it is, a tenth higher, one row further down, or
    with some readings taken anew. 12 of 20 alike is a chance of one in 700,000: it is the protocol that says from where it asks.
    """
    first = np.round(np.random.default_rng(20260317).normal(365, 3, 20))

    def answer(cells: Cells) -> dict[str, str]:
        second = np.roll(first, int(cells["down"])) + int(cells["up"])
        anew = int(cells["anew"])
        second[:anew] += np.resize([3, -4, 5], anew)
        found = honesty.copies(np.stack([first, second], axis=1), 2.5, at_least=int(cells["at least"]))
        if not found.n.size:
            return {"same": "-", "shift": "-", "slip": "-", "chance": "-"}
        return {
            "same": f"{found.same[0]} of {found.n[0]}", "shift": str(found.shift[0]), "slip": str(found.slip[0]),
            "chance": short(found.chance[0]),
        }  # fmt: skip

    spec.rows(
        """
        up | down | anew | at least || same     | shift | slip | chance
        0  | 0    | 0    | 20       || 20 of 20 | 0     | 0    | 7.3e-19
        1  | 0    | 0    | 20       || 20 of 20 | 1     | 0    | 7.3e-19
        0  | 1    | 0    | 19       || 19 of 19 | 0     | 1    | 6.5e-18
        0  | 0    | 8    | 20       || 12 of 20 | 0     | 0    | 1.5e-06
        0  | 0    | 20   | 20       || 0 of 20  | -2    | 0    | 1
        0  | 0    | 0    | 21       || -        | -     | -    | -
        """,
        answer,
    )


def test_two_places_and_early_entries(spec: Spec) -> None:
    """
    One author's entries, each with the second it tells of and the second it was recorded. In another unit within 20 seconds is
    two places at once; recorded more than 60 seconds before is early. Whom or what no unit answers for is nowhere.
    """

    def answer(cells: Cells) -> dict[str, str]:
        entries = [entry.split() for entry in cells["entries (unit, of, recorded)"].split(",")]
        unit = np.array([{"-": -1, "W1": 0, "W2": 1}[u] for u, _, _ in entries], np.int64)
        at, recorded = (np.array([int(e[k]) * 1000 for e in entries], np.int64) for k in (1, 2))
        author = np.zeros(len(entries), np.int64)
        both = honesty.in_two_places(author, unit, at, 20_000)
        early = honesty.before_visit(at, recorded, 60_000)
        return {"two places": str(int(both.sum())), "early": str(int(early.sum()))}

    spec.rows(
        """
        entries (unit, of, recorded)             || two places | early
        W1 0 1, W1 10 11, W2 60 61               || 0          | 0
        W1 0 1, W2 20 21, W1 40 41               || 2          | 0
        W1 0 1, - 5 6, W2 10 11                  || 1          | 0
        W1 61 1, W1 62 1, W2 200 300             || 0          | 1
        """,
        answer,
    )
