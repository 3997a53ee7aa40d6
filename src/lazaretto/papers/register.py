"""
Any table as a paper and as a workbook: registers, lists of gaps, the plan of rounds.

    register = Register("Gaps", "Yunting prison", "as of 17 Mar 17:00", (Column("Who", 40), Column("Due", 24)), rows)
    register_pdf(register, "en", Printed("Qin", "17 Mar 17:05", date(2026, 3, 17)))
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lazaretto.papers import excel
from lazaretto.papers.pdf import typeset
from lazaretto.papers.protocol import NO_DATE
from lazaretto.papers.table import Cell, Column, Said, Table, as_data, said
from lazaretto.protocol.text import Text

#: The width of the text on upright A4, in millimetres; a table that wishes for more lies on its side.
UPRIGHT = 174
_NONE = Text("没有。", "None.")


@dataclass(frozen=True, slots=True)
class Printed:
    """Who printed it and when, in words, and `on`, the date that the file itself bears."""

    by: Said = ""
    at: Said = ""
    on: date = NO_DATE


@dataclass(frozen=True, slots=True)
class Register:
    """A table of a facility, and since `as_of` says so, as of when. `empty` says why there are no rows."""

    title: Said
    facility: Said
    as_of: Said
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    note: Said = ""
    empty: Said = _NONE

    @property
    def table(self) -> Table:
        return Table(self.title, self.columns, self.rows, self.note, self.empty)


def register_pdf(register: Register, language: str, stamp: Printed | None = None) -> bytes:
    """Return a register as PDF/A-2b: heads on each page, page n of m, on its side when it is wide."""
    stamp, language = stamp or Printed(), _short(language)
    table = register.table
    data = {
        "language": language,
        "title": said(register.title, language),
        "subtitle": said(register.facility, language),
        "as_of": said(register.as_of, language),
        "landscape": table.width > UPRIGHT,
        "table": as_data(table, language) | {"title": ""},
        "foot": " · ".join(word for word in (said(register.facility, language), *_printed(stamp, language)) if word),
    }
    return typeset("register.typ", data, stamp.on)


def write_excel(register: Register, language: str, stamp: Printed | None = None) -> bytes:
    """Return a register as a workbook: the table with its heads in the first row, and beside it a sheet that says what it is."""
    stamp, language = stamp or Printed(), _short(language)
    words = (register.title, register.facility, register.as_of, register.note)
    about = [said(line, language) for line in words] + _printed(stamp, language)
    return excel.workbook([register.table], [line for line in about if line], language, stamp.on)


def _printed(stamp: Printed, language: str) -> list[str]:
    by, at = said(stamp.by, language), said(stamp.at, language)
    words = Text("打印：", "printed by ")
    return [f"{words.in_(language)}{by}", at] if by else [at]


def _short(language: str) -> str:
    return "zh" if language.startswith("zh") else "en"
