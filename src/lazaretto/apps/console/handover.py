"""The hand-over beside Today: written by who goes, read item by item and signed by who comes."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.console import access, rooms
from lazaretto.apps.console.presenters.clocks import Clock
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.duty import actions
from lazaretto.apps.duty.models import KINDS, Handover
from lazaretto.apps.duty.queries import handover, latest
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.templatetags.lz import person_name


def kinds() -> list[tuple[str, str]]:
    words = {"task": gettext("To take over"), "person": gettext("Person to keep in mind"), "thing": gettext("Thing")}
    return [(k, words[k]) for k in KINDS]


def shown(asked: Asked, place: str, user: Any, now: int) -> dict[str, Any]:
    """Return the hand-over of a place as Today shows it, {} to those who enter nothing."""
    if Permission.FACT_RECORD not in asked.may:
        return {}
    row = latest(asked.facility, place)
    found: dict[str, Any] = {"kinds": kinds(), "row": None}
    if row is None:
        return found
    items = sorted(row.items.all(), key=lambda i: i.position)
    called = users_called({row.given_by, row.taken_by, *(i.by for i in items)})
    clock = Clock(now, asked.facility.zone)

    def name(ref: str) -> str:
        return person_name(called[ref]) if ref in called else ref

    parts = [
        {
            "name": word,
            "items": [
                {"position": i.position, "said": i.said, "by": f"{name(i.by)} {clock.time(i.added_at)}", "read": i.read_at is not None}
                for i in items if i.kind == kind
            ],
        }
        for kind, word in kinds()
    ]  # fmt: skip
    return found | {
        "row": row, "open": row.taken_at is None, "parts": [p for p in parts if p["items"]],
        "given": name(row.given_by), "given_at": clock.time(row.written_at),
        "taken": name(row.taken_by) if row.taken_by else "", "taken_at": clock.time(row.taken_at) if row.taken_at else "",
        "mine": row.given_by == user.ref, "left": sum(i.read_at is None for i in items), "differs": _differs(row),
    }  # fmt: skip


def _differs(row: Handover) -> str:
    """Return what is to be said where a count is not what the record says; the record wins."""
    counts = {row.counted, row.on_record if row.counted_by_taker is None else row.counted_by_taker}
    if counts == {row.on_record}:
        return ""
    said = str(row.counted) if row.counted_by_taker is None else f"{row.counted} / {row.counted_by_taker}"
    return gettext("Counted %(said)s, on record %(n)s. The record counts; the difference stays marked.") % {
        "said": said,
        "n": row.on_record,
    }


def _back(code: str, place: str) -> HttpResponse:
    return redirect(f"{reverse('today', args=[code])}?{urlencode({'place': place})}#handover")


def _number(text: str) -> int:
    """Return a count that was typed, -1 for what is none: the action says what is wrong."""
    said = text.strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else -1


def _asked(request: HttpRequest, code: str, now: int) -> Asked:
    return access.asked(request, code, [Permission.FACT_RECORD], now)


def _try(request: HttpRequest, act: Any, done: str) -> None:
    try:
        act()
    except Refusal as refusal:
        messages.error(request, title(refusal.words))
    else:
        messages.success(request, done)


@require_POST
def write(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = _asked(request, code, now)
    place = rooms.place_of(asked, request.POST.get("place", "").replace("\x00", "")[:60])
    if place is None:
        raise Http404
    counted = _number(request.POST.get("counted", ""))
    _try(
        request,
        lambda: actions.write(place=place, counted=counted, by=access.by(request), at=now),
        gettext("Hand-over begun. Add what the next shift takes over."),
    )
    return _back(code, place.code)


def _row(asked: Asked, pk: int) -> Handover:
    row = handover(asked.facility, pk)
    if row is None:
        raise Http404
    return row


@require_POST
def add(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    row = _row(_asked(request, code, now), pk)
    kind, said = (request.POST.get(n, "").replace("\x00", "") for n in ("kind", "said"))
    _try(
        request,
        lambda: actions.add_item(row, kind=kind, said=said, by=access.by(request), at=now),
        gettext("Added."),
    )
    return _back(code, row.place.code)


@require_POST
def read(request: HttpRequest, code: str, pk: int, position: int) -> HttpResponse:
    now = access.clock_now()
    row = _row(_asked(request, code, now), pk)
    _try(request, lambda: actions.read(row, position, by=access.by(request), at=now), gettext("Read."))
    return _back(code, row.place.code)


@require_POST
def sign(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    row = _row(_asked(request, code, now), pk)
    counted = _number(request.POST.get("counted", ""))
    _try(
        request,
        lambda: actions.sign(row, counted=counted, by=access.by(request), at=now),
        gettext("Taken over."),
    )
    return _back(code, row.place.code)
