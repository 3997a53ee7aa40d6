"""Tables on their way out, as spreadsheets take them: Excel, and CSV that Excel reads as UTF-8. No cell is a formula."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


def write_excel(target: Path | io.BytesIO, lines: Iterable[Iterable[Any]]) -> None:
    """Write one sheet; its first line and column stay in view."""
    import xlsxwriter  # only tables in Excel pay for loading it

    book = xlsxwriter.Workbook(
        target if isinstance(target, io.BytesIO) else str(target),
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    sheet = book.add_worksheet()
    for y, line in enumerate(lines):
        for x, cell in enumerate(line):
            sheet.write(y, x, cell)
    sheet.freeze_panes(1, 1)
    sheet.autofit()
    book.close()


def write_csv(target: Path | io.BytesIO, lines: Iterable[Iterable[Any]]) -> None:
    """Write a table as comma-separated text; null is empty."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(["" if cell is None else harmless(str(cell)) for cell in line] for line in lines)
    content = text.getvalue().encode("utf-8-sig")
    if isinstance(target, io.BytesIO):
        target.write(content)
    else:
        target.write_bytes(content)


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell and cell[0] in "=+-@\t\r" and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
