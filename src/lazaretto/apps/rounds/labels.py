"""What subjects and places are called. Who may read which name is not asked here."""

from collections.abc import Iterable
from typing import NamedTuple

from lazaretto.apps.registry.models import Asset, Facility, Group, Person, Place


class Label(NamedTuple):
    """What a subject or place is called; `base` is the base class of a person, empty for anything else."""

    name_zh: str
    name_en: str
    base: str = ""


def thing(code: str, zh: str, en: str) -> Label:
    """Return the label of what is no person: its name in the other language, or its code, where one is missing."""
    return Label(zh or en or code, en or zh or code)


def labels(facility: Facility, refs: Iterable[str]) -> dict[str, Label]:
    """Return what subjects are called, by reference (`person:P1`); those that are not on file are left out."""
    wanted: dict[str, set[str]] = {}
    for ref in refs:
        kind, _, code = ref.partition(":")
        wanted.setdefault(kind, set()).add(code)
    people = Person.objects.filter(facility=facility, code__in=wanted.get("person", ()))
    found = {
        f"person:{code}": Label(name, name, base) for code, name, base in people.values_list("code", "name", "base")
    }
    for kind, model in (("place", Place), ("group", Group), ("asset", Asset)):
        rows = model.objects.filter(facility=facility, code__in=wanted.get(kind, ()))
        named = rows.values_list("code", "name_zh", "name_en")
        found |= {f"{kind}:{code}": thing(code, zh, en) for code, zh, en in named}
    if facility.code in wanted.get("facility", ()):
        found[f"facility:{facility.code}"] = Label(facility.code, facility.code)
    return found
