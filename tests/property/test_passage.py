"""What must hold at the gate whatever is sent: inside is what the crossings say, and nothing is let on before its clocks."""

import os
import secrets
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazaretto.protocol.refusal import Refusal
from tests.integration.passage import MINUTE, Gate

STEPS = ("register", "protect", "do_not_meet", "disinfect", "separate", "pass", "request", "approve", "enter")
#: Somebody does a step, lets a party out or in, or gives it up; the clock jumps by so many minutes, also back; sent again.
CALLS = st.lists(
    st.tuples(
        st.sampled_from((*STEPS, "pass", "pass", "leave", "register_in", "withdraw", "walk", "walk")), st.integers(1, 3),
        st.sampled_from((0, 1, 1, 5, 45, -3)), st.booleans(), st.sampled_from((0, 0, 2, 30)),
    ),
    min_size=4, max_size=30,
)  # fmt: skip


def _exact(gate: Gate) -> None:
    """Inside now, by rows and by counts, is what the crossings say; each run that passed did so after its clocks."""
    from lazaretto.apps.passage.inside import inside, inside_by_crossings, inside_now
    from lazaretto.apps.passage.models import Crossing
    from lazaretto.apps.work.models import Run
    from lazaretto.apps.work.running import states_of
    from lazaretto.protocol.clock import plus

    replayed = inside_by_crossings(gate.facility)
    assert {p.pk: p.inside_since for p in inside(gate.facility)} == replayed
    assert sum(line.n for line in inside_now(gate.facility)) == len(replayed)
    passed = Run.objects.filter(facility=gate.facility, outcome="passed")
    assert Crossing.objects.filter(run__isnull=False).count() <= passed.count()
    for state in states_of(gate.facility, gate.at, passed):
        at = {d.step: d.at for d in state.done}
        assert set(at) == {s.id for s in state.steps if s.does != "wait"}
        for step in state.steps:
            if step.wait is not None and step.wait_after:
                assert at[step.id] >= plus(gate.facility.zone, at[step.wait_after], step.wait)
        last = state.steps[-1]
        waited = max((at[s.id] for s in state.steps[:-1] if s.id in at), default=0)
        rests = [s.wait for s in state.steps if s.does == "wait" and s.wait is not None]
        assert all(at[last.id] >= plus(gate.facility.zone, waited, rest) for rest in rests)


def _call(gate: Gate, parties: list[Any], call: tuple[str, int, int, bool, int], refs: list[str]) -> None:
    from lazaretto.apps.passage.visiting import leave, register
    from lazaretto.apps.work.runs import do_step, withdraw

    what, position, jump, again, earlier = call
    gate.at += jump * MINUTE
    party = parties[(position - 1) % len(parties)]
    ref = refs[-1] if again and refs else secrets.token_hex(6)
    refs.append(ref)
    if what == "walk":
        gate.walk(party)
    elif what == "leave":
        leave(party, ref=ref, by="o", at=gate.at)
    elif what == "register_in":
        register(party, ref=ref, by="o", at=gate.at)
    elif what == "withdraw":
        for state in gate.runs(party):
            withdraw(state.run, reason="given up", by="o", at=gate.at)
    else:
        for state in gate.runs(party):
            step = state.chain.step(what)
            if step is not None:
                result = "granted" if step.does == "approve" else ""
                do_step(
                    state.run, what, ref=ref, by="a", second="b", roles={step.by or "x"}, at=gate.at, result=result,
                    done_at=gate.at - earlier * MINUTE, source="offline" if earlier > 2 else "",
                )  # fmt: skip


@pytest.fixture
def gate(make_facility: Any) -> Gate:
    return Gate(make_facility, "facility-s0-prison")


def test_no_sequence_of_calls_makes_inside_differ_from_the_crossings(gate: Gate) -> None:
    """Steps out of order, sent twice, entered later, with a clock that jumps: what is refused changes nothing."""

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(CALLS)
    def run(calls: list[tuple[str, int, int, bool, int]]) -> None:
        three = (("person", "staff", "A"), ("vehicle", "ambulance", "B"), ("vehicle", "outside_vehicle", "C"))
        visit = gate.visit(*three, ref=secrets.token_hex(6))
        parties, refs = [gate.party(visit, n) for n in (1, 2, 3)], list[str]()
        for call in calls:
            try:
                _call(gate, parties, call, refs)
            except Refusal:
                continue
        _exact(gate)

    run()


GOODS = st.lists(
    st.tuples(
        st.sampled_from(("barrier", "cart", "between_doors", "loading_area", "release", "release", "rest", "next")),
        st.sampled_from((0, 1, 7, 12, 29, 31, -5)), st.sampled_from((0, 0, 10, 40)), st.booleans(),
    ),
    min_size=5, max_size=25,
)  # fmt: skip


def test_no_goods_are_released_before_their_rest(gate: Gate) -> None:
    """Whatever is claimed, in whatever order, a release stands at least half an hour after the last disinfection."""
    from lazaretto.apps.work.runs import do_step, open_run

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(GOODS)
    def run(calls: list[tuple[str, int, int, bool]]) -> None:
        gate.at = max(gate.at, gate.facility.log.recorded_at)
        lot = open_run(
            gate.facility, measure="goods.disinfection", subject=f"lot:{secrets.token_hex(4)}", direction="in",
            of_class="general", ref=secrets.token_hex(6), by="a", at=gate.tick(),
        )  # fmt: skip
        done: list[str] = []
        order = ("barrier", "cart", "between_doors", "loading_area", "release")
        for step, jump, earlier, offline in calls:
            gate.at += jump * MINUTE
            name = next((s for s in order if s not in done), "release") if step == "next" else step
            try:
                do_step(
                    lot, name, ref=secrets.token_hex(6), by="a", roles={"gate_officer", "logistics"}, at=gate.at,
                    done_at=gate.at - earlier * MINUTE, source="offline" if offline else "",
                )  # fmt: skip
                done.append(name)
            except Refusal:
                continue
        _exact(gate)

    run()


@pytest.mark.more
def test_officers_at_once_lose_and_double_nothing() -> None:
    """Ten clients for a few seconds on a database of their own, each call in ten sent twice, an import running beside."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LAZARETTO_HOME")}
    said = subprocess.run(
        [sys.executable, "-m", "tests.benchmark.passage", "6"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=240,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "lost 0, doubled 0, inside now exact" in said.stdout
