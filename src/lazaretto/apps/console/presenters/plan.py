"""
The site plan, drawn from the register: what stands where, in units of the drawing.

The register knows no coordinates. Buildings with rooms stand in rows as they are listed, each floor a row of cells; halls
without rooms below them; areas of isolation at the right, behind their own fence; gates and offices outside the wall.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

WIDTH = 760
HOUSE, GAP, PAD = 124, 10, 14
SIDE = 132
CELL, CELL_HEIGHT, STEP, ROW = 10, 12, 12, 16
MOST_IN_ROW = 10
#: Kinds that stand outside the wall, and those that stand apart inside it.
OUTSIDE = frozenset({"gate", "gatehouse", "office", "reception", "command_post", "standby", "car_park"})
APART = ("isolation", "quarantine")


class Spot(NamedTuple):
    """A place of the register as the plan wants it."""

    code: str
    parent: str
    kind: str
    label: str


class Room(NamedTuple):
    code: str
    x: float
    y: float


class Mark(NamedTuple):
    """Which floor a row of rooms is."""

    text: str
    y: float


@dataclass
class House:
    """A building or hall: its place, its box, its rooms."""

    spot: Spot
    x: float
    y: float
    width: float
    height: float
    apart: bool = False
    rooms: list[Room] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float


@dataclass
class Plan:
    """All that is drawn. `wall` is around what is inside, `fence` around what is apart (None if nothing is)."""

    height: float
    houses: list[House]
    wall: Box
    fence: Box | None


class _Tree:
    def __init__(self, spots: Iterable[Spot]) -> None:
        self.below: dict[str, list[Spot]] = defaultdict(list)
        self.spots = list(spots)
        for spot in self.spots:
            self.below[spot.parent].append(spot)

    def houses(self) -> list[Spot]:
        """Return what stands on the site: the children of its roots, or the roots where they have none."""
        roots = self.below[""]
        return [child for root in roots for child in (self.below[root.code] or [root])]

    def floors(self, house: Spot) -> list[tuple[str, list[Spot]]]:
        """Return the rows of rooms of a building, the top floor first, each with its number where there are several."""
        direct = [c for c in self.below[house.code] if not self.below[c.code]]
        floors = [c for c in self.below[house.code] if self.below[c.code]]
        rows = [(f"{n}", self.leaves(f)) for n, f in enumerate(floors, 1)][::-1]
        return [*rows, *([("", direct)] if direct else [])]

    def leaves(self, top: Spot) -> list[Spot]:
        below = self.below[top.code]
        return [leaf for c in below for leaf in self.leaves(c)] if below else [top]


def draw(spots: Sequence[Spot], width: float = WIDTH) -> Plan:
    """Return the plan of a site in a drawing so wide."""
    tree = _Tree(spots)
    every = tree.houses()
    outside = [s for s in every if s.kind in OUTSIDE]
    apart = [s for s in every if s.kind.startswith(APART)]
    inside = [s for s in every if s not in outside and s not in apart]
    left = PAD + (SIDE + PAD + GAP if outside else 0)
    right = width - PAD - (SIDE + PAD if apart else 0)
    houses, bottom = _rows(tree, inside, left + PAD, right - (GAP if apart else PAD), 44)
    fenced, fence_bottom = _column(tree, apart, right, 52)
    outer, outer_bottom = _column(tree, outside, PAD, 44)
    low = max(bottom, fence_bottom, outer_bottom, 120)
    for house in fenced:
        house.apart = True
    fence = Box(right - 6, 30, SIDE + 12, low - 24) if apart else None
    wall = Box(left, 20, width - PAD - left, low)
    return Plan(low + 34, [*houses, *fenced, *outer], wall, fence)


def _house(tree: _Tree, spot: Spot, x: float, y: float, width: float) -> House:
    made = House(spot, x, y, width, 0)
    at, room = y + 26, 22 if len(tree.floors(spot)) > 1 else 8
    most = min(MOST_IN_ROW, int((width - room - 6) // STEP))
    for label, cells in tree.floors(spot):
        if label and room > 8:
            made.marks.append(Mark(label, at + 10))
        for start in range(0, len(cells), most):
            made.rooms += [Room(c.code, x + room + n * STEP, at) for n, c in enumerate(cells[start : start + most])]
            at += ROW
    made.height = at - y + 22 if made.rooms else 50
    return made


def _rows(tree: _Tree, spots: Sequence[Spot], left: float, right: float, top: float) -> tuple[list[House], float]:
    """Put buildings into rows, those with rooms first."""
    per_row = max(int((right - left + GAP) // (HOUSE + GAP)), 1)
    width = (right - left + GAP) / per_row - GAP
    found: list[House] = []
    with_rooms, halls = [s for s in spots if tree.below[s.code]], [s for s in spots if not tree.below[s.code]]
    starts = [(some, n) for some in (with_rooms, halls) for n in range(0, len(some), per_row)]
    for some, start in starts:
        row = [
            _house(tree, s, left + n * (width + GAP), top, width) for n, s in enumerate(some[start : start + per_row])
        ]
        tallest = max(h.height for h in row)
        for house in row:
            house.height = tallest
        found += row
        top += tallest + GAP
    return found, top


def _column(tree: _Tree, spots: Sequence[Spot], x: float, top: float) -> tuple[list[House], float]:
    found = []
    for spot in spots:
        found.append(_house(tree, spot, x, top, SIDE))
        top += found[-1].height + GAP
    return found, top


def worst_first(states: Mapping[str, int], order: Sequence[str]) -> list[tuple[str, int]]:
    """Return the states that there is any of with their counts, the gravest first."""
    return [(s, states[s]) for s in order if states.get(s)]
