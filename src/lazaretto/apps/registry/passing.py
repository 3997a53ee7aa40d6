"""Presence by passages: that somebody was inside from one crossing of a gate to the next. It never changes the record's own."""

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.registry.models import Person, Place, Presence
from lazaretto.apps.registry.versions import version

LAYER = "passage"


def passed_in(person: Person, place: Place, *, at: int, recorded_at: int, by: str) -> None:
    """Begin a presence by passage; one that is open is left as it is. Within the transaction of the crossing."""
    if Presence.objects.filter(person=person, layer=LAYER, ends=None).exists():
        return
    made = Presence.objects.create(
        facility_id=person.facility_id, person=person, place=place, layer=LAYER, starts=at, source="passage"
    )
    _record(person, made, by, at, recorded_at)


def passed_out(person: Person, *, at: int, recorded_at: int, by: str) -> None:
    """End the presence by passage that is open, if one is."""
    row = Presence.objects.select_related("place").filter(person=person, layer=LAYER, ends=None).first()
    if row is None:
        return
    row.person = person
    row.ends = max(at, (row.starts or 0) + 1)
    row.save(update_fields=["ends"])
    _record(person, row, by, at, recorded_at)


def _record(person: Person, row: Presence, by: str, at: int, recorded_at: int) -> None:
    journal.record(
        person.facility.log, "presence_by_passage", [version("presence", row)], by=by[:40], at=recorded_at,
        occurred_at=at, subjects=[person.ref],
    )  # fmt: skip
