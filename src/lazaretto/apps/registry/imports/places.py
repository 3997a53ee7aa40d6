"""
Places in from a table: parents before children, whatever their order.

Each importer takes rows one by one into memory and writes what it took in `flush`, in one transaction with one journal
entry. A dry run takes everything and writes nothing. Repeats are no-ops.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.registry.claims import checked_code
from lazaretto.apps.registry.importing import Importer, Taken, Writes
from lazaretto.apps.registry.models import Asset, Facility, Group, Place, Standing
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.apps.registry.versions import version
from lazaretto.protocol.text import Text

YES = frozenset({"1", "true", "yes", "y", "是", "有"})
GROUP_KINDS = ("unit", "shift", "team", "grid")
NO = frozenset({"", "0", "false", "no", "n", "否", "无"})


class PlaceImporter(Importer):
    name = "places"
    required = ("code", "kind")
    known = ("code", "parent", "kind", "name_zh", "name_en", "capacity", "key_area")

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.places = {p.code: p for p in facility.places.select_related("parent")}
        marks = facility.standings.filter(place__isnull=False, key="class", value="key_area", ends=None)
        self.marks = {s.place_id: s for s in marks.select_related("place")}
        self.writes, self.marked = Writes(), Writes()

    def order(self, rows: Iterator[Row]) -> Iterable[Row]:
        """Parents before children, whatever their order in the file."""
        waiting: dict[str, list[Row]] = defaultdict(list)
        ready: list[Row] = []
        every = list(rows)
        codes = {row.text("code") for row in every}
        for row in every:
            parent = row.text("parent")
            if parent in codes and parent != row.text("code"):
                waiting[parent].append(row)
            else:
                ready.append(row)
        for row in ready:
            ready.extend(waiting.pop(row.text("code"), []))
        return [*ready, *(row for rest in waiting.values() for row in rest)]

    def take(self, row: Row) -> Taken:
        code, kind = checked_code(row), row.need("kind").lower()[:40]
        parent = self._parent(row, code)
        capacity = self._capacity(row)
        values = {
            "parent": parent, "kind": kind, "name_zh": row.text("name_zh")[:120], "name_en": row.text("name_en")[:120],
            "capacity": capacity,
        }  # fmt: skip
        key_area = self._key_area(row)
        place = self.places.get(code)
        new = place is None
        if place is None:
            place = self.places[code] = Place(facility=self.facility, code=code, **values)
            changed = True
        else:
            changed = any(getattr(place, k) != v for k, v in values.items())
            for k, v in values.items():
                setattr(place, k, v)
        if changed:
            self.writes.add(place, new=new)
        marked = self._mark(place, key_area, new) if key_area is not None else False
        return "created" if new else "updated" if changed or marked else "skipped"

    def _parent(self, row: Row, code: str) -> Place | None:
        name = row.text("parent")
        if not name:
            return None
        parent = self.places.get(name)
        if parent is None:
            raise RowError("parent", Text(f"没有上级场所 {name}", f"there is no place {name} to be in"))
        up: Place | None = parent
        while up is not None:
            if up.code == code:
                raise RowError("parent", Text(f"{code} 不能在自己里面", f"{code} cannot be inside itself"))
            up = up.parent
        return parent

    def _capacity(self, row: Row) -> int | None:
        text = row.text("capacity")
        if not text:
            return None
        if not text.isdigit() or int(text) > 100_000:
            raise RowError(
                "capacity", Text(f"容量应为整数，写的是 {text}", f"capacity must be a whole number, not {text}")
            )
        return int(text)

    def _key_area(self, row: Row) -> bool | None:
        if "key_area" not in row.cells:
            return None
        text = row.text("key_area").lower()
        if text not in YES | NO:
            raise RowError("key_area", Text(f"重点部位填是或否，写的是 {text}", f"key_area is yes or no, not {text}"))
        return text in YES

    def _mark(self, place: Place, key_area: bool, new: bool) -> bool:
        """A new place has its class from always; a change of class holds from now."""
        mark = self.marks.get(place.pk) if place.pk else None
        if key_area and mark is None:
            start = None if new else self.now
            mark = Standing(
                facility=self.facility, place=place, key="class", value="key_area", slot="key_area", starts=start
            )
            self.marked.add(mark, new=True)
        elif not key_area and mark is not None:
            mark.ends = self.now
            del self.marks[place.pk]
            self.marked.add(mark, new=False)
        else:
            return False
        return True

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        if not (self.writes or self.marked):
            return {}
        created = self.writes.created
        versions = []
        depth: dict[int, list[Place]] = defaultdict(list)
        for place in created:
            depth[_depth(place)].append(place)
        self.writes.created = []
        versions += [
            version("place", p) for p in self.writes.write(Place, ["parent", "kind", "name_zh", "name_en", "capacity"])
        ]
        for level in sorted(depth):
            for place in depth[level]:
                place.parent = place.parent  # the parent has its row by now
            versions += [version("place", p) for p in Place.objects.bulk_create(depth[level], batch_size=200)]
        for mark in self.marked.created:
            mark.place = mark.place
        for mark in (written := self.marked.write(Standing, ["ends"])):
            if mark.ends is None:
                self.marks[mark.place_id] = mark
        versions += [version("standing", s) for s in written]
        journal.record(self.facility.log, "places_imported", versions, by=by, at=at)
        return {}


def _depth(place: Place) -> int:
    depth = 0
    while place.parent is not None:
        place, depth = place.parent, depth + 1
    return depth


class GroupImporter(Importer):
    """Units, shifts and teams by name."""

    name = "groups"
    required = ("code",)
    known = ("code", "kind", "name_zh", "name_en")

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.groups = {g.code: g for g in facility.groups.all()}
        self.writes = Writes()

    def take(self, row: Row) -> Taken:
        code = checked_code(row)
        kind = row.text("kind").lower() or "unit"
        if kind not in GROUP_KINDS:
            known = ", ".join(GROUP_KINDS)
            raise RowError("kind", Text(f"类型可用：{known}", f"kind is one of {known}"))
        values = {"kind": kind, "name_zh": row.text("name_zh")[:120], "name_en": row.text("name_en")[:120]}
        return _take_thing(self.groups, self.writes, row, Group(facility=self.facility, code=code, **values), values)

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        if self.writes:
            written = self.writes.write(Group, ["kind", "name_zh", "name_en"])
            journal.record(self.facility.log, "groups_imported", [version("group", g) for g in written], by=by, at=at)
        return {}


class AssetImporter(Importer):
    """Things that rounds can be owed on: cameras, vehicles, thermometers."""

    name = "assets"
    required = ("code", "kind")
    known = ("code", "kind", "name_zh", "name_en", "place")

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.assets = {a.code: a for a in facility.assets.select_related("place")}
        self.places = {p.code: p for p in facility.places.all()}
        self.writes = Writes()

    def take(self, row: Row) -> Taken:
        code, name = checked_code(row), row.text("place")
        place = self.places.get(name)
        if name and place is None:
            raise RowError("place", Text(f"没有场所 {name}", f"there is no place {name}"))
        values = {
            "kind": row.need("kind")[:40], "name_zh": row.text("name_zh")[:120], "name_en": row.text("name_en")[:120],
            "place": place,
        }  # fmt: skip
        return _take_thing(self.assets, self.writes, row, Asset(facility=self.facility, code=code, **values), values)

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        if self.writes:
            written = self.writes.write(Asset, ["kind", "name_zh", "name_en", "place"])
            journal.record(self.facility.log, "assets_imported", [version("asset", a) for a in written], by=by, at=at)
        return {}


def _take_thing(known: dict[str, Any], writes: Writes, row: Row, made: Any, values: Mapping[str, Any]) -> Taken:
    """Take a row that only names a thing: new, changed where the file has the column, or as it was."""
    found = known.get(made.code)
    if found is None:
        known[made.code] = made
        writes.add(made, new=True)
        return "created"
    given = {k: v for k, v in values.items() if k in row.cells}
    if all(getattr(found, k) == v for k, v in given.items()):
        return "skipped"
    for k, v in given.items():
        setattr(found, k, v)
    writes.add(found, new=False)
    return "updated"
