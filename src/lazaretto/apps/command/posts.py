"""
Who answers for what: the posts that the protocol in force demands, who holds each now, and what is not filled.

A post is held by an assignment of kind `post` (or `role`) whose key is the post's id, or `measure.post` where several
measures have a post of that id; a deputy by the key with `.deputy`. Where a post is owed in each wing, the assignment
names the wing; in each shift or grid, the holder is a member of that group.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.registry.models import Assignment as Held
from lazaretto.apps.registry.models import Facility, Person, Place
from lazaretto.protocol.assignment import Assignment, Gap, Post, gaps
from lazaretto.protocol.text import Text

DEPUTY = ".deputy"
#: Units that no register here lists: their posts are shown with who holds them, and nothing is said to be missing.
UNLISTED = frozenset({"post", "person", "household", "case"})


class Line(NamedTuple):
    """One post in one unit: its key, who holds it, who stands in, what is missing, and since when it has been empty."""

    post: Post
    key: str
    unit: str
    unit_name: Text
    holders: list[Held]
    deputies: list[Held]
    missing: list[Gap]
    empty_since: int | None


class Responsibility(NamedTuple):
    """An assignment of the protocol: its posts, one line for each unit, and who is in nobody's charge or holds two posts."""

    measure: Assignment
    lines: list[Line]
    left_out: list[str]
    clashes: list[Gap]

    @property
    def open(self) -> int:
        """How many things are missing."""
        return sum(len(line.missing) for line in self.lines) + len(self.left_out) + len(self.clashes)


def responsibilities(facility: Facility, at: int) -> list[Responsibility]:
    """
    Return every assignment of the protocol in force, in a fixed number of queries.

    :raises NoProtocol: if nothing was adopted.
    """
    resolved = in_force(facility, at).resolved
    asked = [m for m in resolved.everything if isinstance(m, Assignment) and m.active]
    register = _Register(facility, at, [s.id for s in resolved.document.shifts])
    often = Counter(post.id for measure in asked for post in measure.posts)
    return [_of(measure, register, often) for measure in asked]


def key_of(measure: Assignment, post: Post, often: Counter[str]) -> str:
    """Return the key under which a post is assigned."""
    return post.id if often[post.id] == 1 else f"{measure.id}.{post.id}"


class _Register:
    """Who holds what at an instant, and which units there are."""

    def __init__(self, facility: Facility, at: int, shifts: Sequence[str]) -> None:
        self.at = at
        self.by_key: dict[str, list[Held]] = defaultdict(list)
        self.before: dict[str, list[Held]] = defaultdict(list)
        self.members: dict[str, set[str]] = defaultdict(set)
        self.groups_of: dict[str, set[str]] = defaultdict(set)
        for held in Held.objects.filter(facility=facility).select_related("person", "place").order_by("starts", "pk"):
            now = held.start_ms <= at < held.end_ms
            if held.kind != "group":
                (self.by_key if now else self.before)[held.key].append(held)
            elif now:
                self.members[held.key].add(held.person.code)
                self.groups_of[held.person.code].add(held.key)
        self.names = {"": Text("全所", "the facility")}
        self.units: dict[str, list[str]] = {"facility": [""], "shift": list(shifts)}
        wings = Place.objects.filter(facility=facility, kind__in=("wing", "zone", "site")).order_by("code")
        for place in wings:
            self.units.setdefault("unit" if place.kind == "wing" else "zone", []).append(place.code)
            self.names[place.code] = Text(place.name_zh or place.code, place.name_en or place.code)
        for group in facility.groups.filter(kind__in=("shift", "grid")).order_by("code"):
            per = "area" if group.kind == "grid" else "shift"
            if group.code not in self.units.setdefault(per, []):
                self.units[per].append(group.code)
            self.names[group.code] = Text(group.name_zh or group.code, group.name_en or group.code)
        self.units.setdefault("area", self.units.get("unit", []))
        self.people = list(
            Person.objects.filter(facility=facility, merged_into=None)
            .order_by("code")
            .values_list("code", "population", "base")
        )

    def holders(self, key: str, unit: str, *, past: bool = False) -> list[Held]:
        rows = (self.before if past else self.by_key)[key]
        if not unit:
            return rows
        return [h for h in rows if (h.place and h.place.code == unit) or unit in self.groups_of[h.person.code]]

    def charges(self, holders: Iterable[Held]) -> dict[str, list[str]]:
        """Return whom each holder answers for: the other members of the grids that he is in."""
        grids = set(self.units["area"])
        return {
            h.person.code: sorted(
                {m for group in self.groups_of[h.person.code] & grids for m in self.members[group]} - {h.person.code}
            )
            for h in holders
        }


def _of(measure: Assignment, register: _Register, often: Counter[str]) -> Responsibility:
    cells = [
        (post, key_of(measure, post, often), unit)
        for post in measure.posts
        for unit in ([""] if post.per in UNLISTED else register.units.get(post.per) or [""])
    ]
    holders = {(post.id, unit): register.holders(key, unit) for post, key, unit in cells}
    deputies = {(post.id, unit): register.holders(key + DEPUTY, unit) for post, key, unit in cells}
    spanned = {p.id for p in measure.posts if p.span_min is not None or p.span_max is not None or measure.everyone}
    found = gaps(
        measure,
        {per: units for per, units in register.units.items() if per not in UNLISTED},
        {cell: [h.person.code for h in held] for cell, held in holders.items()},
        deputies=[cell for cell, held in deputies.items() if held],
        charges=register.charges(h for (post, _), held in holders.items() if post in spanned for h in held),
        people=_asked(measure, register),
    )
    lines = []
    for post, key, unit in cells:
        own = holders[post.id, unit]
        codes = {unit, *(h.person.code for h in own)}
        missing = [g for g in found if g.post == post.id and g.where in codes and g.code != "two_posts"]
        lines.append(
            Line(post, key, unit, register.names.get(unit, Text(unit, unit)), own, deputies[post.id, unit], missing,
                 _empty_since(register, key, unit) if not own else None)
        )  # fmt: skip
    left_out = [g.where for g in found if g.code == "left_out"]
    return Responsibility(measure, lines, left_out, [g for g in found if g.code == "two_posts"])


def _asked(measure: Assignment, register: _Register) -> list[str]:
    if not measure.everyone:
        return []
    wanted = {word for selector in measure.applies_to for word in selector.populations}
    return [code for code, population, base in register.people if not wanted or population in wanted or base in wanted]


def _empty_since(register: _Register, key: str, unit: str) -> int | None:
    """Return when the last holder left a post; None if nobody ever held it."""
    ended = [h.end_ms for h in register.holders(key, unit, past=True) if h.end_ms <= register.at]
    return max(ended, default=None)
