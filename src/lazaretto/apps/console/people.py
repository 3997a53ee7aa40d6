"""The list of people, and opening a file for somebody who has none."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import population_words
from lazaretto.apps.console import access, queries, register
from lazaretto.apps.console.forms import Form
from lazaretto.apps.console.presenters import people as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.sections import READS_PEOPLE
from lazaretto.apps.registry import lists
from lazaretto.apps.registry import people as actions
from lazaretto.apps.registry.tables import RowError
from lazaretto.web import files

FILTERS = ("q", "population", "place", "unit", "where", "precaution", "doubles", "sort", "page")
PAGE = 50


@require_safe
def people(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, READS_PEOPLE, now)
    given = _given(request.GET)
    found = register.people(asked, given, now)
    page = Paginator(found, PAGE).get_page(given["page"])
    known = register.document(asked, now)
    listing = register.Listing(asked, page.object_list, now, known)
    query = Query(given)
    context = access.frame(asked, "people", now) | {
        "crumbs": [(gettext("People"), "")],
        "page": page,
        "rows": words.rows(listing),
        "count": page.paginator.count,
        "choices": words.choices(register.choices(asked, known), given),
        "filtered": any(given[k] for k in FILTERS if k not in ("sort", "page")),
        "given": given,
        "link": query.turns(page),
        "sorts": query.sorts(lists.SORTS, given["sort"]),
        "query": query.but(),
        "on_file": register.on_file(asked),
        "may_write": Permission.PEOPLE_WRITE in asked.may,
        "may_move": not asked.may.isdisjoint({Permission.MOVE_INSIDE, Permission.MOVE_ACROSS}),
        "may_export": Permission.TABLES_EXPORT in asked.may,
        "may_identify": Permission.IDENTITY_READ in asked.may,
        "sentence": words.sentence(page.paginator.count, register.tally(asked, now)),
    }
    return render(request, "console/people/list.html", context)


def _given(query: Mapping[str, str]) -> dict[str, str]:
    found = access.given(query, FILTERS)
    found["sort"] = found["sort"] if found["sort"].lstrip("-") in lists.SORTS else "name"
    return found


@require_safe
def excel(request: HttpRequest, code: str) -> HttpResponse:
    """The list as it is filtered. With `identity=1` the numbers are in it, and each of them counts as a look."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.TABLES_EXPORT], now)
    if not asked.may & READS_PEOPLE:
        raise PermissionDenied
    with_numbers = request.GET.get("identity") == "1"
    if with_numbers and Permission.IDENTITY_READ not in asked.may:
        raise PermissionDenied
    found = list(register.people(asked, _given(request.GET), now))
    listing = register.Listing(asked, found, now, register.document(asked, now))
    user: Any = request.user
    if with_numbers:
        refs = [p.ref for p in found if p.identity_number]
        accounts.record_reads(
            log=asked.facility.log, subjects=refs, fields=["identity_number"], where="people.xlsx", by=user.ref, at=now
        )
    accounts.record_taken_out(log=asked.facility.log, table="people", rows=len(found), by=user.ref, at=now)
    return files.excel(words.lines(listing, with_numbers=with_numbers), f"{code}-people-{asked.today}.xlsx")


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, code: str) -> HttpResponse:
    """Open a file for somebody."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PEOPLE_WRITE], now)
    form = words.form(register.choices(asked, register.document(asked, now)), new=True)
    if request.method == "POST" and (made := _register(request, asked, form.fill(request.POST), now)):
        messages.success(request, gettext("%(code)s is on file.") % {"code": made.code})
        return redirect("person", code, made.code)
    context = access.frame(asked, "people", now) | {
        "crumbs": [(gettext("People"), reverse("people", args=[code])), (gettext("New file"), "")],
        "form": form,
    }
    return render(request, "console/people/new.html", context, status=422 if form.bad else 200)


def _register(request: HttpRequest, asked: queries.Asked, form: Form, now: int) -> Any:
    document = register.document(asked, now)
    user: Any = request.user
    try:
        known = population_words(document) if document is not None else {}
        return actions.register(asked.facility, form.row(), known, by=user.ref, at=now)
    except RowError as error:
        form.refuse(error)
        return None
