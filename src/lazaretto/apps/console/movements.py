"""The register of movements, and making one void."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.console import access
from lazaretto.apps.console.forms import Field, Form
from lazaretto.apps.console.presenters import movements as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.person import may_enter
from lazaretto.apps.console.presenters.sections import READS_PEOPLE
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry import ledger
from lazaretto.apps.registry.movements import KINDS
from lazaretto.apps.registry.moving import void_movement
from lazaretto.protocol.clock import instant
from lazaretto.protocol.refusal import Refusal
from lazaretto.web import files

FILTERS = ("q", "kind", "from", "to", "page")
PAGE = 50


@require_safe
def movements(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, READS_PEOPLE, now)
    given = access.given(request.GET, FILTERS)
    every = ledger.movements(asked.facility, asked.may)
    page = Paginator(_chosen(asked, every, given), PAGE).get_page(given["page"])
    late = list(ledger.overdue(every, now)[:PAGE])
    rows = list(page.object_list)
    users = users_called({m.by for m in rows} | {m.voided_by for m in rows})
    query = Query(given)
    context = access.frame(asked, "movements", now) | {
        "crumbs": [(gettext("Movements"), "")],
        "page": page,
        "rows": words.rows(rows, asked, users),
        "late": words.overdue(late, asked, now),
        "choices": words.filters(given),
        "filtered": any(given[k] for k in FILTERS if k != "page"),
        "link": query.turns(page),
        "query": query.but(),
        "sentence": words.sentence(page.paginator.count, len(late)),
        "may_move": not asked.may.isdisjoint({Permission.MOVE_INSIDE, Permission.MOVE_ACROSS}),
        "may_export": Permission.TABLES_EXPORT in asked.may,
    }
    return render(request, "console/movements/list.html", context)


def _chosen(asked: Asked, every: Any, given: Mapping[str, str]) -> Any:
    zone = asked.facility.zone
    first, last = access.date_of(given["from"]), access.date_of(given["to"])
    return ledger.chosen(
        every, kind=given["kind"], text=given["q"], first=instant(zone, first, 0) if first else None,
        last=instant(zone, last, 24 * 60) if last else None,
    )  # fmt: skip


@require_safe
def excel(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.TABLES_EXPORT], now)
    given = access.given(request.GET, FILTERS)
    found = list(_chosen(asked, ledger.movements(asked.facility, asked.may), given))
    users = users_called({m.by for m in found} | {m.voided_by for m in found})
    user: Any = request.user
    accounts.record_taken_out(log=asked.facility.log, table="movements", rows=len(found), by=user.ref, at=now)
    return files.excel(words.lines(found, asked, users), f"{code}-movements-{asked.today}.xlsx")


@require_http_methods(["GET", "POST"])
def void(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Make a movement void, with a reason; the page says first what will be so again."""
    now = access.clock_now()
    asked = access.asked(request, code, READS_PEOPLE, now)
    found = ledger.movement(ledger.movements(asked.facility, asked.may), number)
    if found is None:
        raise Http404
    if found.kind not in KINDS or not may_enter(asked.may, found.kind):
        raise PermissionDenied
    form = Form(
        [Field("reason", gettext("Reason"), hint=gettext("such as: entered for the wrong person"), required=True)]
    )
    if request.method == "POST":
        user: Any = request.user
        try:
            void_movement(found, reason=form.fill(request.POST)["reason"].value, by=user.ref, at=now)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(
                request,
                gettext("Movement no. %(n)s is void; it stays in the register with the reason.") % {"n": number},
            )
            return redirect("person", code, found.person.code)
    context = access.frame(asked, "movements", now) | {
        "crumbs": [(gettext("Movements"), reverse("movements", args=[code])), (gettext("Make void"), "")],
        "row": words.rows([found], asked, users_called([found.by]))[0],
        "form": form,
        "before": words.before(found),
    }
    return render(request, "console/movements/void.html", context, status=422 if form.bad else 200)
