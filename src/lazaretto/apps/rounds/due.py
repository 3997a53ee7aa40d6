"""
Due now: for a ward, a post or a person, what is due, done, late, missed or excused at an instant, and what comes next.

The answers are those of the day's evidence (`queries.day_evidence`) for the same instants; only what is near is read.
Source: contract, rules 3 to 8.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lazaretto.apps.command.queries import timeline
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.due_lines import Group
from lazaretto.apps.rounds.expected import DAY_MS, Horizon
from lazaretto.apps.rounds.judging import Judging
from lazaretto.apps.rounds.labels import Label
from lazaretto.apps.rounds.nearby import NothingThere, Where, nearby
from lazaretto.apps.rounds.queries import relevant_phases
from lazaretto.protocol.document import Document
from lazaretto.protocol.evidence import reach
from lazaretto.protocol.record import Phase

HOUR_MS = 3_600_000


class Ward(NamedTuple):
    """A place and all below it."""

    place: str


class Post(NamedTuple):
    """What a post or role answers for, in a place (the whole facility if that is empty)."""

    key: str
    unit: str = ""

    @property
    def owner(self) -> str:
        """The name by which measures are owned, without the measure it may belong to and without `.deputy`."""
        return self.key.removesuffix(".deputy").rpartition(".")[2]


class PersonRef(NamedTuple):
    """One person, wherever he is."""

    code: str


@dataclass
class DueList:
    """
    What is due at an instant: groups in order of time. `labels` are the names of subjects and places, `present` the people
    who are there at that instant, by reference, with the code of their place.
    """

    at: int
    document: Document
    groups: list[Group]
    labels: dict[str, Label]
    present: dict[str, str]

    @cached_property
    def tally(self) -> Counter[str]:
        return sum((g.tally for g in self.groups), Counter[str]())


def due_now(
    facility: Facility,
    where: Ward | Post | PersonRef,
    at: int,
    *,
    back: int = DAY_MS,
    ahead: int = 4 * HOUR_MS,
    done: bool = True,
) -> DueList:
    """
    Return every slot whose window is open, that was due in the last `back` or will be within `ahead`, of those who are
    there at its due instant. Without `done`, what was done on time is counted and not named.

    :raises NothingThere: if there is no such place, person or post. :raises NoProtocol: if nothing was adopted.
    """
    in_force = timeline(facility, at)
    now = next((p for p in in_force if p.start <= at < p.end), in_force[0])
    phases = relevant_phases([p.phase() for p in in_force], at - back, at + ahead)
    if isinstance(where, Post):
        phases = _owned(phases, where.owner)
    far = reach(phases)
    span = at - back - far, at + ahead + far
    here = (
        Where(person=where.code)
        if isinstance(where, PersonRef)
        else Where(where.unit if isinstance(where, Post) else where.place)
    )
    near = nearby(facility, here, phases, span, at)
    horizon = Horizon(at, back, ahead)
    work = Judging(facility, near, phases, horizon, done=done)
    return DueList(at, now.resolved.document, work.groups(), near.labels, work.present())


def _owned(phases: Sequence[Phase], owner: str) -> list[Phase]:
    """Keep the measures of an owner. :raises NothingThere: if it owns none."""
    found = [
        Phase(p.start, p.end, tuple(m for m in p.measures if m.owner == owner), p.day_ends, p.shifts) for p in phases
    ]
    if not any(p.measures for p in found):
        raise NothingThere
    return found
