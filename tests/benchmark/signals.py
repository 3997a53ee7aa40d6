"""
All checks of a day for 5,000 residents × 12 readings: honesty and early warning, from the database.

The reference is the evidence of the same day, which the checks need anyway and which the report has already made.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random

from tests.benchmark import house

RESIDENTS = 5000


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def claims(day: date) -> Iterator[dict[str, str]]:
    """Yield the rounds of the house as people make them: one author to a wing, a person's readings near his usual."""
    draw = Random(f"readings {day}")
    usual = [draw.gauss(36.5, 0.2) for _ in range(RESIDENTS)]
    for row in house.claims(RESIDENTS, day):
        n = int(row["subject"][1:])
        wing = n % (RESIDENTS // house.CELL) % house.WINGS
        value = f"{draw.gauss(usual[n], 0.25):.1f}" if row["value"] else ""
        yield row | {"by": f"S{wing:03d}", "device": f"T-{wing}", "value": value}


def main() -> None:
    house.set_up()
    facility = house.facility("YT", RESIDENTS)
    for n in (-1, 0, 1):
        day = house.DAY + timedelta(days=n)
        house.record(facility, claims(day), house.midnight(day) + 25 * house.HOUR)
    as_of = house.midnight() + 49 * house.HOUR

    from lazaretto.apps.rounds import signals
    from lazaretto.apps.rounds.honesty import honest
    from lazaretto.apps.rounds.queries import day_evidence
    from lazaretto.apps.rounds.warning import warnings

    day_of = day_evidence(facility, house.DAY, as_of)
    n = len(signals.look(facility, house.DAY, at=as_of, by="bench", day=day_of))
    assert signals.look(facility, house.DAY, at=as_of, by="bench") == []
    parts = {
        "evidence": lambda: day_evidence(facility, house.DAY, as_of),
        "honesty": lambda: honest(day_of),
        "warning": lambda: warnings(day_of),
        "look, with its own evidence": lambda: signals.look(facility, house.DAY, at=as_of, by="bench"),
    }
    sys.stdout.write(f"checks of a day, {RESIDENTS:,} residents x 12 readings ({house.engine()}), {n} questions\n")
    times = {name: statistics.median(timed(act) for _ in range(5)) for name, act in parts.items()}
    for name, seconds in times.items():
        sys.stdout.write(f"  {name}: {seconds * 1000:.0f} ms, {seconds / times['evidence']:.2f}x the evidence\n")


if __name__ == "__main__":
    main()
