"""
Rows into the registry: places, people, presence and standings.

Each importer takes rows one by one into memory and writes what it took in `flush`, in one transaction with one journal
entry. A dry run takes everything and writes nothing. Repeats are no-ops.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.registry.importing import Importer, Taken, Writes
from lazaretto.apps.registry.models import Facility, Group, Person, Place, Presence, Standing
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.apps.registry.versions import version
from lazaretto.protocol.clock import FOREVER, local_day, parse_moment, utc_text
from lazaretto.protocol.text import Text

YES = frozenset({"1", "true", "yes", "y", "是", "有"})
NO = frozenset({"", "0", "false", "no", "n", "否", "无"})
SEXES = {"male": "male", "m": "male", "男": "male", "1": "male", "female": "female", "f": "female", "女": "female",
         "2": "female", "": "", "unknown": "unknown", "未知": "unknown", "0": "unknown", "9": "unknown"}  # fmt: skip


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
        code, kind = row.need("code"), row.need("kind").lower()
        if len(code) > 60 or any(c in code for c in "/:|"):
            raise RowError(
                "code", Text("编号最多 60 字，不含 / : |", "a code has up to 60 characters and none of / : |")
            )
        parent = self._parent(row, code)
        capacity = self._capacity(row)
        values = {
            "parent": parent, "kind": kind, "name_zh": row.text("name_zh"), "name_en": row.text("name_en"),
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
            mark = Standing(facility=self.facility, place=place, key="class", value="key_area", starts=start)
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


class Population(NamedTuple):
    """A population code over its base class."""

    code: str
    base: str


class PeopleImporter(Importer):
    """`populations` maps every accepted word (code, base class, title in either language) to its population."""

    name = "people"
    required = ("code", "population")
    known = ("code", "population", "name", "sex", "birth_date", "unit_code")

    def __init__(self, facility: Facility, *, now: int, populations: Mapping[str, Population]) -> None:
        super().__init__(facility, now=now)
        self.populations = populations
        self.people = {p.code: p for p in facility.people.select_related("unit")}
        self.units = {g.code: g for g in facility.groups.filter(kind="unit")}
        self.new_units: list[Group] = []
        self.writes = Writes()

    def take(self, row: Row) -> Taken:
        code = row.need("code")
        if len(code) > 60 or any(c in code for c in "/:|"):
            raise RowError(
                "code", Text("编号最多 60 字，不含 / : |", "a code has up to 60 characters and none of / : |")
            )
        word = row.need("population")
        population = self.populations.get(word) or self.populations.get(word.lower())
        if population is None:
            known = "、".join(sorted({p.code for p in self.populations.values()}))
            raise RowError(
                "population",
                Text(f"没有人群“{word}”，可用：{known}", f"there is no population {word!r}; known: {known}"),
            )
        sex = SEXES.get(row.text("sex").lower())
        if sex is None:
            raise RowError("sex", Text("性别填 男/女/未知", "sex is male, female or unknown"))
        values = {
            "population": population.code, "base": population.base, "name": row.text("name")[:120], "sex": sex,
            "birth_date": self._birth_date(row), "unit": self._unit(row.text("unit_code")),
        }  # fmt: skip
        person = self.people.get(code)
        if person is None:
            self.people[code] = person = Person(facility=self.facility, code=code, **values)
            self.writes.add(person, new=True)
            return "created"
        given = {k: v for k, v in values.items() if k == "base" or _column_of(k) in row.cells}
        if all(getattr(person, k) == v for k, v in given.items()):
            return "skipped"
        for k, v in given.items():
            setattr(person, k, v)
        self.writes.add(person, new=False)
        return "updated"

    def _birth_date(self, row: Row) -> date | None:
        text = row.text("birth_date")
        if not text:
            return None
        try:
            born = local_day(self.facility.zone, parse_moment(text, self.facility.zone))
        except ValueError:
            raise RowError(
                "birth_date",
                Text(f"看不懂日期“{text}”，写作 1980-05-20", f"cannot read the date {text!r}; write 1980-05-20"),
            ) from None
        if born > local_day(self.facility.zone, self.now) or born.year < 1880:
            raise RowError("birth_date", Text(f"出生日期 {text} 不可能", f"nobody here was born on {text}"))
        return born

    def _unit(self, code: str) -> Group | None:
        if not code:
            return None
        if code not in self.units:
            self.units[code] = Group(facility=self.facility, code=code[:60], kind="unit")
            self.new_units.append(self.units[code])
        return self.units[code]

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        if not self.writes:
            return {}
        Group.objects.bulk_create(self.new_units)
        self.new_units = []
        for person in [*self.writes.created, *self.writes.updated.values()]:
            person.unit = person.unit  # the unit has its row by now
        written = self.writes.write(Person, ["population", "base", "name", "sex", "birth_date", "unit"])
        journal.record(self.facility.log, "people_imported", [version("person", p) for p in written], by=by, at=at)
        return {}


def _column_of(attribute: str) -> str:
    return "unit_code" if attribute == "unit" else attribute


ENTRIES = ("", "admitted", "transferred_in", "returned")
EXITS = ("", "released", "transferred_out", "died", "away")


class PresenceImporter(Importer):
    name = "presence"
    required = ("subject", "place", "from")
    known = ("subject", "place", "from", "to", "entry", "exit", "source")

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.people = {p.code: p for p in facility.people.all()}
        self.places = {p.code: p for p in facility.places.all()}
        self.known_stays: dict[str, dict[int, Presence]] = defaultdict(dict)
        for stay in facility.presences.filter(layer="record").select_related("person", "place"):
            assert stay.starts is not None
            self.known_stays[stay.person.code][stay.starts] = stay
        self.writes = Writes()

    def order(self, rows: Iterator[Row]) -> Iterable[Row]:
        """Each person's stays from the first to the last, so that a stay is closed before the next one opens."""

        def key(row: Row) -> tuple[str, int, int]:
            try:
                start = self.moment(row, "from")
            except RowError:
                start = None
            return row.text("subject"), FOREVER if start is None else start, row.number

        return sorted(rows, key=key)

    def take(self, row: Row) -> Taken:
        person = self.people.get(row.need("subject"))
        if person is None:
            raise RowError(
                "subject", Text(f"没有人员 {row.text('subject')}", f"there is no person {row.text('subject')}")
            )
        place = self.places.get(row.need("place"))
        if place is None:
            raise RowError("place", Text(f"没有场所 {row.text('place')}", f"there is no place {row.text('place')}"))
        row.need("from")
        start, end = self.span(row)
        assert start is not None
        entry, exit_ = row.text("entry").lower(), row.text("exit").lower()
        if entry not in ENTRIES or exit_ not in EXITS:
            known = ", ".join(c for c in (ENTRIES if entry not in ENTRIES else EXITS) if c)
            raise RowError("entry", Text(f"进出原因可用：{known}", f"entry and exit are one of: {known}"))
        stays = self.known_stays[person.code]
        self._refuse_overlap(stays, start, end)
        values = {"place": place, "ends": end, "entry": entry, "exit": exit_}
        stay = stays.get(start)
        if stay is None:
            source = row.text("source")[:20] or "import"
            stays[start] = stay = Presence(facility=self.facility, person=person, starts=start, source=source, **values)
            self.writes.add(stay, new=True)
            return "created"
        if all(getattr(stay, k) == v for k, v in values.items()):
            return "skipped"
        for k, v in values.items():
            setattr(stay, k, v)
        self.writes.add(stay, new=False)
        return "updated"

    def _refuse_overlap(self, stays: Mapping[int, Presence], start: int, end: int | None) -> None:
        for other_start, other in stays.items():
            if other_start != start and other_start < (FOREVER if end is None else end) and other.end_ms > start:
                until = utc_text(other.ends) if other.ends is not None else "…"
                span = f"{other.place.code}, {utc_text(other_start)} – {until}"
                raise RowError(
                    "from",
                    Text(
                        f"与已有在场时间重叠（{span}），请先写明前一段的结束",
                        f"overlaps a presence ({span}); give its end first",
                    ),
                )

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        if not self.writes:
            return {}
        written = self.writes.write(Presence, ["place", "ends", "entry", "exit"])
        journal.record(self.facility.log, "presence_imported", [version("presence", p) for p in written], by=by, at=at)
        return {}


