"""The board: rooms by type, days across; who stays there, who comes, how many rooms are free each day."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from lazaretto.apps.isolation.courses import Course, courses, pathways
from lazaretto.apps.isolation.models import Episode, Placement
from lazaretto.apps.isolation.models.episodes import ISOLATING
from lazaretto.apps.isolation.placing import request, rooms_of, wanted_stage
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
    """A type of room with the pathway that it serves, its rooms, and its forecast by day."""

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


@dataclass(frozen=True)
class Board:
    """What the board shows for `days` days from `first`; `placements` are those that touch them, by id."""

    first: date
    days: int
    at: int
    kinds: list[Kind]
    courses: list[Course]
    placements: dict[int, Placement]
    unplaced: list[Course]
    zone: str

    @property
    def dates(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]


def board(facility: Facility, first: date, days: int, at: int, *, type_: str = "") -> Board:
    """
    Return the board in a fixed number of queries. :raises NoProtocol: if nothing was adopted.
    """
    days = max(1, min(days, LONGEST))
    start, end = instant(facility.zone, first, 0), instant(facility.zone, first + timedelta(days=days), 0)
    book = rooms_of(facility, at, since=start, until=end)
    known = courses(facility, at, Episode.objects.filter(facility=facility, ended_at=None) | _ended(facility, start))
    placements = {p.pk: p for c in known for p in c.placements if p.status != Placement.CANCELLED}
    unplaced = [
        c for c in known if c.episode.ended_at is None and c.room is None and c.planned is None and c.suspended is None
    ]
    wanted = _wanted(unplaced, at)
    kinds = [
        Kind(name, pathway, book.typed(name), _forecast(book, name, first, days, facility.zone, wanted[name]))
        for name, pathway in types_in(pathways(facility, at)).items()
        if not type_ or name == type_
    ]
    return Board(first, days, at, kinds, known, placements, unplaced, facility.zone)


def _ended(facility: Facility, start: int):  # type: ignore[no-untyped-def]
    return Episode.objects.filter(facility=facility, ended_at__gt=start)


def _wanted(unplaced: list[Course], at: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for course in unplaced:
        stage = wanted_stage(course)
        if stage is not None and stage.placement not in OWN:
            found[request(course, stage, at, None).type] += 1
    return found


def _forecast(book: Rooms, name: str, first: date, days: int, zone: str, wanted: int) -> list[Free]:
    rooms = book.typed(name)
    today, found = local_day(zone, book.at), []
    for n in range(days):
        on = first + timedelta(days=n)
        begins, over = instant(zone, on, 0), instant(zone, on + timedelta(days=1), 0)
        open_ = [r for r in rooms if not _closed(r, begins, over)]
        used = sum(any(s.start < over and s.end > begins for s in r.stays) for r in open_)
        found.append(Free(on, len(open_), used, wanted if on >= today else 0))
    return found


def _closed(room: Room, begins: int, over: int) -> bool:
    return any(start <= begins and end >= over and value == "out" for start, end, value in room.closed)


def runs(stays: list[Stay]) -> list[Stay]:
    """Return the stays of a room in the order in which they begin."""
    return sorted(stays, key=lambda s: (s.start, s.placement))


def known_end(stay: Stay) -> int | None:
    return None if stay.end >= FOREVER else stay.end
