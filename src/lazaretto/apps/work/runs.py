"""
Opening the chains of the protocol, doing their steps, and keeping what was refused.

The rules are the protocol's (`protocol.chain`), asked again under a lock for every step. A refusal is kept before it is
raised; it must therefore not be asked for inside a transaction that its caller rolls back.
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q

from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.models import Refused, Run, StepDone
from lazaretto.apps.work.recording import lock, remember
from lazaretto.apps.work.running import as_done, chain_of, chains
from lazaretto.protocol.chain import Attempt, Chain, Step, check_may_do, next_steps, released_at
from lazaretto.protocol.measures import Measure
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: How far what happened may lie before it is entered: at once, or by a client that was cut off and says so.
AT_ONCE_MS, LATER_MS = 120_000, 86_400_000
#: Sources that enter what happened before.
LATER = frozenset({"offline", "paper"})
_MOST_VALUES, _LONGEST = 24, 200

Hear = Callable[..., None]
_passed: list[Hear] = []
_stopped: list[Hear] = []
_guards: list[Hear] = []


def when_passed(function: Hear) -> None:
    """Have `function(run, by=, at=)` called, in the same transaction, when the last step of a run was done."""
    _passed.append(function)


def when_stopped(function: Hear) -> None:
    """Have `function(run, by=, at=)` called, in the same transaction, when a run was stopped or withdrawn."""
    _stopped.append(function)


def guard_with(function: Hear) -> None:
    """Have `function(run, step, last=, at=, now=)` asked, under the lock, before a step; what it forbids it raises as a Refusal."""
    _guards.append(function)


class Asking(NamedTuple):
    """Somebody asks for a step of a run, or to open one: what is kept of it if it is refused."""

    facility: Facility
    measure: str
    ref: str
    by: str
    at: int
    done_at: int
    run: Run | None = None
    step: str = ""
    role: str = ""
    stream: str = ""
    direction: str = ""
    of_class: str = ""


# -- opening ---------------------------------------------------------------------------------------------------------


def open_run(
    facility: Facility, *, measure: str, subject: str, title: str = "", direction: str = "", of_class: str = "", ref: str,
    by: str, at: int, opened_at: int | None = None, requester: str = "", window: tuple[int | None, int | None] = (None, None),
    source: str = "",
) -> Run:  # fmt: skip
    """
    Open a chain of the protocol in force. The same `ref` again changes nothing.

    :raises Refusal: no_chain, not_for_class, wrong_direction, required_missing, future, back_dated, id_conflict.
    """
    moment = at if opened_at is None else opened_at
    asking = Asking(facility, measure, ref, by, at, moment, direction=direction, of_class=of_class)
    try:
        with transaction.atomic():
            lock(facility)
            same = Run.objects.filter(facility=facility, ref=ref[:80]).first()
            if same is not None:
                return _same(same, measure, subject)
            chain, digest = _chain(facility, measure, direction, of_class, at)
            check_entry(moment, at, source)
            made = Run.objects.create(
                facility=facility, ref=ref[:80], measure=chain.id, protocol=digest, stream=chain.stream,
                direction=direction, of_class=of_class[:64], subject=subject[:80], title=title.strip()[:200],
                requester=(requester or by)[:60], starts=window[0], ends=window[1], opened_at=moment, recorded_at=at,
            )  # fmt: skip
            remember(facility, "run_opened", [made], by=by, at=at, occurred_at=moment, protocol=digest)
            return made
    except Refusal as refusal:
        keep_refusal(asking, refusal)
        raise


def _same(run: Run, measure: str, subject: str) -> Run:
    if (run.measure, run.subject) != (measure, subject[:80]):
        raise Refusal("id_conflict", Text("这个编号已用于别的流程", "this reference stands for another run"))
    return run


def _chain(facility: Facility, measure: str, direction: str, of_class: str, at: int) -> tuple[Chain, str]:
    try:
        resolved = in_force(facility, at).resolved
    except NoProtocol:
        raise Refusal("no_chain", Text("没有规程", "no protocol was adopted")) from None
    chain = resolved.any_measure(measure)
    if not isinstance(chain, Chain) or not chain.active:
        raise Refusal("no_chain", Text(f"现行规程没有流程 {measure}", f"the protocol in force has no chain {measure}"))
    if chain.classes and of_class not in {c.id for c in chain.classes}:
        zh, en = "、".join(c.title.zh for c in chain.classes), ", ".join(c.title.en for c in chain.classes)
        raise Refusal("not_for_class", Text(f"这一流程只用于：{zh}", f"this is for {en} only"))
    if chain.directions and direction not in chain.directions:
        raise Refusal("wrong_direction", Text("这一流程不用于这个方向", "this is not for that direction"))
    for name in chain.requires:
        needed = resolved.any_measure(name)
        if not isinstance(needed, Measure) or not needed.active:
            raise Refusal("required_missing", Text(f"须先具备 {name}", f"{name} must be in force first"))
    return chain, resolved.digest


def check_entry(moment: int, at: int, source: str) -> None:
    """
    What is to come is not entered; what is past only at once, or by a client that was cut off and says so.

    :raises Refusal: future, back_dated.
    """
    if moment > at:
        raise Refusal("future", Text("不能登记将来的时间", "a time to come cannot be recorded"))
    if at - moment > (LATER_MS if source in LATER else AT_ONCE_MS):
        raise Refusal(
            "back_dated",
            Text("不能补记这么早的时间；断网或纸质补录须注明来源", "that is too long ago to be entered now; an entry made offline or on paper says so"),
        )  # fmt: skip


# -- doing a step ----------------------------------------------------------------------------------------------------


def do_step(
    run: Run, step: str, *, ref: str, by: str, roles: Collection[str], at: int, done_at: int | None = None,
    second: str = "", result: str = "", values: Mapping[str, Any] | None = None, source: str = "",
) -> StepDone:  # fmt: skip
    """
    Do a step of a run. The same `ref` again changes nothing; the last step lets the run pass, a result that the step does
    not accept stops it. `roles` are all that `by` holds: the step takes the one it is for.

    :raises Refusal: see `protocol.chain.check_may_do`; outside_window, required_first, same_approver, values, id_conflict.
    """
    moment = at if done_at is None else done_at
    asking = Asking(
        run.facility, run.measure, ref, by, at, moment, run, step, min(roles, default=""), stream=run.stream, direction=run.direction,
        of_class=run.of_class,
    )  # fmt: skip
    try:
        with transaction.atomic():
            return _do(run, step, asking, roles, second[:60], result[:64], _bounded(values or {}), source[:20])
    except Refusal as refusal:
        keep_refusal(asking, refusal)
        raise


def _do(
    run: Run, step: str, asking: Asking, roles: Collection[str], second: str, result: str, values: dict[str, Any],
    source: str,
) -> StepDone:  # fmt: skip
    facility, at, by = run.facility, asking.at, asking.by
    lock(facility)
    run_now = Run.objects.select_for_update().get(pk=run.pk)
    run_now.facility = facility
    rows = list(
        StepDone.objects.filter(Q(run=run_now) | Q(facility=facility, ref=asking.ref[:80])).order_by("at", "pk")
    )
    same = next((row for row in rows if row.ref == asking.ref[:80]), None)
    if same is not None:
        return _same_step(same, run_now, step)
    chain = chain_of(run_now, at)
    role = _role(chain, step, roles)
    _check(run_now, chain, rows, Attempt(step, asking.done_at, at, by, role, second, result), source)
    made = StepDone.objects.create(
        run=run_now, facility=facility, step=step, ref=asking.ref[:80], at=asking.done_at, recorded_at=at, by=by[:60],
        role=role[:60], second=second, result=result, values=values, source=source,
    )  # fmt: skip
    settled = _settle(run_now, chain, [*rows, made], at)
    run.ended_at, run.outcome, run.reason = run_now.ended_at, run_now.outcome, run_now.reason
    remember(
        facility, "step_done", [made, run_now] if settled else [made], by=by, at=at, occurred_at=asking.done_at,
        protocol=run_now.protocol,
    )  # fmt: skip
    _tell(run_now, by=by, at=at)
    return made


def _same_step(same: StepDone, run: Run, step: str) -> StepDone:
    if (same.run_id, same.step) != (run.pk, step):
        raise Refusal("id_conflict", Text("这个编号已用于别的步骤", "this reference stands for another step"))
    return same


def _role(chain: Chain, step: str, roles: Collection[str]) -> str:
    """Return the role in which somebody does a step: the one it is for if he holds it, else any."""
    found = chain.step(step)
    if found is not None and found.by in roles:
        return found.by or ""
    return min(roles, default="")


def _check(run: Run, chain: Chain, rows: list[StepDone], attempt: Attempt, source: str) -> None:
    if run.ended_at is not None:
        raise Refusal("ended", Text("已经结束", "this is over already"))
    done = as_done(rows)
    check_may_do(chain, attempt, done, zone=run.facility.zone, direction=run.direction, requester=run.requester)
    check_entry(attempt.at, attempt.now, source)
    if attempt.at < run.opened_at:
        raise Refusal("back_dated", Text("早于开始的时间", "that is before this began"), run.opened_at)
    step = chain.step(attempt.step)
    assert step is not None
    _check_window(run, step, attempt.at)
    last = step == chain.of(run.direction)[-1]
    if last:
        _check_required(run, chain, attempt.now)
    for function in _guards:
        function(run, step, last=last, at=attempt.at, now=attempt.now)


def _check_window(run: Run, step: Step, moment: int) -> None:
    """What needs leave happens in the window it was given for; asking and deciding may come before it."""
    if run.ends is not None and moment >= run.ends:
        raise Refusal("outside_window", Text("准许的时段已过；请重新申请", "the window is over; ask again"))
    if run.starts is not None and moment < run.starts and step.does in ("act", "check", "sample"):
        raise Refusal("outside_window", Text("准许的时段未到", "the window has not begun"), run.starts)


def _check_required(run: Run, chain: Chain, now: int) -> None:
    """The last step waits for the other chains that this one requires of the same subject."""
    known = chains(run.facility, now, {(run.protocol, name) for name in chain.requires})
    for (_, name), needed in known.items():
        owed = not (needed.directions and run.direction and run.direction not in needed.directions)
        if not owed or (needed.classes and run.of_class not in {c.id for c in needed.classes}):
            continue
        own = Run.objects.filter(facility=run.facility, subject=run.subject, measure=name, outcome=Run.PASSED)
        if not own.exists():
            raise Refusal("required_first", Text(f"须先完成“{needed.title.zh}”", f"“{needed.title.en}” comes first"))


def _bounded(values: Mapping[str, Any]) -> dict[str, Any]:
    """:raises Refusal: values, if what was measured is not a few plain words and numbers."""
    plain = all(
        isinstance(key, str) and len(key) <= 40 and (value is None or isinstance(value, str | int | float | bool))
        and len(str(value)) <= _LONGEST
        for key, value in values.items()
    )  # fmt: skip
    if len(values) > _MOST_VALUES or not plain:
        raise Refusal("values", Text("附加内容太多或太长", "what goes with the step is too much or too long"))
    return dict(json.loads(json.dumps(dict(values), allow_nan=False)))


# -- ending ----------------------------------------------------------------------------------------------------------


def _settle(run: Run, chain: Chain, rows: list[StepDone], at: int) -> bool:
    """End a run whose steps are all done, or that a result stopped; say whether it ended."""
    done, zone = as_done(rows), run.facility.zone
    if next_steps(chain, done, zone, run.direction):
        return False
    free = released_at(chain, done, zone, run.direction)
    if free is not None and free > at:
        return False  # its last step is a timer that is not over: `settle` ends it
    last = rows[-1]
    outcome = Run.STOPPED if free is None else Run.PASSED
    run.ended_at, run.outcome = max(last.at, free or 0), outcome
    run.reason = "" if free is not None else last.step
    run.save(update_fields=["ended_at", "outcome", "reason"])
    return True


def _tell(run: Run, *, by: str, at: int) -> None:
    for function in _passed if run.outcome == Run.PASSED else _stopped if run.outcome else ():
        function(run, by=by, at=at)


@transaction.atomic
def settle(run: Run, *, by: str, at: int) -> Run:
    """Let a run pass whose last step is a timer that is over. Asking again, or too early, changes nothing."""
    lock(run.facility)
    run = Run.objects.select_for_update(of=("self",)).select_related("facility__log").get(pk=run.pk)
    rows = list(run.steps.order_by("at", "pk"))
    if run.ended_at is None and rows and _settle(run, chain_of(run, at), rows, at):
        remember(run.facility, "run_ended", [run], by=by, at=at, occurred_at=run.ended_at, protocol=run.protocol)
        _tell(run, by=by, at=at)
    return run


@transaction.atomic
def withdraw(run: Run, *, reason: str, by: str, at: int) -> Run:
    """End a run that is not gone on with, with the reason; what was done stays. Again changes nothing. :raises Refusal: no_reason."""
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明原因", "say why"))
    lock(run.facility)
    run = Run.objects.select_for_update(of=("self",)).select_related("facility__log").get(pk=run.pk)
    if run.ended_at is None:
        run.ended_at, run.outcome, run.reason = at, Run.WITHDRAWN, reason.strip()[:200]
        run.save(update_fields=["ended_at", "outcome", "reason"])
        remember(run.facility, "run_ended", [run], by=by, at=at, protocol=run.protocol)
        _tell(run, by=by, at=at)
    return run


# -- refusals --------------------------------------------------------------------------------------------------------


@transaction.atomic
def keep_refusal(asking: Asking, refusal: Refusal, *, told: str = "") -> Refused:
    """Keep that a rule said no. The same `ref`, refused by the same rule again, is the same attempt."""
    lock(asking.facility)
    same = Refused.objects.filter(facility=asking.facility, ref=asking.ref[:80], code=refusal.code).first()
    if same is not None and asking.ref:
        return same
    made = Refused.objects.create(
        facility=asking.facility, run=asking.run, ref=asking.ref[:80], measure=asking.measure[:64],
        step=asking.step[:64], stream=asking.stream, direction=asking.direction[:3], of_class=asking.of_class[:64],
        code=refusal.code, at=asking.done_at, recorded_at=asking.at, by=asking.by[:60], role=asking.role[:60],
        possible_at=refusal.possible_at, told=told[:300],
    )  # fmt: skip
    protocol = asking.run.protocol if asking.run else ""
    occurred = min(asking.done_at, asking.at)
    remember(asking.facility, "refused", [made], by=asking.by, at=asking.at, occurred_at=occurred, protocol=protocol)
    return made
