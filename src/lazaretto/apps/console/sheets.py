"""Sheets for rounds without network: made and printed here, and typed back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.console import access, sheetview
from lazaretto.apps.console.papers import PDF, language
from lazaretto.apps.console.presenters import sheets as words
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.rounds import codes, sheets, transcription
from lazaretto.apps.rounds.models import Sheet
from lazaretto.papers.sheet import sheet_pdf
from lazaretto.protocol.clock import local
from lazaretto.web import files

LATEST = 20


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, code: str) -> HttpResponse:
    """Offer the sheets that there are, and make one: first what is due is shown, then the times are chosen."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.FACT_RECORD], now)
    context: dict[str, Any] = access.frame(asked, "sheets", now)
    try:
        document = in_force(asked.facility, now).resolved.document
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    given = request.POST if request.method == "POST" else request.GET
    chosen = {name: given.get(name, "").strip()[:80] for name in ("measure", "where", "on")}
    context |= _choices(asked, chosen, now)
    context["recent"] = words.listed(sheets.latest(asked.facility, LATEST), document, asked.facility.zone)
    if not chosen["measure"]:
        return render(request, "console/sheets.html", context)
    try:
        return _make(request, asked, chosen, context, now)
    except sheets.SheetRefused as refused:
        context["refused"] = words.say(refused.message)
        return render(request, "console/sheets.html", context, status=422)


def _make(
    request: HttpRequest, asked: Asked, chosen: dict[str, str], context: dict[str, Any], now: int
) -> HttpResponse:
    on = access.day_of(chosen["on"] or asked.today.isoformat())
    kind, _, place = chosen["where"].partition(":")
    where = sheets.Where(place if kind == "place" else "", place if kind == "unit" else "")
    found = sheets.asked(asked.facility, chosen["measure"], on, where, at=now)
    if request.method == "POST":
        dues = [int(due) for due in request.POST.getlist("due") if due.isascii() and due.isdigit() and len(due) < 16]
        by = access.by(request)
        made = sheets.make_sheet(facility=asked.facility, asked=found, dues=dues, by=by, at=now)
        messages.success(
            request,
            gettext("The sheet %(code)s is made. Print it, or type it back.") % {"code": words.grouped(made.code)},
        )
        return redirect("sheet", asked.facility.code, made.code)
    context["times"] = words.times(found.dues(), lambda ms: sheets.time_of(asked.facility.zone, on, ms))
    context["looked"] = True
    context["found_title"] = title(found.round.title)
    return render(request, "console/sheets.html", context)


def _choices(asked: Asked, chosen: dict[str, str], now: int) -> dict[str, Any]:
    facility = asked.facility
    return {
        "rounds": [
            {"id": m.id, "name": title(m.title), "selected": m.id == chosen["measure"]}
            for m in sheets.rounds_of(facility, now)
        ],
        "places": words.choices(sheets.places_to_choose(facility), "place", chosen["where"]),
        "units": words.choices(sheets.units_to_choose(facility), "unit", chosen["where"]),
        "on": chosen["on"] or asked.today.isoformat(),
        "chosen": chosen,
    }


@require_safe
def open_sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Go to the sheet whose code was typed or scanned; one that is misread is said to be so."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.FACT_RECORD], now)
    typed = request.GET.get("code", "")[:40]
    try:
        wanted = codes.read(typed, sheets.CODE_LENGTH)
    except codes.BadCode as bad:
        return _not_opened(request, asked, typed, words.say(bad.message), now)
    if sheets.sheet_of(asked.facility, wanted) is None:
        why = gettext("This facility has no sheet %(code)s.") % {"code": words.grouped(wanted)}
        return _not_opened(request, asked, typed, why, now)
    return redirect("sheet", code, wanted)


def _not_opened(request: HttpRequest, asked: Asked, typed: str, why: str, now: int) -> HttpResponse:
    context: dict[str, Any] = access.frame(asked, "sheets", now) | {"typed_code": typed, "code_error": why}
    try:
        document = in_force(asked.facility, now).resolved.document
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    context |= _choices(asked, {"measure": "", "where": "", "on": ""}, now)
    context["recent"] = words.listed(sheets.latest(asked.facility, LATEST), document, asked.facility.zone)
    return render(request, "console/sheets.html", context, status=422)


def _asked_for(request: HttpRequest, code: str, sheet_code: str, now: int) -> tuple[Asked, Sheet]:
    asked = access.asked(request, code, [Permission.FACT_RECORD], now)
    try:
        found = sheets.sheet_of(asked.facility, codes.read(sheet_code, sheets.CODE_LENGTH))
    except codes.BadCode:
        found = None
    if found is None:
        raise Http404
    return asked, found


@require_safe
def print_sheet(request: HttpRequest, code: str, sheet_code: str) -> HttpResponse:
    now = access.clock_now()
    asked, sheet = _asked_for(request, code, sheet_code, now)
    with translation.override(language(request)):
        content = sheet_pdf(sheetview.sheet_paper(asked, sheet, now))
    return files.answer(content, PDF, f"sheet-{sheet.code}.pdf")


@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, code: str, sheet_code: str) -> HttpResponse:
    """Show the grid of a sheet, and take what is typed in it."""
    now = access.clock_now()
    asked, found = _asked_for(request, code, sheet_code, now)
    context: dict[str, Any] = access.frame(asked, "sheets", now)
    if request.method != "POST":
        context |= sheetview.grid(asked, found, now, typed={}, times={}, measured_by="", outcome=None)
        return render(request, "console/sheet.html", context)
    typed, times = _typed(request, found), _times(request, found)
    outcome = transcription.transcribe(
        sheet=found, typed=typed, times=times, measured_by=request.POST.get("by", "")[:80],
        confirmed=request.POST.get("confirm", "")[:16], by=access.by(request), at=now,
    )  # fmt: skip
    _tell(request, found, outcome, now)
    if outcome.settled:
        return redirect("sheet", code, found.code)
    context |= sheetview.grid(
        asked, found, now, typed=typed, times=times, measured_by=request.POST.get("by", "")[:80], outcome=outcome
    )
    return render(request, "console/sheet.html", context, status=422)


def _typed(request: HttpRequest, sheet: Sheet) -> dict[transcription.Box, transcription.Typed]:
    boxes = ((row.number, n) for row in sheets.rows_of(sheet) for n in range(len(sheet.columns)))
    return {
        (row, n): transcription.Typed(
            request.POST.get(f"v-{row}-{n}", "")[:140], request.POST.get(f"t-{row}-{n}", "")[:10]
        )
        for row, n in boxes
    }


def _times(request: HttpRequest, sheet: Sheet) -> dict[int, str]:
    """Return the times typed over the columns; the due one, as it stands there at first, is left out."""
    given = {n: request.POST.get(f"t-{n}", "").strip()[:10] for n in range(len(sheet.columns))}
    due = {n: f"{local(sheet.facility.zone, ms):%H:%M}" for n, ms in enumerate(sheet.columns)}
    return {n: time for n, time in given.items() if time and time != due[n]}


def _tell(request: HttpRequest, sheet: Sheet, outcome: transcription.Outcome, now: int) -> None:
    if outcome.settled or outcome.created or outcome.corrected:
        for tone, said in words.saved(outcome):
            (messages.success if tone == "success" else messages.info)(request, said)
    n, threshold = transcription.fevers(sheet, outcome, now)
    if n:
        messages.warning(request, words.fevers(n, threshold))
