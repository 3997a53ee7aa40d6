"""The tables themselves: what they read, that they notice every difference, and that one that checks nothing fails."""

from collections.abc import Callable

import pytest

from tests.spec.clocks import Clocks
from tests.spec.runners import Spec
from tests.spec.tables import Differs, TableError, checking, compare, given, parse
from tests.spec.worlds import DAY

TWO = """
    due   || state  | reason
    08:00 || missed |
    10:00 || missed | fire
    """


def rows(*cells: tuple[str, str, str]) -> list[dict[str, str]]:
    return [dict(zip(("due", "state", "reason"), row, strict=True)) for row in cells]


def test_a_table_is_read_cell_by_cell() -> None:
    table = parse(TWO)
    assert (table.left, table.right) == (("due",), ("state", "reason"))
    assert table.rows[1].left == {"due": "10:00"}
    assert table.rows[1].right == {"state": "missed", "reason": "fire"}


def test_rows_may_come_in_any_order() -> None:
    compare(parse(TWO), rows(("10:00", "missed", "fire"), ("08:00", "missed", "")))


@pytest.mark.parametrize(
    "found",
    [
        rows(("08:00", "missed", ""), ("10:00", "missed", "")),
        rows(("08:00", "missed", "")),
        rows(("08:00", "missed", ""), ("10:00", "missed", "fire"), ("12:00", "missed", "")),
        rows(("08:00", "missed", ""), ("08:00", "missed", ""), ("10:00", "missed", "fire")),
        rows(("09:00", "missed", ""), ("10:00", "missed", "fire")),
        [],
    ],
)
def test_every_difference_is_noticed(found: list[dict[str, str]]) -> None:
    with pytest.raises(Differs, match="expected:"):
        compare(parse(TWO), found)


def test_a_difference_is_shown() -> None:
    with pytest.raises(Differs) as error:
        compare(parse(TWO), rows(("08:00", "missed", ""), ("10:00", "late", "fire")))
    assert "> 10:00 || late   | fire" in str(error.value)
    assert "  08:00 || missed |" in str(error.value)


@pytest.mark.parametrize(
    "text", ["", "due", "due || state", "due | state \n 08:00 | missed", "due || state \n 08:00 ||"]
)
def test_a_table_that_checks_nothing_fails(text: str) -> None:
    with pytest.raises(TableError):
        checking(text)


@pytest.mark.parametrize(
    "text",
    [
        "due | due || state",
        "due || state \n 08:00 | x || missed",
        "due || state \n 08:00 | missed",
        "a || b | \n 1 || 2 | 3",
    ],
)
def test_a_crooked_table_fails(text: str) -> None:
    with pytest.raises(TableError):
        checking(text)


def test_a_table_of_givens_has_no_answers() -> None:
    assert given("fact | at \n a | 08:00") == ({"fact": "a", "at": "08:00"},)
    with pytest.raises(TableError):
        given("fact || at \n a || 08:00")


@pytest.mark.parametrize(
    "ask",
    [
        lambda spec: spec(cadence="times: ['08:00']", table="due | fact at \n 08:00 | 08:10"),
        lambda spec: spec.each("as of \n 08:00", cadence="times: ['08:00']"),
        lambda spec: spec.each("as off || state \n 08:00 || pending", cadence="times: ['08:00']"),
        lambda spec: spec.ward(measures={"m": "times: ['08:00']"}, facts="fact | at \n a | 08:00"),
        lambda spec: spec.ward(measures={"m": "times: ['08:00']"}, people="person \n A", slots="due || state"),
        lambda spec: spec.ward(
            measures={"m": "times: ['08:00']"}, pople="person \n A", slots="due || state \n 08:00 || missed"
        ),
        lambda spec: spec.rows("a | b \n 1 | 2", lambda cells: {}),
    ],
)
def test_a_question_without_an_answer_fails(ask: Callable[[Spec], None]) -> None:
    with pytest.raises(TableError):
        ask(Spec())


@pytest.mark.parametrize(
    "ask",
    [
        lambda spec: spec(
            cadence="times: ['08:00', 12:00]", table="due | fact at || state \n 08:00 | 08:10 || on_time"
        ),
        lambda spec: spec(cadence="times: ['08:00']", table="due | fact at || state \n 08:00 | 09:10 || on_time"),
        lambda spec: spec.each("fact at || state \n 08:10 || late", cadence="times: ['08:00']"),
        lambda spec: spec.ward(measures={"m": "times: ['08:00']"}, slots="due || state \n 08:00 || late"),
        lambda spec: spec.ward(
            measures={"m": "times: ['08:00']"}, facts="fact | at \n a | 08:00", fates="fact || fate \n a || extra"
        ),
        lambda spec: spec.ward(measures={"m": "times: ['08:00']"}, counts="measure || expected \n m || 2"),
        lambda spec: spec.rows("a || b \n 1 || 2", lambda cells: {"b": 3}),
    ],
)
def test_a_wrong_answer_fails(ask: Callable[[Spec], None]) -> None:
    with pytest.raises(Differs):
        ask(Spec())


@pytest.mark.parametrize("text", ["08:00", "08:00:00.001", "03-18 00:00", "23:59:59"])
def test_times_are_shown_as_they_are_read(text: str) -> None:
    clocks = Clocks("Asia/Shanghai", DAY)
    assert clocks.show(clocks.at(text)) == text


@pytest.mark.parametrize("text", ["8:00", "08:00 CET", "soon", ""])
def test_other_times_are_errors(text: str) -> None:
    with pytest.raises(ValueError, match=r"no time|do not show"):
        Clocks("Asia/Shanghai", DAY).at(text)
