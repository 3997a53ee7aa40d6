"""Who looked at sensitive fields of whose file: for auditors, references only."""

import io
from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts import access, presenters, queries
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.views_users import EXCEL, PAGE
from lazaretto.protocol.clock import instant
from lazaretto.web.excel import write_excel

FILTERS = ("subject", "by", "first", "last")
#: More than this is not put into one file; the dates narrow it.
MOST_ROWS = 100_000


def _asked(request: HttpRequest) -> tuple[dict[str, str], Any, str]:
    on = access.check_anywhere(request, Permission.ACCESS_READ)
    asker = access.asker(request)
    zone = queries.zone_for(asker)
    chosen = {name: request.GET.get(name, "").strip()[:60] for name in FILTERS}
    first, last = access.day_or_none(chosen["first"]), access.day_or_none(chosen["last"])
    found = queries.reads_in(
        queries.logs_watched_by(asker, on), subject=chosen["subject"], by=chosen["by"],
        since=instant(zone, first, 0) if first else None,
        until=instant(zone, last + timedelta(days=1), 0) if last else None,
    )  # fmt: skip
    return chosen, found, zone


def _lines(reads: Any, zone: str) -> list[dict[str, Any]]:
    reads = list(reads)
    known = queries.by_ref(read.by for read in reads)
    return [presenters.look_line(read, known, zone) for read in reads]


@require_safe
def reads(request: HttpRequest) -> HttpResponse:
    chosen, found, zone = _asked(request)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    said = {
        "section": "reads",
        "page": page,
        "lines": _lines(page.object_list, zone),
        "chosen": chosen,
        "query": access.query_of(chosen),
        "zone": zone,
    }
    return render(request, "accounts/reads.html", said)


@require_safe
def reads_excel(request: HttpRequest) -> HttpResponse:
    _, found, zone = _asked(request)
    heads = [gettext("when"), gettext("facility"), gettext("person, by reference"), gettext("who looked"),
             gettext("user name"), gettext("fields"), gettext("where")]  # fmt: skip
    names = ("moment", "facility", "subject", "by", "username", "fields", "where")
    file = io.BytesIO()
    write_excel(file, [heads, *([line[n] for n in names] for line in _lines(found[:MOST_ROWS], zone))])
    header = content_disposition_header(True, "who-looked.xlsx") or "attachment"
    return HttpResponse(
        file.getvalue(), content_type=EXCEL, headers={"Content-Disposition": header, "Cache-Control": "no-store"}
    )
