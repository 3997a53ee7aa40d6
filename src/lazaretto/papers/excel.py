"""Tables as a workbook. Text is never taken as a formula, numbers stay numbers, and the same tables give the same bytes."""

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lazaretto.papers.table import Bar, Cell, Table, Unknown, said
from lazaretto.protocol.text import Text

ABOUT = Text("说明", "About")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]|^'|'$")


def workbook(tables: Sequence[Table], about: Iterable[str], language: str, on: date) -> bytes:
    """Return one sheet for each table, its heads in the first row, and a last one with the lines of `about`."""
    import xlsxwriter  # only tables in Excel pay for loading it

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"author": "Lazaretto", "created": datetime(on.year, on.month, on.day)})
    style = {
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        "plain": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    taken: set[str] = set()
    for table in tables:
        _sheet(book.add_worksheet(_name(said(table.title, language), taken)), table, language, style)
    page = book.add_worksheet(_name(ABOUT.in_(language), taken))
    page.set_column(0, 0, 100, style["plain"])
    for y, line in enumerate(about):
        page.write_string(y, 0, _plain(line))
    book.close()
    return file.getvalue()


def _sheet(sheet: Any, table: Table, language: str, style: dict[str, Any]) -> None:
    kept = [(x, column) for x, column in enumerate(table.columns) if not _is_bar(table, x)]
    for y, (x, column) in enumerate(kept):
        sheet.set_column(y, y, max(column.width / 1.9, 8), style["plain"])
        sheet.write_string(0, y, _plain(said(column.title, language)), style["head"])
        for line, row in enumerate(table.rows, start=1):
            _write(sheet, line, y, row[x], language)
    sheet.freeze_panes(1, 1)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(kept) - 1)


def _is_bar(table: Table, x: int) -> bool:
    return bool(table.rows) and any(isinstance(row[x], Bar) for row in table.rows)


def _write(sheet: Any, y: int, x: int, cell: Cell, language: str) -> None:
    if isinstance(cell, int | Decimal):
        sheet.write_number(y, x, cell)
    elif isinstance(cell, Unknown):
        sheet.write_string(y, x, _plain(said(cell.said, language)))
    elif cell is not None and not isinstance(cell, Bar) and (words := said(cell, language)):
        sheet.write_string(y, x, _plain(words))


def _name(title: str, taken: set[str]) -> str:
    """Return a name that Excel takes for a sheet, and that no other sheet of the book has."""
    base = _FORBIDDEN.sub(" ", title).strip()[:27] or "-"
    name, n = base, 2
    while name.lower() in taken:
        name, n = f"{base} {n}", n + 1
    taken.add(name.lower())
    return name


def _plain(text: str) -> str:
    """Return text without the control characters that XML does not hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")[:32_000]
