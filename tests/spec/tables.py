"""
ASCII tables: what is given stands left of `||`, what must come out stands right of it.

A table is compared as a whole: every cell on the right, and that no row is too many or too few.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Cells = dict[str, str]


class TableError(ValueError):
    """A table that cannot be read, or that would check nothing."""


class Differs(AssertionError):
    """What came out is not what the table says; the message shows both."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its cells left and right of `||`."""

    left: Cells
    right: Cells


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows. `right` is empty in a table that only gives."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    rows: tuple[Row, ...]


def parse(text: str) -> Table:
    """
    Return the table that a text draws. A row that is all `-` and `|` is a rule and means nothing.

    :raises TableError: if a row has other columns than the header, or a column stands twice.
    """
    lines = [line for line in text.splitlines() if line.strip() and set(line.strip()) - set("-|+ ")]
    if not lines:
        raise TableError("the table is empty")
    left, right = _header(lines[0])
    rows = []
    for line in lines[1:]:
        given, _, expected = line.partition("||")
        rows.append(Row(_cells(given, left, line), _cells(expected, right, line)))
    return Table(left, right, tuple(rows))


def given(text: str) -> tuple[Cells, ...]:
    """Return the rows of a table that only gives. :raises TableError: if it has a right side."""
    table = parse(text)
    if table.right:
        raise TableError("this table only gives; it cannot have a right side")
    return tuple(row.left for row in table.rows)


def checking(text: str) -> Table:
    """Return a table that checks something. :raises TableError: if it has no right side, no row, or only empty cells."""
    table = parse(text)
    if not any(cell for row in table.rows for cell in row.right.values()):
        raise TableError("the table checks nothing: it needs `||`, a row, and an expected value")
    return table


def _header(line: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    given, _, expected = line.partition("||")
    sides = tuple(tuple(name.strip() for name in side.split("|")) if side.strip() else () for side in (given, expected))
    for side in sides:
        if "" in side or len(set(side)) != len(side):
            raise TableError(f"a column without a name, or twice the same: {line.strip()}")
    return sides[0], sides[1]


def _cells(part: str, names: Sequence[str], line: str) -> Cells:
    values = [value.strip() for value in part.split("|")] if names else []
    if len(values) != len(names) or (not names and part.strip()):
        raise TableError(f"{len(values)} cells under {len(names)} columns: {line.strip()}")
    return dict(zip(names, values, strict=True))


def compare(table: Table, found: Iterable[Mapping[str, str]]) -> None:
    """
    Compare rows with a table, by the columns that it has; the order of rows does not matter, their number does.

    :raises Differs: showing the expected table and what was found.
    """
    names = (*table.left, *table.right)
    rest = [tuple(row[name] for name in names) for row in found]
    expected = [(*row.left.values(), *row.right.values()) for row in table.rows]
    if sorted(rest) == sorted(expected):
        return
    ordered: list[tuple[str, ...]] = []
    for wanted in expected:  # what was found stands in the order of the table, as far as it can be told
        near = max(rest, key=lambda one: _alike(one, wanted, len(table.left)), default=None)
        if near is not None:
            ordered.append(near)
            rest.remove(near)
    raise Differs(_difference(table, expected, [*ordered, *rest]))


def _alike(one: tuple[str, ...], other: tuple[str, ...], keys: int) -> tuple[int, int]:
    same = [a == b for a, b in zip(one, other, strict=True)]
    return sum(same[:keys]), sum(same[keys:])


def _difference(table: Table, expected: list[tuple[str, ...]], found: list[tuple[str, ...]]) -> str:
    both = render(table.left, table.right, [*expected, *found]).splitlines()
    head, should, got = both[0], both[1 : 1 + len(expected)], both[1 + len(expected) :]
    marked = []
    for index in range(max(len(should), len(got))):
        line = got[index] if index < len(got) else "(no such row)"
        same = index < len(should) and index < len(got) and expected[index] == found[index]
        marked.append(("  " if same else "> ") + line)
    return "\n".join(["", "expected:", "  " + head, *("  " + line for line in should),
                      "found:", "  " + head, *marked])  # fmt: skip


def render(left: Sequence[str], right: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as an aligned table; Chinese characters are two columns wide."""
    lines = [[*left, *right], *rows]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(lines[0]))]
    drawn_lines = []
    for line in lines:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)]
        sides = [" | ".join(side) for side in (cells[: len(left)], cells[len(left) :]) if side]
        drawn_lines.append((" || ".join(sides) if left else "|| " + sides[0]).rstrip())
    return "\n".join(drawn_lines)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def drawn(text: str) -> str:
    """Return a table as it is printed, aligned."""
    table = parse(text)
    return render(table.left, table.right, [[*row.left.values(), *row.right.values()] for row in table.rows])
