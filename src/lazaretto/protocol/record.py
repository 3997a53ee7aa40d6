"""
What the evaluator is told about an institution: who and what was there, what was done, what was excused.

Intervals are half-open [start, end) in milliseconds; `FOREVER_AGO` and `FOREVER` stand for open ends. A reference
(`ref`) is text that is unique in the facility, such as `person:P001` or `place:W1-203`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from lazaretto.protocol.clock import FOREVER, FOREVER_AGO

if TYPE_CHECKING:
    from lazaretto.protocol.round import Round

SubjectKind = Literal["person", "place", "asset", "group", "facility"]
Outcome = Literal["done", "refused", "unable", "not_done", "void"]
ExcuseScope = Literal["subject", "place", "measure", "facility"]


class Stay(NamedTuple):
    """A presence of a person in a place."""

    start: int
    end: int
    place: str


class Standing(NamedTuple):
    """What is so of a person or place for a while: `isolation_stage`, `wake_for_rounds`, `class`, `service`…"""

    key: str
    value: str
    start: int = FOREVER_AGO
    end: int = FOREVER


class Assigned(NamedTuple):
    """A post, role or group that a person holds for a while."""

    kind: str
    key: str
    start: int = FOREVER_AGO
    end: int = FOREVER


@dataclass(frozen=True, slots=True)
class Place:
    """A place, its parent (None at the top) and its dated standings (`class`, `service`)."""

    ref: str
    parent: str | None = None
    kind: str = ""
    standings: tuple[Standing, ...] = ()


class Subject(NamedTuple):
    """Who or what can owe a round. `stays` are sorted and do not overlap; a place subject has the ref of its place."""

    ref: str
    kind: SubjectKind = "person"
    population: str = ""
    base: str = ""
    unit: str = ""
    stays: tuple[Stay, ...] = ()
    standings: tuple[Standing, ...] = ()
    assignments: tuple[Assigned, ...] = ()
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One observed thing. `outcome` void says that the fact it supersedes never happened."""

    id: str
    observation: str
    subject: str
    observed_at: int
    recorded_at: int
    outcome: Outcome = "done"
    reason: str = ""
    supersedes: str | None = None
    source: str = ""
    value: str = ""
    by: str = ""
    method: str = ""
    site: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why slots in [start, end) were not owed. `measure` narrows any scope; scope `measure` needs it."""

    id: str
    scope: ExcuseScope
    start: int
    end: int
    reason: str
    recorded_at: int
    subject: str | None = None
    measure: str | None = None
    withdrawn_at: int = FOREVER


@dataclass(frozen=True, slots=True)
class Institution:
    """A facility as the evaluator sees it. `facility` seeds random rounds."""

    facility: str
    zone: str
    subjects: tuple[Subject, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    excuses: tuple[Excuse, ...] = ()


class Shift(NamedTuple):
    """A named span of the day, in wall-clock times; it may cross midnight."""

    id: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Phase:
    """One resolved protocol for as long as it was in force: [start, end), its version, level and overrides applied."""

    start: int
    end: int
    measures: tuple["Round", ...]
    day_ends: str = "24:00"
    shifts: tuple[Shift, ...] = ()


SlotState = Literal["on_time", "late", "missed", "excused", "pending"]
Fate = Literal["used", "repeat", "extra", "superseded", "void"]


class SlotResult(NamedTuple):
    """
    One expectation and what became of it.

    `grace_until` is the last instant that is still on time; `fact` fulfilled or excused it; `excused_late` says that
    the excuse was recorded after `grace_until`. `used` facts are spent on it, `entered_late` of them entered too late.
    """

    measure: str
    subject: str
    due: int
    opens: int
    closes: int
    grace_until: int
    state: SlotState
    fact: str | None = None
    reason: str = ""
    excused_late: bool = False
    entered_late: int = 0
    used: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What one facility-day [start, end) owed and got, as of an instant.

    `fates` holds the facts whose home is in this day; `conflicts` the winning leaves of corrections with two leaves.
    """

    start: int
    end: int
    as_of: int
    slots: tuple[SlotResult, ...]
    fates: Mapping[str, Fate]
    conflicts: tuple[str, ...]
