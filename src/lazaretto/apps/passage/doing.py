"""Doing a step as somebody at the gate does it: in the name of his roles, with everything on its list seen."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.queries import user_called
from lazaretto.apps.passage import lots
from lazaretto.apps.work import runs
from lazaretto.apps.work.delegations import roles_of
from lazaretto.apps.work.models import Run, StepDone
from lazaretto.apps.work.running import chain_of
from lazaretto.protocol.chain import Step
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text


class Said(NamedTuple):
    """What somebody says of a step: what came of it, what was measured or seen, who else was there, when it happened."""

    result: str = ""
    values: Mapping[str, Any] = {}
    second: str = ""
    done_at: int | None = None
    source: str = ""


def do(run: Run, step: str, said: Said, *, ref: str, user: User, at: int) -> StepDone:
    """
    Do a step in somebody's name. `said.second` is the user name of the other, who must hold the role of the step too.

    :raises Refusal: items_missing, no_second, and those of `do_step`.
    """
    found = chain_of(run, at).step(step)
    try:
        if found is not None:
            _check_items(found, said.values)
        second = _second(run, found, said.second, at)
    except Refusal as refusal:
        asking = runs.Asking(
            run.facility, run.measure, ref, user.ref, at, said.done_at or at, run, step, stream=run.stream,
            direction=run.direction, of_class=run.of_class,
        )  # fmt: skip
        runs.keep_refusal(asking, refusal)
        raise
    return lots.do(
        run, step, ref=ref, by=user.ref, roles=roles_of(user, run.facility, at), at=at, done_at=said.done_at,
        second=second, result=said.result, values=said.values, source=said.source,
    )  # fmt: skip


def _check_items(step: Step, values: Mapping[str, Any]) -> None:
    missing = next((item for item in step.items if not values.get(item.id)), None)
    if missing is not None:
        raise Refusal(
            "items_missing", Text(f"还没有确认：{missing.title.zh}", f"not confirmed yet: {missing.title.en}")
        )


def _second(run: Run, step: Step | None, name: str, at: int) -> str:
    if not name:
        return ""
    other = user_called(name)
    if other is None or not other.is_active or (step and step.by and step.by not in roles_of(other, run.facility, at)):
        raise Refusal("no_second", Text("没有这样一位可以共同确认的人", "nobody of that name may confirm this"))
    return other.ref
