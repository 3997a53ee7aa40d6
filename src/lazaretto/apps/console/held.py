"""Records whose times cannot be believed: a person takes each in with the right time, or refuses it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.console import access, queries, register
from lazaretto.apps.console.forms import Form
from lazaretto.apps.console.presenters import held as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds import holding
from lazaretto.apps.rounds.models import HeldClaim
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

FILTERS = ("state", "device", "why", "page")
PAGE = 50


@require_safe
def held(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.CLAIM_DECIDE], now)
    given = access.given(request.GET, FILTERS)
    given["state"] = given["state"] if given["state"] in (*holding.STATES, "all") else "waiting"
    found = holding.held_claims(asked.facility, state=given["state"], device=given["device"], why=given["why"])
    page = Paginator(found, PAGE).get_page(given["page"])
    devices = list(holding.devices_with_claims(asked.facility))
    context = access.frame(asked, "held", now) | {
        "crumbs": [(gettext("Doubtful times"), "")],
        "page": page,
        "rows": _lines(asked, list(page.object_list), now),
        "choices": words.filters(given, devices),
        "filtered": bool(given["device"] or given["why"] or given["state"] != "waiting"),
        "link": Query(given).turns(page),
        "sentence": words.sentence(holding.held_claims(asked.facility, state="waiting").count()),
    }
    return render(request, "console/held/list.html", context)


def _lines(asked: Asked, claims: list[HeldClaim], now: int) -> list[dict[str, Any]]:
    document = register.document(asked, now)
    names = queries.named(asked, [claim.subject for claim in claims])
    users = users_called({c.by for c in claims} | {c.decided_by for c in claims})
    return [words.line(claim, asked, document, names, users) for claim in claims]


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show a claim, and take it in or refuse it. What was decided once stays."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.CLAIM_DECIDE], now)
    found = holding.held_claim(asked.facility, number)
    if found is None:
        raise Http404
    form = words.form(found, asked)
    if request.method == "POST" and _decide(request, asked, found, form.fill(request.POST), now):
        return redirect("held", code)
    context = access.frame(asked, "held", now) | {
        "crumbs": [(gettext("Doubtful times"), reverse("held", args=[code])), (found.fact_id, "")],
        "row": _lines(asked, [found], now)[0],
        "form": form,
    }
    return render(request, "console/held/one.html", context, status=422 if form.bad else 200)


def _decide(request: HttpRequest, asked: Asked, found: HeldClaim, form: Form, now: int) -> bool:
    by, reason = access.by(request), form["reason"].value
    try:
        if request.POST.get("do") == "refuse":
            holding.refuse(claim=found, reason=reason, by=by, at=now)
            messages.success(request, gettext("Refused. It stays on file here with your reason."))
        else:
            moment = _moment(form["observed_at"].value, asked, now)
            holding.take_in(claim=found, observed_at=moment, reason=reason, by=by, at=now)
            messages.success(request, gettext("Taken in with the time that you gave."))
    except (RowError, Refusal) as no:
        form.refuse(no)
        return False
    return True


def _moment(text: str, asked: Asked, now: int) -> int:
    found = access.moment_of(text, asked.facility.zone, now) if text else None
    if found is None:
        raise RowError("observed_at", Text("写明实际时间", "give the time at which it happened"))
    return found
