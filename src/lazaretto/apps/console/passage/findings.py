"""Findings: raised, fixed by one, verified by another, reopened."""

import secrets
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.console import access
from lazaretto.apps.console.passage import words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry.ledger import place_called
from lazaretto.apps.work import findings as work
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import moment

_P = Permission
PAGE = 30
SEVERITIES = {"low": gettext_lazy("minor"), "medium": gettext_lazy("serious"), "high": gettext_lazy("grave")}
STATES = {
    "open": gettext_lazy("to be fixed"),
    "fixed": gettext_lazy("fixed, to be verified"),
    "closed": gettext_lazy("closed"),
}
GLYPHS = {"open": "due", "fixed": "hold", "closed": "on_time"}
OWNERS = ("gate_officer", "logistics", "department_head", "epidemic_lead", "duty_planner", "clinician")


@require_http_methods(["GET", "HEAD", "POST"])
def findings(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_READ], now)
    if request.method == "POST":
        return _raise(request, asked, code, now)
    given = access.given(request.GET, ("state", "page"))
    rows = work.findings(asked.facility)
    if given["state"] == "overdue":
        rows = work.overdue(asked.facility, now)
    elif given["state"] == "open":
        rows = rows.filter(verified_at=None)
    page = Paginator(rows, PAGE).get_page(given["page"])
    found = list(page.object_list)
    names = _P.STAFF_READ in asked.may
    users: dict[str, Any] = (
        users_called({u for f in found for u in (f.found_by, f.fixed_by, f.verified_by)}) if names else {}
    )
    context = access.frame(asked, "gate-findings", now) | {
        "crumbs": [(gettext("Findings"), "")], "page": page, "link": Query(given).turns(page), "given": given,
        "rows": [_row(f, asked, users, now) for f in found], "token": secrets.token_hex(8),
        "severities": list(SEVERITIES.items()), "owners": [(o, words.role_word(o)) for o in OWNERS],
        "may_raise": not asked.may.isdisjoint({_P.PASSAGE_CHECK, _P.PASSAGE_RECORD}),
        "may_fix": _P.PASSAGE_RECORD in asked.may, "may_check": _P.PASSAGE_CHECK in asked.may,
    }  # fmt: skip
    return render(request, "console/passage/findings.html", context)


def _row(found: Any, asked: Asked, users: dict[str, Any], now: int) -> dict[str, Any]:
    zone = asked.facility.zone

    def who(ref: str) -> str:
        return in_language(users[ref]) if ref in users else ""

    return {
        "number": found.number, "rule": found.rule, "place": in_language(found.place) if found.place else "",
        "evidence": found.evidence, "severity": SEVERITIES[found.severity], "owner": words.role_word(found.owner),
        "deadline": moment(found.deadline, zone), "overdue": found.is_overdue(now), "state": found.state,
        "word": STATES[found.state], "glyph": "late" if found.is_overdue(now) else GLYPHS[found.state], "fix": found.fix,
        "found": f"{moment(found.found_at, zone)} {who(found.found_by)}", "fixed_by": who(found.fixed_by),
        "verified_by": who(found.verified_by), "close_number": found.close_number, "reopened": found.reopened,
        "reason": found.reason,
    }  # fmt: skip


def _raise(request: HttpRequest, asked: Asked, code: str, now: int) -> HttpResponse:
    if asked.may.isdisjoint({_P.PASSAGE_CHECK, _P.PASSAGE_RECORD}):
        raise PermissionDenied
    given = access.given(request.POST, ("rule", "place", "severity", "owner", "token"))
    try:
        work.find(
            asked.facility, rule=given["rule"] or "gate", evidence=request.POST.get("evidence", "").replace("\x00", "")[:500],
            ref=f"page:{given['token'][:32]}", severity=given["severity"], owner=given["owner"], by=access.by(request),
            at=now, place=place_called(asked.facility, given["place"]) if given["place"] else None,
        )  # fmt: skip
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Recorded."))
    return redirect("gate-findings", code)


@require_POST
def act(request: HttpRequest, code: str, number: int, what: str) -> HttpResponse:
    now = access.clock_now()
    wanted = {"fix": _P.PASSAGE_RECORD, "verify": _P.PASSAGE_CHECK, "reopen": _P.PASSAGE_CHECK}
    if what not in wanted:
        raise Http404
    asked = access.asked(request, code, [wanted[what]], now)
    found = work.findings(asked.facility).filter(number=number).first()
    if found is None:
        raise Http404
    found.facility = asked.facility
    said, by = request.POST.get("said", "").replace("\x00", "")[:300], access.by(request)
    try:
        if what == "fix":
            work.fix(found, said=said, by=by, at=now)
        elif what == "verify":
            work.verify(found, by=by, at=now)
        else:
            work.reopen(found, reason=said, by=by, at=now)
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Recorded."))
    return redirect("gate-findings", code)
