"""The register of procedures: what runs, what it waits for, what has ended; beginning one."""

import secrets
from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.console import access
from lazaretto.apps.console.passage import words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry.ledger import people_called
from lazaretto.apps.work import runs
from lazaretto.apps.work.running import RunState, recent
from lazaretto.protocol.chain import Chain
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import moment

_P = Permission
#: What each stream that passes no gate is about, and what one must be allowed to read to see it.
STREAMS = {
    "medicine": _P.HEALTH_READ, "patient": _P.HEALTH_READ, "case": _P.HEALTH_READ, "document": _P.REPORT_READ,
    "project": _P.REPORT_READ,
}  # fmt: skip
#: Streams of which each run is about one person on file.
OF_PEOPLE = frozenset({"medicine", "patient", "case"})
SHOWN = 100
OUTCOMES = {
    "passed": gettext_lazy("passed"), "stopped": gettext_lazy("stopped by a result"), "withdrawn": gettext_lazy("withdrawn"),
}  # fmt: skip
#: Chains of a project begin on its own page.
ELSEWHERE = frozenset({"project"})


def streams(may: Collection[Permission]) -> list[str]:
    return [stream for stream, needed in STREAMS.items() if needed in may]


def chains(asked: Asked, now: int) -> list[Chain]:
    """Return the procedures of the protocol in force that somebody may see. :raises NoProtocol: if nothing is in force."""
    seen = streams(asked.may)
    everything = in_force(asked.facility, now).resolved.everything
    return [m for m in everything if isinstance(m, Chain) and m.active and m.stream in seen]


@require_safe
def register(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.REPORT_READ, _P.HEALTH_READ], now)
    given = access.given(request.GET, ("measure", "state", "q"))
    context: dict[str, Any] = access.frame(asked, "procedures", now) | {"crumbs": [(gettext("Procedures"), "")]}
    try:
        known = chains(asked, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    found = recent(
        asked.facility, now, streams=streams(asked.may), measure=given["measure"], ended=given["state"] == "ended",
        text=given["q"], most=SHOWN + 1,
    )  # fmt: skip
    users = users_called({s.run.requester for s in found})
    may_begin = _P.FACT_RECORD in asked.may
    context |= {
        "rows": [_row(s, asked, users, now) for s in found[:SHOWN]], "more": len(found) > SHOWN, "given": given, "most": SHOWN,
        "chains": [(c.id, title(c.title)) for c in known],
        "begin": [_choice(c) for c in known if c.stream not in ELSEWHERE and may_begin], "token": secrets.token_hex(8),
    }  # fmt: skip
    return render(request, "console/procedures/register.html", context)


def _choice(chain: Chain) -> dict[str, Any]:
    return {
        "id": chain.id, "title": title(chain.title), "classes": [(c.id, title(c.title)) for c in chain.classes],
        "directions": chain.directions, "person": chain.stream in OF_PEOPLE,
        "first": title(chain.of(chain.directions[0] if chain.directions else "")[0].title),
    }  # fmt: skip


def _row(found: RunState, asked: Asked, users: dict[str, Any], now: int) -> dict[str, Any]:
    run, zone = found.run, asked.facility.zone
    coming = min(found.next, key=lambda pair: pair[1], default=None)
    held = found.waits_until(now)
    return {
        "pk": run.pk, "chain": title(found.chain.title), "name": words.run_name(found, asked.may),
        "opened": moment(run.opened_at, zone), "asker": in_language(users[run.requester]) if run.requester in users else "",
        "next": title(coming[0].title) if coming else "", "by": words.role_word(coming[0].by) if coming else "",
        "left": words.left(held - now) if held is not None else "", "done": len(found.done), "of": len(found.steps),
        "refused": len(found.refused), "outcome": OUTCOMES.get(run.outcome, ""), "reason": run.reason,
        "glyph": "hold" if held is not None else {"passed": "on_time", "stopped": "refused", "withdrawn": "excused"}.get(run.outcome, "due"),
    }  # fmt: skip


@require_POST
def begin(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.FACT_RECORD], now)
    given = access.given(request.POST, ("measure", "of_class", "direction", "person", "about", "token"))
    try:
        chain = next((c for c in chains(asked, now) if c.id == given["measure"]), None)
    except NoProtocol:
        chain = None
    if chain is None or chain.stream in ELSEWHERE:
        raise Http404
    about = _subject(asked, chain, given["person"], given["about"])
    if about is None:
        messages.error(request, gettext("Say whom or what this is about; a person by the code of the file."))
        return redirect("procedures", code)
    subject, name = about
    try:
        made = runs.open_run(
            asked.facility, measure=chain.id, subject=subject, title=name, direction=given["direction"],
            of_class=given["of_class"] or _only_class(chain), ref=f"page:{given['token'][:32]}/begin", by=access.by(request), at=now,
        )  # fmt: skip
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
        return redirect("procedures", code)
    messages.success(request, gettext("Begun. The next step is marked."))
    return redirect("procedure", code, made.pk)


def _only_class(chain: Chain) -> str:
    return chain.classes[0].id if len(chain.classes) == 1 else ""


def _subject(asked: Asked, chain: Chain, person: str, about: str) -> tuple[str, str] | None:
    """Return what a run is about, and what it is called: a person on file, or what was written."""
    if chain.stream in OF_PEOPLE:
        found = people_called(asked.facility, [person]) if person else []
        if not found:
            return None
        if _P.RESIDENTS_READ not in asked.may and found[0].base != "staff_member":
            raise PermissionDenied
        return f"person:{found[0].code}", found[0].name
    return (f"{chain.stream}:{about[:40]}", about) if about else None
