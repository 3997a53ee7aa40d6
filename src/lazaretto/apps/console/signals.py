"""Questions about the record and early warnings: the open ones with their evidence, and what was answered."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access
from lazaretto.apps.console.presenters import signals as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked, named
from lazaretto.apps.rounds import signals as actions
from lazaretto.apps.rounds.models import Signal
from lazaretto.apps.rounds.signal_list import answered_signals, looked_at, open_signals
from lazaretto.protocol.refusal import Refusal

PAGE = 20


@require_safe
def signals(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.REPORT_READ], now)
    given = access.given(request.GET, ("rule", "answer"))
    waiting = Paginator(open_signals(asked.facility), PAGE).get_page(request.GET.get("open"))
    past = Paginator(answered_signals(asked.facility, **given), PAGE).get_page(request.GET.get("page"))
    speaker = words.Speaker(
        asked.facility.zone, _names(asked, [*waiting, *past]), Permission.SIGNAL_AUTHOR in asked.may
    )
    context: dict[str, Any] = access.frame(asked, "signals", now) | {
        "crumbs": [(gettext("Questions"), "")],
        "said": words.said(waiting.paginator.count),
        "waiting": [speaker.card(s) for s in waiting],
        "waiting_page": waiting,
        "waiting_link": words.turns(waiting, given),
        "rows": [speaker.line(s) for s in past],
        "page": past,
        "link": Query(given).turns(past),
        "asked": given,
        "filtered": any(given.values()),
        "rules": words.rule_names(),
        "answers": words.answers(),
        "may_answer": Permission.SIGNAL_ANSWER in asked.may,
        "looked": words.looked(looked_at(asked.facility, now)),
    }
    return render(request, "console/signals.html", context)


def _names(asked: Asked, shown: list[Signal]) -> dict[str, Any]:
    """Return what the units and authors of some questions are called; authors only for those who may know."""
    refs = {f"{kind}:{code}" for s in shown for code in words.units_in(s) for kind in ("group", "place")}
    if Permission.SIGNAL_AUTHOR in asked.may:
        refs |= {f"person:{s.author}" for s in shown if s.author}
    return named(asked, refs)


@require_POST
def answer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.SIGNAL_ANSWER], now)
    signal = asked.facility.signals.filter(pk=pk).first()
    if signal is None:
        raise Http404
    said, note = access.given(request.POST, ("code",))["code"], request.POST.get("note", "").replace("\x00", "")
    try:
        actions.answer(signal, code=said, note=note, by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, title(refusal.words))
    else:
        messages.success(request, gettext("Noted. The record itself is as it was."))
    return redirect("signals", code)
