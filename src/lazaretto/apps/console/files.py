"""Answers that are files: never cached, named, and harmless to the program that opens them."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from lazaretto.apps.registry.tables import harmless, write_excel

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def excel(lines: Iterable[Iterable[Any]], name: str) -> HttpResponse:
    file = io.BytesIO()
    write_excel(file, lines)
    return answer(file.getvalue(), EXCEL, name)


def comma(lines: Iterable[Iterable[Any]], name: str) -> HttpResponse:
    """A CSV file that Excel opens as UTF-8."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([[harmless(str(c)) for c in line] for line in lines])
    return answer(file.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", name)


def answer(content: bytes, kind: str, name: str) -> HttpResponse:
    header = content_disposition_header(True, name)
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": header or "attachment", "Cache-Control": "no-store"}
    )
