"""What the twin takes from a protocol: the slots of a day are those of the platform, for every pack."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lazaretto import packs
from lazaretto.protocol.clock import instant, local_minute
from lazaretto.protocol.evidence import evaluate
from lazaretto.protocol.record import Institution, Stay, Subject
from lazaretto.protocol.resolve import resolve
from lazaretto.twin.rules import from_protocol, slots_of_day

DAY, ZONE = date(2026, 3, 17), "Asia/Shanghai"


@pytest.mark.parametrize("pack", packs.names())
def test_the_slots_of_a_day_are_those_of_the_evaluator(pack: str) -> None:
    """Each round on people: what the platform would judge of somebody who is in all day, and what the twin counts."""
    resolved = resolve(packs.shipped(pack))
    start, end = instant(ZONE, DAY, 0), instant(ZONE, DAY + timedelta(days=1), 0)
    for base in ("resident", "staff_member"):
        subject = Subject("person:X", population=base, base=base, stays=(Stay(start - 10**9, end + 10**9, "place:A"),))
        rounds = [m for m in resolved.measures if m.subject == "person" and m.presence == "on_site"]
        everyone = tuple(m.model_copy(update={"applies_to": type(m).model_fields["applies_to"].get_default(call_default_factory=True)}) for m in rounds)  # fmt: skip
        timeline = [replace(resolved.phase(start - 10**11, end + 10**11), measures=everyone, day_ends="24:00")]
        judged = evaluate(Institution("YT", ZONE, (subject,)), timeline, DAY, end).slots
        for measure in rounds:
            if measure.pace.count is None:
                own = slots_of_day(resolved, measure.id, DAY, facility="YT", zone=ZONE, base=base)
                assert [s.due for s in own] == sorted(s.due for s in judged if s.measure == measure.id), measure.id


def test_the_rules_of_a_detention_centre_are_read_whole() -> None:
    rules = from_protocol(resolve(packs.shipped("s2-tianshui-detention")), on=DAY)
    assert [stage.days for stage in rules.intake] == [21, 21, 14]
    assert rules.intake[0].outside_review == 14, "the outside review of any stay alone, by day 14"
    assert (rules.quarantine.days, rules.quarantine.single) == (14, True) if rules.quarantine else False
    assert rules.screen is not None
    assert rules.slots_residents == [8 * 60, 16 * 60], "three a day; at midnight people are looked at, not measured"
    assert rules.days_alone_limit == 14


def test_the_readings_of_a_prison_are_every_two_hours_but_not_of_those_who_sleep() -> None:
    resolved = resolve(packs.shipped("s0-shandong-prison"))
    rules = from_protocol(resolved, on=DAY)
    own = slots_of_day(resolved, "temperature.residents", DAY, facility="twin", zone=ZONE)
    assert len(own) == 12
    asleep = {local_minute(ZONE, s.due) for s in own if s.night == "observe"}
    assert asleep
    assert set(rules.slots_residents).isdisjoint(asleep)
    assert rules.rotation is not None
    assert rules.rotation.states[0] == ("inside", 21)


@pytest.mark.parametrize("pack", packs.names())
def test_every_pack_compiles(pack: str) -> None:
    rules = from_protocol(resolve(packs.shipped(pack)), on=DAY)
    assert rules.digest == resolve(packs.shipped(pack)).digest
