"""Reads of places: the tree with classes, service and how many people are in each, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterator

from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry.models import Facility, Place, Standing
from lazaretto.apps.registry.rooms import BED, chain, occupied


class Tree:
    """The places of a facility at an instant."""

    def __init__(self, facility: Facility, at: int) -> None:
        self.at = at
        self.places = {p.pk: p for p in Place.objects.filter(facility=facility).order_by("code")}
        self.by_code = {p.code: p for p in self.places.values()}
        self.parents = {p.pk: p.parent_id for p in self.places.values()}
        self.children: dict[int | None, list[Place]] = defaultdict(list)
        for place in self.places.values():
            self.children[place.parent_id].append(place)
        self.occupied = occupied(facility, at)
        self.classes: dict[int, list[str]] = defaultdict(list)
        self.service: dict[int, Standing] = {}
        rows = Standing.objects.filter(facility=facility, place__isnull=False, key__in=("class", "service"))
        for standing in rows.order_by("starts", "pk"):
            if standing.start_ms <= at < standing.end_ms:
                pk = standing.place_id or 0
                if standing.key == "class":
                    self.classes[pk].append(standing.value)
                else:
                    self.service[pk] = standing

    def walk(self, top: Place | None, *, to_beds: bool) -> Iterator[tuple[int, Place]]:
        """Return places with their depth, parents before children; beds only if asked for."""
        stack = [(0, p) for p in reversed([top] if top is not None else self.children[None])]
        while stack:
            depth, place = stack.pop()
            yield depth, place
            below = self.children[place.pk] if to_beds else [c for c in self.children[place.pk] if c.kind != BED]
            stack += [(depth + 1, child) for child in reversed(below)]

    def beds(self, place: Place) -> list[Place]:
        return [child for child in self.children[place.pk] if child.kind == BED]

    def closed_by(self, place: Place) -> Standing | None:
        """Return what keeps a place out of service: said of itself or of a place around it."""
        for pk in chain(self.parents, place.pk):
            standing = self.service.get(pk)
            if standing is not None and standing.value != "in":
                return standing
        return None


def services(place: Place) -> list[Standing]:
    """Return what was said of a place's service, the last first."""
    return list(place.standings.filter(key="service").order_by("-starts", "-pk")[:20])


def place_of(asked: Asked, code: str) -> Place | None:
    return Place.objects.select_related("facility__log").filter(facility=asked.facility, code=code).first()


def taken(asked: Asked, code: str) -> bool:
    return Place.objects.filter(facility=asked.facility, code=code).exists()
