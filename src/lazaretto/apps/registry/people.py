"""
A person's file is opened, corrected and given other names by hand. Each act is recorded; a correction says why, and the
journal keeps what was there before.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.claims import Population, checked_code, names_in, values_of
from lazaretto.apps.registry.models import Alias, Assignment, Facility, Person
from lazaretto.apps.registry.models.people import ALIAS_KINDS
from lazaretto.apps.registry.sounds import search_text, terms
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.apps.registry.versions import version
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

Populations = Mapping[str, Population]


@transaction.atomic
def register(facility: Facility, said: Row, populations: Populations, *, by: str, at: int) -> Person:
    """
    Open a file for somebody who has none. He belongs to the unit that is named from always.

    :raises RowError: by the field that cannot be taken.
    """
    code = checked_code(said)
    if facility.people.filter(code=code).exists():
        raise RowError("code", Text(f"编号 {code} 已有人使用", f"the code {code} is taken"))
    unit = facility.groups.filter(kind="unit", code=said.text("unit_code")).first()
    if said.text("unit_code") and unit is None:
        wanted = said.text("unit_code")
        raise RowError("unit_code", Text(f"没有单位 {wanted}", f"there is no unit {wanted}"))
    values = values_of(said, populations, facility.zone, local_day(facility.zone, at))
    person = Person(facility=facility, code=code, unit=unit, **values)
    names = [n for n in dict.fromkeys(names_in(said.text("aliases"))) if n != person.name]
    _found_by(person, names)
    person.save()
    versions = [version("person", person)]
    versions += [version("alias", Alias.objects.create(person=person, name=name)) for name in names]
    if unit is not None:
        held = Assignment.objects.create(
            facility=facility, person=person, kind="group", key=unit.code, source="register"
        )
        versions.append(version("assignment", held))
    journal.record(facility.log, "person_registered", versions, by=by, at=at, subjects=[person.ref])
    return person


@transaction.atomic
def correct(person: Person, said: Row, populations: Populations, *, reason: str, by: str, at: int) -> list[str]:
    """
    Correct a file with what is said of its fields; fields that are not said stay. Return the names of those that changed.

    :raises RowError: by the field that cannot be taken. :raises Refusal: no_reason, merged.
    """
    if person.merged_into_id is not None:
        raise Refusal("merged", Text(f"{person.code} 已并入另一份档案", f"{person.code} was merged into another file"))
    cells = {"population": person.population, **said.cells}
    values = values_of(Row(said.number, cells), populations, person.facility.zone, local_day(person.facility.zone, at))
    changed = [k for k, v in values.items() if _column(k) in cells and getattr(person, k) != v]
    if not changed:
        return []
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明更正的理由", "say why it is corrected"))
    for name in changed:
        setattr(person, name, values[name])
    _found_by(person, person.aliases.values_list("name", flat=True))
    person.save(update_fields=[*changed, "sort", "search"])
    why = Version("correction", f"{person.code}/{at}", {"fields": sorted(changed), "why": reason.strip()[:200]})
    journal.record(person.facility.log, "person_corrected", [version("person", person), why], by=by, at=at,
                   subjects=[person.ref])  # fmt: skip
    return changed


def _column(field: str) -> str:
    return {"base": "population", "birth_precision": "birth_date"}.get(field, field)


@transaction.atomic
def add_alias(person: Person, *, name: str, kind: str, by: str, at: int) -> Alias:
    """Note another name of a person. :raises Refusal: no_name, known_name, unknown_kind."""
    name = " ".join(name.split())[:120]
    if not name:
        raise Refusal("no_name", Text("请写名字", "say the name"))
    if kind not in ALIAS_KINDS:
        raise Refusal("unknown_kind", Text(f"没有这种名字 {kind}", f"there is no such kind of name: {kind}"))
    if name == person.name or person.aliases.filter(name=name).exists():
        raise Refusal("known_name", Text(f"“{name}”已在档", f"{name} is on file already"))
    made = Alias.objects.create(person=person, name=name, kind=kind)
    _save_search(person)
    journal.record(person.facility.log, "alias_added", [version("alias", made)], by=by, at=at, subjects=[person.ref])
    return made


@transaction.atomic
def remove_alias(alias: Alias, *, by: str, at: int) -> None:
    """Take a name off that was noted wrongly; the journal keeps that it was there."""
    person, gone = alias.person, Version("alias", version("alias", alias).key, {"removed": True})
    alias.delete()
    _save_search(person)
    journal.record(person.facility.log, "alias_removed", [gone], by=by, at=at, subjects=[person.ref])


def _save_search(person: Person) -> None:
    _found_by(person, person.aliases.values_list("name", flat=True))
    person.save(update_fields=["sort", "search"])


def _found_by(person: Person, names: Any) -> None:
    person.sort = terms(person.name)[1][:200]
    person.search = search_text(person.code, person.name, sorted(names))
