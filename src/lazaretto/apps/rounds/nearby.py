"""
Who and what is near a place around an instant: of the whole house only the people who were there, the places in it and
around it, and what stands, holds and excuses for those. As many queries for one cell as for the whole house.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from lazaretto.apps.registry.models import Asset, Facility
from lazaretto.apps.rounds.labels import Label, thing
from lazaretto.apps.rounds.models import Excuse
from lazaretto.apps.rounds.queries import as_record, span_of
from lazaretto.protocol import record
from lazaretto.protocol.record import Institution, Phase, Subject

Span = tuple[int, int]
_PLACE = "p.id, p.code, p.parent_id, p.kind, p.name_zh, p.name_en"
_DOWN = (
    "WITH RECURSIVE inside(id) AS (SELECT id FROM registry_place WHERE facility_id = %s AND {top} "
    "UNION SELECT p.id FROM registry_place p JOIN inside i ON p.parent_id = i.id) "
    f"SELECT {_PLACE} FROM registry_place p JOIN inside i ON p.id = i.id"
)
_UP = (
    "WITH RECURSIVE around(id) AS (SELECT id FROM registry_place WHERE id IN ({ids}) "
    "UNION SELECT p.parent_id FROM registry_place p JOIN around a ON p.id = a.id WHERE p.parent_id IS NOT NULL) "
    f"SELECT {_PLACE} FROM registry_place p JOIN around a ON p.id = a.id"
)


_STAYS = (
    "SELECT p.id, p.code, p.population, p.base, p.name, s.place_id, s.starts, s.ends FROM registry_person p "
    "LEFT JOIN registry_presence s ON s.person_id = p.id AND s.layer = 'record' AND s.starts < %s "
    "AND (s.ends IS NULL OR s.ends > %s) WHERE p.facility_id = %s AND {there} ORDER BY p.id, s.starts"
)
#: Ids of ours stand in these as numbers: hundreds of parameters take longer than the question.
_STANDINGS = (
    "SELECT person_id, place_id, key, value, starts, ends FROM registry_standing WHERE facility_id = %s "
    "AND (ends IS NULL OR ends > %s) AND (starts IS NULL OR starts < %s) AND key IN ({keys}) "
    "AND (person_id IN ({people}) OR place_id IN ({places})) ORDER BY starts, id"
)
_HELD = (
    "SELECT person_id, kind, key, starts, ends FROM registry_assignment WHERE facility_id = %s AND person_id IN ({people}) "
    "ORDER BY id"
)
_Person = tuple[int, str, str, str, str]
_Stays = dict[int, list[tuple[int, int, int | None]]]


class Where(NamedTuple):
    """
    What is looked at: a place and all below it, one person wherever he is, or (both empty) the whole facility.
    """

    place: str = ""
    person: str = ""


class Nearby(NamedTuple):
    """
    The part of an institution that can matter. `inside` are the references of the places looked at, None for all;
    `loose` says that what belongs to no place is looked at as well. `excused_by` is who excused, by the excuse's id.
    """

    institution: Institution
    inside: frozenset[str] | None
    loose: bool
    labels: dict[str, Label]
    excused_by: dict[str, str]


class NothingThere(Exception):
    """The facility has no such place, post or person."""


class _Place(NamedTuple):
    id: int
    code: str
    parent: int | None
    kind: str
    name_zh: str
    name_en: str

    @property
    def ref(self) -> str:
        return f"place:{self.code}"

    @property
    def label(self) -> Label:
        return thing(self.code, self.name_zh, self.name_en)


def nearby(facility: Facility, where: Where, phases: Sequence[Phase], span: Span, at: int) -> Nearby:
    """Return who and what is near in [start, end). :raises NothingThere: if the place or person is not on file."""
    return _Reader(facility, where, phases, span, at).read()


class _Reader:
    def __init__(self, facility: Facility, where: Where, phases: Sequence[Phase], span: Span, at: int) -> None:
        self.facility, self.where, self.span, self.at = facility, where, span, at
        rounds = [r for p in phases for r in p.measures]
        self.kinds = {r.subject for r in rounds}
        self.assigned = any(r.presence == "assigned" for r in rounds)
        self.keys = {"wake_for_rounds", "class", "service"}.union(*(r.standing_keys() for r in rounds))
        self.wants_people = "person" in self.kinds or any(r.occupied for r in rounds)

    def read(self) -> Nearby:
        inside = self._inside()
        self.loose = (not self.where.person and any(p.parent is None for p in inside)) or not (
            inside or self.where.person
        )
        people, stays = self._people(inside)
        known = {p.id: p for p in inside}
        outside = {s[0] for some in stays.values() for s in some} | {
            p.parent for p in inside if p.parent
        } - known.keys()
        known |= {p.id: p for p in self._around([pk for pk in outside if pk is not None])}
        standings = self._standings(people, known)
        places = {
            p.ref: record.Place(
                p.ref, known[p.parent].ref if p.parent else None, p.kind, standings.get(("place", p.id), ())
            )
            for p in known.values()
        }
        held = self._held(people)
        subjects = [
            Subject(
                f"person:{code}", "person", population, base, "",
                tuple(record.Stay(*span_of(a, b), known[place].ref) for place, a, b in stays.get(pk, ())),
                standings.get(("person", pk), ()), held.get(pk, ()),
            )
            for pk, code, population, base, _ in people
        ]  # fmt: skip
        labels = {f"person:{code}": Label(name, name, base) for _, code, _, base, name in people}
        labels |= {p.ref: p.label for p in known.values()}
        if not self.where.person:
            subjects += [Subject(p.ref, "place", place=p.ref) for p in inside]
            subjects += self._things(inside, labels)
        excuses, by = self._excuses(subjects)
        institution = Institution(
            self.facility.code, self.facility.zone, tuple(subjects), places, excuses=tuple(excuses)
        )
        refs = None if self.where.person or not self.where.place else frozenset(p.ref for p in inside)
        return Nearby(institution, refs, self.loose, labels, by)

    # -- places ----------------------------------------------------------------------------------------------------

    def _inside(self) -> list[_Place]:
        if self.where.person:
            return []
        if not self.where.place:
            return _places(_DOWN.format(top="parent_id IS NULL"), [self.facility.pk])
        found = _places(_DOWN.format(top="code = %s"), [self.facility.pk, self.where.place])
        if not found:
            raise NothingThere
        return found

    def _around(self, ids: Sequence[int]) -> list[_Place]:
        return _places(_UP.format(ids=_listed(ids)), [])

    def _things(self, inside: Sequence[_Place], labels: dict[str, Label]) -> Iterable[Subject]:
        """Return the assets that are kept there, the groups that are called as a place there, and the facility itself."""
        places, codes = {p.id: p for p in inside}, {p.code for p in inside}
        if "asset" in self.kinds:
            there = Q(place__in=list(places)) | (Q(place=None) if self.loose else Q(pk__in=[]))
            kept = Asset.objects.filter(there, facility=self.facility)
            for code, place, zh, en in kept.values_list("code", "place", "name_zh", "name_en"):
                labels[f"asset:{code}"] = thing(code, zh, en)
                yield Subject(f"asset:{code}", "asset", place=places[place].ref if place in places else None)
        if "group" in self.kinds:
            for code, zh, en in self.facility.groups.values_list("code", "name_zh", "name_en"):
                if self.loose or code in codes:
                    labels[f"group:{code}"] = thing(code, zh, en)
                    yield Subject(f"group:{code}", "group")
        if self.loose:
            yield Subject(f"facility:{self.facility.code}", "facility")

    # -- people ----------------------------------------------------------------------------------------------------

    def _people(self, inside: Sequence[_Place]) -> tuple[list[_Person], _Stays]:
        """Return the people who were there in the span, each with all his stays in it."""
        if not self.where.person and not self.wants_people:
            return [], {}
        there, params = self._there(inside)
        with connection.cursor() as cursor:
            cursor.execute(_STAYS.format(there=there), [self.span[1], self.span[0], self.facility.pk, *params])
            rows = cursor.fetchall()
        if self.where.person and not rows:
            raise NothingThere
        people, stays = {row[0]: row[:5] for row in rows}, _Stays()
        for pk, *_, place, starts, ends in rows:
            if place is not None:
                stays.setdefault(pk, []).append((place, starts, ends))
        return list(people.values()), stays

    def _there(self, inside: Sequence[_Place]) -> tuple[str, list[Any]]:
        """Return the condition that says who is looked at, with its values."""
        start, end = self.span
        if self.where.person:
            return "p.code = %s", [self.where.person]
        placed = f"AND place_id IN ({_listed(p.id for p in inside)})" if self.where.place else ""
        there = (
            "p.id IN (SELECT person_id FROM registry_presence WHERE facility_id = %s AND layer = 'record' "
            f"AND starts < %s AND (ends IS NULL OR ends > %s) {placed})"
        )
        params = [self.facility.pk, end, start]
        if self.assigned and self.loose:
            there = (
                f"({there} OR p.id IN (SELECT person_id FROM registry_assignment WHERE facility_id = %s "
                "AND (starts IS NULL OR starts < %s) AND (ends IS NULL OR ends > %s)))"
            )
            params += [self.facility.pk, end, start]
        return there, params

    def _standings(
        self, people: Sequence[_Person], places: Collection[int]
    ) -> dict[tuple[str, int], tuple[record.Standing, ...]]:
        found: dict[tuple[str, int], tuple[record.Standing, ...]] = {}
        keys = sorted(self.keys)
        sql = _STANDINGS.format(people=_listed(p[0] for p in people), places=_listed(places), keys=_marks(keys))
        with connection.cursor() as cursor:
            cursor.execute(sql, [self.facility.pk, self.span[0], self.span[1], *keys])
            rows = cursor.fetchall()
        for person, place, key, value, starts, ends in rows:
            of = ("person", person) if person else ("place", place)
            found[of] = (*found.get(of, ()), record.Standing(key, value, *span_of(starts, ends)))
        return found

    def _held(self, people: Sequence[_Person]) -> dict[int, tuple[record.Assigned, ...]]:
        found: dict[int, tuple[record.Assigned, ...]] = {}
        if self.assigned:
            with connection.cursor() as cursor:
                cursor.execute(_HELD.format(people=_listed(p[0] for p in people)), [self.facility.pk])
                rows = cursor.fetchall()
            for person, kind, key, starts, ends in rows:
                found[person] = (*found.get(person, ()), record.Assigned(kind, key, *span_of(starts, ends)))
        return found

    # -- excuses ---------------------------------------------------------------------------------------------------

    def _excuses(self, subjects: Sequence[Subject]) -> tuple[list[record.Excuse], dict[str, str]]:
        """Return the excuses that may touch somebody there, with who gave each."""
        start, end = self.span
        own = Q(scope="subject", subject__in=[s.ref for s in subjects])
        rows = Excuse.objects.filter(
            own | ~Q(scope="subject"), facility=self.facility, starts__lt=end, ends__gt=start, recorded_at__lte=self.at
        )
        found = [(as_record(row), row.by) for row in rows]
        return [excuse for excuse, _ in found], {excuse.id: by for excuse, by in found}


def _places(sql: str, params: Sequence[Any]) -> list[_Place]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [_Place(*row) for row in cursor.fetchall()]


def _listed(ids: Iterable[int]) -> str:
    return ", ".join(map(str, ids)) or "NULL"


def _marks(values: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(values)) or "NULL"
