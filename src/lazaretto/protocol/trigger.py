"""
A trigger: an event, and what follows from it by when. Isolate first, then treat; the care clock starts with the event.

Source: design §2, themes F, J and S of the requirements.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from lazaretto.protocol.bounds import ALL, FEWER, YES
from lazaretto.protocol.cadence import Span, refuse
from lazaretto.protocol.clock import instant, local_day, plus
from lazaretto.protocol.measures import Identifier, Item, Measure, Title
from lazaretto.protocol.text import Text


class Action(Item):
    """
    What follows: by whom, `within` how long of the event (or of the action named in `after`). `starts` names the measure
    it sets going, `to` whom it tells. `same_day` asks for it by the end of the local day on which it opens.
    """

    by: str | None = None
    within: Annotated[Span | None, FEWER] = None
    same_day: Annotated[bool, YES] = False
    after: Identifier | None = None
    starts: Identifier | None = None
    to: Annotated[list[str], ALL] = []


class Trigger(Measure):
    """
    An event and the actions it sets going, in order. `condition` says in words what counts as the event; `clock_from`
    says whether the deadlines count from the event itself or from the moment it was learned of.
    """

    kind: Literal["trigger"]
    event: Identifier
    condition: Title | None = None
    clock_from: Literal["event", "learned"] = "event"
    actions: Annotated[list[Action], ALL] = Field(min_length=1)

    @model_validator(mode="after")
    def _order(self) -> "Trigger":
        known: list[str] = []
        for action in self.actions:
            if action.after is not None and action.after not in known:
                message = Text(
                    f"{action.id} 之前没有动作 {action.after}", f"there is no action {action.after} before {action.id}"
                )
                raise refuse("after", message, ("actions",))
            known.append(action.id)
        return self


class Owed(NamedTuple):
    """One action after an event: from when it may be done, by when it must be, and what it stands at."""

    action: Action
    opens: int | None
    due: int | None
    state: Literal["waiting", "open", "done", "done_late", "overdue"]


def cascade(
    trigger: Trigger, event_at: int, done: Mapping[str, int], *, at: int, zone: str, learned_at: int | None = None
) -> list[Owed]:
    """
    Return where each action of an event stands at `at`; `done` gives when each was done, `learned_at` when the event was
    learned of (left out: at once), from which the clocks of a trigger with `clock_from: learned` run.

    An action that comes after another opens only once that has opened and is done: nobody treats before he has isolated.
    """
    start = learned_at if trigger.clock_from == "learned" and learned_at is not None else event_at
    opened: dict[str, int | None] = {}
    found = []
    for action in trigger.actions:
        opens = _later(opened[action.after], done.get(action.after)) if action.after else start
        opened[action.id] = opens
        due = None if opens is None else _due(action, opens, zone)
        found.append(Owed(action, opens, due, _state(done.get(action.id), opens, due, at)))
    return found


def _due(action: Action, opens: int, zone: str) -> int | None:
    """Return by when an action is owed: the earlier of its span and the end of the day, None where it has neither."""
    ends = [plus(zone, opens, action.within)] if action.within is not None else []
    if action.same_day:
        ends.append(instant(zone, local_day(zone, opens) + timedelta(days=1), 0))
    return min(ends, default=None)


def _later(one: int | None, other: int | None) -> int | None:
    """Return the later of two moments, None while one of them is missing."""
    return None if one is None or other is None else max(one, other)


def _state(
    finished: int | None, opens: int | None, due: int | None, at: int
) -> Literal["waiting", "open", "done", "done_late", "overdue"]:
    if finished is not None and finished <= at:
        return "done_late" if due is not None and finished > due else "done"
    if opens is None or opens > at:
        return "waiting"
    return "overdue" if due is not None and at > due else "open"
