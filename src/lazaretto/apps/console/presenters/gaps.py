"""The list of gaps: by name for those who may read names, else as counts per unit and reason."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.console.presenters.evidence import measure_name
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.reporting.suppression import SEVERAL
from lazaretto.web.dates import moment, ms_of

SORTS = ("due", "measure", "subject", "reason")
PAGE = 50


def listed(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every gap of a report with the measure it belongs to; an outgoing one has `unit` and `n` instead of a subject."""
    return [{"measure": row["id"], **gap} for row in document["measures"] for gap in row["gaps"]]


def chosen(rows: Iterable[dict[str, Any]], *, measure: str, text: str, matching: set[str]) -> list[dict[str, Any]]:
    """Return the gaps of one measure (or all) whose subject or unit was searched for."""
    wanted = text.casefold()

    def fits(gap: Mapping[str, Any]) -> bool:
        ref = str(gap.get("subject") or gap.get("unit") or "")
        return (not measure or gap["measure"] == measure) and (
            not wanted or ref in matching or wanted in ref.casefold()
        )

    return [gap for gap in rows if fits(gap)]


def in_order(rows: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """Return the gaps by one of `SORTS`; a minus before it turns the order round."""
    key = sort.lstrip("-")
    if key not in SORTS:
        key = "due"

    def by(gap: Mapping[str, Any]) -> tuple[str, str, str]:
        subject = str(gap.get("subject") or gap.get("unit") or "")
        first = subject if key == "subject" else str(gap.get(key) or "")
        return first, str(gap.get("due") or ""), subject

    return sorted(rows, key=by, reverse=sort.startswith("-"))


def reason_name(code: str | None, reasons: Mapping[str, Any]) -> str:
    """Return a reason in words; what is not a code of the protocol is the words somebody typed."""
    if code in (None, "no_record"):
        return ""
    if code == SEVERAL:
        return gettext("several reasons")
    if code == "other":
        return gettext("other reason")
    return title(reasons[code].title) if code in reasons else str(code)


def named_lines(
    rows: Sequence[Mapping[str, Any]],
    *,
    names: Mapping[str, Any],
    stays: Mapping[str, Any],
    measures: Mapping[str, Any],
    reasons: Mapping[str, Any],
    zone: str,
) -> list[dict[str, str]]:
    """Return gaps by name, with where a person was when it was due."""
    found = []
    for gap in rows:
        due, ref = ms_of(gap["due"]), gap["subject"]
        known = names.get(ref)
        code = ref.partition(":")[2]
        name = in_language(known) if known else code
        found.append(
            {
                "name": name,
                "code": code if name != code else "",
                "place": _place(stays.get(ref, ()), due),
                "unit": known.unit if known and hasattr(known, "unit") else "",
                "measure": measure_name(gap["measure"], measures),
                "due": moment(due, zone),
                "reason": reason_name(gap["reason"], reasons),
            }
        )
    return found


def _place(stays: Iterable[tuple[int, int | None, Any]], at: int) -> str:
    return next((in_language(place) for start, end, place in stays if start <= at and (end is None or at < end)), "")


def unit_lines(
    rows: Sequence[Mapping[str, Any]],
    *,
    units: Mapping[str, Any],
    measures: Mapping[str, Any],
    reasons: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Return gaps as counts; a count of one to four is not said."""
    return [
        {
            "unit": _unit_name(gap["unit"], units),
            "measure": measure_name(gap["measure"], measures),
            "reason": reason_name(gap["reason"], reasons),
            "n": "< 5" if isinstance(gap["n"], dict) else gap["n"],
        }
        for gap in rows
    ]


def _unit_name(code: str, units: Mapping[str, Any]) -> str:
    if code == SEVERAL:
        return gettext("several units")
    return in_language(units[code]) if code in units else code or gettext("no unit")
