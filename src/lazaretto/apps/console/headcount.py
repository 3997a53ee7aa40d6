"""The headcount of a day or a shift, unit by unit, beside what was counted at roll calls."""

from datetime import date
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol, timeline
from lazaretto.apps.console import access, register
from lazaretto.apps.console.presenters import headcount as words
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry import queries as registry
from lazaretto.apps.rounds.roll_calls import roll_calls
from lazaretto.protocol.clock import instant, minute_of_day
from lazaretto.protocol.evidence import day_bounds
from lazaretto.web import files

#: A shift may be called anything; the whole day is what is asked for without one.
WHOLE = ""


class Span(NamedTuple):
    """A part of a day: the facility-day or one shift of the protocol in force."""

    id: str
    title: Any
    start: int
    end: int


class Count(NamedTuple):
    """A headcount as it was computed: of `shown` (cut at now), which may not be over."""

    span: Span
    end: int
    lines: dict[str, Any]
    away: int
    calls: list[Any]
    on_file: dict[str, int]


@require_safe
def headcount(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.RESIDENTS_READ], now)
    on = access.date_of(request.GET.get("on", "")) or asked.today
    spans = _spans(asked, on, now)
    span = next((s for s in spans if s.id == request.GET.get("shift", WHOLE)), None)
    if span is None:
        raise Http404
    context = access.frame(asked, "headcount", now) | {
        "crumbs": [(gettext("Headcount"), "")],
        "on": on,
        "shifts": [(s.id, words.span_name(s), s.id == span.id) for s in spans],
        "shift": span.id,
        "turn": words.turn(on, asked.today),
        "may_export": Permission.TABLES_EXPORT in asked.may,
        "future": span.start > now,
    }
    if span.start <= now:
        context |= words.page(_count(asked, span, now), asked, register.unit_names(asked))
    return render(request, "console/headcount.html", context)


@require_safe
def excel(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.TABLES_EXPORT], now)
    if Permission.RESIDENTS_READ not in asked.may:
        raise PermissionDenied
    on = access.date_of(request.GET.get("on", "")) or asked.today
    span = next((s for s in _spans(asked, on, now) if s.id == request.GET.get("shift", WHOLE)), None)
    if span is None or span.start > now:
        raise Http404
    user: Any = request.user
    lines = words.lines(_count(asked, span, now), asked, register.unit_names(asked))
    accounts.record_taken_out(log=asked.facility.log, table="headcount", rows=len(lines), by=user.ref, at=now)
    return files.excel(lines, f"{code}-headcount-{on}{span.id and f'-{span.id}'}.xlsx")


def _spans(asked: Asked, on: date, now: int) -> list[Span]:
    """Return the facility-day, and the shifts that begin on that day; one across midnight ends on the next."""
    zone = asked.facility.zone
    try:
        phases = timeline(asked.facility, now)
    except NoProtocol:
        return [Span(WHOLE, None, instant(zone, on, 0), instant(zone, on, 24 * 60))]
    start, end = day_bounds([p.phase() for p in phases], zone, on)
    found = [Span(WHOLE, None, start, end)]
    document = next(
        (p for p in phases if p.start <= min(max(start, phases[0].start), now) < p.end), phases[-1]
    ).resolved.document
    for shift in document.shifts:
        first, last = minute_of_day(shift.start), minute_of_day(shift.end)
        last = last if last > first else last + 24 * 60
        day, minute = (on, last) if last <= 24 * 60 else (date.fromordinal(on.toordinal() + 1), last - 24 * 60)
        found.append(Span(shift.id, shift.title, instant(zone, on, first), instant(zone, day, minute)))
    return found


def _count(asked: Asked, span: Span, now: int) -> Count:
    facility, end = asked.facility, min(span.end, now + 1)
    (lines,) = registry.headcounts(facility, [(span.start, end)])
    calls = roll_calls(facility, span.start, span.end, now)
    on_file = {f"{c.kind}:{c.subject}": register.held(asked, c.kind, c.subject, c.observed_at) for c in calls}
    return Count(span, end, lines, registry.away(facility, end - 1), calls, on_file)
