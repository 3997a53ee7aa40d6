"""
A chain: ordered steps with checks, approvals, places and timers. Its rules are asked before each step and at release.

Source: design §2; themes C, D and J of the requirements. Goods and food run on two different clocks (part 7): each
waiting step has its own, and what is released waits for the latest.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from lazaretto.protocol.bounds import ALL, FEWER, LONGER, YES
from lazaretto.protocol.cadence import Span, refuse
from lazaretto.protocol.clock import plus
from lazaretto.protocol.measures import Identifier, Item, Measure, Title
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording import codes

Stream = Literal["person", "vehicle", "goods", "food", "medicine", "patient", "document", "project", "case"]


class Step(Item):
    """
    One step. `place` is the point at which it is done, `by` the role or post that does it. A step of kind `approve`
    gives leave that `expires` (of any other step: how long what was found holds good); `wait` is the least time after the steps before it, or after `wait_after`; a step of kind
    `wait` is done by nobody, it passes when its time is over. `accept` lists the results with which the chain goes on
    (any other ends it); where an approval lists none, it is `granted`. `pair` asks for two people.
    """

    does: Literal["check", "approve", "act", "sample", "wait", "record"] = "act"
    place: str | None = None
    by: str | None = None
    observation: Identifier | None = None
    wait: Annotated[Span | None, LONGER] = None
    wait_after: Identifier | None = None
    within: Annotated[Span | None, FEWER] = None
    expires: Annotated[Span | None, FEWER] = None
    accept: list[str] = []
    items: Annotated[list[Item], ALL] = []
    pair: Annotated[bool, YES] = False
    directions: list[Literal["in", "out"]] = []


class Chain(Measure):
    """
    Ordered steps for one stream of people, vehicles or things; `classes` are the kinds of it that the chain knows,
    `directions` the ways that it runs. `ordered: false` lets the steps before the last be done in any order; one with a
    `wait` still comes after what it waits for. Nobody approves what he asked for himself. `refusal` is what the person is told and offered instead.
    """

    kind: Literal["chain"]
    stream: Stream
    directions: Annotated[list[Literal["in", "out"]], ALL] = []
    classes: list[Item] = []
    steps: Annotated[list[Step], ALL] = Field(min_length=1)
    ordered: bool = True
    refusal: Title | None = None
    requires: Annotated[list[Identifier], ALL] = []

    @model_validator(mode="after")
    def _steps_are_known(self) -> "Chain":
        known: dict[str, Step] = {}
        for step in self.steps:
            if step.id in known:
                raise refuse("step", Text(f"步骤 {step.id} 重复", f"the step {step.id} is given twice"), ("steps",))
            if step.wait_after is not None:
                self._check_wait_after(step, known.get(step.wait_after))
            known[step.id] = step
        return self

    def _check_wait_after(self, step: Step, after: Step | None) -> None:
        """Refuse a wait that could never begin: after no earlier step, or after one that is not owed in each direction."""
        ways = set(step.directions or self.directions)
        if after is None or (after.directions and (not ways or not ways <= set(after.directions))):
            message = Text(
                f"{step.id} 之前没有步骤 {step.wait_after}", f"there is no step {step.wait_after} before {step.id}"
            )
            raise refuse("wait_after", message, ("steps",))

    def step(self, id_: str) -> Step | None:
        return next((step for step in self.steps if step.id == id_), None)

    def of(self, direction: str) -> list[Step]:
        """Return the steps that are owed in a direction, in order."""
        return [s for s in self.steps if not direction or not s.directions or direction in s.directions]


class Done(NamedTuple):
    """That a step was done: when it happened, by whom, with what result, and who else confirmed it."""

    step: str
    at: int
    by: str = ""
    result: str = ""
    second: str = ""


class Attempt(NamedTuple):
    """That somebody is about to do a step: at `at`, which the clock of the machine says is `now`."""

    step: str
    at: int
    now: int
    by: str = ""
    role: str = ""
    second: str = ""
    result: str | None = None


def possible_at(chain: Chain, step: Step, done: Sequence[Done], zone: str, direction: str = "") -> int | None:
    """
    Return from when on `step` may be done, or None while a step before it is missing.

    An `act` after an approval is possible only until the approval expires; that end is not in this answer.
    """
    return _earliest(chain, step, _passed(chain, done, zone, direction), zone, direction)


def _earliest(chain: Chain, step: Step, at: Mapping[str, int], zone: str, direction: str) -> int | None:
    before = _before(chain, step, direction)
    if any(s.id not in at for s in before):
        return None
    earliest = max((at[s.id] for s in before), default=0)
    if step.wait is None or not before:
        return earliest
    start = at[step.wait_after] if step.wait_after else earliest
    return max(earliest, plus(zone, start, step.wait))


def _passed(chain: Chain, done: Sequence[Done], zone: str, direction: str) -> dict[str, int]:
    """Return when each step was done; for a wait, when it is over (which may be to come)."""
    at = {d.step: d.at for d in done}
    for step in chain.of(direction):
        if _is_timer(step):
            at.pop(step.id, None)
            if (over := _earliest(chain, step, at, zone, direction)) is not None:
                at[step.id] = over
    return at


def _is_timer(step: Step) -> bool:
    return step.does == "wait" and step.wait is not None


def check_may_do(
    chain: Chain, attempt: Attempt, done: Sequence[Done], *, zone: str, direction: str = "", requester: str = ""
) -> None:
    """
    Say why a step may not be done now.

    :raises Refusal: unknown_step, ended, repeated, only_waiting (with when it is over), skipped, future, too_early (with
        when it will be possible), back_dated, expired, wrong_role, own_request, same_approver, no_result, one_person.
    """
    step = next((s for s in chain.of(direction) if s.id == attempt.step), None)
    if step is None:
        raise Refusal("unknown_step", Text(f"没有步骤 {attempt.step}", f"there is no step {attempt.step}"))
    if (ended := _ended(chain, done)) is not None:
        raise Refusal("ended", Text(f"已在“{ended.title.zh}”终止", f"this ended at “{ended.title.en}”"))
    if attempt.step in {d.step for d in done}:
        raise Refusal("repeated", Text(f"“{step.title.zh}”已登记", f"“{step.title.en}” is already recorded"))
    if _is_timer(step):
        words = Text("等待不须登记，到时即满", "nobody does a wait; it is over when its time is")
        raise Refusal("only_waiting", words, possible_at(chain, step, done, zone, direction))
    _check_time(chain, step, attempt, done, zone, direction)
    _check_people(chain, step, attempt, requester, done)


def _check_time(chain: Chain, step: Step, attempt: Attempt, done: Sequence[Done], zone: str, direction: str) -> None:
    at = _passed(chain, done, zone, direction)
    missing = next((s for s in _before(chain, step, direction) if s.id not in at), None)
    if missing is not None:
        raise Refusal("skipped", Text(f"须先完成“{missing.title.zh}”", f"“{missing.title.en}” comes first"))
    if attempt.at > attempt.now:
        raise Refusal("future", Text("不能登记将来的时间", "a time to come cannot be recorded"))
    earliest = possible_at(chain, step, done, zone, direction)
    assert earliest is not None
    if attempt.at < earliest:
        if attempt.now < earliest:
            raise Refusal("too_early", Text("时间未到", "it is too early"), earliest)
        raise Refusal(
            "back_dated", Text("不能早于前一步或等待时限", "earlier than the step before, or than its wait"), earliest
        )
    for given in (s for s in chain.of(direction) if s.expires and s.id in at):
        assert given.expires is not None
        if attempt.at >= plus(zone, at[given.id], given.expires):
            raise Refusal("expired", Text(f"“{given.title.zh}”已过期", f"“{given.title.en}” has run out"))


def _check_people(chain: Chain, step: Step, attempt: Attempt, requester: str, done: Sequence[Done]) -> None:
    if step.by and attempt.role != step.by:
        who = codes.name(step.by)
        raise Refusal("wrong_role", Text(f"这一步由{who.zh}办理", f"this step is for the {who.en}"))
    if step.does == "approve" and requester and attempt.by == requester:
        raise Refusal("own_request", Text("不能批准自己的申请", "nobody approves what he asked for himself"))
    levels = {s.id for s in chain.steps if s.does == "approve"} if step.does == "approve" else set()
    if any(d.step in levels and d.by == attempt.by for d in done):
        raise Refusal("same_approver", Text("每一级审批由不同的人作出", "each level of approval is another person's"))
    if step.accept and step.does != "approve" and attempt.result == "":
        raise Refusal("no_result", Text(f"写明“{step.title.zh}”的结果", f"say what came of “{step.title.en}”"))
    if step.pair and len({attempt.by, attempt.second} - {""}) < 2:
        raise Refusal("one_person", Text("这一步须两人", "this step needs two people"))


def released_at(chain: Chain, done: Sequence[Done], zone: str, direction: str = "") -> int | None:
    """
    Return from when on the last step may be done, if all others were done and went well: the latest of all clocks.

    None while something is missing or after a result that ends the chain.
    """
    if _ended(chain, done) is not None:
        return None
    steps = chain.of(direction)
    last = steps[-1]
    if not _is_timer(last) and last.id in {d.step for d in done}:
        return next(d.at for d in done if d.step == last.id)
    return possible_at(chain, last, done, zone, direction)


def next_steps(chain: Chain, done: Sequence[Done], zone: str, direction: str = "") -> list[tuple[Step, int]]:
    """Return the steps that can be done next, each with from when on; nothing once the chain has ended."""
    if _ended(chain, done) is not None:
        return []
    at = {d.step for d in done}
    asked = (s for s in chain.of(direction) if s.id not in at and not _is_timer(s))
    open_ = ((s, possible_at(chain, s, done, zone, direction)) for s in asked)
    return [(step, from_) for step, from_ in open_ if from_ is not None]


def _ended(chain: Chain, done: Sequence[Done]) -> Step | None:
    """Return the step whose result does not let the chain go on; an approval that says no does not, whoever wrote it."""
    for record in done:
        step = chain.step(record.step)
        if step is not None and not goes_on(step, record.result):
            return step
    return None


def goes_on(step: Step, result: str) -> bool:
    """Say whether the chain goes on after a step with this result."""
    accept = step.accept or (["", "granted"] if step.does == "approve" else [])
    return not accept or result in accept


def _before(chain: Chain, step: Step, direction: str) -> list[Step]:
    steps = chain.of(direction)
    index = steps.index(step)
    if chain.ordered or index == len(steps) - 1 or (step.wait is not None and step.wait_after is None):
        return steps[:index]
    return [s for s in steps[:index] if s.id == step.wait_after]
