"""
Movements in from a table: the same rules and the same register as a movement that is entered by hand.

A movement that is on file already (same person, kind and moment) is skipped.
"""

from collections.abc import Iterable, Iterator, Mapping

from django.db import transaction

from lazaretto.apps.registry.importing import Importer, Taken
from lazaretto.apps.registry.imports.assigned import person_in
from lazaretto.apps.registry.models import Facility, Movement
from lazaretto.apps.registry.movements import KINDS, Move
from lazaretto.apps.registry.moving import enter_only, record_movements
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.protocol.clock import FOREVER
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

_WORDS = {kind.title.zh: kind.id for kind in KINDS.values()} | {kind.title.en: kind.id for kind in KINDS.values()}
#: Which cell a refusal is about.
_COLUMNS = {
    "unknown_kind": "kind", "no_place": "place", "same_place": "place", "other_facility": "place",
    "bed_taken": "place", "out_of_service": "place", "merged": "subject",
}  # fmt: skip


class MovementImporter(Importer):
    name = "movements"
    required = ("subject", "kind", "occurred_at")
    known = ("subject", "kind", "occurred_at", "place", "counterpart", "reason", "back_by")

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.people = {p.code: p for p in facility.people.select_related("facility")}
        self.places = {p.code: p for p in facility.places.all()}
        rows = Movement.objects.filter(facility=facility, voided_at=None)
        self.known_moves = set(rows.values_list("person_id", "kind", "occurred_at"))
        self.taken: list[tuple[int, Move]] = []

    def order(self, rows: Iterator[Row]) -> Iterable[Row]:
        """In the order in which they happened."""

        def key(row: Row) -> tuple[int, int]:
            try:
                moment = self.moment(row, "occurred_at")
            except RowError:
                moment = None
            return FOREVER if moment is None else moment, row.number

        return sorted(rows, key=key)

    def take(self, row: Row) -> Taken:
        person, word = person_in(self.people, row), row.need("kind")
        row.need("occurred_at")
        occurred_at = self.moment(row, "occurred_at")
        assert occurred_at is not None
        kind, name = _WORDS.get(word, word), row.text("place")
        place = self.places.get(name)
        if name and place is None:
            raise RowError("place", Text(f"没有场所 {name}", f"there is no place {name}"))
        if (person.pk, kind, occurred_at) in self.known_moves:
            return "skipped"
        self.known_moves.add((person.pk, kind, occurred_at))
        move = Move(
            person, kind, occurred_at, place, row.text("counterpart"), row.text("reason"), self.moment(row, "back_by")
        )
        self.taken.append((row.number, move))
        return "created"

    def preview(self) -> Mapping[int, Taken | RowError]:
        """Carry the moves out and take them back."""
        with transaction.atomic():
            outcomes = self.flush(by="", at=self.now)
            transaction.set_rollback(True)
        return outcomes

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        taken, self.taken = self.taken, []
        try:
            with transaction.atomic():
                if taken:
                    record_movements(self.facility, [move for _, move in taken], by=by, at=at)
            return {}
        except Refusal:
            return self._one_by_one(taken, by, at)

    def _one_by_one(self, taken: list[tuple[int, Move]], by: str, at: int) -> dict[int, Taken | RowError]:
        outcomes: dict[int, Taken | RowError] = {}
        for number, move in taken:
            try:
                with transaction.atomic():
                    record_movements(self.facility, [move], by=by, at=at)
            except Refusal as refusal:
                if refusal.code in ("out_of_order", "not_possible") and enter_only(move, by=by, at=at):
                    continue
                outcomes[number] = RowError(_COLUMNS.get(refusal.code, "occurred_at"), refusal.words)
        return outcomes
