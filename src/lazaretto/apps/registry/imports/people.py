"""
People in from a table: names and what else they are called, identity numbers checked, units made as they are named.

Somebody who may be on file already is taken in all the same, with a note: a list of those who look alike waits for a
person to decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry import claims, identity
from lazaretto.apps.registry.claims import Population, checked_code
from lazaretto.apps.registry.importing import Importer, Taken, Writes
from lazaretto.apps.registry.models import Alias, Assignment, Facility, Group, Person
from lazaretto.apps.registry.sounds import search_text, terms
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.apps.registry.versions import version
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.text import Text

FIELDS = ("population", "base", "name", "sex", "birth_date", "birth_precision", "identity_kind", "identity_number")


class PeopleImporter(Importer):
    """`populations` maps every accepted word (code, base class, title in either language) to its population."""

    name = "people"
    required = ("code", "population")
    known = (
        "code", "population", "name", "aliases", "sex", "birth_date", "identity_kind", "identity_number", "unit_code",
    )  # fmt: skip

    def __init__(self, facility: Facility, *, now: int, populations: Mapping[str, Population]) -> None:
        super().__init__(facility, now=now)
        self.populations = populations
        self.today = local_day(facility.zone, now)
        self.people = {p.code: p for p in facility.people.select_related("unit", "merged_into")}
        self.units = {g.code: g for g in facility.groups.filter(kind="unit")}
        self.aliases: dict[str, set[str]] = defaultdict(set)
        for code, name in Alias.objects.filter(person__facility=facility).values_list("person__code", "name"):
            self.aliases[code].add(name)
        held = Assignment.objects.filter(facility=facility, kind="group", ends=None, key__in=self.units)
        self.memberships = {a.person_id: a for a in held}
        self.alike: dict[object, str] = {}
        for person in self.people.values():
            self._remember(person)
        self.new_units: list[Group] = []
        self.new_aliases: list[Alias] = []
        self.moved: list[tuple[Person, Group | None]] = []
        self.writes = Writes()

    def take(self, row: Row) -> Taken:
        code = checked_code(row)
        values = claims.values_of(row, self.populations, self.facility.zone, self.today)
        unit, names = self._unit(row.text("unit_code")), claims.names_in(row.text("aliases"))
        person = self.people.get(code)
        if person is None:
            self.people[code] = person = Person(facility=self.facility, code=code, unit=unit, **values)
            self._warn_of(person)
            self._remember(person)
            if unit is not None:
                self.moved.append((person, None))
            self._call(person, names)
            self.writes.add(person, new=True)
            return "created"
        return self._change(person, row, values, unit, names)

    def _change(
        self, person: Person, row: Row, values: Mapping[str, Any], unit: Group | None, names: list[str]
    ) -> Taken:
        given = {k: v for k, v in values.items() if row.cells.keys() & _COLUMNS.get(k, {k})}
        changed = any(getattr(person, k) != v for k, v in given.items())
        for k, v in given.items():
            setattr(person, k, v)
        if "unit_code" in row.cells and person.unit != unit:
            self.moved.append((person, person.unit))
            person.unit, changed = unit, True
        if self._call(person, names) or changed:
            self.writes.add(person, new=False)
            return "updated"
        return "skipped"

    def _unit(self, code: str) -> Group | None:
        if not code:
            return None
        if code not in self.units:
            self.units[code] = Group(facility=self.facility, code=code[:60], kind="unit")
            self.new_units.append(self.units[code])
        return self.units[code]

    def _call(self, person: Person, names: Iterable[str]) -> bool:
        """Note what else a person is called, and what he is found by; say whether anything was new."""
        known, new = self.aliases[person.code], False
        for name in names:
            if name not in known and name != person.name:
                known.add(name)
                self.new_aliases.append(Alias(person=person, name=name))
                new = True
        person.sort = terms(person.name)[1][:200]
        person.search = search_text(person.code, person.name, sorted(known))
        return new

    # -- who may be on file already ------------------------------------------------------------------------------

    def _marks(self, person: Person) -> list[object]:
        marks: list[object] = [("identity", person.identity_number)] if person.identity_number else []
        return [*marks, (person.name, person.birth_date)] if person.name and person.birth_date else marks

    def _remember(self, person: Person) -> None:
        if person.merged_into_id is None:
            for mark in self._marks(person):
                self.alike.setdefault(mark, person.code)

    def _warn_of(self, person: Person) -> None:
        other = next((self.alike[m] for m in self._marks(person) if m in self.alike), None)
        if other is not None and other != person.code:
            self.warning = Text(
                f"可能与 {other} 是同一人，已照收；到“疑似重复”里确认",
                f"may be the same person as {other}; taken all the same, to be decided under possible duplicates",
            )
        elif person.identity_kind == "national_id":
            self._compare_with_card(person)

    def _compare_with_card(self, person: Person) -> None:
        card = identity.card(person.identity_number)
        if person.birth_precision == "day" and person.birth_date != card.birth_date:
            self.warning = Text(
                f"出生日期与身份证（{card.birth_date}）不一致", f"the identity number says born on {card.birth_date}"
            )
        elif person.sex in ("male", "female") and person.sex != card.sex:
            self.warning = Text("性别与身份证不一致", "the identity number says another sex")

    # -- writing -------------------------------------------------------------------------------------------------

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        if not self.writes:
            return {}
        Group.objects.bulk_create(self.new_units)
        versions: list[Version] = [version("group", g) for g in self.new_units]
        for person in [*self.writes.created, *self.writes.updated.values()]:
            person.unit = person.unit  # the unit has its row by now
        written = self.writes.write(Person, [*FIELDS, "unit", "sort", "search"])
        versions += [version("person", p) for p in written]
        for alias in self.new_aliases:
            alias.person = alias.person  # so has the person
        versions += [version("alias", a) for a in Alias.objects.bulk_create(self.new_aliases, batch_size=200)]
        versions += [version("assignment", a) for a in self._memberships(at)]
        self.new_units, self.new_aliases = [], []
        journal.record(self.facility.log, "people_imported", versions, by=by, at=at)
        return {}

    def _memberships(self, at: int) -> list[Assignment]:
        """Units hold over time: who is new belongs to the unit from always, who changes from now."""
        closed: list[Assignment] = []
        opened: list[Assignment] = []
        for person, before in self.moved:
            held = self.memberships.pop(person.pk, None)
            if held is not None:
                held.ends = at
                closed.append(held)
            elif before is not None:
                opened.append(self._membership(person, before, None, at))
            if person.unit is not None:
                start = None if held is None and before is None else at
                self.memberships[person.pk] = self._membership(person, person.unit, start, None)
                opened.append(self.memberships[person.pk])
        self.moved = []
        Assignment.objects.bulk_update(closed, ["ends"], batch_size=200)
        Assignment.objects.bulk_create(opened, batch_size=200)
        return [*closed, *opened]

    def _membership(self, person: Person, unit: Group, starts: int | None, ends: int | None) -> Assignment:
        return Assignment(facility=self.facility, person=person, kind="group", key=unit.code, starts=starts, ends=ends)


#: The columns that say something about a field, where they are called otherwise than it.
_COLUMNS = {
    "base": {"population"},
    "birth_precision": {"birth_date"},
    "identity_kind": {"identity_kind", "identity_number"},
}
