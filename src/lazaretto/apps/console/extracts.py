"""Figures without identities, as files for analysis."""

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access
from lazaretto.apps.reporting import extracts as figures
from lazaretto.web import files

TITLES = {
    "reports": gettext_lazy("day reports"),
    "headcount": gettext_lazy("headcount by wing"),
    "population": gettext_lazy("who was there"),
    "readings": gettext_lazy("temperatures"),
}


@require_safe
def extracts(request: HttpRequest, code: str) -> HttpResponse:
    """The page: which tables there are, and for which days."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.EXTRACT_READ], now)
    first, last, wrong = _span(request, asked.today)
    context: dict[str, Any] = access.frame(asked, "extracts", now) | {
        "tables": [{"id": t.name, "title": TITLES[t.name], "columns": t.columns} for t in figures.TABLES.values()], "first": first.isoformat(), "last": last.isoformat(), "wrong": wrong,
        "longest": figures.LONGEST_DAYS,
    }  # fmt: skip
    return render(request, "console/extracts.html", context, status=422 if wrong else 200)


@require_safe
def extract(request: HttpRequest, code: str, table: str, ending: str) -> HttpResponse:
    """One table of a span as a file."""
    asked = access.asked(request, code, [Permission.EXTRACT_READ], access.clock_now())
    first, last, wrong = _span(request, asked.today)
    if table not in figures.TABLES or ending not in ("csv", "xlsx") or wrong:
        raise Http404
    lines = figures.extract(asked.facility, table, first, last)
    name = f"{code}-{table}-{first}-{last}.{ending}"
    return files.comma(lines, name) if ending == "csv" else files.excel(lines, name)


def _span(request: HttpRequest, today: date) -> tuple[date, date, bool]:
    """Return the days asked for (the last week up to yesterday, if none), and whether they cannot be given."""
    first, last = today - timedelta(days=7), today - timedelta(days=1)
    try:
        first = date.fromisoformat(request.GET["first"]) if request.GET.get("first") else first
        last = date.fromisoformat(request.GET["last"]) if request.GET.get("last") else last
    except ValueError:
        return first, last, True
    return first, last, not 0 <= (last - first).days < figures.LONGEST_DAYS
