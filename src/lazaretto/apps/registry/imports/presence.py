"""Who was where, in from a table: stays that never overlap."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.registry.importing import Importer, Taken, Writes
from lazaretto.apps.registry.models import Facility, Presence
from lazaretto.apps.registry.movements import ENTRIES, EXITS
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.apps.registry.versions import version
from lazaretto.protocol.clock import FOREVER, utc_text
from lazaretto.protocol.text import Text


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
