"""
Tables out. Each is written as its importer reads it: what was taken out can be brought in again, here or elsewhere.
"""

from collections.abc import Callable, Container, Iterator
from typing import Any

from lazaretto.apps.registry.models import Assignment, Facility, LegalDate, Movement, Person, Place, Presence, Standing
from lazaretto.protocol.clock import local

Line = list[str]


def _moment(zone: str, ms: int | None) -> str:
    return "" if ms is None else local(zone, ms).isoformat(timespec="milliseconds")


def _places(facility: Facility) -> Iterator[Line]:
    keyed = set(
        Standing.objects.filter(facility=facility, key="class", value="key_area", ends=None).values_list(
            "place_id", flat=True
        )
    )
    for p in Place.objects.filter(facility=facility).select_related("parent").order_by("code"):
        parent, capacity = p.parent.code if p.parent else "", "" if p.capacity is None else str(p.capacity)
        yield [p.code, parent, p.kind, p.name_zh, p.name_en, capacity, "yes" if p.pk in keyed else "no"]


def _groups(facility: Facility) -> Iterator[Line]:
    for g in facility.groups.order_by("code"):
        yield [g.code, g.kind, g.name_zh, g.name_en]


def _assets(facility: Facility) -> Iterator[Line]:
    for a in facility.assets.select_related("place").order_by("code"):
        yield [a.code, a.kind, a.name_zh, a.name_en, a.place.code if a.place else ""]


def _people(facility: Facility) -> Iterator[Line]:
    aliases: dict[int, list[str]] = {}
    for person, name in facility.people.filter(aliases__isnull=False).values_list("pk", "aliases__name"):
        aliases.setdefault(person, []).append(name)
    for p in Person.objects.filter(facility=facility).select_related("unit").order_by("code"):
        yield [
            p.code, p.population, p.name, "；".join(sorted(aliases.get(p.pk, []))), p.sex, born(p), p.identity_kind,
            p.identity_number, p.unit.code if p.unit else "",
        ]  # fmt: skip


def born(person: Person) -> str:
    """Return a birth date as exactly as it is known."""
    if person.birth_date is None:
        return ""
    return person.birth_date.isoformat()[: {"year": 4, "month": 7}.get(person.birth_precision, 10)]


def _presence(facility: Facility) -> Iterator[Line]:
    rows = Presence.objects.filter(facility=facility, layer="record").select_related("person", "place")
    for p in rows.order_by("person__code", "starts").iterator(chunk_size=2000):
        span = [_moment(facility.zone, p.starts), _moment(facility.zone, p.ends)]
        yield [p.person.code, p.place.code, *span, p.entry, p.exit, p.source]


def _standings(facility: Facility) -> Iterator[Line]:
    rows = Standing.objects.filter(facility=facility).select_related("person", "place")
    for s in rows.order_by("pk").iterator(chunk_size=2000):
        subject = f"person:{s.person.code}" if s.person else f"place:{s.subject.code}"
        yield [subject, s.key, s.value, _moment(facility.zone, s.starts), _moment(facility.zone, s.ends), s.source]


def _assignments(facility: Facility) -> Iterator[Line]:
    rows = Assignment.objects.filter(facility=facility).select_related("person", "place")
    for a in rows.order_by("person__code", "pk").iterator(chunk_size=2000):
        span = [_moment(facility.zone, a.starts), _moment(facility.zone, a.ends)]
        yield [a.person.code, a.kind, a.key, a.place.code if a.place else "", *span, a.source]


def _legal_dates(facility: Facility) -> Iterator[Line]:
    for d in LegalDate.objects.filter(facility=facility).select_related("person").order_by("person__code", "kind"):
        yield [d.person.code, d.kind, d.on.isoformat(), d.source]


def _movements(facility: Facility) -> Iterator[Line]:
    rows = Movement.objects.filter(facility=facility, voided_at=None).select_related("person", "place")
    for m in rows.order_by("occurred_at", "number").iterator(chunk_size=2000):
        place, back = m.place.code if m.place else "", _moment(facility.zone, m.back_by)
        yield [m.person.code, m.kind, _moment(facility.zone, m.occurred_at), place, m.counterpart, m.reason, back]


#: Table → its columns, as the importer of the same name reads them, and its rows.
TABLES: dict[str, tuple[tuple[str, ...], Callable[[Facility], Iterator[Line]]]] = {
    "places": (("code", "parent", "kind", "name_zh", "name_en", "capacity", "key_area"), _places),
    "groups": (("code", "kind", "name_zh", "name_en"), _groups),
    "assets": (("code", "kind", "name_zh", "name_en", "place"), _assets),
    "people": (
        ("code", "population", "name", "aliases", "sex", "birth_date", "identity_kind", "identity_number", "unit_code"),
        _people,
    ),
    "presence": (("subject", "place", "from", "to", "entry", "exit", "source"), _presence),
    "movements": (("subject", "kind", "occurred_at", "place", "counterpart", "reason", "back_by"), _movements),
    "standings": (("subject", "key", "value", "from", "to", "source"), _standings),
    "assignments": (("subject", "kind", "key", "place", "from", "to", "source"), _assignments),
    "legal_dates": (("subject", "kind", "on", "source"), _legal_dates),
}


def lines(facility: Facility, table: str, *, without: Container[str] = ()) -> Iterator[list[Any]]:
    """Return a table with its heads first. Columns named in `without` are not there at all: an empty cell would say none."""
    heads, rows = TABLES[table]
    kept = [n for n, head in enumerate(heads) if head not in without]
    yield [heads[n] for n in kept]
    for line in rows(facility):
        yield [line[n] for n in kept]