class StandingImporter(Importer):
    name = "standings"
    required = ("subject", "key")
    known = ("subject", "key", "value", "from", "to", "source")

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.people = {p.code: p for p in facility.people.all()}
        self.places = {p.code: p for p in facility.places.all()}
        self.standings = {(s.subject, s.key, s.starts): s for s in facility.standings.select_related("person", "place")}
        self.writes = Writes()

    def take(self, row: Row) -> Taken:
        subject = self._subject(row.need("subject"))
        key = row.need("key")
        if len(key) > 60 or not key.replace("_", "").isalnum():
            raise RowError("key", Text("项目用字母、数字和下划线", "a key has letters, digits and underscores"))
        start, end = self.span(row)
        value = (row.text("value") or "true")[:120]
        found = self.standings.get((subject, key, start))
        if found is None:
            which = {"person": subject} if isinstance(subject, Person) else {"place": subject}
            source = row.text("source")[:20] or "import"
            found = Standing(
                facility=self.facility, key=key, value=value, starts=start, ends=end, source=source, **which
            )
            self.standings[(subject, key, start)] = found
            self.writes.add(found, new=True)
            return "created"
        if (found.value, found.ends) == (value, end):
            return "skipped"
        found.value, found.ends = value, end
        self.writes.add(found, new=False)
        return "updated"

    def _subject(self, word: str) -> Person | Place:
        kind, _, code = word.rpartition(":")
        person = self.people.get(code) if kind in ("", "person") else None
        place = self.places.get(code) if kind in ("", "place") else None
        if person and place:
            raise RowError(
                "subject",
                Text(
                    f"{code} 既是人员又是场所，写作 person:{code} 或 place:{code}",
                    f"{code} is a person and a place; write person:{code} or place:{code}",
                ),
            )
        found = person or place
        if found is None:
            raise RowError("subject", Text(f"没有人员或场所 {word}", f"there is no person or place {word}"))
        return found

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        if not self.writes:
            return {}
        written = self.writes.write(Standing, ["value", "ends"])
        journal.record(self.facility.log, "standings_imported", [version("standing", s) for s in written], by=by, at=at)
        return {}
