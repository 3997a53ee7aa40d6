"""The board in words and shapes: a row for each room, a bar for each stay, marks for tests, reviews and the lawful release."""

from collections import defaultdict
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from lazaretto.apps.console.isolation import drawing as svg
from lazaretto.apps.console.isolation import words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.isolation.board import Board, Free, Kind, Window, known_end, runs
from lazaretto.apps.isolation.courses import Course
from lazaretto.apps.isolation.models import Placement
from lazaretto.apps.isolation.rooms import DISINFECTION_MS, Room, Stay
from lazaretto.protocol.clock import FOREVER, instant, local_day
from lazaretto.protocol.pathway import Pathway, persons_in, type_of
from lazaretto.web.dates import EN_DAYS, ZH_DAYS, chinese, day, moment

ZOOMS = {7: 96, 22: 32, 60: 14}
ROW, BAR = 30, 22
STATES = {
    "occupied": gettext_lazy("with somebody"), "free": gettext_lazy("free now"), "closed": gettext_lazy("closed now"),
}  # fmt: skip


class Drawing:
    """Turns moments into distances: a day is as wide as the zoom says."""

    def __init__(self, board: Board, code: str) -> None:
        self.board = board
        self.address = reverse("isolation-episode", args=[code, 0])
        self.cell = ZOOMS.get(board.days, 32)
        self.start = instant(board.zone, board.first, 0)
        self.end = instant(board.zone, board.first + timedelta(days=board.days), 0)
        self.width = board.days * self.cell
        self.by_episode = {c.episode.pk: c for c in board.courses}
        self.now_x = self.x(board.at) if self.inside(board.at) else None

    def url(self, number: int) -> str:
        return self.address.replace("/0/", f"/{number}/")

    def x(self, at: int) -> float:
        return round(max(0, min(at, self.end) - self.start) / 86_400_000 * self.cell, 1)

    @cache  # noqa: B019  (a drawing lives as long as its page)
    def weekend(self, height: int) -> str:
        """Return the weekends behind a row of that height, as one path."""
        days = (n for n, on in enumerate(self.board.dates) if on.weekday() >= 5)
        return "".join(f"M{n * self.cell} 0h{self.cell}v{height}h-{self.cell}z" for n in days)

    def inside(self, at: int) -> bool:
        return self.start <= at < self.end


def page(board: Board, code: str, may_plan: bool, health: bool) -> dict[str, Any]:
    drawing = Drawing(board, code)
    days = [_day(drawing, n) for n in range(board.days)]
    return {
        "days": days,
        "head": svg.head(days, drawing.width, drawing.cell),
        "cell": drawing.cell,
        "groups": [_group(drawing, kind, code, health) for kind in board.kinds],
        "n_rooms": board.n_rooms,
        "unplaced": [_unplaced(c) for c in board.unplaced],
        "sentence": sentence(board),
        "may_plan": may_plan,
    }


def sentence(board: Board) -> str:
    """Return the sentence that opens the page."""
    said = [gettext("Isolation %(ill)s, quarantine %(well)s") % {"ill": board.ill, "well": board.well}]
    if board.unplaced:
        n = len(board.unplaced)
        said.append(ngettext("%(n)s person waits for a room", "%(n)s people wait for a room", n) % {"n": n})
    for kind in board.kinds:
        if kind.shortage is not None:
            n = -kind.shortage.free
            text = ngettext(
                "%(n)s more room of %(type)s is needed by %(day)s",
                "%(n)s more rooms of %(type)s are needed by %(day)s",
                n,
            )
            said.append(text % {"n": n, "type": type_word(kind), "day": day(kind.shortage.on)})
    return gettext("; ").join(said) + gettext(".")


