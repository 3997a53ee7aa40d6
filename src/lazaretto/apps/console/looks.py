"""
Who looked at whose sensitive fields, never what was seen.

In one facility its own auditor reads codes and reasons; over all facilities that somebody watches, people stand by
reference and the reasons are left out, for a reason may say what a person has.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import granting, logs_watched_by, looks_in, with_users, zone_for
from lazaretto.apps.console import access, queries, register
from lazaretto.apps.console.presenters import looks as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.protocol.clock import instant, local_day
from lazaretto.web import files

PAGE = 50
#: More than this is not put into one file; the dates narrow it.
MOST_ROWS = 100_000
FILTERS = ("by", "first", "last", "page")


class Looks(NamedTuple):
    """The looks that were asked for, and how each is put into words."""

    given: dict[str, str]
    found: Any
    lines: Callable[[Any], list[dict[str, str]]]

    def page(self) -> dict[str, Any]:
        """Return one page of them, for a template."""
        page = Paginator(self.found, PAGE).get_page(self.given["page"])
        query = Query(self.given)
        return {
            "page": page,
            "lines": self.lines(page.object_list),
            "given": self.given,
            "filtered": any(said for name, said in self.given.items() if name != "page"),
            "link": query.turns(page),
            "query": query.but(),
        }


def _said(given: Mapping[str, str], zone: str) -> dict[str, Any]:
    """Return who and when was asked for, as the query takes it."""
    first, last = access.date_of(given["first"]), access.date_of(given["last"])
    return {
        "by": given["by"],
        "since": instant(zone, first, 0) if first else None,
        "until": instant(zone, last, 24 * 60) if last else None,
    }


# -- in one facility ---------------------------------------------------------------------------------------------------


def _here(request: HttpRequest, asked: queries.Asked) -> Looks:
    """:raises PermissionDenied: for somebody who audits from above."""
    own = asked.facility.organisation
    if own not in granting(request.user, Permission.ACCESS_READ, own, asked.today):  # type: ignore[arg-type]
        raise PermissionDenied
    given = access.given(request.GET, ("person", *FILTERS))
    refs = register.refs_called(asked, given["person"]) if given["person"] else None
    zone = asked.facility.zone

    def lines(rows: Any) -> list[dict[str, str]]:
        found = with_users(rows)
        codes = register.codes_of(asked, (look.subject for look in found))
        return [words.line(k, zone, asked.today) | {"whose": codes.get(k.subject, "—"), "why": k.why} for k in found]

    return Looks(given, looks_in(asked.facility.log, refs=refs, **_said(given, zone)), lines)


@require_safe
def looks(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.ACCESS_READ], now)
    context = access.frame(asked, "looks", now) | _here(request, asked).page()
    return render(request, "console/looks.html", context | {"crumbs": [(gettext("Who looked"), "")]})


@require_safe
def excel(request: HttpRequest, code: str) -> HttpResponse:
    asked = access.asked(request, code, [Permission.ACCESS_READ], access.clock_now())
    seen = _here(request, asked)
    return files.excel(words.sheet(seen.lines(seen.found[:MOST_ROWS])), f"{code}-who-looked-{asked.today}.xlsx")


# -- over all facilities -----------------------------------------------------------------------------------------------


def _everywhere(request: HttpRequest) -> tuple[Looks, date]:
    """:raises PermissionDenied: for somebody who audits nowhere."""
    user: Any = request.user
    zone = zone_for(user)
    today = local_day(zone, access.clock_now())
    if not queries.audits(user, today):
        raise PermissionDenied
    given = access.given(request.GET, ("subject", *FILTERS))

    def lines(rows: Any) -> list[dict[str, str]]:
        rows = list(rows)
        return [
            words.line(look, zone, today) | {"whose": look.subject, "facility": row.log.name}
            for row, look in zip(rows, with_users(rows), strict=True)
        ]

    found = looks_in(logs_watched_by(user, today), subject=given["subject"], **_said(given, zone))
    return Looks(given, found, lines), today


@require_safe
def everywhere(request: HttpRequest) -> HttpResponse:
    seen, _ = _everywhere(request)
    return render(request, "console/looks.html", seen.page() | {"section": "all-looks"})


@require_safe
def everywhere_excel(request: HttpRequest) -> HttpResponse:
    seen, today = _everywhere(request)
    return files.excel(words.sheet(seen.lines(seen.found[:MOST_ROWS])), f"who-looked-{today}.xlsx")
