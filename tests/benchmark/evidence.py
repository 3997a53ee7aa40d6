"""
A day of two-hourly rounds for 200 people: the evaluator against the row-by-row oracle, same answer.
"""

from datetime import date

from lazaretto import packs
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO, instant
from lazaretto.protocol.evidence import evaluate
from lazaretto.protocol.record import Fact, Institution, Place, Stay, Subject
from lazaretto.protocol.resolve import resolve
from tests.benchmark.measure import compare
from tests.property.oracle import oracle

ZONE, DAY, PEOPLE = "Asia/Shanghai", date(2026, 3, 17), 200


def world() -> Institution:
    places = {"place:W1": Place("place:W1", None, "wing")}
    stays = (Stay(FOREVER_AGO, FOREVER, "place:W1"),)
    people = tuple(Subject(f"person:{n}", "person", "prisoner", "resident", stays=stays) for n in range(PEOPLE))
    facts = tuple(
        Fact(f"{n}-{h}", "temperature", f"person:{n}", at, at, value="36.5")
        for n in range(PEOPLE)
        for h in range(-12, 36, 2)
        for at in [instant(ZONE, DAY, 0) + h * 3_600_000 + n * 1000]
    )
    return Institution("F", ZONE, people, places, facts)


def main() -> None:
    institution = world()
    resolved = resolve(packs.shipped("facility-s1-drug-rehab"))
    timeline = [resolved.phase(FOREVER_AGO, FOREVER)]
    as_of = instant(ZONE, DAY, 24 * 60)
    assert evaluate(institution, timeline, DAY, as_of).slots == oracle(institution, timeline, DAY, as_of).slots
    compare(
        f"evidence of a day, {PEOPLE} people x 12 slots, against the row-by-row oracle",
        lambda: evaluate(institution, timeline, DAY, as_of),
        lambda: oracle(institution, timeline, DAY, as_of),
        runs=3,
    )


if __name__ == "__main__":
    main()
