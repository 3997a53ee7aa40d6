"""
The board: rooms by type, days across; who stays there, who comes, how many rooms are free each day.

A board of a big house is read in pages of rooms: only the stays of the rooms that are shown are worked out with their clocks,
while counts, forecasts and those who wait are of the whole house.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from lazaretto.apps.isolation.courses import Course, courses, pathways
from lazaretto.apps.isolation.models import Episode, Note, Placement
from lazaretto.apps.isolation.models.episodes import ISOLATING
from lazaretto.apps.isolation.placing import request, wanted_stage
from lazaretto.apps.isolation.rooms import OWN, Room, Rooms, Stay, types_in
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.clock import FOREVER, instant, local_day
from lazaretto.protocol.pathway import Pathway

LONGEST = 62


@dataclass(frozen=True)
class Free:
    """How many rooms of a type are free on a day: of how many, and how many are wanted by people without a room."""

    on: date
    rooms: int
    used: int
    wanted: int

    @property
    def free(self) -> int:
        return self.rooms - self.used - self.wanted


class Kind(NamedTuple):
    """A type of room with the pathway that it serves, its rooms that are shown, and the forecast of all of them by day."""

    type: str
    pathway: Pathway
    rooms: list[Room]
    days: list[Free]

    @property
    def is_isolation(self) -> bool:
        return self.pathway.purpose in ISOLATING

    @property
    def shortage(self) -> Free | None:
        """Return the first day on which rooms are short."""
        return next((d for d in self.days if d.free < 0), None)


class Window(NamedTuple):
    """Which rooms are shown: of one type, with a text in their code, occupied or free; `size` of them from page `page`."""

    type: str = ""
    text: str = ""
    state: str = ""
    page: int = 1
    size: int | None = None

    def shows(self, room: Room, at: int) -> bool:
        if self.text and self.text.casefold() not in room.place.code.casefold():
            return False
        here = any(s.start <= at < s.end and s.status == Placement.OPEN for s in room.stays)
        return {"": True, "occupied": here, "free": not here and not room.closed_at(at),
                "closed": bool(room.closed_at(at))}.get(self.state, True)  # fmt: skip


@dataclass(frozen=True)
class Board:
    """
    What the board shows for `days` days from `first`. `placements` are those of the rooms that are shown, by id; `ill` and
    `well` count everybody whose episode is open, `n_rooms` all rooms that the window lets through.
    """

    first: date
    days: int
    at: int
    kinds: list[Kind]
    courses: list[Course]
    placements: dict[int, Placement]
    unplaced: list[Course]
    zone: str
    types: dict[str, Pathway]
    ill: int
    well: int
    n_rooms: int

    @property
    def dates(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]


def board(facility: Facility, first: date, days: int, at: int, *, window: Window | None = None) -> Board:
    """
    Return the board in a fixed number of queries. :raises NoProtocol: if nothing was adopted.
    """
    window, days = window or Window(), max(1, min(days, LONGEST))
    edges = [instant(facility.zone, first + timedelta(days=n), 0) for n in range(days + 1)]
    known = pathways(facility, at)
    types = types_in(known)
    book = Rooms(facility, types, at=at, since=edges[0], until=edges[-1], pathways={p.id: p for p in known})
    shown, n_rooms = _shown(book, types, window, at)
    episodes = {s.episode for rooms in shown.values() for r in rooms for s in r.stays}
    waiting = set(without_room(facility).values_list("pk", flat=True))
    found = courses(facility, at, Episode.objects.filter(facility=facility), only=episodes | waiting)
    unplaced = [c for c in found if c.episode.pk in waiting]
    wanted = _wanted(unplaced, at)
    kinds = [
        Kind(name, pathway, shown.get(name, []), _forecast(book, name, edges, facility.zone, wanted[name]))
        for name, pathway in types.items()
        if not window.type or name == window.type
    ]
    placements = {p.pk: p for c in found for p in c.placements if p.status != Placement.CANCELLED}
    ill, well = _counts(facility)
    return Board(first, days, at, kinds, found, placements, unplaced, facility.zone, types, ill, well, n_rooms)


def without_room(facility: Facility) -> QuerySet[Episode]:
    """Return the open episodes that have neither a room nor a plan, and whose clock does not stand still."""
    room = Placement.objects.filter(episode=OuterRef("pk"), status__in=(Placement.OPEN, Placement.PLANNED))
    still = Note.objects.filter(episode=OuterRef("pk"), kind="suspended", ends_at=None)
    return Episode.objects.filter(~Exists(room), ~Exists(still), facility=facility, ended_at=None)


def _shown(book: Rooms, types: dict[str, Pathway], window: Window, at: int) -> tuple[dict[str, list[Room]], int]:
    """Return the rooms of the window by type, and how many rooms there are on all its pages."""
    every = [
        (name, room)
        for name in types
        if not window.type or name == window.type
        for room in book.typed(name)
        if window.shows(room, at)
    ]
    size = window.size or max(len(every), 1)
    page = max(1, min(window.page, -(-len(every) // size)))
    found: dict[str, list[Room]] = {}
    for name, room in every[(page - 1) * size : page * size]:
        found.setdefault(name, []).append(room)
    return found, len(every)


def _counts(facility: Facility) -> tuple[int, int]:
    rows = Episode.objects.filter(facility=facility, ended_at=None).aggregate(
        ill=Count("pk", filter=Q(purpose__in=ISOLATING)), every=Count("pk")
    )
    return rows["ill"], rows["every"] - rows["ill"]


def _wanted(unplaced: list[Course], at: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for course in unplaced:
        stage = wanted_stage(course)
        if stage is not None and stage.placement not in OWN:
            found[request(course, stage, at, None).type] += 1
    return found


def _forecast(book: Rooms, name: str, edges: Sequence[int], zone: str, wanted: int) -> list[Free]:
    """
    Return each day's count. A room's days are the bits of two numbers, and many rooms have the same ones: so 500 rooms × 60
    days are added up in a few steps.
    """
    days, today = len(edges) - 1, local_day(zone, book.at)
    alike: Counter[tuple[int, int]] = Counter()
    for room in book.typed(name):
        taken, is_open = 0, (1 << days) - 1
        for stay in room.stays:
            taken |= _bits(bisect_right(edges, stay.start) - 1, bisect_left(edges, stay.end), days)
        for n in range(days if room.closed else 0):
            if _closed(room, edges[n], edges[n + 1]):
                is_open &= ~(1 << n)
        alike[taken & is_open, is_open] += 1
    used = [sum(n for (taken, _), n in alike.items() if taken >> day & 1) for day in range(days)]
    open_ = [sum(n for (_, is_open), n in alike.items() if is_open >> day & 1) for day in range(days)]
    dates = [local_day(zone, edge) for edge in edges[:-1]]
    return [Free(on, open_[n], used[n], wanted if on >= today else 0) for n, on in enumerate(dates)]


def _bits(start: int, end: int, days: int) -> int:
    """Return a number with the bits of the days from `start` up to `end`, within the days that there are."""
    start, end = max(start, 0), min(end, days)
    return (1 << end) - (1 << start) if end > start else 0


def _closed(room: Room, begins: int, over: int) -> bool:
    return any(start <= begins and end >= over and value == "out" for start, end, value in room.closed)


def runs(stays: list[Stay]) -> list[Stay]:
    """Return the stays of a room in the order in which they begin."""
    return sorted(stays, key=lambda s: (s.start, s.placement))


def known_end(stay: Stay) -> int | None:
    return None if stay.end >= FOREVER else stay.end
