"""What a superior body received, in words: rows, totals, one sentence. No ranking."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.reporting.overview import COUNTS, STATES, Bound, Cell, Row, evidence, received, total, weakest
from lazaretto.apps.reporting.wording import CONTRADICTIONS, numbers
from lazaretto.protocol.text import Text
from lazaretto.web.dates import chinese, day, moment
from lazaretto.web.figures import count, percent
from lazaretto.web.words import state_word

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SORTS = ("facility", "state")


def count_word(name: str) -> str:
    words = {
        "present_end": gettext("Present"),
        "fever_confirmed": gettext("Fever confirmed"),
        "in_isolation": gettext("Isolation"),
        "in_quarantine": gettext("Quarantine"),
    }
    return words[name]


def filters() -> list[tuple[str, str]]:
    known = [(name, state_word(name)) for name in STATES]
    return [*known, ("amended", gettext("amended")), ("received", gettext("received"))]


def duration(ms: int) -> str:
    """Return a length of time in its two largest units: `1 d 3 h`, `41 min`."""
    days, hours, minutes = ms // DAY, ms % DAY // HOUR, ms % HOUR // MINUTE
    parts = [(days, gettext("%(n)s d")), (hours, gettext("%(n)s h")), (minutes, gettext("%(n)s min"))]
    first = next((i for i, (n, _) in enumerate(parts) if n), 2)
    return " ".join(text % {"n": n} for n, text in parts[first : first + 2] if n) or gettext("%(n)s min") % {"n": 0}


def glyph_of(cell: Cell) -> str:
    return "contradictory" if cell.contradictions else "due" if cell.state == "pending" else cell.word


def said(cell: Cell, zone: str) -> str:
    """Return what is to be said of a day under its word: when it came, how late it is, until when it may come."""
    if cell.state == "pending":
        return gettext("owed by %(time)s") % {"time": moment(cell.due_at, zone)}
    if cell.received_at is None:
        return gettext("missing; overdue by %(time)s") % {"time": duration(cell.overdue_ms)}
    if cell.late_ms:
        return gettext("late by %(time)s") % {"time": duration(cell.late_ms)}
    return gettext("in time, %(time)s") % {"time": moment(cell.received_at, zone)}


def word_of(cell: Cell) -> str:
    if cell.state == "pending":
        return gettext("not owed yet")
    return state_word(cell.state)


def bound_text(found: Bound) -> dict[str, str]:
    if found.least is None:
        return {"kind": "null", "value": "—"} if found.exact else {"kind": "unknown", "value": state_word("unknown")}
    if not found.exact:
        return {"kind": "number", "value": f"≥ {count(found.least)}"}
    return {"kind": "number" if found.least else "zero", "value": count(found.least)}


def rows(found: Iterable[Row], measures: Mapping[str, Text]) -> list[dict[str, Any]]:
    """Return the rows in groups under their superior."""
    groups: list[dict[str, Any]] = []
    for row in found:
        parent = row.organisation.command_parent
        name = in_language(parent) if parent else ""
        if not groups or groups[-1]["name"] != name:
            groups.append({"name": name, "rows": [], "own": []})
        groups[-1]["rows"].append(_row(row, measures))
        groups[-1]["own"].append(row)
    for group in groups:
        own = group.pop("own")
        n = {"n": len(own), "came": received(own)}
        group["note"] = (
            ngettext("%(n)s facility, %(came)s received", "%(n)s facilities, %(came)s received", len(own)) % n
        )
    return groups


def _row(row: Row, measures: Mapping[str, Text]) -> dict[str, Any]:
    cell = row.day
    return {
        "code": row.organisation.code,
        "name": in_language(row.organisation),
        "on_node": row.on_node,
        "glyph": "due" if cell.state == "pending" else cell.state,
        "word": word_of(cell),
        "is_late": bool(cell.late_ms),
        "said": said(cell, row.zone),
        "amended": gettext("amended, no. %(n)s") % {"n": cell.number} if cell.is_amended else "",
        "loud": _loud(cell),
        "quiet": _quiet(row),
        "unknown": cell.received_at is None,
        "counts": [{"label": count_word(name)} | bound_text(row.count(name)) for name in COUNTS],
        "bar": _bar(row.document),
        "coverage": _coverage(row.document),
        "weakest": _weakest(row.document, measures),
        "strip": [{"glyph": glyph_of(c), "title": f"{day(c.on)} {word_of(c)}, {said(c, row.zone)}"} for c in row.cells],
        "label": _strip_label(row.cells),
    }


def _loud(cell: Cell) -> list[str]:
    return [title(CONTRADICTIONS[code]) for code in cell.contradictions]


def _quiet(row: Row) -> list[str]:
    found = []
    if row.waits_for:
        found.append(gettext("continuity not yet shown: waiting for no. %(n)s") % {"n": numbers(row.waits_for)})
    if row.restored:
        found.append(gettext("restored from a backup"))
    return found


def _bar(document: Mapping[str, Any] | None) -> dict[str, Any]:
    if document is None:
        return {"bar": "no_evidence"} | dict.fromkeys(("on_time", "late", "missed", "pending", "excused"), 0)
    found = evidence(document)
    return found | {"bar": "counts" if found["expected"] else "none"}


def _coverage(document: Mapping[str, Any] | None) -> str:
    return percent(_share(document))


def _weakest(document: Mapping[str, Any] | None, measures: Mapping[str, Text]) -> str:
    least = weakest(document) if document else None
    if least is None:
        return ""
    name = title(measures[least["id"]]) if least["id"] in measures else least["id"]
    return f"{name} {percent(least['coverage'])}"


def _strip_label(cells: Sequence[Cell]) -> str:
    words = [word_of(c) for c in cells]
    parts = [f"{w} {words.count(w)}" for w in dict.fromkeys(words)]
    return gettext("Last %(n)s days: ") % {"n": len(cells)} + ("，" if chinese() else ", ").join(parts)


def totals(found: Sequence[Row]) -> dict[str, Any]:
    missing = sum(row.day.received_at is None for row in found)
    note = ngettext("%(n)s facility unknown", "%(n)s facilities unknown", missing) % {"n": missing} if missing else ""
    return {
        "counts": [{"label": count_word(name)} | bound_text(total(found, name)) for name in COUNTS],
        "came": gettext("%(came)s of %(n)s received") % {"came": received(found), "n": len(found)},
        "note": note,
    }


def strip(found: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the figures above the table: how much is known, and what is known of it. A missing facility is not zero."""
    came = [row for row in found if row.day.received_at is not None]
    missing = len(found) - len(came)
    shares = sorted(Decimal(share) for row in came if (share := _share(row.document)) is not None)
    range_ = f"{percent(str(shares[0]))}–{percent(str(shares[-1]))}" if len(shares) > 1 else ""
    cells: list[dict[str, Any]] = [
        {"name": gettext("Received"), "value": f"{len(came)} / {len(found)}", "kind": "number", "said": ""},
        {
            "name": gettext("Unknown"), "value": count(missing), "kind": "number" if missing else "zero",
            "said": gettext("not counted as zero anywhere") if missing else "", "hatch": bool(missing),
        },
    ]  # fmt: skip
    for name in COUNTS[1:]:
        bound_ = bound_text(total(found, name))
        loud = name == "fever_confirmed" and bool(total(found, name).least)
        cells.append(
            {"name": count_word(name), "said": "", "loud": loud, "hatch": bound_["kind"] == "unknown"} | bound_
        )
    known = [row.document for row in came]
    return [*cells, {"name": gettext("Coverage"), "value": _all_shares(known), "kind": "number", "said": range_}]


