"""The isolation board: rooms by days, what waits, care of the day; planning a room by drag, by keyboard, without script."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.actions.looks import record_reads
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.isolation import boardwords, words
from lazaretto.apps.console.isolation.carewords import summary_rows
from lazaretto.apps.console.live.page import follow
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.isolation import board as boards
from lazaretto.apps.isolation import placing
from lazaretto.apps.isolation.care import care_on
from lazaretto.apps.isolation.courses import episode_of, pathways
from lazaretto.apps.isolation.models import Episode
from lazaretto.apps.isolation.queue import queue
from lazaretto.apps.isolation.rooms import types_in
from lazaretto.apps.registry.ledger import place_called
from lazaretto.papers.excel import workbook
from lazaretto.papers.table import Column, Table
from lazaretto.protocol.clock import instant, local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text
from lazaretto.web import files
from lazaretto.web.dates import moment
from lazaretto.web.spreadsheets import EXCEL

_P = Permission
#: Items of the queue that are written out; the count says how many there are.
MOST = 120
HEALTH = ("isolation", "quarantine", "tests")


def episode_in(asked: Asked, number: int) -> Episode:
    """:raises Http404: if the facility has no such episode."""
    found = episode_of(asked.facility, number)
    if found is None:
        raise Http404
    return found


def remember(request: HttpRequest, asked: Asked, refs: list[str], now: int) -> None:
    """Every look at who is in isolation is kept."""
    record_reads(
        log=asked.facility.log, subjects=refs, fields=list(HEALTH), where="isolation", by=access.by(request), at=now
    )


def _shown(request: HttpRequest, asked: Asked, now: int) -> tuple[date, int, str]:
    zoom = request.GET.get("days", "")
    days = int(zoom) if zoom.isdigit() and int(zoom) in boardwords.ZOOMS else 22
    today = local_day(asked.facility.zone, now)
    first = access.date_of(request.GET.get("from", "")) or today - timedelta(days=min(8, days // 3))
    return first, days, request.GET.get("type", "")[:60]


@require_safe
def board(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_READ], now)
    context: dict[str, Any] = access.frame(asked, "isolation", now) | follow(asked, request.get_full_path())
    first, days, type_ = _shown(request, asked, now)
    try:
        found = boards.board(asked.facility, first, days, now, type_=type_)
        cared = care_on(asked.facility, local_day(asked.facility.zone, now), now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    health = _P.HEALTH_READ in asked.may
    remember(request, asked, [c.episode.person.ref for c in found.courses], now)
    zone, open_ = asked.facility.zone, [c for c in found.courses if c.episode.ended_at is None]
    every = queue(open_, now)
    waiting = [words.item(item, zone, code, health=health) for item in every[:MOST]]
    here = reverse("isolation", args=[code])
    context |= boardwords.page(found, code, _P.ISOLATION_CARRY_OUT in asked.may, health) | {
        "crumbs": [(gettext("Isolation board"), "")],
        "queue": words.grouped(waiting),
        "n_waiting": len(every),
        "care": summary_rows(cared, now),
        "here_now": boardwords.now_list(found, health),
        "zooms": [(n, n == days, f"{here}?days={n}&type={type_}") for n in boardwords.ZOOMS],
        "types": _types(asked, now, type_),
        "chosen_type": type_,
        "chosen_days": days,
        "earlier": f"{here}?days={days}&type={type_}&from={first - timedelta(days=days // 2)}",
        "later": f"{here}?days={days}&type={type_}&from={first + timedelta(days=days // 2)}",
        "may_order": _P.ISOLATION_ORDER in asked.may,
        "today_iso": local_day(zone, now).isoformat(),
    }
    return render(request, "console/isolation/board.html", context)


def _types(asked: Asked, now: int, chosen: str) -> list[tuple[str, str, bool]]:
    found = types_in(pathways(asked.facility, now))
    return [(t, f"{words.PURPOSES[p.purpose]} · {boardwords.type_title(t, p)}", t == chosen) for t, p in found.items()]


def starts_at(text: str, zone: str, now: int) -> int | None:
    """Return the moment from which a room is planned: a day that was chosen or dropped on; today means now."""
    on = access.date_of(text) if text else local_day(zone, now)
    if on is None:
        return None
    return now if on == local_day(zone, now) else instant(zone, on, 9 * 60)


@require_POST
def plan(request: HttpRequest, code: str) -> HttpResponse:
    """Plan somebody into a room from a day on. The server checks; what it refuses is said, and nothing is changed."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_CARRY_OUT], now)
    given = access.given(request.POST, ("episode", "room", "day", "reason", "back"))
    episode = episode_in(asked, int(given["episode"]) if given["episode"].isdigit() else 0)
    room, starts = place_called(asked.facility, given["room"]), starts_at(given["day"], asked.facility.zone, now)
    back = (
        redirect("isolation", code)
        if given["back"] != "episode"
        else redirect("isolation-episode", code, episode.number)
    )
    if room is None or starts is None:
        messages.error(request, gettext("Choose a room, and write the day as 2026-03-17."))
        return back
    try:
        made = placing.plan_placement(
            episode, place=room, starts=starts, reason=given["reason"], by=access.by(request), at=now
        )
    except Refusal as refusal:
        messages.error(request, gettext("Not planned: %(why)s") % {"why": words.refused(refusal, asked.facility.zone)})
    else:
        said = gettext("Planned: %(who)s in %(room)s. It is checked again when it is carried out.")
        messages.success(request, said % {"who": episode.person.name or episode.person.code, "room": made.place.code})
    return back


@require_POST
def disinfected(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_CARRY_OUT, _P.FACT_RECORD], now)
    room = place_called(asked.facility, request.POST.get("room", "")[:60])
    if room is None:
        raise Http404
    try:
        placing.disinfected(room, by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("%(room)s is ready for the next person.") % {"room": room.code})
    return redirect("isolation", code)


_COLUMNS = (
    Column(Text("房间", "room"), 20), Column(Text("类别", "type"), 30), Column(Text("编号", "code"), 20),
    Column(Text("姓名", "name"), 24), Column(Text("阶段", "stage"), 30), Column(Text("从", "from"), 24),
    Column(Text("到（预计）", "to (expected)"), 24), Column(Text("状态", "state"), 16),
)  # fmt: skip


@require_safe
def as_excel(request: HttpRequest, code: str) -> HttpResponse:
    """Return the stays of the board as a table; taking it out is a look that is kept."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.TABLES_EXPORT], now)
    first, days, type_ = _shown(request, asked, now)
    found = boards.board(asked.facility, first, days, now, type_=type_)
    remember(request, asked, [c.episode.person.ref for c in found.courses], now)
    rows = list(boardwords_rows(found))
    table = Table(Text("隔离看板", "Isolation board"), _COLUMNS, rows)
    content = workbook(
        [table],
        [f"{asked.facility.code} {first} + {days}"],
        get_language() or "zh",
        local_day(asked.facility.zone, now),
    )
    return files.answer(content, EXCEL, f"isolation-{code}-{first}.xlsx")


def boardwords_rows(found: boards.Board) -> Any:
    by_episode = {c.episode.pk: c for c in found.courses}
    for kind in found.kinds:
        for room in kind.rooms:
            for stay in boards.runs(room.stays):
                course = by_episode.get(stay.episode)
                if course is not None:
                    placement = found.placements[stay.placement]
                    end = boards.known_end(stay)
                    yield [
                        room.place.code, boardwords.type_word(kind), course.episode.person.code, words.name(course),
                        placement.stage, moment(stay.start, found.zone),
                        moment(end, found.zone) if end else "", stay.status,
                    ]  # fmt: skip
