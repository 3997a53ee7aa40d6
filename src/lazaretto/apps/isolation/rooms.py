"""
Rooms of isolation and quarantine: of which type each is, who stays there and when, what a request would break.

A room's type is the class that the registry gives it or a place around it; the types are those that the pathways in force
name. Types are never mixed, segregation cells are never used, and between two occupants a room is disinfected.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Q

from lazaretto.apps.isolation.models import Placement
from lazaretto.apps.isolation.models.episodes import ISOLATING
from lazaretto.apps.registry.models import Facility, Place, Presence, Standing
from lazaretto.apps.registry.rooms import CLOSED, chain
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.pathway import Pathway, persons_in, type_of
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: Kinds and classes of places for discipline: nobody is ever placed there for his health (D2).
SEGREGATION = frozenset({"segregation_cell", "segregation", "discipline_cell"})
#: Placements that need no room of a special type: the person's own room, or none of ours.
OWN = frozenset({"own_room", "ward", "home", "site"})
#: How long a room is kept free between two occupants, so that it can be disinfected.
DISINFECTION_MS = 2 * 3_600_000
BEDS = frozenset({"bed", "bunk"})


class Stay(NamedTuple):
    """Somebody's time in a room, as planned or carried out: [start, end), end FOREVER while nobody knows."""

    placement: int
    episode: int
    person: int
    start: int
    end: int
    purpose: str
    type: str
    status: str
    persons: int
    cohort: int | None
    sex: str


@dataclass(frozen=True, slots=True)
class Room:
    """A room with its types, how many it holds, when it is closed, and who stays there."""

    place: Place
    types: frozenset[str]
    closed: tuple[tuple[int, int, str], ...] = ()
    stays: list[Stay] = field(default_factory=list)
    segregation: bool = False

    @property
    def holds(self) -> int:
        return self.place.capacity or 1

    def closed_at(self, at: int) -> str:
        return next((value for start, end, value in self.closed if start <= at < end), "")


class Request(NamedTuple):
    """That a person be in a room of a type for [start, end), with at most `persons` in it (None: what it holds)."""

    placement: int
    person: int
    purpose: str
    type: str
    persons: int | None
    start: int
    end: int
    cohort: int | None = None
    sex: str = ""
    own: bool = False


def types_in(pathways: Iterable[Pathway]) -> dict[str, Pathway]:
    """Return the types of room that pathways name, each with the first pathway that does, in their order."""
    found: dict[str, Pathway] = {}
    for pathway in pathways:
        for stage in pathway.stages:
            if stage.placement not in OWN:
                found.setdefault(type_of(pathway, stage), pathway)
    return found


class Rooms:
    """The rooms of a facility at an instant, with the stays that touch [since, until)."""

    def __init__(
        self,
        facility: Facility,
        types: Iterable[str],
        *,
        at: int,
        since: int,
        until: int,
        pathways: Mapping[str, Pathway],
    ) -> None:
        self.facility, self.at = facility, at
        self.types = list(types)
        places = {p.pk: p for p in Place.objects.filter(facility=facility).order_by("code")}
        self.parents = {pk: p.parent_id for pk, p in places.items()}
        with_rooms = {p.parent_id for p in places.values() if p.kind not in BEDS}
        classes, closed = _standings(facility, at)
        self.rooms: dict[int, Room] = {}
        for pk, place in places.items():
            if place.kind in BEDS or pk in with_rooms:
                continue
            around = list(chain(self.parents, pk))
            named = frozenset(c for up in around for c in classes[up])
            bad = bool(named & SEGREGATION) or any(places[up].kind in SEGREGATION for up in around)
            spans = tuple(sorted(span for up in around for span in closed[up]))
            self.rooms[pk] = Room(place, named & frozenset(self.types), spans, [], bad)
        for stay, room in _stays(facility, at, since, until, pathways):
            if room in self.rooms:
                self.rooms[room].stays.append(stay)

    def typed(self, type_: str = "") -> list[Room]:
        """Return the rooms of a type (all types, if none is given), by code."""
        return [r for r in self.rooms.values() if (type_ in r.types if type_ else r.types)]

    def refusal(self, room: Room, asked: Request) -> Refusal | None:
        """Return what a request would break in a room, the gravest first; None if it may be."""
        code = room.place.code
        if room.segregation:
            return Refusal(
                "segregation",
                Text(
                    f"{code} 是禁闭室，隔离和观察不用",
                    f"{code} is a segregation cell: never for isolation or quarantine",
                ),
            )
        if not asked.own and asked.type not in room.types:
            have = "、".join(sorted(room.types)) or "—"
            return Refusal(
                "wrong_type",
                Text(
                    f"{code} 不是 {asked.type} 类房间（{have}）", f"{code} is no room of the type {asked.type} ({have})"
                ),
            )
        if room.closed_at(asked.start) == "out":
            return _closed(room, asked.start)
        return self._shared(room, asked)

    def _shared(self, room: Room, asked: Request) -> Refusal | None:
        code, others = (
            room.place.code,
            [s for s in room.stays if s.placement != asked.placement and s.person != asked.person],
        )
        together = [s for s in others if s.start < asked.end and asked.start < s.end]
        if any((s.purpose in ISOLATING) != (asked.purpose in ISOLATING) or s.type != asked.type for s in together):
            end = max(s.end for s in together)
            return Refusal(
                "mixed",
                Text(
                    f"{code} 有另一类人员：隔离与观察、不同类别不同室",
                    f"{code} holds people of another kind: types never share a room",
                ),
                _known(end),
            )
        most = min([n for n in (asked.persons, room.holds, *(s.persons for s in together)) if n])
        if _most_at_once(together) + 1 > most:
            end = min(s.end for s in together)
            return Refusal("full", Text(f"{code} 已满（{most} 人）", f"{code} is full ({most})"), _known(end))
        if any(s.cohort != asked.cohort for s in together):
            return Refusal(
                "other_cohort",
                Text(f"{code} 住着另一批人", f"{code} holds another cohort"),
                _known(max(s.end for s in together)),
            )
        if any(s.sex and asked.sex and s.sex != asked.sex for s in together):
            return Refusal("other_sex", Text(f"{code} 住着异性", f"{code} holds people of the other sex"))
        if not together:
            before = max((s.end for s in others if s.end <= asked.start), default=None)
            after = min((s.start for s in others if s.start >= asked.end), default=None)
            if before is not None and asked.start - before < DISINFECTION_MS and self._not_clean(room, asked.start):
                return Refusal(
                    "disinfection",
                    Text(f"{code} 须先终末消毒", f"{code} is to be disinfected first"),
                    before + DISINFECTION_MS,
                )
            if after is not None and after - asked.end < DISINFECTION_MS:
                return Refusal(
                    "disinfection",
                    Text(
                        f"{code} 与下一人之间须留消毒时间",
                        f"{code} needs time to be disinfected before the next person",
                    ),
                )
        return None

    def _not_clean(self, room: Room, at: int) -> bool:
        """A room in service again after its occupant left is clean, however short a time ago."""
        return at > self.at or bool(room.closed_at(self.at))

    def free(self, asked: Request) -> list[Room]:
        """Return the rooms that take a request, by code."""
        return [room for room in self.typed(asked.type) if self.refusal(room, asked) is None]


