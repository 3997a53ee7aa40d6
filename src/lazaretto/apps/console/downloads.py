"""Files: the report as JSON in either form, the protocol as Word and PDF. `papers` has those that are set as papers."""

import json
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, queries, reading
from lazaretto.papers import as_pdf, as_word
from lazaretto.web import files

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
def draft(request: HttpRequest, code: str, text: str) -> HttpResponse:
    now = access.clock_now()
    own = wants_own(request)
    asked = access.asked(request, code, [needed(own)], now)
    document = queries.draft(asked, access.day_of(text), now, own=own)
    if document is None:
        raise Http404
    return _json(document, f"{code}-{text}-draft")


@require_safe
def report(request: HttpRequest, code: str, text: str, number: int) -> HttpResponse:
    own = wants_own(request)
    asked = access.asked(request, code, [needed(own)], access.clock_now())
    found = queries.report(asked, access.day_of(text), number)
    if found is None:
        raise Http404
    return _json(found.document if own else found.outgoing, f"{code}-{text}-{number}" + ("" if own else "-outgoing"))


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
    return files.answer(content, kind, f"{code}-{shown.document.id}-{shown.document.version}-{shown.level}.{ending}")


def wants_own(request: HttpRequest) -> bool:
    return request.GET.get("form") != "outgoing"


def needed(own: bool) -> Permission:
    return Permission.REPORT_READ if own else Permission.REPORT_READ_OUTGOING


def _json(document: dict[str, Any], name: str) -> HttpResponse:
    return files.answer(json.dumps(document, ensure_ascii=False, indent=2).encode(), "application/json", f"{name}.json")
