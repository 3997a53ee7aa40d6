"""Posts, roles and groups that people hold for a while, and the dates that the law fixes for them, in from tables."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.registry.importing import Importer, Taken, Writes
from lazaretto.apps.registry.models import Assignment, Facility, LegalDate, Person, Place
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.apps.registry.versions import version
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.text import Text

KINDS = {
    "post": "post",
    "岗位": "post",
    "role": "role",
    "职责": "role",
    "group": "group",
    "班组": "group",
    "单位": "group",
}
LEGAL = {
    "release": "release",
    "释放": "release",
    "刑满": "release",
    "解戒": "release",
    "review": "review",
    "复议": "review",
}


def person_in(people: Mapping[str, Person], row: Row) -> Person:
    """Return whom a row is about. :raises RowError: if there is nobody of that code."""
    code = row.need("subject").removeprefix("person:")
    if code not in people:
        raise RowError("subject", Text(f"没有人员 {code}", f"there is no person {code}"))
    return people[code]


class AssignmentImporter(Importer):
    name = "assignments"
    required = ("subject", "kind", "key")
    known = ("subject", "kind", "key", "place", "from", "to", "source")

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.people = {p.code: p for p in facility.people.all()}
        self.places = {p.code: p for p in facility.places.all()}
        self.held: dict[tuple[Person, str, str, Place | None], dict[int | None, Assignment]] = defaultdict(dict)
        for item in facility.assignments.select_related("person", "place"):
            self.held[item.person, item.kind, item.key, item.place][item.starts] = item
        self.writes = Writes()

    def order(self, rows: Iterator[Row]) -> Iterable[Row]:
        """From the first to the last, so that what ends is closed before the next begins."""
        return in_time(self, rows)

    def take(self, row: Row) -> Taken:
        person, kind = person_in(self.people, row), KINDS.get(row.need("kind").lower())
        if kind is None:
            raise RowError("kind", Text("类型填 post、role 或 group", "kind is post, role or group"))
        name = row.text("place")
        place = self.places.get(name)
        if name and place is None:
            raise RowError("place", Text(f"没有场所 {name}", f"there is no place {name}"))
        key, (start, end) = row.need("key")[:60], self.span(row)
        beside = self.held[person, kind, key, place]
        first, last = FOREVER_AGO if start is None else start, FOREVER if end is None else end
        for other_start, other in beside.items():
            if other_start != start and other.start_ms < last and other.end_ms > first:
                raise RowError("from", Text(f"与已有的 {key} 时间重叠", f"overlaps {key} that is on file"))
        found = beside.get(start)
        if found is None:
            beside[start] = found = Assignment(
                facility=self.facility, person=person, kind=kind, key=key, place=place, starts=start, ends=end,
                source=row.text("source")[:20] or "import",
            )  # fmt: skip
            self.writes.add(found, new=True)
            return "created"
        if found.ends == end:
            return "skipped"
        found.ends = end
        self.writes.add(found, new=False)
        return "updated"

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        if self.writes:
            written = self.writes.write(Assignment, ["ends"])
            versions = [version("assignment", a) for a in written]
            journal.record(self.facility.log, "assignments_imported", versions, by=by, at=at)
        return {}


class LegalDateImporter(Importer):
    """A later date than the one on file is taken only with a source: nobody is held longer by a slip of the pen."""

    name = "legal_dates"
    required = ("subject", "kind", "on")
    known = ("subject", "kind", "on", "source")

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.people = {p.code: p for p in facility.people.all()}
        self.dates = {(d.person_id, d.kind): d for d in facility.legal_dates.select_related("person")}
        self.writes = Writes()

    def take(self, row: Row) -> Taken:
        person, kind = person_in(self.people, row), LEGAL.get(row.need("kind").lower())
        if kind is None:
            known = ", ".join(sorted(set(LEGAL.values())))
            raise RowError("kind", Text(f"类型可用：{known}", f"kind is one of {known}"))
        try:
            on = date.fromisoformat(row.need("on")[:10])
        except ValueError:
            raise RowError("on", Text("日期写作 2026-03-24", "write the date as 2026-03-24")) from None
        source = row.text("source")[:20]
        found = self.dates.get((person.pk, kind))
        if found is None:
            made = LegalDate(facility=self.facility, person=person, kind=kind, on=on, source=source or "import")
            self.dates[person.pk, kind] = made
            self.writes.add(made, new=True)
            return "created"
        if found.on == on:
            return "skipped"
        if on > found.on and not source:
            raise RowError(
                "source",
                Text(
                    f"比已有日期 {found.on} 晚，须在 source 写明依据（文书号）",
                    f"later than {found.on} on file: name the paper that says so in source",
                ),
            )
        found.on, found.source = on, source or found.source
        self.writes.add(found, new=False)
        return "updated"

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        if self.writes:
            written = self.writes.write(LegalDate, ["on", "source"])
            versions = [version("legal_date", d) for d in written]
            journal.record(self.facility.log, "legal_dates_imported", versions, by=by, at=at)
        return {}


def in_time(importer: Importer, rows: Iterable[Row]) -> list[Row]:
    """Return rows sorted by subject and by when they begin; a moment that cannot be read comes last."""

    def key(row: Row) -> tuple[str, int, int]:
        try:
            start = importer.moment(row, "from")
        except RowError:
            return row.text("subject"), FOREVER, row.number
        return row.text("subject"), FOREVER_AGO if start is None else start, row.number

    return sorted(rows, key=key)
