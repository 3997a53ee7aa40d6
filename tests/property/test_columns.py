"""
The evidence made from columns is that of the plain evaluator and of the oracle, on random worlds: every slot, every
fate, every total, also when it is given only the facts that its plan asked for.
"""

import os
from collections import Counter
from random import Random

import numpy as np
import pytest

from lazaretto.apps.rounds.columns import Columns, links
from lazaretto.apps.rounds.evaluation import Plan
from lazaretto.apps.rounds.results import DayResult
from lazaretto.protocol.evidence import evaluate
from lazaretto.protocol.record import Fact
from lazaretto.protocol.tally import tally
from tests.property.oracle import oracle
from tests.property.worlds import World, world

CHUNK = 100
STARTS = range(0, int(os.environ.get("LAZARETTO_WORLDS", "300")), CHUNK)


def from_columns(made: World, order: Random) -> DayResult:
    """Evaluate a world as the database would hand it over: only the facts that are needed, in any order."""
    institution, timeline, day, as_of = made
    plan = Plan(institution, timeline, day)
    known = [f for f in institution.facts if f.recorded_at <= as_of]
    order.shuffle(known)

    def needed(fact: Fact) -> bool:
        low, high = plan.spans.get(fact.observation, (plan.start, plan.end))
        return low <= fact.observed_at < high

    return plan.judge(Columns.of(filter(needed, known), plan.refs, links(known)), as_of)


@pytest.mark.parametrize("start", STARTS)
def test_columns_give_the_same_evidence(start: int) -> None:
    for seed in range(start, start + CHUNK):
        made = world(seed)
        fast, plain = from_columns(made, Random(seed)), evaluate(*made)
        assert fast.slots == plain.slots == oracle(*made).slots, seed
        assert dict(fast.fates) == dict(plain.fates), seed
        assert fast.conflicts == plain.conflicts, seed
        assert (fast.start, fast.end, fast.as_of) == (plain.start, plain.end, plain.as_of), seed


@pytest.mark.parametrize("start", STARTS)
def test_totals_and_deviations_say_what_the_slots_say(start: int) -> None:
    for seed in range(start, start + CHUNK):
        fast = from_columns(world(seed), Random(seed))
        measures = {s.measure for s in fast.slots}
        for measure in measures | set(fast.tallies):
            own = [s for s in fast.slots if s.measure == measure]
            assert fast.tallies[measure] == tally(own), seed
            assert fast.missed.get(measure, ()) == tuple(s for s in own if s.state == "missed"), seed
        assert fast.deviations == tuple(s for s in fast.slots if s.state != "on_time"), seed
        counted = Counter(fast.fates.values())
        assert fast.fate_counts == {word: counted[word] for word in fast.fate_counts}, seed
        some = np.arange(1, len(fast.subjects), 2)
        refs = {fast.subjects[n].ref for n in some}
        assert fast.of(some) == tuple(s for s in fast.slots if s.subject in refs), seed
