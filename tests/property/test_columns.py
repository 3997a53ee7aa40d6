"""
The evidence made from columns is that of the plain evaluator and of the oracle, on random worlds: every slot, every
fate, every total, also when it is given only the facts that its plan asked for.
"""

import os
from collections import Counter
from datetime import date
from random import Random

import numpy as np
import pytest

from lazaretto.apps.rounds.columns import Columns, links
from lazaretto.apps.rounds.evaluation import Plan
from lazaretto.apps.rounds.results import DayResult
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO, instant
from lazaretto.protocol.evidence import evaluate
from lazaretto.protocol.record import Fact, Institution, Phase, Place, Stay, Subject
from lazaretto.protocol.round import Round
from lazaretto.protocol.tally import tally
from tests.property.oracle import oracle
from tests.property.worlds import World, world

CHUNK = 100
STARTS = range(0, int(os.environ.get("LAZARETTO_WORLDS", "100")), CHUNK)


ZONE, DAY = "Asia/Shanghai", date(2026, 3, 17)


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


def measure(name: str, at: str, *, within: str = "") -> Round:
    places = {"within": [within]} if within else {}
    document = {
        "id": name, "kind": "round", "title": {"zh": "巡查", "en": "Round"}, "source": [{"text": "made up"}],
        "observation": "temperature", "cadence": {"times": [at]}, "applies_to": [{"places": places}],
    }  # fmt: skip
    return Round.model_validate(document)


def in_two_rooms(rounds: tuple[Round, ...], *facts: Fact) -> World:
    places = {ref: Place(ref, None, "room") for ref in ("place:A", "place:B")}
    people = tuple(
        Subject(f"person:{ref[-1]}", "person", "detainee", "resident", stays=(Stay(FOREVER_AGO, FOREVER, ref),))
        for ref in places
    )
    phase = Phase(FOREVER_AGO, FOREVER, rounds)
    return World(Institution("F", ZONE, people, places, facts), (phase,), DAY, instant(ZONE, DAY, 2 * 1440))


def test_a_neighbour_is_judged_by_all_its_facts() -> None:
    """The slot of last evening was done before midnight, so the reading at two is not spent on it, and counts today."""
    at = instant(ZONE, DAY, 0)
    early, later = at - 3 * 3_600_000, at + 2 * 3_600_000
    facts = [Fact(name, "temperature", "person:A", when, when) for name, when in (("early", early), ("later", later))]
    made = in_two_rooms((measure("evening", "20:00"), measure("night", "02:00")), *facts)
    assert dict(from_columns(made, Random(1)).fates) == dict(evaluate(*made).fates) == {"later": "used"}


def test_who_is_elsewhere_does_not_owe() -> None:
    made = in_two_rooms((measure("m", "08:00", within="A"),))
    found = from_columns(made, Random(1)).slots
    assert found == evaluate(*made).slots
    assert {s.subject for s in found} == {"person:A"}
