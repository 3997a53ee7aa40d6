"""What was signed, and what an amendment changes, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters.evidence import measure_name
from lazaretto.apps.console.presenters.verdict import contradiction_count, gap_count, pending_count
from lazaretto.web.dates import moment
from lazaretto.web.figures import count, percent
from lazaretto.web.words import state_word


def field_word(name: str) -> str:
    words = {
        "expected": gettext("expected"),
        "on_time": gettext("on time"),
        "late": gettext("late"),
        "missed": gettext("missed"),
        "excused": gettext("excused"),
        "excused_after": gettext("excused afterwards"),
        "pending": gettext("pending"),
        "coverage": gettext("coverage"),
        "entered_late": gettext("entered late"),
    }
    return words.get(name, name)


def reports(signed: Sequence[Any], zone: str) -> list[dict[str, Any]]:
    return [
        {
            "number": r.number,
            "status": r.status,
            "by": r.signed_by,
            "at": moment(r.as_of, zone),
            "amends": r.document["amends"],
        }
        for r in signed
    ]


def change_lines(changes: Sequence[Mapping[str, Any]], measures: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return before and after, line by line: each number of a measure, the status; other parts only that they differ."""
    found = []
    for change in changes:
        if "measure" in change:
            before, after = change["before"] or {}, change["after"] or {}
            name = measure_name(change["measure"], measures)
            differing = (n for n in {**before, **after} if before.get(n) != after.get(n))
            found += [
                {"what": f"{name} · {field_word(n)}", "before": _value(n, before), "after": _value(n, after)}
                for n in differing
            ]
        elif change["part"] == "status":
            found.append(
                {
                    "what": gettext("status"),
                    "before": state_word(change["before"]),
                    "after": state_word(change["after"]),
                }
            )
        else:
            found.append({"what": _part(change["part"]), "before": gettext("as signed"), "after": gettext("differs")})
    return found


def _value(name: str, numbers: Mapping[str, Any]) -> str:
    value = numbers.get(name)
    if name == "coverage":
        return percent(value)
    return "—" if value is None else count(value)


def _part(name: str) -> str:
    words = {
        "facts": gettext("records received"),
        "clock_corrected": gettext("records with a corrected time"),
        "counts": gettext("counts of people"),
        "contradictions": gettext("contradictions"),
    }
    return words.get(name, name)


def repeated(document: Mapping[str, Any]) -> list[str]:
    """Return in sentences what a signature would stand under."""
    gaps, pending, found = gap_count(document), pending_count(document), contradiction_count(document)
    said = [gettext("The report says: %(status)s.") % {"status": state_word(document["status"])}]
    said.append(ngettext("%(n)s gap", "%(n)s gaps", gaps) % {"n": count(gaps)} + gettext("."))
    said.append(ngettext("%(n)s contradiction", "%(n)s contradictions", found) % {"n": count(found)} + gettext("."))
    if pending:
        said.append(ngettext("%(n)s is still pending; what comes later needs an amendment.",
                             "%(n)s are still pending; what comes later needs an amendment.", pending) % {"n": count(pending)})  # fmt: skip
    return said
