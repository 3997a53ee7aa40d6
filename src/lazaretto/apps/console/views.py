"""The pages: one query, a presenter, a template each."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, dayview, queries, reading
from lazaretto.apps.console.live.page import live
from lazaretto.apps.console.presenters import home as home_words
from lazaretto.apps.console.presenters import sections
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.protocol.clock import local_day

STRIP = 14
LEGEND = ("complete", "incomplete", "contradictory", "unknown")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    now = access.clock_now()
    found = queries.facilities(request.user, queries.READS_REPORT, now)  # type: ignore[arg-type]
    days = {f.pk: queries.last_days(local_day(f.zone, now), STRIP) for f in found}
    span = [on for strip in days.values() for on in strip] or [date.min]
    signed = queries.signed_days(found, min(span), max(span))
    groups = home_words.rows(found, signed, days)
    others = [a for a in queries.open_facilities(request.user, now) if a.facility not in found]  # type: ignore[arg-type]
    said = {"groups": groups, "sentence": home_words.sentence(groups), "section": "home", "legend": LEGEND}
    said["others"] = [
        {"name": in_language(a.facility.organisation), "url": sections.first_page(a.facility.code, a.may)}
        for a in others
    ]
    return render(request, "console/home.html", said)


@require_safe
def days(request: HttpRequest, code: str) -> HttpResponse:
    found = access.asked(request, code, queries.READS_REPORT, access.clock_now())
    return redirect("day", code, found.today.isoformat())


@require_safe
def day(request: HttpRequest, code: str, text: str) -> HttpResponse:
    now = access.clock_now()
    found = access.asked(request, code, queries.READS_REPORT, now)
    context = live(found, access.day_of(text), request.GET)  # first where the record stands, then what it says
    seen = queries.day(found, access.day_of(text), now)
    context |= access.frame(found, "day", now) | dayview.head(found, seen)
    if seen.shown is None:
        return render(request, "console/day_absent.html", context)
    words = dayview.Vocabulary(found, seen, now)
    context |= dayview.report(found, seen, now, words) | dayview.gaps(found, seen, request.GET, words)
    return render(request, "console/day.html", context)


@require_safe
def protocol(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PROTOCOL_READ], now)
    found = queries.protocol(asked, now)
    context: dict[str, Any] = access.frame(asked, "protocol", now)
    if found is None:
        return render(request, "console/no_protocol.html", context)
    context |= reading.page(found, request.GET, asked.facility.zone)
    return render(request, "console/protocol.html", context)
