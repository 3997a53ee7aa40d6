"""One visit: opened with everything that comes together, passed step by step, let out again."""

import secrets
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.console import access
from lazaretto.apps.console.live.page import follow
from lazaretto.apps.console.passage import words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.passage import doing, inside, visiting
from lazaretto.apps.passage.clearance import clearance
from lazaretto.apps.passage.models import Party, Visit
from lazaretto.apps.passage.rings import Rings
from lazaretto.apps.passage.ways import STREAMS, classes
from lazaretto.apps.registry.ledger import people_called, place_called
from lazaretto.apps.work.runs import withdraw
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text
from lazaretto.web.dates import moment

_P = Permission
#: Parties that can be named on one form; the next are added on another visit.
LINES = 4


def visit_in(asked: Asked, number: int) -> Visit:
    """:raises Http404: if the facility has no such visit."""
    found = inside.visit_of(asked.facility, number)
    if found is None:
        raise Http404
    found.facility = asked.facility
    return found


@require_safe
def one(request: HttpRequest, code: str, number: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_READ], now)
    found = visit_in(asked, number)
    parties = inside.passings(asked.facility, [found], now)[found.pk]
    steps = [s for p in parties for r in p.runs for s in r.done]
    users = users_called({s.by for s in steps} | {s.second for s in steps} | {found.by})
    known = words.class_words(asked.facility, now)
    zone = asked.facility.zone
    context: dict[str, Any] = access.frame(asked, "gate", now) | follow(asked, request.get_full_path()) | {
        "crumbs": [(gettext("Gate"), reverse("gate", args=[code])), (str(number), "")],
        "visit": found, "opened": moment(found.opened_at, zone),
        "window": f"{moment(found.starts, zone)} – {moment(found.ends, zone)}" if found.starts and found.ends else "",
        "gate_name": in_language(found.gate) if found.gate else "", "asker": in_language(users[found.by]) if found.by in users else "",
        "parties": [
            words.party_line(p, now, asked.may, known, users) | {"clearance": _clearance(p.party, now)} for p in parties
        ],
        "inner": [r.gate for r in Rings(asked.facility, now).all.values() if r.needs],
        "token": secrets.token_hex(8), "evidence": words.EVIDENCE,
        "may_record": _P.PASSAGE_RECORD in asked.may, "may_approve": _P.PASSAGE_APPROVE in asked.may,
    }  # fmt: skip
    return render(request, "console/passage/visit.html", context)


