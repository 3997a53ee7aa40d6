"""Answers that are files: never cached, named, and harmless to the program that opens them."""

import io
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from lazaretto.web.spreadsheets import CSV, EXCEL, write_csv, write_excel


def excel(lines: Iterable[Iterable[Any]], name: str) -> HttpResponse:
    file = io.BytesIO()
    write_excel(file, lines)
    return answer(file.getvalue(), EXCEL, name)


def comma(lines: Iterable[Iterable[Any]], name: str) -> HttpResponse:
    file = io.BytesIO()
    write_csv(file, lines)
    return answer(file.getvalue(), CSV, name)


def answer(content: bytes, kind: str, name: str) -> HttpResponse:
    header = content_disposition_header(True, name)
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": header or "attachment", "Cache-Control": "no-store"}
    )
