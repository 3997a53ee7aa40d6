"""Requests that wait for an approval, each decided in one's own name and role; and lending that role to another."""

import secrets
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import user_called, users_called
from lazaretto.apps.console import access
from lazaretto.apps.console.passage import words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.passage import doing, inside
from lazaretto.apps.passage.models import Visit
from lazaretto.apps.work import delegations
from lazaretto.apps.work.running import RunState, state
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import moment

_P = Permission


@require_safe
def approvals(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_APPROVE], now)
    user: Any = request.user
    roles = delegations.roles_of(user, asked.facility, now)
    found = inside.approvals(asked.facility, roles, now)
    visits = _visits(asked, found)
    users = users_called({s.run.requester for s in found})
    lent = list(delegations.delegations(asked.facility, now))
    people = users_called({d.from_user for d in lent} | {d.to_user for d in lent})
    known = words.class_words(asked.facility, now)
    zone = asked.facility.zone
    context = access.frame(asked, "gate-approvals", now) | {
        "crumbs": [(gettext("Approvals"), "")],
        "rows": [_row(s, visits, asked, users, known, user.ref, roles, now) for s in found],
        "lent": [
            {
                "pk": d.pk, "role": words.role_word(d.role), "from": in_language(people[d.from_user]) if d.from_user in people else "",
                "to": in_language(people[d.to_user]) if d.to_user in people else "", "starts": moment(d.starts, zone),
                "ends": moment(d.ends, zone), "reason": d.reason, "own": d.from_user == user.ref,
            }
            for d in lent
        ],
        "roles": [(r, words.role_word(r)) for r in sorted(delegations.own_roles(user, asked.facility, now))],
        "token": secrets.token_hex(8),
    }  # fmt: skip
    return render(request, "console/passage/approvals.html", context)


def _visits(asked: Asked, found: list[RunState]) -> dict[str, Visit]:
    numbers = {
        s.run.subject.removeprefix("visit:").partition("/")[0] for s in found if s.run.subject.startswith("visit:")
    }
    rows = inside.visits(asked.facility).filter(number__in=[int(n) for n in numbers if n.isdigit()])
    return {str(v.number): v for v in rows}


def _row(
    found: RunState, visits: dict[str, Visit], asked: Asked, users: dict[str, Any], known: dict[str, str], own: str,
    roles: frozenset[str], now: int,
) -> dict[str, Any]:  # fmt: skip
    step = next(s for s, at in found.next if s.does == "approve" and at <= now and (s.by is None or s.by in roles))
    visit = visits.get(found.run.subject.removeprefix("visit:").partition("/")[0])
    zone, run = asked.facility.zone, found.run
    return {
        "pk": run.pk, "name": words.run_name(found, asked.may), "chain": title(found.chain.title), "step": title(step.title),
        "id": step.id, "of_class": known.get(run.of_class, run.of_class), "stream": words.STREAM_WORDS.get(run.stream, run.stream),
        "purpose": visit.purpose if visit else "", "host": visit.host if visit else "", "visit": visit.number if visit else "",
        "window": f"{moment(run.starts, zone)} – {moment(run.ends, zone)}" if run.starts and run.ends else "",
        "asked_at": moment(run.opened_at, zone), "asker": in_language(users[run.requester]) if run.requester in users else "",
        "own": run.requester == own,
        "levels": [
            {"title": title(s.title), "done": found.done_of(s.id) is not None} for s in found.steps if s.does == "approve"
        ],
    }  # fmt: skip


@require_POST
def decide(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_APPROVE], now)
    user: Any = request.user
    given = access.given(request.POST, ("step", "result", "token", "reason"))
    run = next(
        (
            s.run
            for s in inside.approvals(asked.facility, delegations.roles_of(user, asked.facility, now), now)
            if s.run.pk == pk
        ),
        None,
    )
    if run is None:
        raise Http404
    step = state(run, now).chain.step(given["step"])
    if step is None or step.does != "approve" or given["result"] not in ("granted", "refused"):
        raise Http404
    said = doing.Said(given["result"], {"note": given["reason"]} if given["reason"] else {})
    try:
        doing.do(run, step.id, said, ref=f"page:{given['token'][:32]}/{pk}/{step.id[:20]}", user=user, at=now)
    except Refusal as refusal:
        messages.error(request, words.not_done(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Decided. The gate sees it at once."))
    return redirect("gate-approvals", code)


@require_POST
def lend(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_APPROVE], now)
    user: Any = request.user
    given = access.given(request.POST, ("role", "to", "ends", "reason"))
    to = user_called(given["to"])
    until = access.moment_of(given["ends"], asked.facility.zone, now) if given["ends"] else None
    if to is None or not to.is_active or until is None:
        messages.error(request, gettext("Name a user, and until when, written as 2026-03-17 08:00."))
        return redirect("gate-approvals", code)
    try:
        delegations.delegate(
            asked.facility, role=given["role"], from_user=user.ref, roles=delegations.own_roles(user, asked.facility, now),
            to_user=to.ref, starts=now, ends=until, reason=given["reason"], by=user.ref, at=now,
        )  # fmt: skip
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Lent. It ends by itself."))
    return redirect("gate-approvals", code)


@require_POST
def take_back(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_APPROVE], now)
    found = delegations.delegations(asked.facility, now).filter(pk=pk, from_user=access.by(request)).first()
    if found is None:
        raise Http404
    delegations.take_back(found, by=access.by(request), at=now)
    messages.success(request, gettext("Taken back."))
    return redirect("gate-approvals", code)
