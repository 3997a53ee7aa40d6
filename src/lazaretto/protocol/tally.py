"""
Counts made of evidence, and the word that stands over a day.

Source: contract, rules 6, 8, 10 and 11.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from operator import add
from typing import Any, Literal, NamedTuple

from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.record import SlotResult
from lazaretto.protocol.round import Round

Status = Literal["complete", "incomplete", "contradictory", "unknown"]
FATES = ("used", "repeat", "extra", "superseded", "void")
STATES = ("on_time", "late", "missed", "excused", "pending")
_STEP = Decimal("0.0000000001")


def share(part: int, whole: int) -> str | None:
    """
    Return part ÷ whole as decimal text, cut (never rounded up) after ten places; None when there is nothing to divide by.
    """
    if whole == 0:
        return None
    cut = (Decimal(part) / Decimal(whole)).quantize(_STEP, ROUND_DOWN).normalize()
    return f"{cut:f}"


class Tally(NamedTuple):
    """The totals of one measure: its slots by state, and the facts that were spent on them."""

    on_time: int = 0
    late: int = 0
    missed: int = 0
    excused: int = 0
    pending: int = 0
    excused_after: int = 0
    entered_late: int = 0
    used: int = 0

    def __add__(self, other: "Tally") -> "Tally":  # type: ignore[override]
        return Tally(*map(add, self, other))


def tally(results: Iterable[SlotResult]) -> Tally:
    """Return the totals of results."""
    found = list(results)
    states: Counter[str] = Counter(r.state for r in found)
    spent = {
        "excused_after": sum(r.excused_late for r in found),
        "entered_late": sum(r.entered_late for r in found),
        "used": sum(r.used for r in found),
    }
    return Tally(**{state: states[state] for state in STATES}, **spent)


def measure_row(round_: Round, total: Tally, missed: Iterable[SlotResult]) -> dict[str, Any]:
    """Return one measure's line of the document: counts, shares and its gaps by name."""
    done = total.on_time + total.late
    judged = done + total.missed
    return {
        "id": round_.id,
        "kind": round_.kind,
        "observation": round_.observation,
        "expected": judged + total.excused + total.pending,
        "on_time": total.on_time,
        "late": total.late,
        "missed": total.missed,
        "excused": total.excused,
        "excused_after": total.excused_after,
        "pending": total.pending,
        "coverage": share(done, judged),
        "done_share": share(done, judged + total.excused),
        "entered_late": total.entered_late,
        "gaps": [{"subject": r.subject, "due": utc_text(r.due), "reason": r.reason or None} for r in missed],
    }


def entered_late_contradictions(tallies: Mapping[str, Tally], limit: Decimal) -> list[dict[str, Any]]:
    """Return a contradiction for each measure of whose used facts more than `limit` were entered late."""
    return [
        {"kind": "entered_late", "measure": measure, "entered_late": total.entered_late, "used": total.used}
        for measure, total in tallies.items()
        if total.used and total.entered_late > limit * total.used
    ]


def falls_short(row: Mapping[str, Any], round_: Round) -> bool:
    """Say whether a measure keeps its day from being complete (rule 10)."""
    if not round_.required or row["expected"] == 0:
        return False
    done, owed = row["on_time"] + row["late"], row["expected"] - row["excused"] - row["pending"]
    return bool(row["pending"] > 0 or owed == 0 or done < round_.complete_at * owed)


def status(rows: Sequence[Mapping[str, Any]], rounds: Mapping[str, Round], contradictions: Sequence[Any]) -> Status:
    """Return the status of a computed day; `unknown` is for days without a signed report and is not computed here."""
    if contradictions:
        return "contradictory"
    return "incomplete" if any(falls_short(row, rounds[row["id"]]) for row in rows) else "complete"
