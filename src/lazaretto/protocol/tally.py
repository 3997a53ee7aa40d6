"""
Counts made of evidence, and the word that stands over a day.

Source: contract, rules 6, 8, 10 and 11.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any, Literal

from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.record import Evidence, SlotResult
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


def measure_row(round_: Round, results: Sequence[SlotResult]) -> dict[str, Any]:
    """Return one measure's line of the document: counts, shares and its gaps by name."""
    states: Counter[str] = Counter(r.state for r in results)
    done = states["on_time"] + states["late"]
    expected = len(results)
    return {
        "id": round_.id,
        "kind": round_.kind,
        "observation": round_.observation,
        "expected": expected,
        **{state: states[state] for state in STATES[:3]},
        "excused": states["excused"],
        "excused_after": sum(r.excused_late for r in results),
        "pending": states["pending"],
        "coverage": share(done, expected - states["excused"] - states["pending"]),
        "done_share": share(done, expected - states["pending"]),
        "entered_late": sum(r.entered_late for r in results),
        "gaps": [
            {"subject": r.subject, "due": utc_text(r.due), "reason": r.reason or None}
            for r in results
            if r.state == "missed"
        ],
    }


def fate_counts(evidence: Evidence) -> dict[str, int]:
    """Return how many facts of the day met each fate; the five add up to the facts received."""
    counts: Counter[str] = Counter(evidence.fates.values())
    return {fate: counts[fate] for fate in FATES}


def entered_late_contradictions(by_measure: Mapping[str, Sequence[SlotResult]], limit: Decimal) -> list[dict[str, Any]]:
    """Return a contradiction for each measure of whose used facts more than `limit` were entered late."""
    found = []
    for measure, results in by_measure.items():
        used, late = sum(r.used for r in results), sum(r.entered_late for r in results)
        if used and late > limit * used:
            found.append({"kind": "entered_late", "measure": measure, "entered_late": late, "used": used})
    return found


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
