"""Many people by one person in so few seconds that they cannot have been visited. Times typed to the minute say nothing."""

from collections.abc import Sequence
from typing import Any

from lazaretto.apps.rounds.queries import DayEvidence
from lazaretto.protocol.checks import BurstCheck
from lazaretto.protocol.clock import utc_text


def bursts(day: DayEvidence) -> list[dict[str, Any]]:
    """Return the first burst of each author of a day, as the report says it."""
    check = day.in_force[-1].resolved.document.checks.burst_entry
    if check is None:
        return []
    return [
        {"kind": "burst_entry", "by": by, **burst}
        for by, facts in day.evidence.timed_by_hand(check.at_least, check.within.nominal_ms)
        if (burst := _burst(facts, check))
    ]


def _burst(facts: Sequence[tuple[int, int]], check: BurstCheck) -> dict[str, Any] | None:
    """Return the first burst among (when, whom) in order of time."""
    first = 0
    for last, (at, _) in enumerate(facts):
        while at - facts[first][0] > check.within.nominal_ms:
            first += 1
        if last - first + 1 >= check.at_least:
            subjects = {subject for _, subject in facts[first : last + 1]}
            if len(subjects) >= check.at_least:
                return {"from": utc_text(facts[first][0]), "subjects": len(subjects)}
    return None
