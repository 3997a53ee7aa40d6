"""
What places allow: whether a place is in service, whether a bed is taken, how many people a room holds and may hold.

A bed holds one person and a place out of service none: both are refusals. More people than a room is meant for is a
warning, since it may be all there is.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from lazaretto.apps.registry.models import Facility, Place, Presence, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.protocol.clock import FOREVER, local
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

BED = "bed"
#: Values of the standing `service` under which nobody is brought into a place.
CLOSED = {"out": Text("停用", "out of service"), "cleaning": Text("终末消毒中", "being disinfected")}


class Rooms:
    """The places that movements lead to, as they stand while the movements are entered one after the other."""

    def __init__(self, facility: Facility, moves: Sequence[Move]) -> None:
        self.parents = parents(facility)
        self.zone = facility.zone
        wanted = {move.place.pk for move in moves if move.place is not None}
        around = {pk for place in wanted for pk in chain(self.parents, place)}
        self.closed = _closed(facility, around)
        self.stays: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
        beds = {move.place.pk for move in moves if move.place is not None and move.place.kind == BED}
        if beds:
            first = min(move.occurred_at for move in moves)
            rows = Presence.objects.filter(facility=facility, layer="record", place__in=beds)
            rows = rows.filter(Q(ends=None) | Q(ends__gt=first))
            for place, person, starts, ends in rows.values_list("place_id", "person_id", "starts", "ends"):
                self.stays[place][person] = (starts or 0, FOREVER if ends is None else ends)
        self.beds = beds

    def check(self, move: Move) -> None:
        """:raises Refusal: out_of_service (with when it will be in service, if that is known), bed_taken."""
        if move.place is None:
            return
        for pk in chain(self.parents, move.place.pk):
            for standing in self.closed.get(pk, ()):
                if standing.start_ms <= move.occurred_at < standing.end_ms:
                    raise self._not_in_service(move.place, standing)
        for person, (start, end) in self.stays.get(move.place.pk, {}).items():
            if person != move.person.pk and (start <= move.occurred_at < end or end == FOREVER):
                code = move.place.code
                raise Refusal("bed_taken", Text(f"床位 {code} 已有人", f"the bed {code} is taken"))

    def carry_out(self, move: Move) -> None:
        for stays in self.stays.values():
            if move.person.pk in stays:
                stays[move.person.pk] = (stays[move.person.pk][0], move.occurred_at)
        if move.place is not None and move.place.pk in self.beds:
            self.stays[move.place.pk][move.person.pk] = (move.occurred_at, FOREVER)

    def _not_in_service(self, place: Place, standing: Standing) -> Refusal:
        word, code = CLOSED[standing.value], place.code
        if standing.ends is None:
            said = Text(f"{code} {word.zh}，未定恢复时间", f"{code} is {word.en}; no end is set")
        else:
            until = local(self.zone, standing.ends).strftime("%Y-%m-%d %H:%M")
            said = Text(f"{code} {word.zh}，到 {until}", f"{code} is {word.en} until {until}")
        return Refusal("out_of_service", said, standing.ends)


def parents(facility: Facility) -> dict[int, int | None]:
    """Return for each place the one that it is in."""
    return dict(Place.objects.filter(facility=facility).values_list("pk", "parent_id"))


def chain(parents: dict[int, int | None], place: int) -> Iterable[int]:
    """Return a place and all places around it, the nearest first."""
    at: int | None = place
    while at is not None:
        yield at
        at = parents.get(at)


def _closed(facility: Facility, places: Iterable[int]) -> dict[int, list[Standing]]:
    found: dict[int, list[Standing]] = defaultdict(list)
    rows = Standing.objects.filter(facility=facility, key="service", value__in=list(CLOSED), place__isnull=False)
    wanted = set(places)
    for standing in rows:
        if standing.place_id in wanted:
            found[standing.place_id].append(standing)
    return found


def occupied(facility: Facility, at: int) -> Counter[int]:
    """Return how many people are in each place or below it at an instant, by the id of the place."""
    up = parents(facility)
    rows = Presence.objects.filter(facility=facility, layer="record", starts__lte=at)
    found: Counter[int] = Counter()
    for place in rows.filter(Q(ends=None) | Q(ends__gt=at)).values_list("place_id", flat=True):
        found.update(chain(up, place))
    return found


def crowded(facility: Facility, moves: Sequence[Move], *, at: int) -> list[tuple[Place, int]]:
    """Return the rooms that would hold more people than they are meant for, with how many that would be."""
    up = parents(facility)
    sizes = {p.pk: p for p in Place.objects.filter(facility=facility, capacity__isnull=False)}
    then = occupied(facility, at)
    people = [move.person.pk for move in moves]
    for start in range(0, len(people), 400):
        rows: Any = Presence.objects.filter(person__in=people[start : start + 400], layer="record", starts__lte=at)
        for place in rows.filter(Q(ends=None) | Q(ends__gt=at)).values_list("place_id", flat=True):
            then.subtract(chain(up, place))
    filled: dict[int, Place] = {}
    for move in moves:
        if move.place is not None:
            then.update(chain(up, move.place.pk))
            filled |= {pk: sizes[pk] for pk in chain(up, move.place.pk) if pk in sizes}
    return [(place, then[pk]) for pk, place in filled.items() if then[pk] > (place.capacity or 0)]
