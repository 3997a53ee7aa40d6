"""The machine of chains, whole: every state of small chains, asked about every step, actor and time, against plain rules."""

from collections.abc import Iterator
from itertools import product

import pytest

from lazaretto.protocol.chain import Attempt, Chain, Done, check_may_do, goes_on, next_steps, released_at
from lazaretto.protocol.refusal import Refusal
from tests.spec.kinds import read

ZONE, MINUTE = "Asia/Shanghai", 60_000
WAIT, HOLDS = 3, 6
TEXT = """\
- id: small
  kind: chain
  title: {{zh: 小链, en: Small}}
  source: [{{row: S0-26}}]
  stream: goods
  ordered: {ordered}
  steps:
    - {{id: ask, title: {{zh: 批准, en: leave}}, does: approve, by: boss, expires: PT6M}}
    - {{id: look, title: {{zh: 查, en: look}}, does: check, by: guard, accept: [good]}}
    - {{id: out, title: {{zh: 放行, en: out}}, by: guard, wait: PT3M, wait_after: look, pair: true}}
"""
ACTORS = (("A", "boss", ""), ("R", "boss", ""), ("G", "guard", ""), ("G", "guard", "H"), ("G", "guard", "G"))
STEPS = ("ask", "look", "out", "dance")
RESULTS = {"ask": "granted", "look": "good", "out": ""}


def chain_of(ordered: bool) -> Chain:
    found = read(TEXT.format(ordered=str(ordered).lower()))
    assert isinstance(found, Chain)
    return found


def states(ordered: bool) -> Iterator[tuple[Done, ...]]:
    """Yield every state that can be reached within a few minutes, and those that a bad result ended."""
    orders = [("ask", "look", "out")] + ([] if ordered else [("look", "ask", "out")])
    yield ()
    for first, second, last in orders:
        for good in (True, False):
            one = Done(first, 0, "A", RESULTS[first] if good else "bad")
            yield (one,)
            for at in (0, 2) if good else ():
                for fine in (True, False):
                    two = Done(second, at, "A", RESULTS[second] if fine else "bad")
                    yield (one, two._replace(at=at * MINUTE))
                    if fine:
                        yield (one, two._replace(at=at * MINUTE), Done(last, 5 * MINUTE, "G", "", "H"))


def expected(chain: Chain, done: tuple[Done, ...], attempt: Attempt) -> str:
    """Say what the rules say, read off one after another: what is known, over, done, first, in time, by whom."""
    at = {d.step: d.at for d in done}
    if attempt.step not in RESULTS:
        return "unknown_step"
    if any(d.result != RESULTS[d.step] for d in done):
        return "ended"
    if attempt.step in at:
        return "repeated"
    before = {"ask": [], "look": ["ask"] if chain.ordered else [], "out": ["ask", "look"]}[attempt.step]
    if any(name not in at for name in before):
        return "skipped"
    if attempt.at > attempt.now:
        return "future"
    free = max(
        [at[name] for name in before] + ([at["look"] + WAIT * MINUTE] if attempt.step == "out" else []), default=0
    )
    if attempt.at < free:
        return "too_early" if attempt.now < free else "back_dated"
    if "ask" in at and attempt.at >= at["ask"] + HOLDS * MINUTE:
        return "expired"
    if attempt.role != ("boss" if attempt.step == "ask" else "guard"):
        return "wrong_role"
    if attempt.step == "ask" and attempt.by == "R":
        return "own_request"
    if attempt.step == "look" and attempt.result == "":
        return "no_result"
    return "one_person" if attempt.step == "out" and len({attempt.by, attempt.second} - {""}) < 2 else ""


@pytest.mark.parametrize("ordered", [True, False])
def test_every_state_step_actor_and_time(ordered: bool) -> None:
    chain, asked = chain_of(ordered), 0
    answers: set[str] = set()
    for done in states(ordered):
        for step, (by, role, second), said, later, result in product(STEPS, ACTORS, range(8), (-1, 0, 4), ("", "good")):
            attempt = Attempt(step, said * MINUTE, (said + later) * MINUTE, by, role, second, result)
            try:
                check_may_do(chain, attempt, done, zone=ZONE, requester="R")
                found = ""
            except Refusal as refusal:
                found = refusal.code
            assert found == expected(chain, done, attempt), (done, attempt)
            answers.add(found)
            asked += 1
    assert asked > 4_000
    assert answers >= {
        "",
        "unknown_step",
        "ended",
        "repeated",
        "skipped",
        "future",
        "too_early",
        "back_dated",
        "expired",
        "wrong_role",
        "own_request",
        "no_result",
        "one_person",
    }


@pytest.mark.parametrize("ordered", [True, False])
def test_what_comes_next_is_what_may_be_done(ordered: bool) -> None:
    """A step is offered exactly when somebody of its role could do it at some time; nothing is released before its clocks."""
    chain = chain_of(ordered)
    for done in states(ordered):
        stopped = any(not goes_on(s, d.result) for d in done if (s := chain.step(d.step)))
        offered = {step.id: free for step, free in next_steps(chain, done, ZONE)}
        free = released_at(chain, done, ZONE)
        assert not (stopped and (offered or free is not None))
        for step in RESULTS:
            attempt = Attempt(
                step, 5 * MINUTE, 5 * MINUTE, "X", "boss" if step == "ask" else "guard", "Y", RESULTS[step]
            )
            said = expected(chain, done, attempt)
            assert (step in offered) == (said in ("", "too_early", "expired"))
            if step == "out" and said == "":
                assert free is not None
                assert free <= 5 * MINUTE
