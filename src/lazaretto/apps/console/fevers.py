"""Fevers: second readings owed by a clock, what a confirmed one asks for, and what the settings cost in false alarms."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.actions.looks import record_reads
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.console import access
from lazaretto.apps.console.live.page import follow
from lazaretto.apps.console.presenters import fevers as words
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds import fevers as actions
from lazaretto.apps.rounds.actions import record_facts
from lazaretto.apps.rounds.facts import Border, registers
from lazaretto.apps.rounds.fever_list import Fevers, false_alarms
from lazaretto.apps.rounds.fever_list import fevers as listed
from lazaretto.apps.work import actions as work
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.fever import TEMPERATURE
from lazaretto.protocol.refusal import Refusal


def _asked(request: HttpRequest, code: str, now: int) -> Asked:
    """People with a fever are shown, by name, to those who take the readings and know the residents."""
    asked = access.asked(request, code, [Permission.FACT_RECORD], now)
    if Permission.RESIDENTS_READ not in asked.may:
        raise PermissionDenied
    return asked


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\x00", "").strip()


@require_safe
def fevers(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = _asked(request, code, now)
    context: dict[str, Any] = access.frame(asked, "fevers", now) | follow(asked, reverse("fevers", args=[code]))
    try:
        document = in_force(asked.facility, now).resolved.document
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    found = listed(asked.facility, now, staff=Permission.STAFF_READ in asked.may)
    _remember(request, asked, found, now)
    context |= words.board(found, document, asked.facility.zone, now) | {
        "may_record": Permission.FACT_RECORD in asked.may,
        "may_close": Permission.PRECAUTION_SET in asked.may,
    }
    return render(request, "console/fevers.html", context)


def _remember(request: HttpRequest, asked: Asked, found: Fevers, now: int) -> None:
    """Every look at somebody's readings is kept."""
    refs = [line.person.ref for line in (*found.owed, *found.confirmed, *found.past)]
    record_reads(
        log=asked.facility.log, subjects=refs, fields=["temperature"], where="fevers", by=access.by(request), at=now
    )


@require_POST
def read_again(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Record a second reading, now."""
    now = access.clock_now()
    asked = _asked(request, code, now)
    episode = asked.facility.fevers.filter(pk=pk).first()
    if episode is None:
        raise Http404
    user: Any = request.user
    given = access.given(request.POST, ("id", "value", "method", "site", "device"))
    claim = given | {
        "observation": TEMPERATURE, "subject_kind": "person", "subject": episode.subject, "outcome": "done",
        "observed_at": utc_text(now), "source": "console", "by": user.person_code,
    }  # fmt: skip
    resolved = in_force(asked.facility, now).resolved
    border = Border(asked.facility, resolved.document, now, registers(asked.facility, [episode.subject]))
    try:
        fact = border.admit(claim)
    except RowError as error:
        messages.error(request, title(error.message))
        return redirect("fevers", code)
    received = record_facts(asked.facility, [fact], by=user.ref, at=now, protocol=resolved)
    episode.refresh_from_db()
    if received.conflicts:
        messages.error(request, gettext("This was entered before with another value. Look at the list again."))
    else:
        messages.success(request, words.after(episode))
    return redirect("fevers", code)


@require_POST
def close(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PRECAUTION_SET], now)
    episode = asked.facility.fevers.filter(pk=pk).first()
    if episode is None:
        raise Http404
    try:
        actions.close(episode, reason=_reason(request), by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, title(refusal.words))
    else:
        messages.success(request, gettext("Closed, with your reason."))
    return redirect("fevers", code)


@require_POST
def act(request: HttpRequest, code: str, pk: int, action: str) -> HttpResponse:
    """Say that an action of a response was done, now or at the time given."""
    now = access.clock_now()
    asked = _asked(request, code, now)
    cascade = asked.facility.cascades.filter(pk=pk).first()
    if cascade is None:
        raise Http404
    done_at = access.moment_of(request.POST.get("done_at", ""), asked.facility.zone, now)
    if done_at is None:
        messages.error(request, gettext("The time cannot be read. Write 2026-03-17 08:00."))
        return redirect("fevers", code)
    try:
        work.do(cascade, action, done_at=done_at, by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, title(refusal.words))
    else:
        messages.success(request, gettext("Noted as done."))
    return redirect("fevers", code)


@require_POST
def end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """End a response that does not apply, or no longer, with a reason."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PRECAUTION_SET], now)
    cascade = asked.facility.cascades.filter(pk=pk).first()
    if cascade is None:
        raise Http404
    reason = _reason(request)
    if not reason:
        messages.error(request, gettext("Say why."))
    else:
        work.end(cascade, reason=reason, by=access.by(request), at=now)
        messages.success(request, gettext("Ended, with your reason."))
    return redirect("fevers", code)


@require_safe
def alarms(request: HttpRequest, code: str) -> HttpResponse:
    """How often each threshold would ask for a second reading, on this facility's own readings."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.HEALTH_READ, Permission.REPORT_READ], now)
    context: dict[str, Any] = access.frame(asked, "fevers", now)
    back = reverse("fevers", args=[code]) if Permission.FACT_RECORD in asked.may else ""
    context["crumbs"] = [(gettext("Fevers"), back), (gettext("False alarms"), "")]
    try:
        context |= words.alarms(false_alarms(asked.facility, now))
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    return render(request, "console/fever_alarms.html", context)
