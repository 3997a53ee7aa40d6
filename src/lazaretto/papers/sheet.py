"""A sheet for a round: a line for each subject, two boxes for each time, and codes by which it is typed back."""

from dataclasses import dataclass
from datetime import date

from lazaretto.papers.pdf import typeset
from lazaretto.papers.report import square


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A subject on a sheet; `asked` are the columns in which something is owed, the other boxes are hatched."""

    number: int
    place: str
    name: str
    subject: str
    code: str
    asked: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SheetPaper:
    """
    A sheet in one language. `code` is without groups, as the square says it; `legend` is how outcomes are written,
    `reasons` their numbered reasons, `unit` what a value is in.
    """

    language: str
    on: date
    title: str
    facility: str
    where: str
    day: str
    code: str
    columns: tuple[str, ...]
    lines: tuple[SheetLine, ...]
    unit: str
    how: str
    legend: str
    reasons: tuple[str, ...]
    foot: str


def sheet_pdf(paper: SheetPaper) -> bytes:
    """Return a sheet as PDF/A-2b; with its code and its square on every page. The same sheet gives the same bytes."""
    names = ("language", "title", "facility", "where", "day", "columns", "unit", "how", "legend", "reasons", "foot")
    data = {name: getattr(paper, name) for name in names}
    data["code"] = f"{paper.code[:4]} {paper.code[4:]}"
    data["lines"] = [
        [str(line.number), line.place, line.name, line.subject, line.code, list(line.asked)] for line in paper.lines
    ]
    return typeset("sheet.typ", data, paper.on, {"scan": square(paper.code)})
