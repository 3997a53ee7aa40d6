"""One procedure: its steps in order, who did each and when, what was refused, and the next one as a form."""

import secrets
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.console import access
from lazaretto.apps.console.passage import words
from lazaretto.apps.console.passage.visit import values_of
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.console.presenters.refusals import refusal_word
from lazaretto.apps.console.procedures.register import OUTCOMES, STREAMS
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.passage import doing
from lazaretto.apps.work.running import RunState, run_of, state
from lazaretto.apps.work.runs import withdraw
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import moment

_P = Permission


def procedure_in(asked: Asked, pk: int, now: int) -> RunState:
    """:raises Http404: if the facility has no such procedure, or its stream is not the asker's to see."""
    run = run_of(asked.facility, pk)
    if run is None or STREAMS.get(run.stream) not in asked.may:
        raise Http404
    return state(run, now)


@require_safe
def one(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.REPORT_READ, _P.HEALTH_READ], now)
    found = procedure_in(asked, pk, now)
    run, zone = found.run, asked.facility.zone
    users = users_called(
        {s.by for s in found.done} | {s.second for s in found.done} | {r.by for r in found.refused} | {run.requester}
    )
    name = words.run_name(found, asked.may)
    context = access.frame(asked, "procedures", now) | {
        "crumbs": [(gettext("Procedures"), reverse("procedures", args=[code])), (name, "")],
        "run": run, "name": name, "chain": title(found.chain.title), "opened": moment(run.opened_at, zone),
        "asker": in_language(users[run.requester]) if run.requester in users else "",
        "outcome": OUTCOMES.get(run.outcome, ""), "ended": moment(run.ended_at, zone) if run.ended_at else "",
        "steps": [words.step_line(found, s, now, users) for s in found.steps],
        "refused": [
            {
                "at": moment(r.at, zone), "step": title(s.title) if (s := found.chain.step(r.step)) else r.step,
                "by": in_language(users[r.by]) if r.by in users else "", "why": refusal_word(r.code),
                "possible": moment(r.possible_at, zone) if r.possible_at else "",
            }
            for r in found.refused
        ],
        "offer": title(found.chain.refusal) if found.chain.refusal else "", "evidence": words.EVIDENCE,
        "token": secrets.token_hex(8), "may_record": _P.FACT_RECORD in asked.may and not found.ended,
    }  # fmt: skip
    return render(request, "console/procedures/one.html", context)


@require_POST
def step(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.FACT_RECORD], now)
    found = procedure_in(asked, pk, now)
    user: Any = request.user
    given = {k: v.replace("\x00", "").strip()[:200] for k, v in request.POST.items() if isinstance(v, str)}
    wanted, token = given.get("step", "")[:64], given.get("token", "")[:32]
    said = doing.Said(given.get("result", "")[:64], values_of(given), given.get("second", "")[:60])
    try:
        doing.do(found.run, wanted, said, ref=f"page:{token}/{pk}/{wanted[:30]}", user=user, at=now)
    except Refusal as refusal:
        messages.error(request, words.not_done(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Recorded."))
    return redirect("procedure", code, pk)


@require_POST
def give_up(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.FACT_RECORD], now)
    found = procedure_in(asked, pk, now)
    try:
        withdraw(found.run, reason=access.given(request.POST, ("reason",))["reason"], by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Withdrawn. What was done stays on file."))
    return redirect("procedure", code, pk)