def _share(document: Mapping[str, Any] | None) -> str | None:
    """Return the coverage of a report over all its measures, None if nothing was owed."""
    if document is None:
        return None
    found = evidence(document)
    owed = found["expected"] - found["excused"] - found["pending"]
    return str(Decimal(found["on_time"] + found["late"]) / owed) if owed else None


def _all_shares(documents: Iterable[Mapping[str, Any] | None]) -> str:
    sums = [evidence(d) for d in documents if d is not None]
    owed = sum(s["expected"] - s["excused"] - s["pending"] for s in sums)
    return percent(str(Decimal(sum(s["on_time"] + s["late"] for s in sums)) / owed)) if owed else "—"


def sentence(found: Sequence[Row], on: date) -> str:
    """Return how things stand in one sentence; what is missing is not zero."""
    if not found:
        return gettext("No facility lies below this body.")
    words = [row.day.word for row in found]
    parts = [gettext("%(came)s of %(n)s received") % {"came": received(found), "n": len(found)}]
    for name, text in (
        ("late", gettext("%(n)s late")),
        ("contradictory", gettext("%(n)s reports contradictory")),
        ("incomplete", gettext("%(n)s reports incomplete")),
        ("unknown", gettext("%(n)s unknown")),
        ("pending", gettext("%(n)s not owed yet")),
    ):
        if words.count(name):
            parts.append(text % {"n": words.count(name)})
    end = gettext(" Unknown means that nothing came; it is not zero.") if "unknown" in words else ""
    return day(on) + gettext(": ") + gettext(", ").join(parts) + gettext(".") + end


def help_lines(found: Iterable[Row]) -> list[dict[str, str]]:
    """Return who needs help, and what the next step is; by facility, not by rank."""
    lines = []
    for row in found:
        cell, name = row.day, in_language(row.organisation)
        if cell.contradictions:
            lines.append({"glyph": "alert", "name": name, "said": gettext("Two files do not fit together. Keep both; ask the facility for its log, and tell the auditor.")})  # fmt: skip
        elif cell.state == "unknown":
            missing = 0
            for c in reversed(row.cells):
                if c.received_at is not None:
                    break
                missing += 1
            said_ = ngettext("Nothing for %(n)s day. Call, or send somebody to fetch the signed bundle.", "Nothing for %(n)s days. Call, or send somebody to fetch the signed bundle.", missing) % {"n": missing}  # fmt: skip
            lines.append({"glyph": "unknown", "name": name, "said": said_})
        elif row.waits_for:
            lines.append({"glyph": "late", "name": name, "said": gettext("Ask for bundle no. %(n)s; until then its log is not shown to be whole.") % {"n": numbers(row.waits_for)}})  # fmt: skip
    return lines


def sheet(found: Iterable[Row], measures: Mapping[str, Text]) -> list[list[Any]]:
    """Return the table as it is written to Excel: one line per facility, then its totals."""
    listed = list(found)
    heads = [gettext("Facility"), gettext("code"), gettext("Report of the day"), gettext("when"), gettext("amended"),
             *(count_word(n) for n in COUNTS), gettext("coverage"), gettext("weakest"), gettext("remarks")]  # fmt: skip
    lines: list[list[Any]] = [heads]
    for row in listed:
        r = _row(row, measures)
        lines.append([r["name"], r["code"], r["word"], r["said"], r["amended"], *(c["value"] for c in r["counts"]),
                      r["coverage"], r["weakest"], "; ".join([*_loud(row.day), *r["quiet"]])])  # fmt: skip
    end = totals(listed)
    lines.append([gettext("Total"), "", end["came"], "", "", *(c["value"] for c in end["counts"]), "", "", end["note"]])
    return lines
