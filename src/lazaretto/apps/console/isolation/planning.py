"""Planning ahead: who into which room by the solver, and pathways beside one another with risk and cost."""

from math import log10
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.isolation import riskwords, words
from lazaretto.apps.console.isolation.board import remember
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.isolation import planning
from lazaretto.apps.isolation.allocation import explain
from lazaretto.apps.isolation.cohorts import outlook
from lazaretto.apps.isolation.courses import pathways
from lazaretto.apps.isolation.risks import SHARED, compare
from lazaretto.protocol.refusal import Refusal

_P = Permission


@require_safe
def rooms(request: HttpRequest, code: str) -> HttpResponse:
    """Suggest a room for everybody who waits; the independent checker has passed what is shown."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_CARRY_OUT], now)
    context: dict[str, Any] = access.frame(asked, "isolation", now) | {
        "crumbs": [(gettext("Isolation board"), reverse("isolation", args=[code])), (gettext("Suggested rooms"), "")],
    }  # fmt: skip
    try:
        found = planning.suggest(asked.facility, now, seconds=5)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    except Refusal as refusal:
        context["problem"] = words.refused(refusal, asked.facility.zone)
        return render(request, "console/isolation/rooms.html", context)
    remember(request, asked, [c.episode.person.ref for c in [*(c for c, _ in found.rooms), *found.without]], now)
    context |= {
        "rows": [{"number": c.episode.number, "name": words.name(c), "purpose": words.PURPOSES[c.episode.purpose], "room": r} for c, r in found.rooms],
        "without": [{"number": c.episode.number, "name": words.name(c), "purpose": words.PURPOSES[c.episode.purpose]} for c in found.without],
        "why": [title(t) for t in explain(found.question, found.answer)], "optimal": found.answer.optimal,
    }  # fmt: skip
    return render(request, "console/isolation/rooms.html", context)


@require_POST
def accept(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_CARRY_OUT], now)
    try:
        planned, refused = planning.accept(asked.facility, by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
        return redirect("isolation", code)
    said = ngettext("%(n)s room planned.", "%(n)s rooms planned.", planned) % {"n": planned}
    messages.success(request, said)
    for why in refused[:5]:
        messages.error(request, words.refused(why, asked.facility.zone))
    return redirect("isolation", code)


@require_safe
def pathways_compared(request: HttpRequest, code: str) -> HttpResponse:
    """Put the quarantine pathways in force beside one another: what is left over, and what it costs people."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_READ], now)
    context: dict[str, Any] = access.frame(asked, "isolation", now)
    text = request.GET.get("people", "")
    people = min(int(text), 5000) if text.isdigit() and int(text) else 10
    try:
        found = compare(pathways(asked.facility, now), people=people)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    context |= {
        "crumbs": [(gettext("Isolation board"), reverse("isolation", args=[code])), (gettext("Pathways compared"), "")],
        "people": people,
        "rows": [
            {
                "title": title(c.pathway.title), "purpose": words.PURPOSES[c.pathway.purpose], "days": c.days, "alone": c.alone,
                "tests": c.tests, "room_days": c.room_days, "person_days": c.person_days, "risk": riskwords.said(c.estimate),
                "curve": _curve(c.estimate.curve),
            }
            for c in found
        ],
        "cohorts": [
            {"n": n, "h": f"{SHARED[2]:.1%}", "mean": f"{outlook(n, 14, SHARED[2]).mean_days:.1f}", "reset": f"{outlook(n, 14, SHARED[2]).p_reset:.1%}"}
            for n in (1, 3, 8, 20, 40)
        ],
    }  # fmt: skip
    return render(request, "console/isolation/compare.html", context)


def _curve(points: tuple[tuple[int, float], ...]) -> str:
    """Return the risk by day as an SVG path on a logarithmic scale from 1 in 10 to 1 in 100,000."""
    last = max((d for d, _ in points), default=1) or 1
    drawn = []
    for day, risk in points:
        y = (min(max(-log10(max(risk, 1e-5)), 1), 5) - 1) / 4 * 40 + 2
        drawn.append(f"{day / last * 156 + 2:.1f} {y:.1f}")
    return "M" + "L".join(drawn) if drawn else ""