def controls(board: Board, first: date, days: int, window: Window) -> dict[str, Any]:
    """Return zoom, filter, turning over and going earlier or later: each keeps what the others chose."""
    said = {"days": days, "type": window.type, "q": window.text, "state": window.state, "from": first.isoformat()}
    query = Query({k: str(v) for k, v in said.items()})
    shown = Paginator(range(board.n_rooms), window.size or max(board.n_rooms, 1)).get_page(window.page)
    return {
        "zooms": [(n, n == days, query.but(days=n, **{"from": ""})) for n in ZOOMS],
        "types": [
            (t, f"{words.PURPOSES[p.purpose]} · {type_title(t, p)}", t == window.type) for t, p in board.types.items()
        ],
        "states": [(value, word, value == window.state) for value, word in STATES.items()],
        "window": window,
        "chosen_days": days,
        "chosen_from": first.isoformat(),
        "earlier": query.but(**{"from": first - timedelta(days=days // 2)}),
        "later": query.but(**{"from": first + timedelta(days=days // 2)}),
        "page": shown,
        "link": query.turns(shown),
    }


def type_word(kind: Kind) -> str:
    return type_title(kind.type, kind.pathway)


def type_title(type_: str, pathway: Pathway) -> str:
    """Return how a type of room is called: by the stage that it serves."""
    stage = next((s for s in pathway.stages if type_of(pathway, s) == type_), pathway.stages[0])
    return title(stage.title)


def _day(drawing: Drawing, n: int) -> dict[str, Any]:
    on = drawing.board.first + timedelta(days=n)
    weekday = on.weekday()
    return {
        "iso": on.isoformat(),
        "n": on.day,
        "week": ZH_DAYS[weekday] if chinese() else EN_DAYS[weekday][:2],
        "weekend": weekday >= 5,
        "today": on == local_day(drawing.board.zone, drawing.board.at),
        "x": n * drawing.cell,
        "mid": (n * 2 + 1) * drawing.cell // 2,
        "label": day(on),
        "first": n == 0 or on.day == 1,
        "shown": drawing.cell >= 24 or n % 2 == 0,
    }


def _group(drawing: Drawing, kind: Kind, code: str, health: bool) -> dict[str, Any]:
    today = local_day(drawing.board.zone, drawing.board.at)
    now = next((d for d in kind.days if d.on == today), kind.days[0])
    stage = next((s for s in kind.pathway.stages if type_of(kind.pathway, s) == kind.type), kind.pathway.stages[0])
    forecast, said = _forecast(drawing, kind, today), svg.said((day(d.on), d.free) for d in kind.days)
    return {
        "id": kind.type,
        "purpose": words.PURPOSES[kind.pathway.purpose],
        "title": type_word(kind),
        "persons": persons_in(stage),
        "used": now.used,
        "free": now.rooms - now.used,
        "has_rooms": any(d.rooms for d in kind.days),
        "rooms": [_room(drawing, kind, room, code, health) for room in kind.rooms],
        "forecast": forecast,
        "free_drawn": svg.free(forecast, drawing.width, drawing.cell, said),
        "capacity_drawn": svg.capacity(forecast, drawing.width, drawing.cell, said),
    }


def _forecast(drawing: Drawing, kind: Kind, today: date) -> list[dict[str, Any]]:
    return [
        {
            "x": n * drawing.cell, "mid": (n * 2 + 1) * drawing.cell // 2, "n": d.free, "short": d.free < 0,
            "low": d.free == 0 and d.rooms > 0, "past": d.on < today, "top": 44 - _tall(d), "tall": _tall(d),
            "text": gettext("short %(n)s") % {"n": -d.free} if d.free < 0 else str(d.free),
            "shown": drawing.cell >= 24 or d.free < 0,
        }
        for n, d in enumerate(kind.days)
    ]  # fmt: skip


def _tall(day: Free) -> int:
    """Return how high a day stands: a step for each room, for each that is wanting as well."""
    return min(max(abs(day.free) * 6, 2), 44)


def _room(drawing: Drawing, kind: Kind, room: Room, code: str, health: bool) -> dict[str, Any]:
    lanes: list[int] = []
    bars = []
    stays = [s for s in runs(room.stays) if s.end > drawing.start and s.start < drawing.end]
    for stay in stays:
        course = drawing.by_episode.get(stay.episode)
        if course is None:
            continue
        lane = next((n for n, end in enumerate(lanes) if end <= stay.start), len(lanes))
        if lane == len(lanes):
            lanes.append(stay.end)
        lanes[lane] = stay.end
        bars.append(_bar(drawing, stay, course, lane, health) | {"url": drawing.url(course.episode.number)})
    height = max(len(lanes), 1) * ROW
    shape = {
        "code": room.place.code, "height": height, "weekend": drawing.weekend(height), "bars": bars,
        "gaps": list(_gaps(drawing, room, stays)), "said": _said(drawing, bars, room),
    }  # fmt: skip
    return {
        "code": room.place.code,
        "closed": room.closed_at(drawing.board.at),
        "drawn": svg.row(shape, drawing.width, drawing.now_x),
    }


def _bar(drawing: Drawing, stay: Stay, course: Course, lane: int, health: bool) -> dict[str, Any]:
    legal = course.legal_at
    end = stay.end if stay.end < FOREVER else drawing.end
    x = drawing.x(max(stay.start, drawing.start))
    width = max(drawing.x(end) - x, 6)
    kind = (
        "planned" if stay.status == Placement.PLANNED else "isolation" if course.episode.is_isolation else "quarantine"
    )
    said = words.day_word(course) if stay.status == Placement.OPEN else gettext("planned") if kind == "planned" else ""
    name = words.name(course)
    label = gettext(", ").join(
        part for part in (
            name, str(words.PURPOSES[course.episode.purpose]), said,
            gettext("to %(day)s") % {"day": day(local_day(drawing.board.zone, stay.end))} if known_end(stay) else "",
        ) if part
    )  # fmt: skip
    marks = list(_marks(drawing, stay, course)) if health and kind != "planned" else []
    return {
        "x": x, "width": round(width, 1), "y": lane * ROW + (ROW - BAR) / 2, "height": BAR, "mid": lane * ROW + ROW / 2 + 4.5,
        "kind": kind, "round": 11 if kind == "quarantine" else 3 if kind == "planned" else 0, "number": course.episode.number,
        "name": name if width > 13 * len(name) + 8 else "", "said": said if width > 13 * len(name) + 90 else "", "label": label,
        "restarted": stay.status == Placement.OPEN and any(n.kind in ("exposure", "restarted") and n.occurred_at > stay.start for n in course.notes),
        "marks": marks, "placement": stay.placement, "tx": x + 8, "x2": round(x + width, 1),
        "legal": drawing.x(legal) if legal is not None and drawing.inside(legal) and stay.status == Placement.OPEN else None,
        "handover": _handover(drawing, stay, course, lane),
    }  # fmt: skip


def _handover(drawing: Drawing, stay: Stay, course: Course, lane: int) -> dict[str, Any] | None:
    """After a lawful release what is left of the observation is drawn as an outline: it goes on elsewhere."""
    end, legal = course.end_by_clocks(), course.legal_at
    if stay.status != Placement.OPEN or legal is None or end is None or end <= legal or not drawing.inside(legal):
        return None
    x = drawing.x(legal)
    return {"x": x, "width": round(drawing.x(end) - x, 1), "tx": x + 6}


def _marks(drawing: Drawing, stay: Stay, course: Course) -> Any:
    y = (ROW - BAR) / 2 + BAR
    for test in course.tests():
        if drawing.inside(test.at) and stay.start <= test.at <= max(stay.end, drawing.board.at):
            shape = "detected" if test.result == "positive" else "negative" if test.result == "negative" else "due"
            yield {"x": drawing.x(test.at), "y": y - 2, "shape": shape}
    for review in course.reviews(drawing.end):
        if drawing.inside(review.at) and review.at <= max(stay.end, drawing.board.at):
            yield {"x": drawing.x(review.at), "y": 2, "shape": "review"}


def _gaps(drawing: Drawing, room: Room, stays: list[Stay]) -> Any:
    """Yield the spans in which a room is disinfected: as recorded, and as planned between two stays."""
    for start, end, value in room.closed:
        if value == "cleaning" and start < drawing.end and end > drawing.start:
            x = drawing.x(start)
            last = min(end, max(drawing.board.at, start + DISINFECTION_MS))
            yield {"x": x, "width": round(max(drawing.x(last) - x, 6), 1)}
    for before, after in pairwise(stays):
        if after.status == Placement.PLANNED and before.end < after.start <= before.end + 2 * 86_400_000:
            x = drawing.x(before.end)
            yield {"x": x, "width": round(max(drawing.x(min(after.start, before.end + DISINFECTION_MS)) - x, 4), 1)}


def _said(drawing: Drawing, bars: list[dict[str, Any]], room: Room) -> str:
    if not bars:
        return gettext("free") if not room.closed_at(drawing.board.at) else gettext("being disinfected")
    return gettext("; ").join(bar["label"] for bar in bars)


def _unplaced(course: Course) -> dict[str, Any]:
    return {
        "number": course.episode.number, "name": words.name(course), "code": course.episode.person.code,
        "purpose": words.PURPOSES[course.episode.purpose], "since": moment(course.episode.opened_at, course.zone),
    }  # fmt: skip


def now_list(board: Board, health: bool) -> list[dict[str, Any]]:
    """Return who is where now, for a phone on the ward: by room, with the day, the end and what keeps it open."""
    found = defaultdict(list)
    for course in board.courses:
        if course.room is not None and course.episode.ended_at is None:
            found[course.room.place.code].append(
                {
                    "number": course.episode.number, "name": words.name(course), "code": course.episode.person.code,
                    "kind": "isolation" if course.episode.is_isolation else "quarantine",
                    "purpose": words.PURPOSES[course.episode.purpose], "day": words.day_word(course), "end": words.end_word(course),
                }
            )  # fmt: skip
    return [{"room": room, "people": people} for room, people in sorted(found.items())]