def _clearance(party: Party, now: int) -> str:
    if party.person is None or party.person.base != "staff_member" or party.inside_since is not None:
        return ""
    return title(clearance(party.person, now).words)


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, code: str) -> HttpResponse:
    """Register what came to the gate, or ask for leave beforehand: people, vehicles and goods on one number."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_RECORD], now)
    context = access.frame(asked, "gate", now)
    resolved = words.resolved_in(asked.facility, now)
    if resolved is None:
        return render(request, "console/no_protocol.html", context)
    given = {k: v.replace("\x00", "").strip()[:200] for k, v in request.POST.items() if isinstance(v, str)}
    context |= {
        "crumbs": [(gettext("Gate"), reverse("gate", args=[code])), (gettext("Register"), "")],
        "choices": [
            (s, words.STREAM_WORDS[s], [(c.id, title(c.title)) for c in classes(resolved, s)] or [("", "—")]) for s in STREAMS
        ],
        "gates": sorted((r.gate for r in Rings(asked.facility, now).all.values() if not r.needs), key=lambda g: g.kind != "gate"),
        "lines": [_line(given, n) for n in range(1, LINES + 1)], "given": given, "token": given.get("token") or secrets.token_hex(8),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "console/passage/begin.html", context)
    try:
        request_ = visiting.Request(
            given.get("purpose", ""), given.get("host", ""), given.get("sender", ""),
            place_called(asked.facility, given["gate"][:60]) if given.get("gate") else None,
            _when(asked, given.get("starts", ""), now), _when(asked, given.get("ends", ""), now),
        )  # fmt: skip
        made = visiting.open_visit(
            asked.facility, parties=_wanted(asked, given), ref=f"page:{context['token'][:32]}", by=access.by(request), at=now,
            request=request_,
        )  # fmt: skip
    except Refusal as refusal:
        context["problem"] = words.refused(refusal, asked.facility.zone)
        context["token"] = secrets.token_hex(8)
        return render(request, "console/passage/begin.html", context, status=422)
    messages.success(request, gettext("Registered. The next step is marked."))
    return redirect("gate-visit", code, made.number)


def _line(given: dict[str, str], n: int) -> dict[str, Any]:
    names = ("what", "name", "person", "identity", "origin")
    return {"n": n} | {name: given.get(f"{name}{n}", "") for name in names}


def _when(asked: Asked, text: str, now: int) -> int | None:
    if not text:
        return None
    found = access.moment_of(text, asked.facility.zone, now)
    if found is None:
        raise Refusal(
            "no_time", Text("看不懂时间，写作 2026-03-17 08:00", "the time cannot be read; write 2026-03-17 08:00")
        )
    return found


def _wanted(asked: Asked, given: dict[str, str]) -> list[visiting.Wanted]:
    found = []
    for n in range(1, LINES + 1):
        stream, _, of_class = given.get(f"what{n}", "").partition("/")
        code, called = given.get(f"person{n}", "")[:60], given.get(f"name{n}", "")
        if not (code or called):
            continue
        person = next(iter(people_called(asked.facility, [code])), None) if code else None
        if code and person is None:
            raise Refusal("nobody", Text(f"没有编号为 {code} 的人员", f"nobody on file has the number {code}"))
        number = given.get(f"identity{n}", "")[:40]
        found.append(
            visiting.Wanted(
                stream, of_class[:64], called or (person.name if person else "") or code, person,
                "national_id" if number else "", number, given.get(f"origin{n}", ""),
            )
        )  # fmt: skip
    return found


@require_POST
def step(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Do the next step of a party. What a rule refuses is said, kept, and counts against nobody."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_RECORD, _P.PASSAGE_APPROVE], now)
    found = visit_in(asked, number)
    given = {k: v.replace("\x00", "").strip()[:200] for k, v in request.POST.items() if isinstance(v, str)}
    states = [s for p in inside.passings(asked.facility, [found], now)[found.pk] for s in p.runs]
    state = next((s for s in states if str(s.run.pk) == given.get("run")), None)
    if state is None:
        raise Http404
    chosen = state.chain.step(given.get("step", ""))
    if chosen is not None and (_P.PASSAGE_APPROVE if chosen.does == "approve" else _P.PASSAGE_RECORD) not in asked.may:
        messages.error(request, gettext("This step is for somebody else."))
        return redirect("gate-visit", code, number)
    user: Any = request.user
    said = doing.Said(given.get("result", "")[:64], values_of(given), given.get("second", "")[:60])
    try:
        doing.do(
            state.run,
            given.get("step", "")[:64],
            said,
            ref=f"page:{given.get('token', '')[:32]}/{given.get('step', '')[:40]}",
            user=user,
            at=now,
        )
    except Refusal as refusal:
        messages.error(request, words.not_done(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Recorded."))
    return redirect("gate-visit", code, number)


def values_of(given: dict[str, str]) -> dict[str, Any]:
    """Return what a form says was measured or seen; numbers are numbers."""
    found: dict[str, Any] = {}
    for key, text in given.items():
        if key.startswith("value_") and text:
            found[key.removeprefix("value_")[:40]] = _number(text)
        elif key.startswith("item_") and text:
            found[key.removeprefix("item_")[:40]] = True
    return found


def _number(text: str) -> Any:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return float(value) if value.is_finite() else text


@require_POST
def act(request: HttpRequest, code: str, number: int, what: str) -> HttpResponse:
    """Let a party out, in without a chain, through an inner gate, or give its way up."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_RECORD], now)
    found = visit_in(asked, number)
    given = access.given(request.POST, ("position", "token", "gate", "direction", "reason"))
    parties = inside.passings(asked.facility, [found], now)[found.pk]
    passing = next((p for p in parties if str(p.party.position) == given["position"]), None)
    if passing is None or what not in ("out", "in", "cross", "withdraw"):
        raise Http404
    party, ref, by = passing.party, f"page:{given['token'][:32]}/{what}", access.by(request)
    try:
        if what == "out":
            visiting.leave(party, ref=ref, by=by, at=now)
        elif what == "in":
            visiting.register(party, ref=ref, by=by, at=now)
        elif what == "withdraw":
            for state in passing.open:
                withdraw(state.run, reason=given["reason"], by=by, at=now)
        else:
            place = place_called(asked.facility, given["gate"])
            if place is None:
                raise Http404
            visiting.cross(
                party, place, direction="out" if given["direction"] == "out" else "in", ref=ref, by=by, at=now
            )
    except Refusal as refusal:
        messages.error(request, words.not_done(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Recorded."))
    return redirect("gate-visit", code, number)
