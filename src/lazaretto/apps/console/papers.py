"""Papers to take home or to file: the report as PDF and Excel with its signature, the gaps, the plan of rounds."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, dayview, paperview, queries, reading
from lazaretto.apps.console.downloads import needed, wants_own
from lazaretto.apps.console.presenters import gaps as gap_words
from lazaretto.apps.journal.keys import KeyMissing
from lazaretto.apps.reporting.models import SignedReport
from lazaretto.apps.reporting.paper import sign_paper
from lazaretto.papers.plan import round_plan
from lazaretto.papers.register import Printed, Register, register_pdf, write_excel
from lazaretto.papers.report import ReportPaper, report_excel, report_pdf
from lazaretto.papers.table import Column
from lazaretto.web import files
from lazaretto.web.dates import local, moment, ms_of
from lazaretto.web.language import CODES
from lazaretto.web.spreadsheets import EXCEL
from lazaretto.web.templatetags.lz import person_name

PDF = "application/pdf"


def language(request: HttpRequest) -> str:
    """Return the language of a paper: `?lang=`, else that of the page."""
    wanted = request.GET.get("lang", "")
    return next((code for code in CODES if wanted and code.startswith(wanted)), get_language() or "zh-hans")


def printed(request: HttpRequest, asked: queries.Asked, now: int) -> Printed:
    at = local(now, asked.facility.zone)
    return Printed(person_name(request.user), f"{at:%Y-%m-%d %H:%M}", at.date())


# -- the report --------------------------------------------------------------------------------------------------------


@require_safe
def report_as_pdf(request: HttpRequest, code: str, text: str, number: int) -> HttpResponse:
    _, found, own = _signed(request, code, text, number)
    return files.answer(report_pdf(found[1]), PDF, f"{_name(found[0], own)}.pdf")


@require_safe
def report_as_excel(request: HttpRequest, code: str, text: str, number: int) -> HttpResponse:
    _, found, own = _signed(request, code, text, number)
    return files.answer(report_excel(found[1]), EXCEL, f"{_name(found[0], own)}.xlsx")


@require_safe
def report_signature(request: HttpRequest, code: str, text: str, number: int) -> HttpResponse:
    """Return the detached signature of the PDF that the same address, without it, gives."""
    _, (found, paper), own = _signed(request, code, text, number)
    try:
        signature = sign_paper(found, report_pdf(paper), own=own)
    except KeyMissing:
        messages.warning(request, gettext("No signature: the facility's signing key is not on this machine."))
        return redirect("day", code, text)
    content = json.dumps(signature, ensure_ascii=False, indent=1).encode()
    return files.answer(content + b"\n", "application/json", f"{_name(found, own)}.pdf.sig.json")


def _signed(
    request: HttpRequest, code: str, text: str, number: int
) -> tuple[queries.Asked, tuple[SignedReport, ReportPaper], bool]:
    own = wants_own(request)
    asked = access.asked(request, code, [needed(own)], access.clock_now())
    found = queries.report(asked, access.day_of(text), number)
    if found is None:
        raise Http404
    with translation.override(language(request)):
        return asked, (found, paperview.signed_paper(asked, found, own=own)), own


def _name(report: SignedReport, own: bool) -> str:
    return f"report-{report.facility.code}-{report.on}-{report.number}" + ("" if own else "-outgoing")


@require_safe
def draft_as_pdf(request: HttpRequest, code: str, text: str) -> HttpResponse:
    return _draft(request, code, text, report_pdf, PDF, "pdf")


@require_safe
def draft_as_excel(request: HttpRequest, code: str, text: str) -> HttpResponse:
    return _draft(request, code, text, report_excel, EXCEL, "xlsx")


def _draft(
    request: HttpRequest, code: str, text: str, make: Callable[[ReportPaper], bytes], kind: str, ending: str
) -> HttpResponse:
    now, own = access.clock_now(), wants_own(request)
    asked = access.asked(request, code, [needed(own)], now)
    document = queries.draft(asked, access.day_of(text), now, own=own)
    if document is None:
        raise Http404
    with translation.override(language(request)):
        by = person_name(request.user)
        content = make(paperview.draft_paper(asked, document, own=own, by=by, now=now))
    return files.answer(content, kind, f"draft-{code}-{text}" + ("" if own else "-outgoing") + f".{ending}")


# -- the gaps ----------------------------------------------------------------------------------------------------------


@require_safe
def gaps_as_pdf(request: HttpRequest, code: str, text: str) -> HttpResponse:
    return _gaps(request, code, text, register_pdf, PDF, "pdf")


@require_safe
def gaps_as_excel(request: HttpRequest, code: str, text: str) -> HttpResponse:
    return _gaps(request, code, text, write_excel, EXCEL, "xlsx")


def _gaps(
    request: HttpRequest, code: str, text: str, make: Callable[..., bytes], kind: str, ending: str
) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, queries.READS_REPORT, now)
    seen = queries.day(asked, access.day_of(text), now)
    if seen.shown is None:
        raise Http404
    with translation.override(language(request)):
        register = _gap_register(asked, seen, now)
        content = make(register, language(request), printed(request, asked, now))
    return files.answer(content, kind, f"{code}-{text}-gaps.{ending}")


def _gap_register(asked: queries.Asked, seen: queries.Day, now: int) -> Register:
    assert seen.shown is not None
    rows = gap_words.in_order(gap_words.listed(seen.shown), "due")
    lines = dayview.lines(asked, rows, dayview.Vocabulary(asked, seen, now))
    columns = _gap_columns(asked.own)
    head, zone = dayview.head(asked, seen), asked.facility.zone
    as_of = gettext("as of %(moment)s") % {"moment": moment(ms_of(seen.shown["as_of"]), zone)}
    state = gettext("signed") if seen.signed else gettext("draft")
    return Register(
        gettext("Gaps") + f" · {head['title_day']}",
        paperview.facility_name(asked),
        f"{as_of} · {state}",
        tuple(columns.values()),
        [[line[name] for name in columns] for line in lines],
        "" if asked.own else gettext("< 5: one to four; the exact number stays in the facility."),
        gettext("No gaps."),
    )


def _gap_columns(own: bool) -> dict[str, Column]:
    shared = {"measure": Column(gettext("measure"), 44), "reason": Column(gettext("reason"), 36)}
    if not own:
        return {"unit": Column(gettext("unit"), 50), **shared, "n": Column(gettext("gaps"), 18, number=True)}
    named = {
        "name": Column(gettext("name"), 30), "code": Column(gettext("code"), 22), "unit": Column(gettext("unit"), 26),
        "place": Column(gettext("place"), 34), "due": Column(gettext("due at"), 28),
    }  # fmt: skip
    return named | shared


# -- the plan of rounds ------------------------------------------------------------------------------------------------


@require_safe
def plan_as_pdf(request: HttpRequest, code: str) -> HttpResponse:
    return _plan(request, code, register_pdf, PDF, "pdf")


@require_safe
def plan_as_excel(request: HttpRequest, code: str) -> HttpResponse:
    return _plan(request, code, write_excel, EXCEL, "xlsx")


def _plan(request: HttpRequest, code: str, make: Callable[..., bytes], kind: str, ending: str) -> HttpResponse:
    """Return the rounds of the protocol in force, at `?level=` where it is given."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PROTOCOL_READ], now)
    found = queries.protocol(asked, now)
    if found is None:
        raise Http404
    shown = reading.at_level(found, request.GET.get("level", ""))
    register: Any = round_plan(shown, reading.stamp(asked, found, shown).facility)
    content = make(register, language(request), printed(request, asked, now))
    return files.answer(content, kind, f"{code}-rounds-{shown.level}.{ending}")
