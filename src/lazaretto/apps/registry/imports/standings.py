"""What is so of people and places for a while, in from a table."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.registry.importing import Importer, Taken, Writes
from lazaretto.apps.registry.imports.assigned import in_time
from lazaretto.apps.registry.models import Facility, Person, Place, Standing
from lazaretto.apps.registry.standings import KEYS, slot_of
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.apps.registry.versions import version
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.text import Text


class StandingImporter(Importer):
    name = "standings"
    required = ("subject", "key")
    known = ("subject", "key", "value", "from", "to", "source")

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.people = {p.code: p for p in facility.people.all()}
        self.places = {p.code: p for p in facility.places.all()}
        self.standings: dict[tuple[Person | Place, str, str], dict[int | None, Standing]] = defaultdict(dict)
        for standing in facility.standings.select_related("person", "place"):
            self.standings[standing.subject, standing.key, standing.slot][standing.starts] = standing
        self.writes = Writes()

    def order(self, rows: Iterator[Row]) -> Iterable[Row]:
        """From the first to the last, so that what ends is closed before the next begins."""
        return in_time(self, rows)

    def take(self, row: Row) -> Taken:
        subject = self._subject(row.need("subject"))
        key = row.need("key")
        if len(key) > 60 or not key.replace("_", "").isalnum():
            raise RowError("key", Text("项目用字母、数字和下划线", "a key has letters, digits and underscores"))
        start, end = self.span(row)
        value = (row.text("value") or "true")[:120]
        slot = slot_of(key, value)
        beside = self.standings[subject, key, slot]
        self._refuse_overlap(beside, start, end)
        if key not in KEYS:
            self.warning = Text(f"项目 {key} 不是已知的，照录", f"{key} is not a known key; kept as written")
        found = beside.get(start)
        if found is None:
            which = {"person": subject} if isinstance(subject, Person) else {"place": subject}
            source = row.text("source")[:20] or "import"
            found = Standing(
                facility=self.facility, key=key, value=value, slot=slot, starts=start, ends=end, source=source, **which
            )
            beside[start] = found
            self.writes.add(found, new=True)
            return "created"
        if (found.value, found.ends) == (value, end):
            return "skipped"
        found.value, found.ends = value, end
        self.writes.add(found, new=False)
        return "updated"

    def _refuse_overlap(self, beside: Mapping[int | None, Standing], start: int | None, end: int | None) -> None:
        first, last = FOREVER_AGO if start is None else start, FOREVER if end is None else end
        for other_start, other in beside.items():
            if other_start != start and other.start_ms < last and other.end_ms > first:
                raise RowError(
                    "from",
                    Text(
                        f"与已有的 {other.key}={other.value} 时间重叠，请先写明前一段的结束",
                        f"overlaps {other.key}={other.value}; give its end first",
                    ),
                )

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
