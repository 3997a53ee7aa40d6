"""The four daily steps on the operating picture: what is done, by whom, and the next one as a button."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.console import access
from lazaretto.apps.console.presenters.clocks import Clock
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.coordination.actions import TITLES, take_step
from lazaretto.apps.coordination.queries import cycle, unbroken
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.templatetags.lz import person_name

_P = Permission
#: What somebody must be allowed to do for a step to be his to record.
WHO = {"screen": _P.FACT_RECORD, "report": _P.FACT_RECORD, "assess": _P.SIGNAL_ANSWER, "deploy": _P.REPORT_SIGN}


def shown(asked: Asked, now: int) -> dict[str, Any]:
    """Return the steps of today as the picture shows them."""
    found = cycle(asked.facility, asked.today)
    called = users_called({s.row.by for s in found if s.row})
    clock, n = Clock(now, asked.facility.zone), unbroken(asked.facility, asked.today)
    return {
        "steps": [
            {
                "id": s.step, "name": title(TITLES[s.step]), "state": s.state,
                "at": clock.time(s.row.done_at) if s.row else "", "note": s.row.note if s.row else "",
                "by": person_name(called[s.row.by]) if s.row and s.row.by in called else "",
                "may": s.state == "next" and WHO[s.step] in asked.may,
            }
            for s in found
        ],
        "unbroken": n,
    }  # fmt: skip


@require_POST
def take(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.REPORT_READ], now)
    step, note = (request.POST.get(n, "").replace("\x00", "") for n in ("step", "note"))
    if WHO.get(step) is not None and WHO[step] not in asked.may:
        raise PermissionDenied
    try:
        take_step(facility=asked.facility, on=asked.today, step=step, note=note, by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, title(refusal.words))
    else:
        messages.success(request, gettext("Recorded, with your name and the time."))
    return redirect("picture", code)
