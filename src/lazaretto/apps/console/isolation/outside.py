"""
Reviews from outside: somebody of the superior body or the health agency decides about long stays in single rooms. He sees
numbers, days and grounds, no names.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import granting
from lazaretto.apps.console import access
from lazaretto.apps.console.isolation import words
from lazaretto.apps.console.isolation.board import episode_in
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.isolation import deciding
from lazaretto.apps.isolation.courses import Course, courses
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import moment

_P = Permission
_SOON = 5 * 86_400_000


@require_safe
def reviews(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_REVIEW], now)
    found = [c for c in courses(asked.facility, now) if c.entered and any(r.outside for r in c.reviews(now + _SOON))]
    context: dict[str, Any] = access.frame(asked, "isolation-outside", now) | {
        "crumbs": [(gettext("Outside reviews"), "")], "rows": [_row(c) for c in found],
        "choices": [(v, words.DECISIONS[v]) for v in deciding.OUTSIDE],
    }  # fmt: skip
    return render(request, "console/isolation/outside.html", context)


def _row(course: Course) -> dict[str, Any]:
    due = next(r for r in course.reviews(course.at + _SOON) if r.outside)
    stage = course.stage
    return {
        "number": course.episode.number, "pathway": title(course.pathway.title), "stage": title(stage.title) if stage else "",
        "day": words.day_word(course), "alone": course.days_alone, "ground": course.episode.ground, "due": moment(due.at, course.zone),
        "late": due.at <= course.at, "restarts": sum(n.kind in ("exposure", "restarted") for n in course.notes),
    }  # fmt: skip


@require_POST
def decide(request: HttpRequest, code: str, number: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_REVIEW], now)
    user: Any = request.user
    bodies = granting(user, _P.ISOLATION_REVIEW, asked.facility.organisation, asked.today)
    outside = [b for b in bodies if b.pk != asked.facility.organisation_id]
    if not outside:
        messages.error(request, gettext("Only somebody whose role is held outside the facility decides here."))
        return redirect("isolation-outside", code)
    given = access.given(request.POST, ("value",))
    try:
        deciding.decide_outside(
            episode_in(asked, number), value=given["value"], reason=request.POST.get("reason", "")[:200], by=access.by(request),
            body=outside[0].code, at=now,
        )  # fmt: skip
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Recorded. The facility is told, and carries it out."))
    return redirect("isolation-outside", code)
