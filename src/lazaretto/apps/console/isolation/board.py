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
from lazaretto.apps.isolation.courses import courses, episode_of
from lazaretto.apps.isolation.models import Episode
from lazaretto.apps.isolation.queue import queue
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
#: Rooms on one page of the board; up to how many open episodes what waits is worked out with the page, and not after it.
ROOMS, INLINE = 40, 40
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


def _shown(request: HttpRequest, asked: Asked, now: int) -> tuple[date, int, boards.Window]:
    given = access.given(request.GET, ("days", "from", "type", "q", "state", "page"))
    days = int(given["days"]) if given["days"].isdigit() and int(given["days"]) in boardwords.ZOOMS else 22
    today = local_day(asked.facility.zone, now)
    first = access.date_of(given["from"]) or today - timedelta(days=min(8, days // 3))
    page = int(given["page"]) if given["page"].isdigit() else 1
    return first, days, boards.Window(given["type"], given["q"], given["state"], max(page, 1), ROOMS)


@require_safe
def board(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_READ], now)
    context: dict[str, Any] = access.frame(asked, "isolation", now) | follow(asked, request.get_full_path())
    first, days, window = _shown(request, asked, now)
    try:
        found = boards.board(asked.facility, first, days, now, window=window)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    health = _P.HEALTH_READ in asked.may
    remember(request, asked, [c.episode.person.ref for c in found.courses], now)
    inline = found.ill + found.well <= INLINE
    context |= boardwords.page(found, code, _P.ISOLATION_CARRY_OUT in asked.may, health) | {
        "crumbs": [(gettext("Isolation board"), "")],
        "here_now": boardwords.now_list(found, health),
        "may_order": _P.ISOLATION_ORDER in asked.may,
        "today_iso": local_day(asked.facility.zone, now).isoformat(),
        "waits_inline": inline,
    }
    context |= boardwords.controls(found, first, days, window)
    if inline:
        context |= _waits(asked, health, now)
    return render(request, "console/isolation/board.html", context)


def _waits(asked: Asked, health: bool, now: int) -> dict[str, Any]:
    """Return what waits and the care of the day, of everybody: it reads every episode with its clocks."""
    every = queue(courses(asked.facility, now), now)
    cared = care_on(asked.facility, local_day(asked.facility.zone, now), now)
    items = [words.item(item, asked.facility.zone, asked.facility.code, health=health) for item in every[:MOST]]
    return {"queue": words.grouped(items), "n_waiting": len(every), "care": summary_rows(cared, now)}


@require_safe
def waits(request: HttpRequest, code: str) -> HttpResponse:
    """
    What waits today, and care. In a big house the board asks for it after itself (`part`); it is a page of its own, too, for
    a phone and where there is no script.
    """
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_READ], now)
    context: dict[str, Any] = access.frame(asked, "isolation", now)
    try:
        context |= _waits(asked, _P.HEALTH_READ in asked.may, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    if "part" in request.GET:
        return render(request, "console/isolation/waits_part.html", context)
    context["crumbs"] = [
        (gettext("Isolation board"), reverse("isolation", args=[code])),
        (gettext("Due today and care"), ""),
    ]
    return render(request, "console/isolation/waits.html", context)


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
    first, days, window = _shown(request, asked, now)
    found = boards.board(asked.facility, first, days, now, window=window._replace(size=None))
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
