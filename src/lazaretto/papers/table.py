"""
Tables on papers and in workbooks: columns with widths, and cells that keep apart a number, a word, nothing, and unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lazaretto.protocol.text import Text

#: Words that are either in both languages, or already in the one of the paper.
Said = str | Text


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not known, or not said: a word on a hatched ground, so that nobody takes it for a zero."""

    said: Said


@dataclass(frozen=True, slots=True)
class Bar:
    """A coverage bar: (state, width, in parts of the whole); `said` stands in its place where nothing was measured."""

    pieces: tuple[tuple[str, float], ...] = ()
    said: Said = ""


Cell = Said | int | Decimal | Unknown | Bar | None


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in millimetres as wished: columns keep their proportions when the page is wider or narrower."""

    title: Said
    width: float = 24
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; `note` stands under it, `empty` in its place if it has no rows."""

    title: Said
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    note: Said = ""
    empty: Said = ""

    @property
    def width(self) -> float:
        return sum(column.width for column in self.columns)


def said(words: Said, language: str) -> str:
    return words.in_(language) if isinstance(words, Text) else words


def as_data(table: Table, language: str) -> dict[str, Any]:
    """Return a table as Typst reads it: every cell is text, with its kind where it has one."""
    return {
        "title": said(table.title, language),
        "note": said(table.note, language),
        "empty": said(table.empty, language),
        "widths": [column.width for column in table.columns],
        "heads": [said(column.title, language) for column in table.columns],
        "numbers": [column.number for column in table.columns],
        "rows": [[_cell(cell, language) for cell in row] for row in table.rows],
    }


def _cell(cell: Cell, language: str) -> Any:
    if isinstance(cell, int | Decimal):
        return f"{cell:,}" if cell else {"kind": "zero", "text": "0"}
    if isinstance(cell, Unknown):
        return {"kind": "unknown", "text": said(cell.said, language)}
    if isinstance(cell, Bar):
        return {"kind": "bar", "text": said(cell.said, language), "pieces": [list(piece) for piece in cell.pieces]}
    return said(cell, language) if cell is not None else ""
