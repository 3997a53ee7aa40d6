"""The equity report as a page and as a workbook: restriction, reviews and care by group; small numbers are kept back."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.console import access
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.isolation.equity import COUNTS, UNKNOWN, Equity, Row, equity
from lazaretto.papers.excel import workbook
from lazaretto.papers.table import Column, Table
from lazaretto.papers.table import Unknown as Hidden
from lazaretto.protocol.text import Text
from lazaretto.web import files
from lazaretto.web.dates import day
from lazaretto.web.spreadsheets import EXCEL

_P = Permission
#: Inside the house, and the bodies above that read its figures: neither sees a name here.
READS = (_P.ISOLATION_READ, _P.REPORT_READ_OUTGOING)
DIMENSIONS = {"population": Text("人群", "population"), "sex": Text("性别", "sex"), "age": Text("年龄", "age")}
WORDS = {
    "people": Text("人数", "people"), "days": Text("受限人日", "days of restriction"),
    "alone": Text("其中单间人日", "of them in a single room"), "reviews": Text("应复核", "reviews due"),
    "on_time": Text("按时复核", "on time"), "owed": Text("应得（项）", "entitlements owed"),
    "short": Text("欠（项）", "short"), "calls_short": Text("其中通话", "of them calls"),
}  # fmt: skip
GROUPS = {
    "male": Text("男", "male"), "female": Text("女", "female"), UNKNOWN: Text("未知", "unknown"), "": Text("合计", "total"),
}  # fmt: skip


def _asked(request: HttpRequest, asked: Asked, now: int) -> Equity:
    last = access.date_of(request.GET.get("to", "")) or asked.today
    first = access.date_of(request.GET.get("from", "")) or last.replace(day=1)
    return equity(asked.facility, min(first, last), last, now)


@require_safe
def report(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, READS, now)
    inside = _P.ISOLATION_READ in asked.may
    context: dict[str, Any] = access.frame(asked, "isolation", now)
    try:
        found, populations = _asked(request, asked, now), _populations(asked, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    board = [(gettext("Isolation board"), reverse("isolation", args=[code]))] if inside else []
    context |= {
        "crumbs": [*board, (gettext("Equity"), "")],
        "first": found.first, "last": found.last, "span": f"{day(found.first)} – {day(found.last)}",
        "heads": [title(WORDS[k]) for k in COUNTS],
        "tables": [
            {"id": name, "title": title(DIMENSIONS[name]), "rows": [_cells(r, populations) for r in (*rows, found.total)]}
            for name, rows in found.tables.items()
        ],
        "query": f"?from={found.first}&to={found.last}", "empty": found.total.counts["people"] == 0,
        "before": f"?from={_month(found.first, -1)}&to={found.first.replace(day=1) - timedelta(days=1)}",
    }  # fmt: skip
    return render(request, "console/isolation/equity.html", context)


def _month(on: date, n: int) -> date:
    months = on.year * 12 + on.month - 1 + n
    return date(months // 12, months % 12 + 1, 1)


def _populations(asked: Asked, now: int) -> dict[str, Text]:
    document = in_force(asked.facility, now).resolved.document
    return {p.id: p.title.text for p in document.populations}


def _word(group: str, populations: dict[str, Text]) -> Text:
    return GROUPS.get(group) or populations.get(group) or Text(group, group)


def _cells(row: Row, populations: dict[str, Text]) -> dict[str, Any]:
    cells = [{"n": n, "hidden": n is None} for n in (row.counts[k] for k in COUNTS)]
    return {"group": title(_word(row.group, populations)), "cells": cells, "total": row.group == ""}


@require_safe
def as_excel(request: HttpRequest, code: str) -> HttpResponse:
    """The same numbers as a workbook; what is kept back on the page is kept back here."""
    now = access.clock_now()
    asked = access.asked(request, code, READS, now)
    found, populations = _asked(request, asked, now), _populations(asked, now)
    hidden = Hidden(Text("不公布", "kept back"))
    tables = [
        Table(
            DIMENSIONS[name],
            (Column(DIMENSIONS[name], 30), *(Column(WORDS[k], 24, number=True) for k in COUNTS)),
            [
                [_word(r.group, populations), *(hidden if r.counts[k] is None else r.counts[k] for k in COUNTS)]
                for r in (*rows, found.total)
            ],
        )
        for name, rows in found.tables.items()
    ]
    note = gettext("Groups and counts of 1 to 4 are kept back, and one more where a total would say them.")
    about = [f"{asked.facility.code} {found.first} – {found.last}", note]
    content = workbook(tables, about, get_language() or "zh", asked.today)
    return files.answer(content, EXCEL, f"equity-{code}-{found.first}.xlsx")
