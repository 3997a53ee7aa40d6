"""The headcount in words: a sentence, a line for each unit, and roll calls beside what is on file."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters import words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.registry.headcount import total
from lazaretto.web.dates import clock, day_of_week
from lazaretto.web.figures import count


def span_name(span: Any) -> str:
    return gettext("whole day") if span.title is None else title(span.title)


def turn(on: date, today: date) -> dict[str, str]:
    after = on + timedelta(days=1)
    return {"before": (on - timedelta(days=1)).isoformat(), "after": after.isoformat() if after <= today else "",
            "title": day_of_week(on)}  # fmt: skip


def page(found: Any, asked: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole headcount as the page shows it."""
    whole = total(found.lines.values())
    rows = [_row(found.lines[code], names) for code in sorted(found.lines)]
    calls = [_call(c, found, asked, names) for c in found.calls]
    differ = sum(c["differs"] for c in calls)
    open_ = [r for r in rows if not r["closes"]]
    zone, today = asked.facility.zone, asked.today
    return {
        "rows": rows,
        "total": _row(whole, names),
        "calls": calls,
        "period": gettext("From %(start)s to %(end)s.")
        % {"start": words.when(found.span.start, zone, today), "end": words.when(found.end, zone, today)},
        "running": found.end < found.span.end,
        "sentence": _sentence(whole, found.away, differ, bool(open_) or not whole.closes),
        "books": {"all": count(whole.end + found.away), "inside": count(whole.end), "away": count(found.away)},
    }


def _sentence(whole: Any, away: int, differ: int, open_: bool) -> str:
    said = gettext("%(books)s on the books: %(inside)s inside, %(away)s away.") % {
        "books": count(whole.end + away), "inside": count(whole.end), "away": count(away),
    }  # fmt: skip
    closing = gettext("The headcount does not close.") if open_ else gettext("The headcount closes.")
    calls = ""
    if differ:
        calls = ngettext("%(n)s roll call differs from what is on file.",
                         "%(n)s roll calls differ from what is on file.", differ) % {"n": differ}  # fmt: skip
    return words.sentences(said, closing, calls)


def _row(line: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": line.unit,
        "name": in_language(names[line.unit]) if line.unit in names else gettext("outside the wings"),
        "start": line.start,
        "came": line.came.total(),
        "came_by": _reasons(line.came),
        "left": line.left.total(),
        "left_by": _reasons(line.left),
        "end": line.end,
        "closes": line.closes,
    }


def _reasons(found: Mapping[str, int]) -> str:
    return words.joined(f"{words.word(words.REASONS, code)} {n}" for code, n in sorted(found.items()))


def _call(call: Any, found: Any, asked: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    on_file = found.on_file[f"{call.kind}:{call.subject}"]
    try:
        counted: Decimal | None = Decimal(call.value)
    except InvalidOperation:
        counted = None
    return {
        "code": call.subject,
        "kind": call.kind,
        "name": in_language(names[call.subject]) if call.subject in names else asked.facility.code,
        "at": clock(call.observed_at, asked.facility.zone),
        "counted": call.value,
        "on_file": on_file,
        "differs": counted != on_file,
    }


def lines(found: Any, asked: Any, names: Mapping[str, Any]) -> list[list[Any]]:
    """Return the headcount as a table: units, the total, then the roll calls."""
    seen = page(found, asked, names)
    rows: list[list[Any]] = [[gettext("unit"), gettext("at start"), gettext("came"), gettext("by reason"),
                              gettext("left"), gettext("by reason"), gettext("at end"), gettext("closes")]]  # fmt: skip
    keys = ("name", "start", "came", "came_by", "left", "left_by", "end")
    for row in [*seen["rows"], seen["total"] | {"name": gettext("total")}]:
        rows.append([*(row[k] for k in keys), gettext("yes") if row["closes"] else gettext("no")])
    rows.append(
        [
            gettext("on the books"),
            seen["books"]["all"],
            gettext("inside"),
            seen["books"]["inside"],
            gettext("away"),
            seen["books"]["away"],
        ]
    )
    for call in seen["calls"]:
        rows.append(
            [
                f"{gettext('roll call')} {call['name']}",
                call["at"],
                gettext("counted"),
                call["counted"],
                gettext("on file"),
                call["on_file"],
            ]
        )
    return rows
