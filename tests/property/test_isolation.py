"""What must hold of rooms, slots and clocks whatever happens: types never mixed, nobody meets, nothing ends too soon."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.apps.isolation.allocation import Bedroom, Guest, Question, allocate, explain
from lazaretto.apps.isolation.checking import faults
from lazaretto.apps.isolation.slots import Block, Need, Slot, generate, overlaps
from lazaretto.protocol import pathway as rules
from lazaretto.protocol.clock import instant
from lazaretto.protocol.pathway import Entered, Episode
from lazaretto.protocol.refusal import Refusal
from tests.conftest import ZONE
from tests.spec.pathways import CONTACTS, INTAKE, pathway_of

MINUTE = 60_000
TYPES = st.sampled_from(["isolation", "quarantine", "intake"])
GUESTS = st.builds(
    Guest, id=st.just(0), type=TYPES, alone=st.booleans(), sex=st.sampled_from(["", "male", "female"]),
    cohort=st.sampled_from([None, 1, 2]), now=st.sampled_from([None, 100, 101]),
)  # fmt: skip
ROOMS = st.builds(
    Bedroom, id=st.just(0), types=st.frozensets(TYPES, min_size=1, max_size=2), holds=st.integers(1, 4)
)  # fmt: skip


@st.composite
def questions(draw: st.DrawFn) -> Question:
    guests = [g.__class__(**{**_fields(g), "id": n}) for n, g in enumerate(draw(st.lists(GUESTS, max_size=9)))]
    rooms = [Bedroom(100 + n, r.types, r.holds) for n, r in enumerate(draw(st.lists(ROOMS, max_size=6)))]
    ids = st.integers(0, max(len(guests) - 1, 0))
    apart = draw(st.frozensets(st.tuples(ids, ids).filter(lambda p: p[0] < p[1]), max_size=6))
    return Question(tuple(guests), tuple(rooms), apart)


def _fields(guest: Guest) -> dict[str, object]:
    return {name: getattr(guest, name) for name in Guest.__slots__}


@settings(max_examples=30, deadline=None)
@given(questions())
def test_every_plan_passes_the_checker_and_loses_nobody(question: Question) -> None:
    pytest.importorskip("ortools")
    answer = allocate(question, seconds=5)
    assert faults(question, answer.rooms) == []
    assert sorted([*answer.rooms, *answer.without]) == [g.id for g in question.guests]
    assert answer.bound <= answer.cost + 1e-6
    assert bool(explain(question, answer)) == bool(answer.without)


def test_the_checker_finds_each_fault() -> None:
    guests = (
        Guest(1, "a", alone=True),
        Guest(2, "b", sex="male", cohort=1),
        Guest(3, "a", sex="female", security="high"),
    )
    question = Question(guests, (Bedroom(9, frozenset({"a"}), 1, frozenset({"low"})),), frozenset({(1, 2)}))
    found = " ".join(faults(question, {1: 9, 2: 9, 3: 9, 4: 9}))
    for word in (
        "holds 1",
        "alone",
        "not of the type b",
        "types are mixed",
        "cohorts",
        "sexes",
        "stay apart",
        "unknown",
        "security",
    ):
        assert word in found, word


SLOTS = st.lists(
    st.tuples(st.sampled_from("ABCDEF"), st.integers(1, 30)), min_size=1, max_size=6, unique_by=lambda b: b[0]
)
NEEDS = st.lists(
    st.builds(
        Need, kind=st.sampled_from(["yard", "toilet", "meal", "call"]), place=st.sampled_from(["Y", "T", "M"]),
        minutes=st.integers(5, 60), route=st.sampled_from([(), ("R",), ("R", "S")]), persons=st.none(),
    ), min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(SLOTS, NEEDS, st.integers(0, 20))
def test_no_two_blocks_meet_and_everybody_has_his_time(
    blocks: list[tuple[str, int]], needs: list[Need], gap: int
) -> None:
    groups = [Block(code, n) for code, n in blocks]
    try:
        slots = generate(groups, needs, opens=0, closes=12 * 60 * MINUTE, gap=gap * MINUTE)
    except Refusal:
        wanted = sum(need.minutes + gap for need in needs) * len(groups)
        assert wanted > 12 * 60 / 3  # refused only where time is really short
        return
    assert overlaps(slots, gap * MINUTE) == []
    assert len(slots) == len(groups) * len(needs)
    for group in groups:
        own = sorted(s for s in slots if s.block == group.code)
        assert all(a.end <= b.start for a, b in pairwise(own))
    assert all(0 <= s.start < s.end <= 12 * 60 * MINUTE for s in slots)


def test_overlaps_are_found() -> None:
    one = Slot(0, 10 * MINUTE, "yard", "A", "Y", frozenset({"Y"}), 8)
    other = one._replace(block="B", start=12 * MINUTE, end=20 * MINUTE)
    assert overlaps([one, other], 0) == []
    assert overlaps([one, other], 5 * MINUTE) == [(one, other)]


START = instant(ZONE, date(2026, 3, 1), 0)
MOMENTS = st.integers(0, 60 * 24 * 60).map(lambda m: START + m * MINUTE)


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.lists(MOMENTS, max_size=4), MOMENTS, st.sampled_from([CONTACTS, INTAKE]))
def test_new_exposures_only_move_an_end_forward_and_never_the_law(
    entered: int, exposures: list[int], legal: int, text: str
) -> None:
    pathway = pathway_of(text)
    stage = pathway.stages[0].id
    ends = [
        rules.may_exit_at(pathway, Episode([Entered(stage, entered)], exposures=exposures[:n]), ZONE, leaving=False)
        or 0
        for n in range(1, len(exposures) + 1)
    ]
    assert all(end >= entered for end in ends)
    assert ends == sorted(ends)
    assert rules.may_leave_the_house(at=legal, legal_date=legal)
