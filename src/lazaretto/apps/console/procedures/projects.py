"""Work that stopped and is resumed: the register of projects, each with its state, its paper and its way there."""

import secrets
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.console import access
from lazaretto.apps.console.passage import words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.coordination import projects as work
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import moment

_P = Permission
STATES = {
    "stopped": (gettext_lazy("stopped"), "refused"), "assessing": (gettext_lazy("being assessed"), "due"),
    "approved": (gettext_lazy("approved, not started"), "due"), "running": (gettext_lazy("running"), "on_time"),
    "completed": (gettext_lazy("completed"), "excused"),
}  # fmt: skip


@require_safe
def projects(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.REPORT_READ, _P.REPORT_READ_OUTGOING], now)
    zone, given = asked.facility.zone, access.given(request.GET, ("state",))
    found = work.standings(asked.facility, now)
    users = users_called({c.by for s in found for c in s.changes})
    rule, case = work.stop_rule(asked.facility, now), work.last_case(asked.facility, now)
    counts = {state: sum(s.state == state for s in found) for state in STATES}
    context = access.frame(asked, "work", now) | {
        "crumbs": [(gettext("Resumption of work"), "")],
        "rows": [_row(s, zone, users) for s in found if given["state"] in ("", s.state)],
        "states": [(state, word, counts[state]) for state, (word, _) in STATES.items()], "chosen": given["state"],
        "chains": [(c.id, title(c.title)) for c in work.chains_of(asked.facility, now)],
        "rule": {"title": title(rule.title), "least": rule.least, "automatic": rule.automatic} if rule else None,
        "case_days": None if case is None else (now - case) // 86_400_000,
        "may_record": _P.FACT_RECORD in asked.may, "may_stop": _P.SIGNAL_ANSWER in asked.may,
        "may_open": _P.REPORT_READ in asked.may, "token": secrets.token_hex(8),
    }  # fmt: skip
    return render(request, "console/procedures/projects.html", context)


def _row(found: work.Standing, zone: str, users: dict[str, Any]) -> dict[str, Any]:
    word, glyph = STATES[found.state]
    last = found.changes[-1] if found.changes else None
    coming = min(found.run.next, key=lambda pair: pair[1], default=None) if found.run and not found.run.ended else None
    return {
        "number": found.project.number, "name": found.project.name, "outdoor": found.project.outdoor, "state": found.state,
        "word": word, "glyph": glyph, "since": moment(last.at, zone) if last else "", "reason": last.reason if last else "",
        "reference": next((c.reference for c in reversed(found.changes) if c.reference), ""),
        "run": found.run.run.pk if found.run else None, "next": title(coming[0].title) if coming else "",
        "by": words.role_word(coming[0].by) if coming else "",
        "changes": [
            {
                "word": STATES[c.state][0], "at": moment(c.at, zone), "reason": c.reason, "reference": c.reference,
                "by": in_language(users[c.by]) if c.by in users else "",
            }
            for c in found.changes
        ],
    }  # fmt: skip


@require_POST
def add(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.FACT_RECORD], now)
    given = access.given(request.POST, ("name", "outdoor", "token"))
    try:
        work.register(
            asked.facility, name=given["name"], outdoor=bool(given["outdoor"]), ref=f"page:{given['token'][:32]}",
            by=access.by(request), at=now,
        )  # fmt: skip
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Entered. It is stopped until its resumption has passed."))
    return redirect("work", code)


@require_POST
def act(request: HttpRequest, code: str, number: int, what: str) -> HttpResponse:
    """Begin the resumption of a project, stop it, or say that it is completed."""
    now = access.clock_now()
    if what not in ("assess", "stop", "complete"):
        raise Http404
    asked = access.asked(request, code, [_P.FACT_RECORD if what == "assess" else _P.SIGNAL_ANSWER], now)
    row = work.projects(asked.facility).filter(number=number).first()
    if row is None:
        raise Http404
    row.facility = asked.facility
    given = access.given(request.POST, ("measure", "reason", "reference", "token"))
    by = access.by(request)
    try:
        if what == "assess":
            measure = given["measure"] or next((c.id for c in work.chains_of(asked.facility, now)), "")
            made = work.assess(row, measure=measure, ref=f"page:{given['token'][:32]}/{number}", by=by, at=now)
            return redirect("procedure", code, made.pk)
        if what == "stop":
            work.stop(row, reason=given["reason"], by=by, at=now)
        else:
            work.complete(row, reference=given["reference"], by=by, at=now)
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Recorded."))
    return redirect("work", code)
