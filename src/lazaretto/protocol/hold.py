"""
The clocks of a hold: what still keeps a lot back, each clock by itself, never merged into one.

Goods rest half an hour; food lies 48 hours and waits for its sample. A lot is free when every clock of every chain that it
runs on is over. Source: part 7 of the requirements; themes D and S2-30.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lazaretto.protocol.chain import Chain, Done, Step, possible_at, released_at
from lazaretto.protocol.clock import plus


class Clock(NamedTuple):
    """
    One thing that is waited for before the last step. A time has `since` and `until`; a step to be done (a sample, a
    result) has neither, and `over` says whether it was done.
    """

    step: Step
    since: int | None
    until: int | None
    over: bool


def clocks(chain: Chain, done: Sequence[Done], zone: str, at: int, direction: str = "") -> list[Clock]:
    """Return what a lot waits for, in the order of the chain: its waits, and the steps that are not done."""
    known = {d.step: d.at for d in done}
    found = []
    for step in chain.of(direction):
        if step.wait is not None and step.id not in known:
            found.append(_wait(chain, step, done, zone, at, direction))
        elif step.does in ("sample", "check", "approve") and step is not chain.of(direction)[-1]:
            found.append(Clock(step, None, None, step.id in known))
    return found


def _wait(chain: Chain, step: Step, done: Sequence[Done], zone: str, at: int, direction: str) -> Clock:
    """Return the clock of a wait. Its own time runs from what it waits for, whatever else is missing."""
    assert step.wait is not None
    known = {d.step: d.at for d in done}
    since = known.get(step.wait_after or "")
    until = plus(zone, since, step.wait) if since is not None else possible_at(chain, step, done, zone, direction)
    if since is None and until is not None:
        since = max((d.at for d in done), default=None)
    return Clock(step, since, until, until is not None and until <= at)


def passed(chain: Chain, done: Sequence[Done], zone: str, at: int, direction: str = "") -> bool:
    """Say whether every step of a chain was done, with results that let it go on, and every wait is over."""
    known = {d.step for d in done}
    owed = [s for s in chain.of(direction) if not (s.does == "wait" and s.wait is not None)]
    ends = released_at(chain, done, zone, direction)
    return all(s.id in known for s in owed) and ends is not None and ends <= at


def free_from(runs: Iterable[tuple[Chain, Sequence[Done], str]], zone: str) -> int | None:
    """
    Return from when on a lot that runs on these chains may be given out: the latest of all their clocks. None where time
    alone does not help, because something is still to be done or went wrong.
    """
    latest = [released_at(chain, done, zone, direction) for chain, done, direction in runs]
    return None if None in latest else max((m for m in latest if m is not None), default=0)
