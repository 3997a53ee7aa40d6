"""The evidence table: what was owed, what was done, and how far the one covers the other."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters.places import title
from lazaretto.web.dates import chinese
from lazaretto.web.figures import count, percent

NUMBERS = ("expected", "on_time", "late", "missed", "pending", "excused")


def measure_name(id_: str, measures: Mapping[str, Any]) -> str:
    """Return what the protocol calls a measure; one that it no longer has goes by its id."""
    return title(measures[id_].title) if id_ in measures else id_


def table(document: Mapping[str, Any], measures: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_line(row, measures) for row in document["measures"]]


def _line(row: Mapping[str, Any], measures: Mapping[str, Any]) -> dict[str, Any]:
    kind = _bar(row)
    return {
        "id": row["id"],
        "name": measure_name(row["id"], measures),
        **{name: row[name] for name in NUMBERS},
        "bar": kind,
        "percent": percent(row["coverage"]) if kind == "counts" else "—",
        "gaps": _gaps(row),
        "silent": _silent(row),
    }


def _bar(row: Mapping[str, Any]) -> str:
    if row["expected"] == 0:
        return "none"
    silent = all(gap["reason"] in (None, "no_record") for gap in row["gaps"])
    nothing = row["missed"] and not (row["on_time"] or row["late"] or row["excused"])
    return "no_evidence" if nothing and silent else "counts"


def _gaps(row: Mapping[str, Any]) -> str:
    n = int(row["missed"])
    return ngettext("%(n)s gap", "%(n)s gaps", n) % {"n": count(n)} if n else ""


def _silent(row: Mapping[str, Any]) -> str:
    """Return how many of the gaps nobody said anything about; nothing where small numbers hide it."""
    if any(isinstance(g.get("n"), dict) for g in row["gaps"]):
        return ""
    n = sum(g.get("n", 1) for g in row["gaps"] if g["reason"] in (None, "no_record"))
    return gettext("%(n)s without a record") % {"n": count(n)} if n else ""


def facts_sentence(document: Mapping[str, Any]) -> str:
    """Return what became of every record that came in (the five add up), and how many carry a corrected time."""
    facts = document["facts"]
    said = {name: count(n) for name, n in facts.items()} | {"total": count(sum(facts.values()))}
    sentence = (
        gettext(
            "%(total)s records received: %(used)s used, %(repeat)s repeated, %(extra)s not owed, "
            "%(superseded)s replaced by a correction, %(void)s void."
        )
        % said
    )
    n = document.get("clock_corrected", 0)
    if not n:
        return sentence
    corrected = ngettext(
        "The time of %(n)s is corrected: the clock that wrote it was wrong.",
        "The times of %(n)s are corrected: the clocks that wrote them were wrong.",
        n,
    )
    return f"{sentence}{'' if chinese() else ' '}{corrected % {'n': count(n)}}"
