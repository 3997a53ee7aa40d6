"""
What became of a day's slots and facts, as arrays; `SlotResult`s are made for those that somebody asks for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from lazaretto.apps.rounds.columns import DONE, Columns, Whole
from lazaretto.protocol.record import Fate, SlotResult, SlotState, Subject
from lazaretto.protocol.tally import Tally

ON_TIME, LATE, MISSED, EXCUSED, PENDING = 1, 2, 3, 4, 5
_STATES: tuple[SlotState, ...] = get_args(SlotState)
_FATES: tuple[Fate, ...] = get_args(Fate)


class Block(NamedTuple):
    """
    Subjects × slots of one measure. `slots` are (due, opens, closes, grace until); a `state` of 0 is not owed; `fact` is
    the row that decided, -1 for none.
    """

    measure: str
    subjects: Whole
    slots: Sequence[tuple[int, int, int, int]]
    state: NDArray[np.int8]
    fact: Whole
    used: Whole
    entered_late: Whole
    reasons: dict[tuple[int, int], str]
    excused_late: set[tuple[int, int]]


@dataclass
class DayResult:
    """
    The evidence of a facility-day [start, end): totals at once, results by name on request, in the order of measure,
    subject and due. `fate` and `today` are of the facts: what became of each, and whether its home is this day.
    """

    start: int
    end: int
    as_of: int
    subjects: Sequence[Subject]
    facts: Columns
    blocks: tuple[Block, ...]
    fate: NDArray[np.int8]
    today: NDArray[np.bool_]

    @cached_property
    def slots(self) -> tuple[SlotResult, ...]:
        """Every slot: one object each."""
        return self._in_order((block, block.state > 0) for block in self.blocks)

    @cached_property
    def missed(self) -> Mapping[str, tuple[SlotResult, ...]]:
        """The gaps of each measure that has any."""
        found: dict[str, list[SlotResult]] = {}
        for result in self._in_order((block, block.state == MISSED) for block in self.blocks):
            found.setdefault(result.measure, []).append(result)
        return {measure: tuple(results) for measure, results in found.items()}

    @cached_property
    def deviations(self) -> tuple[SlotResult, ...]:
        """Every slot that is not simply on time."""
        return self._in_order((block, block.state > ON_TIME) for block in self.blocks)

    def of(self, subjects: Whole) -> tuple[SlotResult, ...]:
        """Return every slot of some subjects, given by their numbers."""
        return self._in_order(
            (block, (block.state > 0) & np.isin(block.subjects, subjects)[:, None]) for block in self.blocks
        )

    def judged_and_heard(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Say of each subject whether a slot of it could be judged (or was missed), and whether any fact is of it."""
        judged, heard = np.zeros((2, len(self.subjects)), bool)
        for block in self.blocks:
            done = (block.state == ON_TIME) | (block.state == LATE)
            judged[block.subjects] |= (done | (block.state == MISSED)).any(axis=1)
            heard[block.subjects] |= (done | (block.fact >= 0)).any(axis=1)
        of = self.facts.subject[self.today]
        heard[of[of < len(self.subjects)]] = True
        return judged, heard

    def heard_from(self, subjects: Whole) -> Iterator[tuple[str, int]]:
        """Yield (subject, instant) of each slot that a fact decided and of each fact of the day, of some subjects."""
        for slot in self.of(subjects):
            if slot.fact or slot.state in ("on_time", "late"):
                yield slot.subject, slot.due
        for row in np.flatnonzero(self.today & np.isin(self.facts.subject, subjects)).tolist():
            yield self.facts.refs[self.facts.subject[row]], int(self.facts.observed_at[row])

    def timed_by_hand(self, at_least: int, within: int) -> Iterator[tuple[str, list[tuple[int, int]]]]:
        """
        Yield for each person, in order, the (instant, subject) of what he did in the day, where the times carry seconds
        and `at_least` of them lie `within` so many milliseconds.
        """
        facts = self.facts
        rows = np.flatnonzero(self.today & (facts.says == DONE) & (facts.observed_at % 60_000 != 0))
        if len(rows) < at_least:
            return
        rows = rows[np.lexsort((facts.observed_at[rows], facts.by[rows]))]
        by = facts.by[rows]
        times = facts.observed_at[rows]
        ahead = at_least - 1
        close = (by[ahead:] == by[: len(by) - ahead]) & (times[ahead:] - times[: len(by) - ahead] <= within)
        for n in sorted(set(by[: len(by) - ahead][close].tolist()), key=facts.names.__getitem__):
            if facts.names[n]:
                own = rows[by == n]
                times_of, subjects = facts.observed_at[own].tolist(), facts.subject[own].tolist()
                yield facts.names[n], list(zip(times_of, subjects, strict=True))

    @cached_property
    def tallies(self) -> Mapping[str, Tally]:
        """The totals of each measure that asked anything."""
        found: dict[str, Tally] = {}
        for block in self.blocks:
            states = np.bincount(block.state.reshape(-1), minlength=len(_STATES) + 1)[1:].tolist()
            owed = block.state > 0
            one = Tally(
                **dict(zip(_STATES, states, strict=True)), excused_after=len(block.excused_late),
                entered_late=int(block.entered_late[owed].sum()), used=int(block.used[owed].sum()),
            )  # fmt: skip
            found[block.measure] = found[block.measure] + one if block.measure in found else one
        return found

    @cached_property
    def fates(self) -> Mapping[str, Fate]:
        """What became of each fact whose home is this day."""
        return {self.facts.id_of(row): _FATES[self.fate[row]] for row in np.flatnonzero(self.today).tolist()}

    @cached_property
    def fate_counts(self) -> dict[str, int]:
        counts = np.bincount(self.fate[self.today], minlength=len(_FATES)).tolist()
        return dict(zip(_FATES, counts, strict=True))

    @cached_property
    def conflicts(self) -> tuple[str, ...]:
        """The winners of chains of corrections with two leaves, or none."""
        return tuple(sorted(self.facts.id_of(row) for row in self.facts.conflicting if self.today[row]))

    def _in_order(self, chosen: Iterator[tuple[Block, NDArray[np.bool_]]]) -> tuple[SlotResult, ...]:
        found = [self._result(block, i, j) for block, mask in chosen for i, j in np.argwhere(mask).tolist()]
        found.sort(key=lambda r: (r.measure, r.subject, r.due))
        return tuple(found)

    def _result(self, block: Block, i: int, j: int) -> SlotResult:
        row = int(block.fact[i, j])
        return SlotResult(
            block.measure, self.subjects[block.subjects[i]].ref, *block.slots[j], _STATES[block.state[i, j] - 1],
            self.facts.id_of(row) if row >= 0 else None, block.reasons.get((i, j), ""), (i, j) in block.excused_late,
            int(block.entered_late[i, j]), int(block.used[i, j]),
        )  # fmt: skip
