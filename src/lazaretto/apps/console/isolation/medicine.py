"""Fever medicine: handed out once, on record for the fever's clock, and followed by a look for the fever that it may hide."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from lazaretto.apps.accounts.actions.looks import record_reads
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.clinic import actions as clinic
from lazaretto.apps.clinic.queries import issued
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.isolation import words
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry.ledger import people_called
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.work import actions as work
from lazaretto.apps.work.queries import Owing, open_cascades
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import moment

_P = Permission
_SHOWN_MS = 7 * 86_400_000


def _asked(request: HttpRequest, code: str, now: int) -> Asked:
    """Whoever reads health information here and enters facts hands medicine out: a clinician, and those who stand in."""
    asked = access.asked(request, code, [_P.HEALTH_READ], now)
    if _P.FACT_RECORD not in asked.may:
        raise PermissionDenied
    return asked


@require_http_methods(["GET", "HEAD", "POST"])
def medicine(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = _asked(request, code, now)
    problem = ""
    given = access.given(request.POST, ("person", "given_at", "medicine", "token"))
    try:
        if request.method == "POST":
            problem = _issue(request, asked, given, now)
            if not problem:
                messages.success(
                    request, gettext("On record. A normal temperature decides nothing until it wears off.")
                )
                return redirect("fever-medicine", code)
        context = access.frame(asked, "isolation", now) | _page(request, asked, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", access.frame(asked, "isolation", now))
    shown = context | {"problem": problem, "given": given, "token": str(uuid4())}
    return render(request, "console/isolation/medicine.html", shown, status=422 if problem else 200)


def _issue(request: HttpRequest, asked: Asked, given: dict[str, str], now: int) -> str:
    people = people_called(asked.facility, [given["person"]])
    if not people:
        return gettext("Nobody on file has this number.")
    at = access.moment_of(given["given_at"], asked.facility.zone, now)
    if at is None:
        return title(words.NO_TIME)
    try:
        ref = str(UUID(given["token"])) if given["token"] else ""
        clinic.issue_antipyretic(
            person=people[0], given_at=at, by=access.by(request), at=now, medicine=given["medicine"], ref=ref
        )
    except ValueError:
        raise Http404 from None
    except RowError as error:
        return title(error.message)
    return ""


def _page(request: HttpRequest, asked: Asked, now: int) -> dict[str, Any]:
    found = issued(asked.facility, now - _SHOWN_MS, now)
    known = {p.code: p for p in people_called(asked.facility, dict.fromkeys(f.subject for f in found))}
    owing = {o.cascade.source: o for o in open_cascades(asked.facility, now, event=clinic.ISSUED)}
    refs = [p.ref for p in known.values()]
    record_reads(
        log=asked.facility.log,
        subjects=refs,
        fields=["medicine"],
        where="fever medicine",
        by=access.by(request),
        at=now,
    )
    zone = asked.facility.zone
    return {
        "crumbs": [(gettext("Care"), reverse("isolation-care", args=[asked.facility.code])), (gettext("Fever medicine"), "")],
        "rows": [
            {
                "code": f.subject, "name": known[f.subject].name if f.subject in known else "", "note": f.note,
                "when": moment(f.observed_at, zone), "review": _review(owing.get(f"medicine:{f.id}"), zone),
            }
            for f in found
        ],
    }  # fmt: skip


def _review(one: Owing | None, zone: str) -> dict[str, Any] | None:
    """Return the look for a fever that is still owed; None where none is, or the protocol asks for none."""
    first = next((o for o in one.actions if o.state in ("open", "overdue")), None) if one else None
    if one is None or first is None:
        return None
    return {
        "pk": one.cascade.pk, "late": first.state == "overdue", "due": moment(first.due, zone) if first.due else "",
        "first": first.action.id == one.actions[0].action.id, "title": title(first.action.title),
    }  # fmt: skip


@require_POST
def looked(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say that a clinician looked for a fever: there is one (the response goes on), or none (it ends)."""
    now = access.clock_now()
    asked = _asked(request, code, now)
    cascade = asked.facility.cascades.filter(pk=pk, event=clinic.ISSUED, ended_at=None).first()
    if cascade is None:
        raise Http404
    found = next(o for o in open_cascades(asked.facility, now, event=clinic.ISSUED) if o.cascade.pk == pk)
    by = access.by(request)
    try:
        work.do(cascade, found.actions[0].action.id, done_at=now, by=by, at=now)
        cascade.refresh_from_db()
        if request.POST.get("fever") != "yes" and cascade.ended_at is None:
            work.end(cascade, reason="no fever", by=by, at=now)
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        fever = request.POST.get("fever") == "yes"
        messages.success(
            request, gettext("Enter the reading: the fever's own clock starts.") if fever else gettext("Recorded.")
        )
    return redirect("fever-medicine", code)
