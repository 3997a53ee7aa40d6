"""Care in words: owed, given, short, with time still to go."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.console.isolation import words
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.isolation.care import Care, state, summary
from lazaretto.apps.work.ledger import Line
from lazaretto.protocol.provisions import Entitlement

STATES = {"given": "on_time", "declined": "excused", "waiting": "due", "short": "late"}


def summary_rows(care: Care, now: int) -> list[dict[str, Any]]:
    return [
        {
            "title": good_word(s.line), "owed": s.owed, "given": s.given, "declined": s.declined, "short": s.short,
            "waiting": s.waiting, "state": "late" if s.short else "due" if s.waiting else "on_time",
            "said": _said(s.short, s.waiting),
        }
        for s in summary(care, now)
    ]  # fmt: skip


def _said(short: int, waiting: int) -> str:
    if short:
        return gettext("short %(n)s") % {"n": short}
    return gettext("to give %(n)s") % {"n": waiting} if waiting else gettext("complete")


def good_word(line: Line) -> str:
    """Return what is owed, with how much of it where there is more than one."""
    name = title(line.good.title)
    if line.good.amount is None or (line.good.amount == 1 and line.good.unit == "1"):
        return name
    return f"{name} ≥ {number(line.owed)} {unit(line)}".strip()


def unit(line: Line) -> str:
    return {"h": gettext("h"), "min": gettext("min"), "1": ""}.get(line.good.unit, line.good.unit)


def number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def people(care: Care, now: int) -> list[dict[str, Any]]:
    """Return the ledger by person, those who are short first."""
    found, by_person = [], defaultdict(list)
    for line in care.lines:
        by_person[line.person].append(_line(line, now))
    for person, course in care.courses.items():
        lines = by_person[person]
        if lines:
            short = sum(line["state"] == "short" for line in lines)
            room = course.room
            found.append(
                {
                    "number": course.episode.number, "code": course.episode.person.code, "name": words.name(course),
                    "room": room.place.code if room else "", "purpose": words.PURPOSES[course.episode.purpose],
                    "lines": lines, "short": short, "open": course.episode.ended_at is None,
                }
            )  # fmt: skip
    return sorted(found, key=lambda p: (-p["short"], p["room"], p["code"]))


def _line(line: Line, now: int) -> dict[str, Any]:
    stands = state(line, now)
    return {
        "measure": line.measure.id, "good": line.good.id, "title": good_word(line), "owed": number(line.owed),
        "given": number(line.given), "missing": number(line.short), "unit": unit(line), "state": stands,
        "glyph": STATES[stands], "reason": line.reason, "never_denied": line.measure.never_denied,
    }  # fmt: skip


def report_lines(said: dict[str, Any] | None, measures: Any) -> dict[str, Any] | None:
    """Return what a day's report says of isolation; a small count of the form that leaves is said as suppressed."""
    if said is None:
        return None
    names = {
        (m.id, g.id): title(g.title) for m in measures.values() if isinstance(m, Entitlement) for g in m.goods
    }  # fmt: skip
    rows = [
        {
            "title": names.get((r["measure"], r["good"]), r["good"]),
            **{k: _count(r[k]) for k in ("owed", "given", "declined", "short")},
        }
        for r in said["care"]
        if r["short"]
    ]
    return {k: _count(v) for k, v in said.items() if k != "care"} | {"rows": rows}


def _count(value: Any) -> str:
    return "< 5" if isinstance(value, dict) else str(value)
