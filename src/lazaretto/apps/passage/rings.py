"""
Rings and their gates, from the registry: a gate is a place of a gate kind and opens the place that is around it. Who goes
through an inner gate is inside the ring around it; a standing `behind` names gates that come first where the tree does
not say so. A post is manned while somebody holds it there.
"""

from collections import defaultdict
from typing import NamedTuple

from django.db.models import Q

from lazaretto.apps.registry.models import Assignment, Facility, Place, Standing
from lazaretto.protocol.text import Text

#: Kinds of places at which a ring is entered, with their names.
KINDS: dict[str, Text] = {
    "cordon": Text("外围警戒", "outer cordon"),
    "gate": Text("大门", "main gate"),
    "ab_door": Text("AB 门", "A/B doors"),
    "inner_gate": Text("内门", "inner gate"),
    "standby_gate": Text("备勤区入口", "gate of the standby area"),
    "office_gate": Text("办公区入口", "gate of the office area"),
    "food_gate": Text("食品入口", "food gate"),
}


class Ring(NamedTuple):
    """A gate, the zone it opens, the gates that come first, and who holds its posts now."""

    gate: Place
    zone: Place | None
    needs: tuple[int, ...]
    manned: tuple[str, ...]


class Rings:
    """The rings of a facility at an instant, in three queries."""

    def __init__(self, facility: Facility, at: int) -> None:
        self.places = {p.pk: p for p in Place.objects.filter(facility=facility)}
        gates = [p for p in self.places.values() if p.kind in KINDS]
        ids = [g.pk for g in gates]
        self.behind = _behind(facility, ids, at, {p.code: p.pk for p in gates})
        manned = _manned(ids, at)
        self._at_zone: dict[int, list[int]] = defaultdict(list)
        for gate in gates:
            if gate.parent_id is not None:
                self._at_zone[gate.parent_id].append(gate.pk)
        self.all = {
            g.pk: Ring(g, self.places.get(g.parent_id or 0), self._needs(g), tuple(manned[g.pk]))
            for g in sorted(gates, key=lambda g: (list(KINDS).index(g.kind), g.code))
        }

    def _needs(self, gate: Place) -> tuple[int, ...]:
        if gate.pk in self.behind:
            return tuple(self.behind[gate.pk])
        outer = self._outer(gate.parent_id)
        return () if outer is None else tuple(self._at_zone[outer])

    def _outer(self, zone: int | None) -> int | None:
        """Return the nearest zone around one that has gates of its own."""
        at = self.places[zone].parent_id if zone is not None else None
        while at is not None and at not in self._at_zone:
            at = self.places[at].parent_id
        return at

    def inside(self, zone: int | None) -> set[int]:
        """Return the zones that somebody in `zone` is in: itself and those around it."""
        found: set[int] = set()
        while zone is not None:
            found.add(zone)
            zone = self.places[zone].parent_id
        return found

    def missing(self, gate: Place, zone: int | None) -> Ring | None:
        """Return a gate that comes first for somebody who is in `zone` (None: outside), None if nothing is missing."""
        ring = self.all.get(gate.pk)
        if ring is None or not ring.needs:
            return None
        within = self.inside(zone)
        if any(
            self.all[n].zone is not None and self.all[n].gate.parent_id in within for n in ring.needs if n in self.all
        ):
            return None
        return next((self.all[n] for n in ring.needs if n in self.all), None)

    def outermost(self) -> Place | None:
        """Return the gate at which visits come in where none is named: the first that needs no other."""
        free = [r.gate for r in self.all.values() if not r.needs]
        return next((g for g in free if g.kind == "gate"), free[0] if free else None)

    def names_of(self, zone: int | None) -> set[str]:
        """Return every code and kind of a zone and those around it: what a restriction may call it."""
        around = [self.places[z] for z in self.inside(zone)]
        return {p.code for p in around} | {p.kind for p in around}


def _behind(facility: Facility, ids: list[int], at: int, by_code: dict[str, int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = Standing.objects.filter(facility=facility, key="behind", place__in=ids)
    for row in rows.filter(Q(starts=None) | Q(starts__lte=at)).filter(Q(ends=None) | Q(ends__gt=at)).order_by("pk"):
        assert row.place_id is not None
        if row.value in by_code:
            found[row.place_id].append(by_code[row.value])
    return found


def _manned(ids: list[int], at: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = Assignment.objects.filter(kind="post", place__in=ids).select_related("person")
    for row in rows.filter(Q(starts=None) | Q(starts__lte=at)).filter(Q(ends=None) | Q(ends__gt=at)).order_by("pk"):
        assert row.place_id is not None
        found[row.place_id].append(row.person.name or row.person.code)
    return found
