"""
The fast evaluator equals the row-by-row oracle on random worlds, and keeps the properties that the contract ends with.

A world is made from a seed; `world(seed)` makes the one that failed again. LAZARETTO_WORLDS sets how many are tried.
"""

import os
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from lazaretto.protocol.corrections import corrected
from lazaretto.protocol.evidence import evaluate
from tests.property.oracle import oracle
from tests.property.worlds import world

CHUNK = 100
STARTS = range(0, int(os.environ.get("LAZARETTO_WORLDS", "100")), CHUNK)


@pytest.mark.parametrize("start", STARTS)
def test_the_evaluator_equals_the_oracle(start: int) -> None:
    for seed in range(start, start + CHUNK):
        institution, timeline, day, as_of = world(seed)
        fast, slow = evaluate(institution, timeline, day, as_of), oracle(institution, timeline, day, as_of)
        assert fast.slots == slow.slots, seed
        assert dict(fast.fates) == dict(slow.fates), seed
        assert fast.conflicts == slow.conflicts, seed
        assert (fast.start, fast.end) == (slow.start, slow.end), seed


@pytest.mark.parametrize("start", STARTS)
def test_properties_of_the_evidence(start: int) -> None:
    """Nobody owes one slot twice, a due lies in its own window, and each state follows from the fact."""
    for seed in range(start, start + CHUNK):
        institution, timeline, day, as_of = world(seed)
        evidence = evaluate(institution, timeline, day, as_of)
        owed = Counter((s.measure, s.subject, s.due, s.due == s.closes) for s in evidence.slots)
        assert max(owed.values(), default=1) == 1, seed
        for slot in evidence.slots:
            counted = slot.due == slot.closes
            assert counted or slot.opens <= slot.due < slot.closes, seed
            assert slot.state != "pending" or as_of < min(slot.grace_until, slot.closes), seed
            assert slot.state not in ("on_time", "late") or counted or slot.fact is not None, seed


@pytest.mark.parametrize("start", STARTS)
def test_neither_order_nor_repeats_change_a_result(start: int) -> None:
    for seed in range(start, start + CHUNK):
        institution, timeline, day, as_of = world(seed)
        draw = Random(seed)
        facts, excuses = list(institution.facts), list(institution.excuses)
        draw.shuffle(facts)
        draw.shuffle(excuses)
        again = replace(institution, facts=(*facts, *facts[:3]), excuses=tuple(excuses))
        first, second = evaluate(institution, timeline, day, as_of), evaluate(again, timeline, day, as_of)
        assert first.slots == second.slots, seed
        assert dict(first.fates) == dict(second.fates), seed


@pytest.mark.parametrize("start", STARTS)
def test_time_alone_only_moves_pending_to_something_else(start: int) -> None:
    """With nothing new recorded, a later `as_of` changes no state but `pending`, and only shows new random slots."""
    for seed in range(start, start + CHUNK):
        institution, timeline, day, as_of = world(seed)
        frozen = replace(
            institution,
            facts=tuple(f for f in institution.facts if f.recorded_at <= as_of),
            excuses=tuple(
                replace(e, withdrawn_at=e.withdrawn_at if e.withdrawn_at <= as_of else 10**15)
                for e in institution.excuses
                if e.recorded_at <= as_of
            ),
        )
        before = evaluate(frozen, timeline, day, as_of)
        after = evaluate(frozen, timeline, day, as_of + 3 * 86_400_000)
        later = {(s.measure, s.subject, s.opens, s.due): s.state for s in after.slots}
        for slot in before.slots:
            assert slot.state in ("pending", later[slot.measure, slot.subject, slot.opens, slot.due]), seed


@pytest.mark.parametrize("start", STARTS)
def test_each_fact_has_one_home_day(start: int) -> None:
    """Over the days around, every known fact near the day is counted at most once, with one fate."""
    from datetime import timedelta

    for seed in range(start, start + CHUNK, 5):
        institution, timeline, day, as_of = world(seed)
        days = [evaluate(institution, timeline, day + timedelta(days=n), as_of) for n in (-1, 0, 1)]
        homes = Counter(name for evidence in days for name in evidence.fates)
        assert max(homes.values(), default=1) == 1, seed
        leaves = {f.id for f in corrected(f for f in institution.facts if f.recorded_at <= as_of).leaves}
        for evidence in days:
            kinds = {name: fate in ("used", "repeat", "extra") for name, fate in evidence.fates.items()}
            assert all(live == (name in leaves) for name, live in kinds.items()), seed
