"""Separation: the day's timetable of shared spaces, generated without overlap; breaches with their clinical decision."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.isolation import words
from lazaretto.apps.console.isolation.board import remember
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.isolation import activities, breaches, rosters
from lazaretto.apps.isolation.models.separation import KINDS
from lazaretto.apps.isolation.slots import Block, Need, Slot, generate
from lazaretto.apps.registry.ledger import people_called, place_called
from lazaretto.protocol.clock import instant, local_day, minute_of_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import clock, day, moment

_P = Permission
KIND_WORDS = {
    "yard": gettext_lazy("yard"), "toilet": gettext_lazy("toilets"), "meal": gettext_lazy("meals"), "call": gettext_lazy("calls"),
    "move": gettext_lazy("move of a block"), "gathering": gettext_lazy("gathering"),
}  # fmt: skip


@require_safe
def separation(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_READ], now)
    zone, today = asked.facility.zone, local_day(asked.facility.zone, now)
    on = access.date_of(request.GET.get("on", "")) or today
    context: dict[str, Any] = access.frame(asked, "isolation", now)
    start, end = instant(zone, on, 0), instant(zone, on + timedelta(days=1), 0)
    try:
        most, gap = activities.most_together(asked.facility, now), activities.gap_of(asked.facility, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    rows = activities.on_day(asked.facility, start, end)
    crossed, n_turns = rosters.crossings(asked.facility, on, now)
    found = breaches.listed(asked.facility)
    health = _P.HEALTH_READ in asked.may
    remember(request, asked, [e.person.ref for b in found for e in b.exposed.all()], now)
    here = reverse("isolation-separation", args=[code])
    context |= {
        "crumbs": [(gettext("Isolation board"), reverse("isolation", args=[code])), (gettext("Separation"), "")],
        "on": on, "on_word": day(on), "earlier": f"{here}?on={on - timedelta(days=1)}", "later": f"{here}?on={on + timedelta(days=1)}",
        "rows": [
            {"pk": r.pk, "from": clock(r.starts, zone), "to": clock(r.ends, zone), "kind": KIND_WORDS[r.kind], "block": r.block,
             "place": r.place.code, "route": ", ".join(r.spaces), "persons": r.persons}
            for r in rows
        ],
        "crossings": [_crossing(c) for c in crossed], "n_turns": n_turns,
        "kinds": [(k, KIND_WORDS[k]) for k in KINDS], "most": most, "gap": gap // 60_000,
        "breaches": [_breach(b, zone, health) for b in found], "may_plan": _P.ISOLATION_CARRY_OUT in asked.may,
        "may_decide": _P.ISOLATION_ORDER in asked.may, "choices": [(d, words.DECISIONS[d]) for d in breaches.DECISIONS],
    }  # fmt: skip
    return render(request, "console/isolation/separation.html", context)


def _crossing(found: rosters.Crossing) -> dict[str, Any]:
    one, other = found.one, found.other
    same = one.person == other.person
    return {
        "rule": title(found.rule), "who": one.person if same else f"{one.person}, {other.person}",
        "where": f"{one.place}, {other.place}" if same else one.place,
    }  # fmt: skip


def _breach(breach: Any, zone: str, health: bool) -> dict[str, Any]:
    return {
        "number": breach.number, "rule": breach.rule, "place": breach.place.code if breach.place else "", "when": moment(breach.starts, zone),
        "until": clock(breach.ends, zone), "said": breach.said, "people": [e.person.name or e.person.code for e in breach.exposed.all()],
        "decision": words.DECISIONS.get(breach.decision, ""), "reason": breach.reason if health else "",
    }  # fmt: skip


@require_POST
def plan(request: HttpRequest, code: str) -> HttpResponse:
    """Generate slots of one kind for several blocks, in turns, and put them into the timetable; all or none."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_CARRY_OUT], now)
    zone = asked.facility.zone
    given = access.given(request.POST, ("on", "kind", "place", "minutes", "opens", "closes", "route"))
    on = access.date_of(given["on"]) or local_day(zone, now)
    back = redirect(f"{reverse('isolation-separation', args=[code])}?on={on}")
    try:
        opens, closes = (instant(zone, on, minute_of_day(given[name])) for name in ("opens", "closes"))
        blocks = [
            _block(text) for text in request.POST.get("blocks", "")[:600].replace("，", ",").split(",") if text.strip()
        ]
        need = Need(given["kind"], given["place"], int(given["minutes"]), tuple(given["route"].split()))
        if given["kind"] not in KINDS or not blocks or need.minutes < 1:
            raise ValueError(given["kind"])
    except ValueError:
        messages.error(
            request, gettext("Write the blocks as W1-101:8, W1-102:7, the times as 09:00, the minutes as a number.")
        )
        return back
    gap = activities.gap_of(asked.facility, now)
    there = [activities.as_slot(a) for a in activities.on_day(asked.facility, opens - gap, closes + gap)]
    try:
        slots: list[Slot] = generate(blocks, [need], opens=opens, closes=closes, gap=gap, taken=there)
        activities.plan(asked.facility, slots, by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, zone))
    else:
        messages.success(request, gettext("%(n)s slots, nobody meets.") % {"n": len(slots)})
    return back


def _block(text: str) -> Block:
    code, _, n = text.strip().partition(":")
    return Block(code.strip()[:60], int(n) if n.strip() else 0)


@require_POST
def cancel(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_CARRY_OUT], now)
    row = get_object_or_404(
        asked.facility.activities.select_related("place", "facility__log"), pk=pk, cancelled_at=None
    )
    try:
        activities.cancel(row, reason=request.POST.get("reason", ""), by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Taken out of the timetable, with your reason."))
    return redirect(f"{reverse('isolation-separation', args=[code])}?on={local_day(asked.facility.zone, row.starts)}")


@require_POST
def breach(request: HttpRequest, code: str) -> HttpResponse:
    """Record that people met who stay apart. Whoever was in the place by the registry is part of it."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_CARRY_OUT, _P.FACT_RECORD], now)
    given = access.given(request.POST, ("place", "from", "to"))
    place = place_called(asked.facility, given["place"]) if given["place"] else None
    people = people_called(
        asked.facility, request.POST.get("people", "")[:600].replace("，", " ").replace(",", " ").split()
    )
    starts, ends = (access.moment_of(given[name], asked.facility.zone, now) for name in ("from", "to"))
    try:
        if starts is None or ends is None:
            raise Refusal("no_time", words.NO_TIME)
        breaches.record(
            asked.facility, rule="separation", said=request.POST.get("said", ""), place=place, starts=starts, ends=ends,
            people=people, by=access.by(request), at=now, source="console",
        )  # fmt: skip
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(
            request, gettext("Recorded as a finding. A clinician decides what it means; nobody is punished for it.")
        )
    return redirect("isolation-separation", code)


@require_POST
def decide(request: HttpRequest, code: str, number: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_ORDER], now)
    row = get_object_or_404(
        asked.facility.breaches.select_related("facility__log", "facility__organisation"), number=number
    )
    try:
        breaches.decide(
            row,
            decision=request.POST.get("decision", "")[:10],
            reason=request.POST.get("reason", ""),
            by=access.by(request),
            at=now,
        )
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Decided, with your reason."))
    return redirect("isolation-separation", code)
