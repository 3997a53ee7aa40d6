"""The day's report as a paper and as a workbook: what a presenter said of a stored document, set. No number is made here."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import segno

from lazaretto.papers import excel
from lazaretto.papers.pdf import typeset
from lazaretto.papers.table import Table, as_data


@dataclass(frozen=True, slots=True)
class Number:
    """One of the numbers under the verdict; `kind` is `number`, `zero`, `null` or `unknown`."""

    label: str
    value: str
    note: str
    kind: str


@dataclass(frozen=True, slots=True)
class ReportPaper:
    """
    A report in words, in one language. `draft` is empty on a signed one; `code` and `scan` are empty on a draft, of
    which nobody keeps a copy to compare it with. `tables` stand on the paper, `sheets` in the workbook.
    """

    language: str
    on: date
    facility: str
    title: str
    period: str
    form: str
    draft: str
    status: str
    verdict: str
    under: str
    numbers: tuple[Number, ...]
    tables: tuple[Table, ...]
    sheets: tuple[Table, ...]
    seal_title: str
    seal: tuple[tuple[str, str], ...]
    seal_note: str
    code: str
    code_label: str
    scan: str
    foot: str


def report_pdf(paper: ReportPaper) -> bytes:
    """Return the report as PDF/A-2b. The same words give the same bytes, on any machine and day."""
    names = (
        "language", "facility", "title", "period", "form", "draft", "status", "verdict", "under", "seal_title", "seal",
        "seal_note", "code", "code_label", "foot",
    )  # fmt: skip
    data = {name: getattr(paper, name) for name in names}
    data["numbers"] = [[n.label, n.value, n.note, n.kind] for n in paper.numbers]
    data["tables"] = [as_data(table, paper.language) for table in paper.tables]
    drawings: Mapping[str, str] = {"scan": square(paper.scan)} if paper.scan else {}
    return typeset("report.typ", data, paper.on, drawings)


def report_excel(paper: ReportPaper) -> bytes:
    """Return the same report as a workbook; its last sheet says which report it is, and whether it is a draft."""
    head = (paper.draft, paper.facility, paper.title, paper.form, paper.period, f"{paper.verdict} · {paper.under}")
    seal = (f"{label}: {value}" for label, value in paper.seal)
    lines = [*head, *seal, paper.seal_note]
    return excel.workbook(paper.sheets, [line for line in lines if line], paper.language, paper.on)


def square(text: str, *, level: str = "m") -> str:
    """Return a QR code as SVG, drawn with lines, so that it prints sharp at any size."""
    file = io.BytesIO()
    segno.make(text, error=level, micro=False, boost_error=False).save(file, kind="svg", border=0, xmldecl=False)
    return file.getvalue().decode("ascii")
