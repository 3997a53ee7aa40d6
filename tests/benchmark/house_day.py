"""
The evidence of a day for 5,000 residents × 12 slots from the database, and the whole draft of its report.

The reference is row by row: every fact near the day is read as an ORM row and made an object, every stay, standing and
place likewise, and the plain evaluator (`protocol.evidence.evaluate`, itself many times faster than the oracle) goes
subject by subject and slot by slot. It is what the product did before it had columns. Both give the same slots.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.benchmark import house

RESIDENTS = 5000


def row_by_row(facility: Any, as_of: int) -> Any:
    from lazaretto.apps.command.queries import timeline
    from lazaretto.apps.rounds.models import Fact
    from lazaretto.apps.rounds.queries import _excuses, institution_of, relevant_phases
    from lazaretto.protocol import record
    from lazaretto.protocol.evidence import day_bounds, evaluate, reach

    phases = [p.phase() for p in timeline(facility, as_of)]
    start, end = day_bounds(phases, facility.zone, house.DAY)
    relevant = relevant_phases(phases, start, end)
    near = start - reach(relevant), end + reach(relevant)
    rows = Fact.objects.filter(facility=facility, observed_at__gte=near[0], observed_at__lt=near[1])
    facts = [
        record.Fact(
            f.id, f.observation, f.ref, f.observed_at, f.recorded_at, f.outcome,  # type: ignore[arg-type]
            f.reason, f.supersedes or None, f.source, f.value, f.by,
        )
        for f in rows.filter(recorded_at__lte=as_of).iterator()
    ]  # fmt: skip
    excuses = _excuses(facility, relevant, start, end, as_of)
    return evaluate(institution_of(facility, *near, facts=facts, excuses=excuses), relevant, house.DAY, as_of)


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main() -> None:
    house.set_up()
    facility = house.facility("YT", RESIDENTS)
    for n in (-1, 0, 1):
        day = house.DAY + timedelta(days=n)
        house.record(facility, house.claims(RESIDENTS, day), house.midnight(day) + 25 * house.HOUR)
    as_of = house.midnight() + 49 * house.HOUR

    from lazaretto.apps.reporting.queries import draft_with_outgoing
    from lazaretto.apps.rounds.queries import day_evidence

    plain, fast = row_by_row(facility, as_of), day_evidence(facility, house.DAY, as_of).evidence
    assert fast.slots == plain.slots
    assert dict(fast.fates) == dict(plain.fates)
    ours, theirs, drafts = [], [], []
    for _ in range(5):
        theirs.append(timed(lambda: row_by_row(facility, as_of)))
        ours += [timed(lambda: day_evidence(facility, house.DAY, as_of)) for _ in range(3)]
        drafts += [timed(lambda: draft_with_outgoing(facility, house.DAY, as_of)) for _ in range(3)]
    quick, slow, draft = (statistics.median(times) for times in (ours, theirs, drafts))
    sys.stdout.write(
        f"evidence of a day from the database, {RESIDENTS:,} residents x 12 slots, {len(plain.fates):,} facts "
        f"({house.engine()}), against row by row: {slow / quick:.1f}x ({quick * 1000:.0f} ms against {slow * 1000:.0f} ms)\n"
        f"whole draft of that day's report, both forms: {draft * 1000:.0f} ms\n"
    )


if __name__ == "__main__":
    main()
