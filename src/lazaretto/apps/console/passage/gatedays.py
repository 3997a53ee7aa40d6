"""The day at the gate against a second source: ticks on playback by keyboard or thumb, the telephone count, a signature."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.console import access
from lazaretto.apps.console.isolation.words import refused
from lazaretto.apps.console.passage import goodswords as words
from lazaretto.apps.passage import reconciling
from lazaretto.protocol.clock import instant, local_day, minute_of_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text
from lazaretto.web.dates import clock, day, moment

_P = Permission
#: Who reads it: also the superior, to whom an unsigned day goes up. There is no name of a visitor on it.
READS = (_P.GATE_CHECK, _P.GOODS_READ, _P.SUBMISSIONS_READ)


@require_safe
def gate_day(request: HttpRequest, code: str, on: str = "") -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, READS, now)
    zone, yesterday = asked.facility.zone, local_day(asked.facility.zone, now) - timedelta(days=1)
    if not on:
        return redirect("gate-day", code, str((reconciling.unsigned(asked.facility, now) or [yesterday])[0]))
    chosen = access.day_of(on)
    if chosen > asked.today:
        raise Http404
    found = reconciling.day(asked.facility, chosen, now)
    open_days = reconciling.unsigned(asked.facility, now)
    checker = users_called({found.signed.checker}) if found.signed else {}
    context: dict[str, Any] = access.frame(asked, "gate-days", now) | {
        "crumbs": [(gettext("Gate day by day"), "")], "on": chosen, "on_word": day(chosen), "day": found,
        "earlier": reverse("gate-day", args=[code, str(chosen - timedelta(days=1))]),
        "later": reverse("gate-day", args=[code, str(chosen + timedelta(days=1))]) if chosen < asked.today else "",
        "tallies": words.tallies(found), "compared": bool(found.seen), "unmatched": list(words.unmatched(found, zone)) if found.seen else [], "passed": words.passed(found.passed, zone),
        "ticks": [(words.STREAMS[s.stream], words.WAYS[s.direction], clock(s.seen_at or 0, zone)) for s in found.seen if s.source == "camera"],
        "streams": [(s, words.STREAMS[s]) for s in reconciling.STREAMS], "ways": [(w, words.WAYS[w]) for w in reconciling.WAYS],
        "due": moment(found.due, zone), "late": found.signed is None and found.due <= now and bool(found.passed),
        "signed": moment(found.signed.signed_at, zone) if found.signed else "",
        "checker": _name(checker, found.signed.checker) if found.signed and asked.own else "",
        "open_days": [(str(one), day(one)) for one in open_days if one != chosen], "may_check": _P.GATE_CHECK in asked.may, "token": str(uuid4()),
        "near": reconciling.NEAR_MS // 60_000,
    }  # fmt: skip
    return render(request, "console/goods/day.html", context)


def _name(users: Any, ref: str) -> str:
    found = users.get(ref)
    return (found.name_zh or found.username) if found else ref


@require_POST
def act(request: HttpRequest, code: str, on: str, what: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, READS, now)
    if _P.GATE_CHECK not in asked.may:
        raise PermissionDenied
    chosen, by, facility = access.day_of(on), access.by(request), asked.facility
    given = access.given(request.POST, ("token", "stream", "direction", "time", "count"))
    ref = given["token"] or str(uuid4())
    try:
        if what == "tick":
            reconciling.tick(
                facility, ref=ref, stream=given["stream"], direction=given["direction"], seen_at=_at(facility.zone, chosen, given["time"]),
                by=by, at=now,
            )  # fmt: skip
        elif what == "told":
            n = int(given["count"]) if given["count"].isdigit() and len(given["count"]) < 6 else -1
            reconciling.told(
                facility,
                ref=ref,
                on=chosen,
                stream=given["stream"],
                direction=given["direction"],
                count=n,
                by=by,
                at=now,
            )
        elif what == "sign":
            reconciling.sign(
                facility, chosen, checker=by, note=request.POST.get("note", "").replace("\x00", ""), at=now
            )
            reconciling.alert_unsigned(facility, by=by, at=now)
        else:
            raise Http404
    except Refusal as refusal:
        messages.error(request, refused(refusal, facility.zone))
    else:
        messages.success(request, gettext("Recorded."))
    return redirect(f"{reverse('gate-day', args=[code, on])}#{what}")


def _at(zone: str, on: Any, text: str) -> int:
    """Return the moment of a time typed as 09:42 or 0942. :raises Refusal: no_time."""
    plain = text.replace("：", ":").strip()
    if plain.isdigit() and len(plain) in (3, 4):
        plain = f"{plain[:-2].zfill(2)}:{plain[-2:]}"
    try:
        return instant(zone, on, minute_of_day(plain))
    except ValueError:
        raise Refusal("no_time", Text("时间写作 09:42 或 0942", "write the time as 09:42 or 0942")) from None
