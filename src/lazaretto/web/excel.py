"""Tables as Excel files."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def write_excel(path: Path | io.BytesIO, lines: Iterable[Iterable[Any]]) -> None:
    """Write one sheet; text is never taken as a formula."""
    import xlsxwriter  # only tables in Excel pay for loading it

    book = xlsxwriter.Workbook(
        path if isinstance(path, io.BytesIO) else str(path),
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    sheet = book.add_worksheet()
    for y, line in enumerate(lines):
        for x, cell in enumerate(line):
            sheet.write(y, x, cell)
    sheet.freeze_panes(1, 1)
    sheet.autofit()
    book.close()
