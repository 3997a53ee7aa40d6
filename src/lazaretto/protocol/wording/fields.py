"""What each field of a protocol is called in words, by the part that has it. A test fails where one has no name."""

from pydantic import BaseModel

from lazaretto.protocol.text import Text
from lazaretto.protocol.wording import document_fields, measure_fields

NAMES: dict[str, dict[str, Text]] = {**measure_fields.NAMES, **document_fields.NAMES}

#: One item of a list whose English name is a plural.
ONE: dict[str, str] = {
    "stages": "stage", "steps": "step", "states": "state", "posts": "post", "rules": "rule", "tests": "test",
    "actions": "action", "questions": "question", "classes": "class", "fields": "field", "papers": "paper",
    "drills": "drill", "parts": "part", "groups": "group", "levels": "level", "flags": "flag", "zones": "zone",
    "tags": "tag", "populations": "population", "observations": "observation", "reasons": "reason", "shifts": "shift",
    "deviations": "deviation", "terms left open": "term", "ceilings": "ceiling", "measures": "measure",
    "filled defaults": "filled default", "tests before it": "test before it",
}  # fmt: skip


def field_name(model: type[BaseModel], field: str) -> Text:
    """
    Return what a field is called; `field` is written as in the file (`from`, `for`, `class`).

    :raises KeyError: if it has no name here.
    """
    for base in model.__mro__:
        found = NAMES.get(base.__name__, {}).get(field)
        if found is not None:
            return found
    raise KeyError(f"{model.__name__}.{field}")


def one(name: Text) -> Text:
    """Return the name of a list as the name of one of its items."""
    return Text(name.zh, ONE.get(name.en, name.en))
