"""
Properties of the kinds of measure, on random measures and histories: a chain is never finished with a step left out nor before
its clocks; a generated calendar has no faults, and each group one state a day; who may meet is symmetric; a stage never ends
before it starts, and a later exposure never makes its end earlier; no action opens before the one it comes after.
"""

import itertools
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.protocol.chain import Attempt, Chain, Done, check_may_do, next_steps, possible_at, released_at
from lazaretto.protocol.clock import plus
from lazaretto.protocol.pathway import (
    Entered,
    Episode,
    Pathway,
    check_may_enter,
    check_may_exit,
    may_exit_at,
    plan,
    reviews,
)
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.rotation import Rotation, calendar, faults, state_on
from lazaretto.protocol.separation import Separation, may_meet
from lazaretto.protocol.trigger import Trigger, cascade

EXAMPLES = max(20, int(os.environ.get("LAZARETTO_WORLDS", "60")) // 3)
several = settings(max_examples=EXAMPLES, deadline=None)
COMMON: dict[str, Any] = {"id": "m", "title": {"zh": "例", "en": "example"}, "source": [{"text": "an example"}]}
MINUTE, DAY = 60_000, 86_400_000
START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 1000
zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
moments = st.integers(0, 70 * 24 * 4).map(lambda quarters: START + quarters * 15 * MINUTE)
spans = st.sampled_from(["PT10M", "PT30M", "PT48H", "P1D", "P2D"])


def refusal_of(ask: Callable[[], None]) -> Refusal | None:
    try:
        ask()
    except Refusal as refusal:
        return refusal
    return None


def item(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "title": {"zh": name, "en": name}} | {k: v for k, v in more.items() if v is not None}


# -- chains -------------------------------------------------------------------------------------------------------


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Return a chain of two to six steps, some of them waits, some of one direction only."""
    steps: list[dict[str, Any]] = []
    n = draw(st.integers(2, 6))
    for i in range(n):
        both = [s["id"] for s in steps if "directions" not in s and s.get("does") != "wait"]
        wait = draw(st.none() | spans) if i else None
        after = draw(st.none() | st.sampled_from(both)) if wait and both else None
        timer = wait is not None and i < n - 1 and draw(st.booleans())
        way = draw(st.none() | st.sampled_from([["in"], ["out"]])) if i < n - 1 and not timer else None
        accept = None if timer else draw(st.none() | st.just(["ok"]))
        steps.append(
            item(f"s{i}", wait=wait, wait_after=after, does="wait" if timer else None, directions=way, accept=accept)
        )
    more = {
        "kind": "chain",
        "stream": "goods",
        "directions": ["in", "out"],
        "steps": steps,
        "ordered": draw(st.booleans()),
    }
    return Chain.model_validate(COMMON | more)


def is_timer(step: Any) -> bool:
    return step.does == "wait" and step.wait is not None


attempts = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 600), st.integers(0, 120), st.sampled_from(["ok", "ok", "ok", "bad"])),
    min_size=5, max_size=40,
)  # fmt: skip


@several
@given(chains(), attempts, st.sampled_from(["in", "out"]), zones, st.booleans())
def test_a_chain_is_never_finished_with_a_step_left_out(
    chain: Chain, tries: list[tuple[int, int, int, str]], way: str, zone: str, helped: bool
) -> None:
    """Whatever is tried, in whatever order: what was let through is complete, once each, and not before its waits."""
    now, done = START, list[Done]()
    for which, later, ago, result in tries:
        now += later * MINUTE
        offered = next_steps(chain, done, zone, way)
        step = offered[0][0].id if helped and offered else f"s{which}"
        at = max(now - ago * MINUTE, offered[0][1]) if helped and offered else now - ago * MINUTE
        now = max(now, at) if helped else now
        try:
            check_may_do(chain, Attempt(step, at, now, by="B"), done, zone=zone, direction=way)
        except Refusal:
            assert not (helped and offered)
        else:
            done.append(Done(step, at, result=result))
    at_of = {d.step: d.at for d in done}
    assert len(at_of) == len(done)
    assert not any(is_timer(s) for s in chain.steps if s.id in at_of)
    owed = chain.of(way)
    assert set(at_of) <= {s.id for s in owed}
    if owed[-1].id in at_of:
        assert set(at_of) == {s.id for s in owed if not is_timer(s)}
        judge_waits(chain, at_of, way, zone)
        assert max(at_of.values()) == at_of[owed[-1].id]
    if chain.ordered:
        in_order = [at_of[s.id] for s in owed if s.id in at_of]
        assert in_order == sorted(in_order)
        assert [s.id for s in owed if not is_timer(s)][: len(in_order)] == [s.id for s in owed if s.id in at_of]


def judge_waits(chain: Chain, at_of: dict[str, int], way: str, zone: str) -> None:
    """Check each wait of a finished chain by plain reckoning: the step, or what comes after a wait, is not before it."""
    owed = chain.of(way)
    for index, step in enumerate(owed):
        earlier = [at_of[s.id] for s in owed[:index] if s.id in at_of]
        if step.wait is None or not earlier:
            continue
        since = at_of[step.wait_after] if step.wait_after else max(earlier)
        held = owed[-1] if is_timer(step) else step
        assert at_of[held.id] >= plus(zone, since, step.wait), step.id


@several
@given(chains(), st.lists(st.integers(0, 3000), min_size=6, max_size=6), st.sampled_from(["in", "out"]), zones)
def test_nothing_is_released_before_any_of_its_clocks(chain: Chain, gaps: list[int], way: str, zone: str) -> None:
    """With all but the last step done, as early as may be or later, release is at the latest of all clocks."""
    now, done = START, list[Done]()
    owed = [s for s in chain.of(way) if not is_timer(s)]
    for step, gap in zip(owed[:-1], gaps, strict=False):
        assert released_at(chain, done, zone, way) is None
        earliest = possible_at(chain, step, done, zone, way)
        assert earliest is not None
        now = max(now, earliest) + gap * MINUTE
        done.append(Done(step.id, now, result="ok"))
    released = released_at(chain, done, zone, way)
    assert released is not None
    assert all(released >= d.at for d in done)
    judge_waits(chain, {d.step: d.at for d in done} | {owed[-1].id: released}, way, zone)

    def release(at: int) -> None:
        check_may_do(chain, Attempt(owed[-1].id, at, at), done, zone=zone, direction=way)

    early = refusal_of(lambda: release(released - 1))
    assert early is not None
    assert (early.code, early.possible_at) == ("too_early", released)
    assert refusal_of(lambda: release(released)) is None


# -- rotations ----------------------------------------------------------------------------------------------------

days = st.integers(-400, 400).map(lambda n: date(2026, 3, 2) + timedelta(days=n))


def rotation(lengths: list[int], **more: Any) -> Rotation:
    """Return a rotation through duty, home and (with three lengths) standby."""
    where = ["inside", "home", "standby"]
    states = [item(where[i], where=where[i], days=n) for i, n in enumerate(lengths)]
    if "standby_days" in more:
        states[0]["standby_days"] = more.pop("standby_days")
    groups = [item("abc"[i]) for i in range(len(lengths))]
    return Rotation.model_validate(
        COMMON | {"kind": "rotation", "groups": groups, "states": states, "anchor": "2026-03-02"} | more
    )


@several
@given(st.integers(2, 3), st.integers(1, 21), days, st.integers(0, 90), st.integers(0, 21))
def test_a_generated_calendar_has_no_faults(n: int, length: int, first: date, span: int, standby: int) -> None:
    """Equal parts, rest at home as long as duty, standby before it: no fault, whatever window is looked at."""
    more = {"standby_days": min(standby, length)} if n == 3 else {}
    made = rotation([length] * n, rest_share="1", **more)
    assert faults(made, calendar(made, first, first + timedelta(days=span))) == []


@several
@given(st.lists(st.integers(1, 30), min_size=2, max_size=3), days, st.integers(0, 60))
def test_each_group_is_in_exactly_one_state_each_day(lengths: list[int], first: date, span: int) -> None:
    made = rotation(lengths)
    stints = calendar(made, first, first + timedelta(days=span))
    for group in made.groups:
        for i in range(-1, span + 2):
            day = first + timedelta(days=i)
            held = [s.state for s in stints if s.group == group.id and s.start <= day < s.end]
            assert held == ([state_on(made, group.id, day).id] if 0 <= i <= span else [])
            turn = timedelta(days=sum(lengths))
            assert state_on(made, group.id, day) == state_on(made, group.id, day + turn)
    assert not [f for f in faults(made, stints) if f.code in ("two_states", "too_long")]


@several
@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 5), st.integers(1, 5))
def test_the_share_of_leaders_is_exact(on_site: int, leaders: int, part: int, whole: int) -> None:
    made = rotation([7, 7], leader_share_of=[min(part, whole), whole])
    assert made.share_met(on_site, leaders) == (on_site >= Fraction(min(part, whole), whole) * leaders)


# -- separations --------------------------------------------------------------------------------------------------

people = st.dictionaries(
    st.sampled_from(["base", "ward", "group", "stage"]), st.sampled_from(["x", "y", "z"]), max_size=4
)
sides = st.dictionaries(
    st.sampled_from(["base", "ward", "stage"]), st.sampled_from(["x", "y", "*", "x, z"]), min_size=1, max_size=2
).map(lambda where: {"where": where})
rules = st.one_of(
    st.builds(lambda by, only: {"by": by} | ({"only": only} if only else {}), st.sampled_from(["ward", "group"]), st.none() | sides),
    st.builds(lambda a, b: {"between": [a, b]}, sides, sides),
)  # fmt: skip


@several
@given(st.lists(rules, min_size=1, max_size=4), people, people)
def test_may_meet_is_symmetric(some: list[dict[str, Any]], one: dict[str, str], other: dict[str, str]) -> None:
    numbered = [item(f"r{i}") | rule for i, rule in enumerate(some)]
    separation = Separation.model_validate(COMMON | {"kind": "separation", "rules": numbered})
    assert may_meet(separation, one, other) == may_meet(separation, other, one)
    if all("by" in rule for rule in some):
        assert may_meet(separation, one, one)


# -- pathways -----------------------------------------------------------------------------------------------------


@st.composite
def pathways(draw: st.DrawFn) -> Pathway:
    lengths = draw(
        st.lists(st.sampled_from(["P1D", "P7D", "P14D", "P21D", "PT36H", "P1DT12H"]), min_size=1, max_size=3)
    )
    stages = [item(f"s{i}", length=length, review="P7D", outside_review="P14D") for i, length in enumerate(lengths)]
    more = {
        "purpose": "quarantine",
        "kind": "pathway",
        "stages": stages,
        "counts_from": draw(st.sampled_from(["entry", "last_exposure", "onset"])),
        "day_one_is": draw(st.sampled_from(["same_day", "next_day"])),
        "restart_on": draw(st.sampled_from([[], ["new_exposure"]])),
        "suspend_on": draw(st.sampled_from([[], ["symptoms"]])),
        "exposure_clock": draw(st.none() | st.sampled_from(["P14D", "PT240H"])),
    }
    return Pathway.model_validate(COMMON | {k: v for k, v in more.items() if v is not None})


stops = st.lists(st.tuples(moments, st.integers(0, 400)), max_size=3).map(
    lambda some: [(a, a + hours * 60 * MINUTE) for a, hours in some]
)


@several
@given(
    pathways(),
    zones,
    st.lists(moments, min_size=1, max_size=3),
    st.lists(moments, max_size=3),
    stops,
    st.none() | moments,
)
def test_the_end_of_a_stage(
    pathway: Pathway,
    zone: str,
    entered: list[int],
    exposures: list[int],
    stopped: list[tuple[int, int]],
    onset: int | None,
) -> None:
    """It is never before the start; one more exposure, later than the others, or one more stop never makes it earlier."""
    stages = [Entered(s.id, at) for s, at in zip(pathway.stages, sorted(entered), strict=False)]
    episode = Episode(stages, exposures=exposures, suspended=stopped, onset=onset)
    for leaving in (True, False):
        end = may_exit_at(pathway, episode, zone, leaving=leaving)
        assert end is not None
        assert end >= stages[-1].at
        if exposures:
            later = episode._replace(exposures=[*exposures, max(exposures) + 5 * DAY])
            assert (may_exit_at(pathway, later, zone, leaving=leaving) or 0) >= end
            again = episode._replace(exposures=[*exposures, max(exposures) + 30 * MINUTE])
            assert (may_exit_at(pathway, again, zone, leaving=leaving) or 0) >= end
        more = episode._replace(suspended=[*stopped, (stages[-1].at + 3 * DAY, stages[-1].at + 4 * DAY)])
        assert (may_exit_at(pathway, more, zone, leaving=leaving) or 0) >= end
        assert may_exit_at(pathway, episode._replace(exposures=exposures[::-1]), zone, leaving=leaving) == end


@several
@given(pathways(), zones, moments)
def test_a_plan_is_kept(pathway: Pathway, zone: str, start: int) -> None:
    """
    Stages follow each other without a gap and none ends before it starts; who enters each on the day that was planned may go on
    at its end and not a moment before, and leaves after the last.
    """
    pathway = pathway.model_copy(update={"exposure_clock": None})
    found = plan(pathway, start, zone)
    assert [p.stage for p in found] == pathway.stages
    assert found[0].start == start
    assert all(a.end == b.start for a, b in itertools.pairwise(found))
    entered: list[Entered] = []
    for planned in found:
        assert planned.end is not None
        assert planned.end >= planned.start
        check_may_enter(pathway, planned.stage.id, Episode(entered), at=planned.start, zone=zone)
        entered.append(Entered(planned.stage.id, planned.start))
        assert may_exit_at(pathway, Episode(entered), zone) == planned.end
        looked = reviews(pathway, entered[-1], planned.end, zone)
        assert all(planned.start < review.at <= planned.end for review in looked)
        assert looked == sorted(looked)

    def leave(so_far: list[Entered], at: int) -> None:
        check_may_exit(pathway, Episode(so_far), at=at, zone=zone)

    end = found[-1].end or 0
    assert refusal_of(lambda: leave(entered, end)) is None
    early, short = refusal_of(lambda: leave(entered, end - 1)), refusal_of(lambda: leave(entered[:-1], end))
    assert early is not None
    assert (early.code, early.possible_at) == ("too_early", end)
    assert short is not None
    assert short.code in ("skipped", "not_entered")


@several
@given(zones, moments, st.integers(0, 40), st.lists(st.integers(1, 40), min_size=1, max_size=3))
def test_no_plan_goes_beyond_the_day_of_the_law(zone: str, legal: int, lead: int, lengths: list[int]) -> None:
    stages = [item(f"s{i}", length=f"P{n}D") for i, n in enumerate(lengths)]
    more = {
        "kind": "pathway",
        "purpose": "pre_release",
        "counts_from": "legal_date",
        "lead": f"P{lead}D",
        "stages": stages,
    }
    found = plan(Pathway.model_validate(COMMON | more), legal, zone)
    assert all(p.start <= (p.end or 0) <= legal for p in found)
    assert legal - found[0].start <= (lead + 1) * DAY + 2 * 60 * MINUTE


# -- triggers -----------------------------------------------------------------------------------------------------


@st.composite
def triggers(draw: st.DrawFn) -> Trigger:
    actions: list[dict[str, Any]] = []
    for i in range(draw(st.integers(1, 5))):
        after = draw(st.none() | st.sampled_from([a["id"] for a in actions])) if actions else None
        actions.append(item(f"a{i}", within=draw(st.none() | spans), after=after))
    clock = draw(st.sampled_from(["event", "learned"]))
    return Trigger.model_validate(
        COMMON | {"kind": "trigger", "event": "fever", "clock_from": clock, "actions": actions}
    )


@several
@given(
    triggers(),
    moments,
    st.integers(0, 50),
    st.dictionaries(st.sampled_from([f"a{i}" for i in range(5)]), moments),
    moments,
    zones,
)
def test_no_action_opens_before_the_one_it_comes_after(
    trigger: Trigger, event: int, hours: int, done: dict[str, int], at: int, zone: str
) -> None:
    learned = event + hours * 60 * MINUTE
    found = {one.action.id: one for one in cascade(trigger, event, done, at=at, zone=zone, learned_at=learned)}
    start = learned if trigger.clock_from == "learned" else event
    for one in found.values():
        assert (one.state in ("done", "done_late")) == (one.action.id in done and done[one.action.id] <= at)
        if one.opens is None:
            assert one.action.after
            assert one.due is None
            assert one.state in ("waiting", "done")
            continue
        assert one.opens >= start
        assert one.due is None or one.due >= one.opens
        if one.action.after is not None:
            before = found[one.action.after]
            assert before.opens is not None
            assert one.opens >= before.opens
            assert one.opens >= done[one.action.after]
        if one.state == "overdue":
            assert one.due is not None
            assert at > one.due
        if one.state == "waiting":
            assert at < one.opens
