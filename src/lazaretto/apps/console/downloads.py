"""Files: the report as JSON in either form, the gaps as a table, the protocol as Word and PDF."""

import io
import json
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, dayview, queries, reading
from lazaretto.apps.console.presenters import gaps as gap_words
from lazaretto.apps.registry.tables import write_excel
from lazaretto.papers import as_pdf, as_word

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
def draft(request: HttpRequest, code: str, text: str) -> HttpResponse:
    now = access.clock_now()
    own = _wants_own(request)
    asked = access.asked(request, code, [_needed(own)], now)
    document = queries.draft(asked, access.day_of(text), now, own=own)
    if document is None:
        raise Http404
    return _json(document, f"{code}-{text}-draft")


@require_safe
def report(request: HttpRequest, code: str, text: str, number: int) -> HttpResponse:
    own = _wants_own(request)
    asked = access.asked(request, code, [_needed(own)], access.clock_now())
    found = queries.report(asked, access.day_of(text), number)
    if found is None:
        raise Http404
    return _json(found.document if own else found.outgoing, f"{code}-{text}-{number}" + ("" if own else "-outgoing"))


@require_safe
def gaps(request: HttpRequest, code: str, text: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, queries.READS_REPORT, now)
    seen = queries.day(asked, access.day_of(text), now)
    if seen.shown is None:
        raise Http404
    rows = gap_words.in_order(gap_words.listed(seen.shown), "due")
    lines = dayview.lines(asked, rows, dayview.Vocabulary(asked, seen, now))
    file = io.BytesIO()
    write_excel(file, [_heads(asked.own).values(), *([line[c] for c in _heads(asked.own)] for line in lines)])
    return as_file(file.getvalue(), EXCEL, f"{code}-{text}-gaps.xlsx")


@require_safe
def protocol_word(request: HttpRequest, code: str) -> HttpResponse:
    return _paper(request, code, as_word, WORD, "docx")


@require_safe
def protocol_pdf(request: HttpRequest, code: str) -> HttpResponse:
    return _paper(request, code, as_pdf, "application/pdf", "pdf")


def _paper(request: HttpRequest, code: str, make: Callable[..., bytes], kind: str, ending: str) -> HttpResponse:
    """Return the protocol in force on paper, at `?level=` and in `?lang=` where they are given."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PROTOCOL_READ], now)
    found = queries.protocol(asked, now)
    if found is None:
        raise Http404
    shown = reading.at_level(found, request.GET.get("level", ""))
    language = request.GET.get("lang") or get_language() or "zh"
    content = make(shown, language, reading.stamp(asked, found, shown))
    return as_file(content, kind, f"{code}-{shown.document.id}-{shown.document.version}-{shown.level}.{ending}")


def _wants_own(request: HttpRequest) -> bool:
    return request.GET.get("form") != "outgoing"


def _needed(own: bool) -> Permission:
    return Permission.REPORT_READ if own else Permission.REPORT_READ_OUTGOING


def _heads(own: bool) -> dict[str, str]:
    """Return the columns of the table with their heads."""
    shared = {"measure": gettext("measure"), "reason": gettext("reason")}
    if not own:
        return {"unit": gettext("unit"), **shared, "n": gettext("gaps")}
    named = {"name": gettext("name"), "code": gettext("code"), "unit": gettext("unit"), "place": gettext("place")}
    return {**named, "due": gettext("due at"), **shared}


def _json(document: dict[str, Any], name: str) -> HttpResponse:
    return as_file(json.dumps(document, ensure_ascii=False, indent=2).encode(), "application/json", f"{name}.json")


def as_file(content: bytes, kind: str, name: str) -> HttpResponse:
    """Return a file to keep; no cache holds it."""
    header = content_disposition_header(True, name)
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": header or "attachment", "Cache-Control": "no-store"}
    )
