"""
Rule 10. The word that stands over a day.

`contradictory` if anything contradicts; else `incomplete` if a required measure has something pending, or less coverage
than its `complete_at` (1.0), or no coverage although something was expected; else `complete`. A day without a signed report
is `unknown`. A contradiction is printed in the report and is never a reason not to send it.
"""

from lazaretto.protocol.tally import falls_short, status
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.test_shares import counted
from tests.spec.worlds import measure


def judged(cells: Cells) -> dict[str, object]:
    """Return the word for a day with one measure, and whether that measure falls short."""
    required = "false" if cells.get("required") == "no" else "true"
    round_ = measure("m", "times: ['08:00']", f"required: {required}, complete_at: {cells.get('complete_at') or '1.0'}")
    row = counted(cells)
    contradictions = [{"kind": kind} for kind in cells.get("contradictions", "").split()]
    return {
        "coverage": row["coverage"],
        "falls short": falls_short(row, round_),
        "status": status([row], {"m": round_}, contradictions),
    }


def test_what_makes_a_day_incomplete(spec: Spec) -> None:
    """Something pending, something missed, or nothing that could be judged."""
    spec.rows(
        """
        on_time | late | missed | excused | pending || coverage | status
        10      | 0    | 0      | 0       | 0       || 1        | complete
        0       | 10   | 0      | 0       | 0       || 1        | complete
        9       | 0    | 0      | 1       | 0       || 1        | complete
        9       | 0    | 1      | 0       | 0       || 0.9      | incomplete
        9       | 0    | 0      | 0       | 1       || 1        | incomplete
        0       | 0    | 0      | 10      | 0       || null     | incomplete
        0       | 0    | 0      | 0       | 10      || null     | incomplete
        0       | 0    | 0      | 0       | 0       || null     | complete
        """,
        judged,
    )


def test_complete_at(spec: Spec) -> None:
    """A measure may ask for less than all; what is compared is the exact share, not the printed one."""
    spec.rows(
        """
        on_time | missed | pending | complete_at  || coverage     | status
        9       | 1      | 0       | 0.9          || 0.9          | complete
        9       | 1      | 0       | 0.91         || 0.9          | incomplete
        2       | 1      | 0       | 0.6666666666 || 0.6666666666 | complete
        2       | 1      | 0       | 0.6666666667 || 0.6666666666 | incomplete
        9       | 1      | 1       | 0.9          || 0.9          | incomplete
        0       | 10     | 0       | 0            || 0            | complete
        """,
        judged,
    )


def test_measures_that_are_not_required(spec: Spec) -> None:
    """A measure that is not required never makes a day incomplete."""
    spec.rows(
        """
        required | on_time | missed | excused | pending || falls short | status
        yes      | 0       | 10     | 0       | 0       || yes         | incomplete
        no       | 0       | 10     | 0       | 0       ||             | complete
        no       | 0       | 0      | 10      | 0       ||             | complete
        no       | 0       | 0      | 0       | 10      ||             | complete
        """,
        judged,
    )


def test_a_contradiction_comes_first(spec: Spec) -> None:
    """Any contradiction makes the day contradictory, complete or not."""
    spec.rows(
        """
        on_time | missed | contradictions                  || status
        10      | 0      | fever_open                      || contradictory
        0       | 10     | unit_silent                     || contradictory
        0       | 0      | id_conflict                     || contradictory
        10      | 0      | clock_jump level_review_overdue || contradictory
        10      | 0      |                                 || complete
        """,
        judged,
    )


def test_one_measure_is_enough(spec: Spec) -> None:
    """A day is complete only if none of its measures falls short."""

    def both(cells: Cells) -> dict[str, object]:
        rows = [
            counted({"on_time": cells[f"{name} done"], "missed": cells[f"{name} missed"]}) | {"id": name}
            for name in "ab"
        ]
        return {"status": status(rows, {name: measure(name, "times: ['08:00']") for name in "ab"}, [])}

    spec.rows(
        """
        a done | a missed | b done | b missed || status
        5      | 0        | 5      | 0        || complete
        5      | 0        | 4      | 1        || incomplete
        0      | 0        | 5      | 0        || complete
        4      | 1        | 4      | 1        || incomplete
        """,
        both,
    )
