"""The page of all facilities: who reported, and what of it is not known."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters.places import in_language
from lazaretto.web.dates import chinese, day
from lazaretto.web.words import state_word

Days = Mapping[date, tuple[str, int]]


def rows(
    facilities: Sequence[Any], signed: Mapping[int, Days], days: Mapping[int, Sequence[date]]
) -> list[dict[str, Any]]:
    """Return the facilities in groups under their superior, each with today, yesterday and its strip."""
    groups: list[dict[str, Any]] = []
    for facility in facilities:
        parent = facility.organisation.command_parent
        name = in_language(parent) if parent else ""
        if not groups or groups[-1]["name"] != name:
            groups.append({"name": name, "rows": []})
        groups[-1]["rows"].append(_row(facility, signed[facility.pk], days[facility.pk]))
    for group in groups:
        n, known = len(group["rows"]), sum(r["today"]["status"] != "unknown" for r in group["rows"])
        group["note"] = (
            ngettext("%(n)s facility", "%(n)s facilities", n) % {"n": n}
            + " · "
            + gettext("%(n)s signed today") % {"n": known}
        )
    return groups


def _row(facility: Any, signed: Days, days: Sequence[date]) -> dict[str, Any]:
    strip = [cell(signed, on) for on in days]
    return {
        "code": facility.code,
        "name": in_language(facility.organisation),
        "today": strip[-1],
        "yesterday": strip[-2],
        "strip": strip,
        "label": _summary([c["status"] for c in strip]),
    }


def cell(signed: Days, on: date) -> dict[str, Any]:
    """Return one day of a strip. A day without a signed report is unknown: not zero, and not complete."""
    status, number = signed.get(on, ("unknown", 0))
    said = f"{day(on)} {state_word(status)}"
    return {"on": on, "status": status, "amended": number > 1, "title": said}


def _summary(statuses: Sequence[str]) -> str:
    words = ("complete", "incomplete", "contradictory", "unknown")
    parts = [f"{state_word(w)} {statuses.count(w)}" for w in words if w in statuses]
    return gettext("Last %(n)s days: ") % {"n": len(statuses)} + ("，" if chinese() else ", ").join(parts)


def sentence(groups: Sequence[Mapping[str, Any]]) -> str:
    """Return how things stand today in one sentence."""
    found = [r for g in groups for r in g["rows"]]
    if not found:
        return gettext("Your role reads no facility's report.")
    statuses = [r["today"]["status"] for r in found]
    said = ngettext("%(n)s facility", "%(n)s facilities", len(found)) % {"n": len(found)}
    unknown = statuses.count("unknown")
    parts = [
        text % {"n": n}
        for n, text in (
            (statuses.count("complete"), gettext("%(n)s complete today")),
            (statuses.count("incomplete"), gettext("%(n)s incomplete today")),
            (statuses.count("contradictory"), gettext("%(n)s contradictory today")),
            (unknown, gettext("%(n)s unknown today")),
        )
        if n
    ]
    end = gettext(" Unknown means that no report is signed; it is not zero.") if unknown else ""
    return said + gettext(": ") + gettext(", ").join(parts) + gettext(".") + end