def _closed(room: Room, at: int) -> Refusal:
    value, end = next((v, e) for s, e, v in room.closed if s <= at < e)
    word = CLOSED[value]
    return Refusal(
        "out_of_service", Text(f"{room.place.code} {word.zh}", f"{room.place.code} is {word.en}"), _known(end)
    )


def _known(end: int) -> int | None:
    return None if end >= FOREVER else end


def _most_at_once(stays: Sequence[Stay]) -> int:
    """Return the greatest number of stays that overlap at one instant."""
    edges = sorted([(s.start, 1) for s in stays] + [(s.end, -1) for s in stays], key=lambda e: (e[0], e[1]))
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


Spans = dict[int, list[tuple[int, int, str]]]


def _standings(facility: Facility, at: int) -> tuple[dict[int, set[str]], Spans]:
    """Return the classes that places have at an instant, and the spans in which they are closed."""
    rows = Standing.objects.filter(facility=facility, place__isnull=False, key__in=["class", "service"])
    classes: dict[int, set[str]] = defaultdict(set)
    closed: Spans = defaultdict(list)
    for place, key, value, starts, ends in rows.values_list("place_id", "key", "value", "starts", "ends"):
        assert place is not None
        span = FOREVER_AGO if starts is None else starts, FOREVER if ends is None else ends
        if key == "class" and span[0] <= at < span[1]:
            classes[place].add(value)
        elif key == "service" and value in CLOSED:
            closed[place].append((*span, value))
    return classes, closed


def _stays(
    facility: Facility, at: int, since: int, until: int, pathways: Mapping[str, Pathway]
) -> Iterable[tuple[Stay, int]]:
    rows = Placement.objects.filter(episode__facility=facility, starts__lt=until).exclude(status=Placement.CANCELLED)
    rows = rows.filter(Q(ends=None) | Q(ends__gt=since)).order_by("starts", "pk")
    for pk, episode, person, starts, ends, planned, status, stage_id, place, purpose, measure, cohort, sex in rows.values_list(
        "pk", "episode_id", "episode__person_id", "starts", "ends", "planned_end", "status", "stage", "place_id",
        "episode__purpose", "episode__measure", "episode__cohort_id", "episode__person__sex",
    ):  # fmt: skip
        pathway = pathways.get(measure)
        stage = pathway.stage(stage_id) if pathway else None
        end = _end_of(ends, planned, status, at)
        if end <= since:
            continue
        type_ = type_of(pathway, stage) if pathway and stage else purpose
        persons = (persons_in(stage) or 0) if stage else 0
        yield Stay(pk, episode, person, starts, end, purpose, type_, status, persons, cohort, sex), place


def _end_of(ends: int | None, planned: int | None, status: str, at: int) -> int:
    """Return until when a stay holds its room: nobody leaves by having been planned to."""
    if ends is not None:
        return ends
    return planned if planned is not None and (planned > at or status == Placement.PLANNED) else FOREVER


def others_inside(room: Room, person: int, at: int) -> int:
    """Return how many others are in a room by the registry who are in no isolation or quarantine there."""
    known = {s.person for s in room.stays if s.status == Placement.OPEN} | {person}
    rows = Presence.objects.filter(place=room.place, layer="record", starts__lte=at).filter(
        Q(ends=None) | Q(ends__gt=at)
    )
    return rows.exclude(person__in=known).count()
