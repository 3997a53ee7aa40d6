"""Looks at sensitive fields in words: who, when, which fields and where; never what was seen."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters import words
from lazaretto.web.dates import local
from lazaretto.web.templatetags.lz import person_name


def line(look: Any, zone: str, today: date) -> dict[str, str]:
    """Return one look; whose file it was, and why, the page adds as far as its reader may know."""
    return {
        "when": words.when(look.read_at, zone, today),
        "moment": f"{local(look.read_at, zone):%Y-%m-%d %H:%M}",
        "who": person_name(look),
        "username": look.username,
        "what": words.joined(field_name(f) for f in look.fields.split(",")),
        "where": look.where,
    }


def at_file(found: Sequence[Any], asked: Any) -> dict[str, Any]:
    """Return who looked at a file, the last thirty of them in lines."""
    zone, today = asked.facility.zone, asked.today
    return {
        "said": ngettext("%(n)s look", "%(n)s looks", len(found)) % {"n": len(found)},
        "rows": [line(look, zone, today) | {"why": look.why} for look in found[:30]],
    }


def sheet(lines: Iterable[Mapping[str, str]]) -> list[list[str]]:
    """Return looks as a table, with the columns that the page has too."""
    columns = {
        "moment": gettext("when"), "facility": gettext("facility"), "whose": gettext("at whose file"),
        "who": gettext("who looked"), "username": gettext("user name"), "what": gettext("fields"),
        "where": gettext("where"), "why": gettext("why"),
    }  # fmt: skip
    rows = list(lines)
    shown = [name for name in columns if not rows or name in rows[0]]
    return [[columns[name] for name in shown], *([row[name] for name in shown] for row in rows)]


def field_name(field: str) -> str:
    if field == "identity_number":
        return gettext("document number")
    if field == "facts":
        return gettext("readings")
    if field == "name":
        return gettext("name")
    return words.standing(field, "")[0]
