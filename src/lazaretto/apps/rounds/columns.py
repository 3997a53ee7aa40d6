"""
Facts as columns: one array for each thing that the evidence of a day asks, instead of one object for each fact.

Rows are in order of subject, time and id, so that the first of several rows in a window is the one that counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lazaretto.protocol.corrections import corrected
from lazaretto.protocol.evidence import EXCUSING, OFFLINE
from lazaretto.protocol.record import Fact

Whole = NDArray[np.int64]
#: What a fact says, in the order in which it decides a slot: done, a refusal with its reason, anything else.
DONE, REFUSED, OTHER = 0, 1, 2
#: What became of a fact apart from any slot: it counts, was corrected, or is void.
COUNTS, SUPERSEDED, VOID = 0, 3, 4


Key = TypeVar("Key")


class Manner(NamedTuple):
    """How a fact came about, which a few ways of a day share. Of the source it matters only whether it is offline."""

    outcome: str
    source: str
    reason: str


def says(manner: Manner) -> int:
    """Return the code of what a fact says."""
    return DONE if manner.outcome == "done" else REFUSED if manner.outcome in EXCUSING and manner.reason else OTHER


class Numbers(dict[Key, int]):
    """Numbers things in the order in which they are first asked for."""

    def __missing__(self, key: Key) -> int:
        self[key] = number = len(self)
        return number


@dataclass
class Raw:
    """Facts in the order in which they came, column by column; `manner` numbers `manners`, `by` numbers `names`."""

    subject: Sequence[int] | Whole
    observation: Sequence[int] | Whole
    observed_at: Sequence[int] | Whole
    recorded_at: Sequence[int] | Whole
    manner: Sequence[int] | Whole
    manners: Sequence[Manner]
    by: Sequence[int] | Whole
    names: Sequence[str]
    ids: list[str]


class Links(NamedTuple):
    """What chains of corrections leave of the facts in them, by id; `conflicts` are the winners of two leaves or none."""

    aside: Mapping[str, int]
    conflicts: frozenset[str]


def links(facts: Iterable[Fact]) -> Links:
    """Return what is left of facts that supersede others or are superseded, whole chains of them."""
    found = corrected(facts)
    aside = {f.id: SUPERSEDED for f in found.superseded} | {f.id: VOID for f in found.void}
    return Links(aside, frozenset(f.id for f in found.conflicts))


NO_LINKS = Links({}, frozenset())


class Columns:
    """The facts of a day and its edges. `subject` numbers `refs`, `observation` numbers `observations`."""

    def __init__(self, refs: Sequence[str], observations: Sequence[str], raw: Raw, chains: Links = NO_LINKS) -> None:
        self.refs, self.observations = refs, observations
        subject = np.array(raw.subject, np.int64)
        observed = np.array(raw.observed_at, np.int64)
        order = in_order(subject, observed, raw.ids.__getitem__)
        self._raw, self._order = raw, order
        self.subject, self.observed_at = subject[order], observed[order]
        self.recorded_at = np.array(raw.recorded_at, np.int64)[order]
        self.observation = np.array(raw.observation, np.int64)[order]
        self.by, self.names = np.array(raw.by, np.int64)[order], list(raw.names)
        self._manner = np.array(raw.manner, np.int64)[order]
        self.says = np.array([says(m) for m in raw.manners], np.int8)[self._manner]
        self.offline = np.array([m.source in OFFLINE for m in raw.manners], bool)[self._manner]
        aside = np.array([VOID if m.outcome == "void" else COUNTS for m in raw.manners], np.int8)[self._manner]
        if chains.aside or chains.conflicts:
            left = chains.aside
            set_aside = [(index, left[id_]) for index, id_ in enumerate(raw.ids) if id_ in left]
            codes = np.full(len(order), COUNTS, np.int8)
            codes[[index for index, _ in set_aside]] = [code for _, code in set_aside]
            aside = np.where(codes[order] == COUNTS, aside, codes[order])
        self.aside = aside
        self._conflicts = chains.conflicts
        self.starts = np.searchsorted(self.subject, np.arange(len(refs) + 1))

    @classmethod
    def of(cls, facts: Iterable[Fact], refs: Sequence[str], chains: Links | None = None) -> "Columns":
        """Return facts held in memory as columns; a repeated id counts once. `chains` are theirs, if left out."""
        known = {f.id: f for f in facts}
        numbers, observations = Numbers[str](zip(refs, count(), strict=False)), Numbers[str]()
        manners, names = Numbers[Manner](), Numbers[str]()
        every = list(known.values())
        raw = Raw(
            [numbers[f.subject] for f in every],
            [observations[f.observation] for f in every],
            [f.observed_at for f in every],
            [f.recorded_at for f in every],
            [manners[Manner(f.outcome, f.source, f.reason)] for f in every],
            list(manners),
            [names[f.by] for f in every],
            list(names),
            [f.id for f in every],
        )
        return cls(list(numbers), list(observations), raw, links(known.values()) if chains is None else chains)

    def __len__(self) -> int:
        return len(self._order)

    def id_of(self, row: int) -> str:
        return self._raw.ids[int(self._order[row])]

    def reason_of(self, row: int) -> str:
        """Return the reason that a fact gives; one that is done may have been read without."""
        return self._raw.manners[int(self._manner[row])].reason

    @cached_property
    def conflicting(self) -> list[int]:
        """The rows of the winners of chains with two leaves, or none."""
        if not self._conflicts:
            return []
        return [row for row in range(len(self)) if self.id_of(row) in self._conflicts]

    @cached_property
    def _rows(self) -> dict[str, Whole]:
        return {name: np.flatnonzero(self.observation == n) for n, name in enumerate(self.observations)}

    def rows(self, observation: str, subjects: Whole) -> Whole:
        """Return the rows of one observation of these subjects (ascending), in order."""
        every = self._rows.get(observation)
        if every is None:
            return np.zeros(0, np.int64)
        if len(subjects) > 50:
            wanted = np.zeros(len(self.refs), bool)
            wanted[subjects] = True
            return every[wanted[self.subject[every]]]
        spans = [np.arange(self.starts[s], self.starts[s + 1]) for s in subjects]
        near: Whole = np.concatenate([np.zeros(0, np.int64), *spans])
        found: Whole = near[self.observation[near] == self.observations.index(observation)]
        return found


def in_order(subject: Whole, observed_at: Whole, id_of: Callable[[int], str]) -> Whole:
    """Return the order by subject, time and id; the id is asked only where the rest is the same."""
    order = np.lexsort((observed_at, subject))
    same = (np.diff(subject[order]) == 0) & (np.diff(observed_at[order]) == 0)
    for start, end in _runs(same):
        order[start:end] = sorted(order[start:end].tolist(), key=id_of)
    return order


def _runs(same: NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """Yield the spans [start, end) of rows that are alike, where `same[i]` says that row i + 1 is like row i."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        yield int(first), int(last) + 1
