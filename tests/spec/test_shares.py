"""
Rule 8. Shares, and what was entered late.

`coverage` = (on_time + late) / (expected − excused − pending) and `done_share` = (on_time + late) / (expected − pending);
both are null, never 1, when there is nothing to divide by. `entered_late` counts what was recorded later after its
observation than `entry_allowance` (PT2H online, P1D offline); over 20 % of what was done is a contradiction.
"""

from decimal import Decimal

from lazaretto.protocol.record import SlotResult
from lazaretto.protocol.tally import entered_late_contradictions, measure_row, tally
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.worlds import measure

STATES = ("on_time", "late", "missed", "excused", "pending")


def counted(cells: Cells) -> dict[str, object]:
    """Return the line of a measure with so many slots in each state."""
    slots = [
        SlotResult("m", "person:A", n, n, n + 1, n, state)  # type: ignore[arg-type]
        for state in STATES
        for n in range(int(cells.get(state) or 0))
    ]
    missed = [s for s in slots if s.state == "missed"]
    return measure_row(measure("m", "times: ['08:00']"), tally(slots), missed)


def test_coverage_and_done_share(spec: Spec) -> None:
    """Late counts as done. An excuse leaves `coverage` alone and lowers `done_share`; what is pending counts in neither."""
    spec.rows(
        """
        on_time | late | missed | excused | pending || expected | coverage     | done_share
        10      | 0    | 0      | 0       | 0       || 10       | 1            | 1
        8       | 2    | 0      | 0       | 0       || 10       | 1            | 1
        6       | 2    | 2      | 0       | 0       || 10       | 0.8          | 0.8
        6       | 2    | 0      | 2       | 0       || 10       | 1            | 0.8
        4       | 1    | 1      | 4       | 0       || 10       | 0.8333333333 | 0.5
        3       | 0    | 1      | 0       | 6       || 10       | 0.75         | 0.75
        0       | 0    | 5      | 5       | 0       || 10       | 0            | 0
        """,
        counted,
    )


def test_nothing_to_divide_by(spec: Spec) -> None:
    """Where nothing was owed, a share is null and never 1."""
    spec.rows(
        """
        on_time | late | missed | excused | pending || expected | coverage | done_share
        0       | 0    | 0      | 0       | 0       || 0        | null     | null
        0       | 0    | 0      | 0       | 7       || 7        | null     | null
        0       | 0    | 0      | 7       | 0       || 7        | null     | 0
        0       | 0    | 0      | 3       | 4       || 7        | null     | 0
        """,
        counted,
    )


def test_shares_are_never_rounded_up(spec: Spec) -> None:
    """A share is decimal text, cut after ten places: one missing reading among many never looks like all."""
    spec.rows(
        """
        on_time | late | missed | excused | pending || coverage
        1       | 0    | 2      | 0       | 0       || 0.3333333333
        2       | 0    | 1      | 0       | 0       || 0.6666666666
        999     | 0    | 1      | 0       | 0       || 0.999
        2999    | 0    | 1      | 0       | 0       || 0.9996666666
        """,
        counted,
    )


def test_entered_late(spec: Spec) -> None:
    """The allowance itself is not late; sources `offline` and `paper` have the longer one."""
    spec.each(
        """
        fact at | recorded           | source  || state   | entered_late
        08:00   | 08:00              |         || on_time | 0
        08:00   | 10:00              |         || on_time | 0
        08:00   | 10:00:00.001       |         || on_time | 1
        09:00   | 11:00:00.001       |         || late    | 1
        08:00   | 03-18 08:00        | paper   || on_time | 0
        08:00   | 03-18 08:00:00.001 | paper   || on_time | 1
        08:00   | 03-18 08:00        | offline || on_time | 0
        08:00   | 03-18 08:00        | import  || on_time | 1
        """,
        cadence='times: ["08:00"]',
    )
    spec.each(
        """
        fact at | recorded     | source || entered_late
        08:00   | 08:10        |        || 0
        08:00   | 08:10:00.001 |        || 1
        08:00   | 12:00:00.001 | paper  || 1
        """,
        cadence='times: ["08:00"]',
        measure="entry_allowance: {online: PT10M, offline: PT4H}",
    )


def test_too_much_entered_late_is_a_contradiction(spec: Spec) -> None:
    """More than a fifth: two of ten are not, three of ten are; nothing done is none."""

    def contradicts(cells: Cells) -> dict[str, object]:
        used, late = int(cells["used"]), int(cells["entered_late"])
        results = [
            SlotResult("m", "person:A", n, n, n + 1, n, "on_time", used=1, entered_late=int(n < late))
            for n in range(used)
        ]
        return {"contradiction": bool(entered_late_contradictions({"m": tally(results)}, Decimal("0.20")))}

    spec.rows(
        """
        used | entered_late || contradiction
        10   | 2            ||
        10   | 3            || yes
        1    | 1            || yes
        0    | 0            ||
        """,
        contradicts,
    )
