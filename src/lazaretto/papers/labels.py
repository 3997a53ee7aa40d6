"""Sheets of labels: a square that the ward client reads, and in words what it stands for."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from lazaretto.papers.pdf import typeset
from lazaretto.papers.report import square


class Label(NamedTuple):
    """One label. `said` is what the square says (`place:W1-101`, `person:R0017`), `name` and `under` are for people."""

    said: str
    name: str
    under: str
    code: str


def labels_pdf(labels: Sequence[Label], title: str, language: str, on: date) -> bytes:
    """Return labels on A4 sheets of 3 × 8. The same labels give the same bytes."""
    drawn = [one._asdict() | {"square": square(one.said, level="q")} for one in labels]
    return typeset("labels.typ", {"title": title, "language": language, "labels": drawn}, on)
