"""The pages on which a movement is recorded, in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.console.forms import Field, Form, in_words
from lazaretto.apps.console.presenters import words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.registry.movements import Kind
from lazaretto.web.dates import local

#: How many of many people are named; the others are counted.
NAMED = 20


def kind_name(kind: Kind) -> str:
    return title(kind.title)


def kind_hint(kind: Kind) -> str:
    """Return what a kind of movement leads to, for those who rarely enter one."""
    if kind.id == "cell_move":
        return gettext("to another place inside")
    return {
        "inside": gettext("into the facility"),
        "away": gettext("out, and stays on the books"),
        "gone": gettext("out for good, off the books"),
    }[kind.after]


def people(found: Sequence[Any], known: Mapping[int, Any], asked: Any) -> dict[str, Any]:
    """Return who moves, with where each is now."""
    rows = []
    for person in found:
        course = known[person.pk]
        where = (
            words.place_name(course.open.place) if course.open else words.whereabouts(course.whereabouts, person.base)
        )
        since = words.when(course.changed_at, asked.facility.zone, asked.today)
        rows.append(
            {"code": person.code, "name": person.name or gettext("name unknown"), "where": where, "since": since}
        )
    return {"rows": rows[:NAMED], "codes": [r["code"] for r in rows], "more": max(len(rows) - NAMED, 0), "n": len(rows)}


def form(kind: Kind, places: Iterable[Any], zone: str, now: int) -> Form:
    """Return what a kind of movement needs to be said, and nothing else."""
    fields = [Field("when", gettext("When"), kind="moment", value=f"{local(now, zone):%Y-%m-%dT%H:%M}")]
    if kind.needs_place:
        suggestions = [
            (p.code, words.joined([in_language(p.parent) if p.parent else "", in_language(p)])) for p in places
        ]
        fields.append(Field("place", gettext("To which place"), suggestions=suggestions, required=True,
                            hint=gettext("code or name of a room or bed")))  # fmt: skip
    if kind.id in ("admission", "return"):
        fields.append(Field("counterpart", gettext("From where"), hint=gettext("the sending body, court or hospital")))
    elif kind.id == "transfer_in":
        fields.append(Field("counterpart", gettext("From which facility")))
    elif kind.id == "transfer_out":
        fields.append(Field("counterpart", gettext("To which facility")))
    elif kind.after == "away" and kind.id != "absconded":
        fields.append(Field("counterpart", gettext("Where to"), hint=gettext("court, hospital, place")))
        fields.append(
            Field("back_by", gettext("Due back"), kind="moment", hint=gettext("overdue returns are listed first"))
        )
    fields.append(Field("reason", gettext("Reason or paper"), hint=gettext("such as the number of the order")))
    return Form(fields)


def refused(found: Sequence[Any], no: Mapping[int, Any], asked: Any) -> list[dict[str, str]]:
    """Return for each person why the movement is refused, and when it will be possible."""
    names = {p.pk: p for p in found}
    return [
        {
            "code": names[pk].code,
            "name": names[pk].name,
            "why": in_words(refusal.words),
            "when": gettext("possible from %(moment)s")
            % {"moment": words.when(refusal.possible_at, asked.facility.zone, asked.today)}
            if refusal.possible_at
            else "",
        }
        for pk, refusal in no.items()
    ]


def crowded(full: Iterable[tuple[Any, int]]) -> list[str]:
    said = gettext("%(place)s is meant for %(capacity)s and would hold %(n)s.")
    return [said % {"place": words.place_name(place), "capacity": place.capacity, "n": n} for place, n in full]
