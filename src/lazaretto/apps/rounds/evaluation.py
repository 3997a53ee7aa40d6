"""
The evidence of a facility-day for thousands of subjects at once: the same answers as `protocol.evidence.evaluate`, which
goes subject by subject and is the one to read first.

Subjects that share the slots of a measure are judged together: their facts fall into windows by one search, whether they
owe is asked once for all who are in one place throughout, and only what is not plainly done becomes an object. First a
`Plan` says which slots count and which facts it needs; then it judges them. Source: contract, rules 3 to 9; ADR 0002, 0005.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazaretto.apps.rounds.columns import COUNTS, DONE, OTHER, REFUSED, Columns, Whole, in_order
from lazaretto.apps.rounds.results import EXCUSED, LATE, MISSED, ON_TIME, PENDING, Block, DayResult
from lazaretto.apps.rounds.sharing import Key, sharing, takes
from lazaretto.protocol.evidence import day_bounds, reach
from lazaretto.protocol.excuses import Excuses
from lazaretto.protocol.record import Institution, Phase, Subject
from lazaretto.protocol.round import Round
from lazaretto.protocol.selection import Selection
from lazaretto.protocol.slots import Calendar, Slot, count_windows, is_count, slots

Span = tuple[int, int]
Flags = NDArray[np.bool_]
_NEVER = np.iinfo(np.int64).max


class _Group(NamedTuple):
    """Subjects (numbers, ascending) that share the slots and the count windows of a measure."""

    measure: str
    subjects: Whole
    slots: Sequence[Slot]
    windows: Sequence[tuple[Round, int, int]]


class Plan:
    """
    What a day asks of an institution (whose own facts are not looked at).

    `spans` says, for each observation that is asked, the [from, to) of the facts that are needed; of any other, those
    observed in [start, end).
    """

    def __init__(self, institution: Institution, timeline: Sequence[Phase], day: date) -> None:
        self.institution, self.timeline = institution, timeline
        self.start, self.end = day_bounds(timeline, institution.zone, day)
        self.selection = Selection(institution)
        self.refs = [s.ref for s in institution.subjects]
        self._reach = reach(timeline)
        self._calendar = Calendar(institution.zone, institution.facility)
        self._known: dict[Key, tuple[list[Slot], list[tuple[Round, int, int]]]] = {}
        every = list(self._grouped())
        first = self._hull(every, lambda opens, closes, today: today)
        self.groups = [self._near(group, first) for group in every]
        self.spans = self._hull(self.groups, lambda opens, closes, today: True, first)

    def _grouped(self) -> Iterator[_Group]:
        for measure, key, numbers in sharing(self.timeline, self.selection, self.institution.subjects):
            yield _Group(measure, np.array(numbers, np.int64), *self._expected(key))

    def _expected(self, key: Key) -> tuple[list[Slot], list[tuple[Round, int, int]]]:
        found = self._known.get(key)
        if found is None:
            parts, resident = key
            around = self.start - self._reach, self.end + self._reach
            windows = [
                (p.round, a, b)
                for p in parts
                if is_count(p.round)
                for a, b in count_windows(self._calendar, p, *around)
            ]
            found = slots(self._calendar, parts, "resident" if resident else "", *around), windows
            self._known[key] = found
        return found

    def _windows(self, group: _Group) -> Iterator[tuple[tuple[str, ...], int, int, bool]]:
        """Yield what each slot and window takes, when it opens and closes, and whether it is of the day."""
        for slot in group.slots:
            yield takes(slot.round, slot.night), slot.opens, slot.closes, self.start <= slot.due < self.end
        for round_, opens, closes in group.windows:
            yield takes(round_), opens, closes, self.start < closes <= self.end

    def _hull(self, groups: Sequence[_Group], counts, first: dict[str, Span] | None = None) -> dict[str, Span]:  # type: ignore[no-untyped-def]
        found = dict(first or {})
        for group in groups:
            for observations, opens, closes, today in self._windows(group):
                for name in observations:
                    low, high = found.setdefault(name, (self.start, self.end))
                    if counts(opens, closes, today):
                        found[name] = min(low, opens), max(high, closes)
        return found

    def _near(self, group: _Group, first: dict[str, Span]) -> _Group:
        """Leave out the slots that share no fact with a slot of the day."""
        near = [
            any(opens < first[name][1] and closes > first[name][0] for name in observations)
            for observations, opens, closes, _ in self._windows(group)
        ]
        n = len(group.slots)
        return group._replace(
            slots=[s for s, is_near in zip(group.slots, near[:n], strict=True) if is_near],
            windows=[w for w, is_near in zip(group.windows, near[n:], strict=True) if is_near],
        )

    def judge(self, facts: Columns, as_of: int) -> DayResult:
        """
        Return the evidence as of an instant; `facts` are those recorded by then, numbered by `refs`.
        """
        return _Judgement(self, facts, as_of).run()


class _Judgement:
    def __init__(self, plan: Plan, facts: Columns, as_of: int) -> None:
        self.plan, self.facts, self.as_of = plan, facts, as_of
        self.subjects = plan.institution.subjects
        self.selection = plan.selection
        self.numbers = {ref: n for n, ref in enumerate(facts.refs)}
        self.excuses = Excuses(plan.institution.excuses, as_of, self.selection)
        n = len(facts)
        self.rank = np.full(n, 3, np.int8)  # the best fate of each fact: used, repeat, extra, or in no window at all
        self.used_due, self.first_due = np.full(n, _NEVER), np.full(n, _NEVER)
        self.presence = _Presence(plan)
        self.blocks: list[Block] = []

    def run(self) -> DayResult:
        for group in self.plan.groups:
            if group.slots:
                self._judge_slots(group)
            for round_, opens, closes in group.windows:
                self._judge_count(group, round_, opens, closes)
        home = np.where(self.rank == 3, self.facts.observed_at, self.first_due)
        home[self.rank == 0] = self.used_due[self.rank == 0]
        fate = np.minimum(self.rank, 2)
        fate = np.where(self.facts.aside == COUNTS, fate, self.facts.aside)
        today = (self.plan.start <= home) & (home < self.plan.end)
        return DayResult(
            self.plan.start, self.plan.end, self.as_of, self.subjects, self.facts, tuple(self.blocks), fate, today
        )

    def _send_home(self, rows: Whole, rank: int, dues: Whole | int) -> None:
        np.minimum.at(self.rank, rows, np.int8(rank))
        np.minimum.at(self.used_due if rank == 0 else self.first_due, rows, dues)

    # -- slots ---------------------------------------------------------------------------------------------------

    def _judge_slots(self, group: _Group) -> None:
        n, m = len(group.subjects), len(group.slots)
        owed = self.presence.owed(group, [(s.round, s.due, _span(s)) for s in group.slots])
        for j, slot in enumerate(group.slots):
            if slot.round.pace.random is not None and slot.due > self.as_of:
                owed[:, j] = False  # shown to nobody before it is due
        dues = np.array([s.due for s in group.slots])
        position, which, rows = self._in_windows(group)
        key = position * m + which
        live = self.facts.aside[rows] == COUNTS
        self._send_home(rows[~live], 2, dues[which[~live]])
        key, rows = key[live], rows[live]
        best = key * 3 + self.facts.says[rows]
        if np.any(best[1:] < best[:-1]):
            order = np.argsort(best, kind="stable")  # facts of one slot stay in order of time and id
            key, rows = key[order], rows[order]
        chosen = np.diff(key, prepend=-1) != 0
        is_owed = owed.reshape(-1)[key]
        for rank, mask in ((0, chosen & is_owed), (1, ~chosen & is_owed), (2, ~is_owed)):
            self._send_home(rows[mask], rank, dues[key[mask] % m])
        fact = np.full(n * m, -1)
        fact[key[chosen]] = rows[chosen]
        today = [j for j, s in enumerate(group.slots) if self.plan.start <= s.due < self.plan.end]
        if today:
            self._block(group, [group.slots[j] for j in today], owed[:, today], fact.reshape(n, m)[:, today])

    def _in_windows(self, group: _Group) -> tuple[Whole, Whole, Whole]:
        """
        Return the facts that lie in windows, as (position of the subject, number of the slot, row), in order of subject,
        slot, time and id.
        """
        opens, closes = np.array([s.opens for s in group.slots]), np.array([s.closes for s in group.slots])
        found: list[tuple[Whole, Whole, Whole]] = []
        kinds = {(name, s.round.covers) for s in group.slots for name in takes(s.round, s.night)}
        for name, covers in kinds:
            asked = np.array([name in takes(s.round, s.night) and s.round.covers == covers for s in group.slots])
            position, rows = self._rows(group.subjects, name, covers)
            times = self.facts.observed_at[rows]
            which = np.searchsorted(opens, times, "right") - 1
            inside = (which >= 0) & (times < closes[which]) & asked[which]
            found.append((position[inside], which[inside], rows[inside]))
        found = [part for part in found if len(part[2])] or found[:1]
        position, which, rows = found[0] if len(found) == 1 else map(np.concatenate, zip(*found, strict=True))
        if any(covers == "below" for _, covers in kinds):
            order = self._first_to_last(position, rows)
        elif len(found) > 1:
            order = np.argsort(rows)
        else:
            return found[0]
        return position[order], which[order], rows[order]

    def _rows(self, subjects: Whole, observation: str, covers: str) -> tuple[Whole, Whole]:
        """Return the facts that may count for subjects: their positions among them and the rows."""
        if covers == "below" and self.subjects[subjects[0]].kind == "place":
            return self._rows_above(subjects, observation)
        rows = self.facts.rows(observation, subjects)
        return np.searchsorted(subjects, self.facts.subject[rows]), rows

    def _rows_above(self, subjects: Whole, observation: str) -> tuple[Whole, Whole]:
        """The same where a fact on a place counts for every place below it."""
        below: dict[int, list[int]] = {}
        for position, n in enumerate(subjects):
            for ref in self.selection.chain(self.subjects[n].ref):
                if ref in self.numbers:
                    below.setdefault(self.numbers[ref], []).append(position)
        rows = self.facts.rows(observation, np.array(sorted(below), np.int64))
        places = [below[int(s)] for s in self.facts.subject[rows]]
        return np.array([p for some in places for p in some], np.int64), np.repeat(rows, [len(p) for p in places])

    def _first_to_last(self, position: Whole, rows: Whole) -> Whole:
        """Return the order by position, time and id, for facts that may be of several subjects (places one in another)."""
        return in_order(position, self.facts.observed_at[rows], lambda i: self.facts.id_of(int(rows[i])))

    def _block(self, group: _Group, of_day: Sequence[Slot], owed: Flags, fact: Whole) -> None:
        """Say what became of the slots of the day."""
        facts, grace = self.facts, np.array([s.grace_until for s in of_day])
        overdue = np.array([self.as_of >= min(s.grace_until, s.closes) for s in of_day])
        fact = np.where(owed, fact, -1)
        has = fact >= 0
        says = np.where(has, facts.says[fact], OTHER) if len(facts) else np.full(fact.shape, OTHER)
        state = np.where(overdue, MISSED, PENDING) * np.ones((len(fact), 1), np.int8)
        if len(facts):
            state = np.where(says == DONE, np.where(facts.observed_at[fact] <= grace, ON_TIME, LATE), state)
        state = np.where(owed, np.where(says == REFUSED, EXCUSED, state), 0).astype(np.int8)
        late = np.zeros(fact.shape, np.int64)
        for j, slot in enumerate(of_day):
            held = has[:, j]
            late[held, j] = self._entered_late(fact[held, j], slot.round)
        block = Block(
            group.measure, group.subjects, [(s.due, s.opens, s.closes, s.grace_until) for s in of_day], state, fact,
            has.astype(np.int64), late, {}, set(),
        )  # fmt: skip
        self._excuse(block)
        self.blocks.append(block)

    def _entered_late(self, rows: Whole, round_: Round) -> Flags:
        limits = round_.entry_allowance
        limit = np.where(self.facts.offline[rows], limits.offline.nominal_ms, limits.online.nominal_ms)
        return self.facts.recorded_at[rows] - self.facts.observed_at[rows] > limit

    def _excuse(self, block: Block, at: int | None = None) -> None:
        """Look for an excuse of each slot that is not done, `at` the instant by which it is covered (its due)."""
        for i, j in np.argwhere((block.fact >= 0) & (block.state >= MISSED)).tolist():
            block.reasons[i, j] = self.facts.reason_of(block.fact[i, j])
        if not self.excuses:
            return
        for i, j in np.argwhere((block.state == MISSED) | (block.state == PENDING)).tolist():
            due, _, _, grace = block.slots[j]
            subject = self.subjects[block.subjects[i]]
            excuse = self.excuses.covering(block.measure, subject, due if at is None else at)
            if excuse:
                block.state[i, j] = EXCUSED
                block.reasons[i, j] = excuse.reason
                if excuse.recorded_at > grace:
                    block.excused_late.add((i, j))

    # -- count ---------------------------------------------------------------------------------------------------

    def _judge_count(self, group: _Group, round_: Round, opens: int, closes: int) -> None:
        last = closes - 1
        owed = self.presence.owed(group, [(round_, last, (opens, closes))])[:, 0]
        position, rows = self._rows(group.subjects, round_.observation, round_.covers)
        inside = (self.facts.observed_at[rows] >= opens) & (self.facts.observed_at[rows] < closes)
        position, rows = position[inside], rows[inside]
        order = self._first_to_last(position, rows)
        position, rows = position[order], rows[order]
        counts, done = self.facts.aside[rows] == COUNTS, self.facts.says[rows] == DONE
        self._send_home(rows[~counts], 2, last)
        position, rows, done = position[counts], rows[counts], done[counts]
        self._send_home(rows[~done | ~owed[position]], 2, last)
        position, rows = position[done & owed[position]], rows[done & owed[position]]
        assert round_.pace.count is not None
        needed = round_.pace.count.at_least
        before = np.arange(len(rows)) - np.searchsorted(position, position)
        self._send_home(rows[before < needed], 0, last)
        self._send_home(rows[before >= needed], 1, last)
        if not self.plan.start < closes <= self.plan.end:
            return
        n, spent = len(owed), before < needed
        late = spent & self._entered_late(rows, round_)
        used = np.bincount(position[spent], minlength=n)
        state = np.where(used >= needed, ON_TIME, PENDING if self.as_of < closes else MISSED)
        block = Block(
            group.measure, group.subjects, [(closes, opens, closes, closes)],
            np.where(owed, state, 0).astype(np.int8)[:, None], np.full((n, 1), -1), used[:, None],
            np.bincount(position[late], minlength=n)[:, None], {}, set(),
        )  # fmt: skip
        self._excuse(block, last)
        self.blocks.append(block)


def _span(slot: Slot) -> Span | None:
    return (slot.due, slot.end) if slot.round.pace.per_day else None


class _Presence:
    """Who owes what, asked once for all subjects for whom the answer is the same."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.selection, self.subjects = plan, plan.selection, plan.institution.subjects
        edges = [edge for g in plan.groups for s in g.slots for edge in (s.due, s.end)]
        edges += [edge for g in plan.groups for _, a, b in g.windows for edge in (a, b)]
        self.low, self.high = min(edges, default=plan.start), max(edges, default=plan.end) + 1
        self.places = plan.institution.places
        self._steady: dict[int, str | None] = {}

    def owed(self, group: _Group, asked: Sequence[tuple[Round, int, Span | None]]) -> Flags:
        """Return [subject, slot]: whether it is owed. `asked` are the measure, the instant and the length of each."""
        rounds = list({id(round_): round_ for round_, _, _ in asked}.values())
        placed = any(s.places.kinds or s.places.classes or s.places.within for r in rounds for s in r.applies_to)
        dated = any(s.places.classes for r in rounds for s in r.applies_to)
        known: dict[tuple[object, ...], list[bool]] = {}
        found = np.zeros((len(group.subjects), len(asked)), bool)
        for position, n in enumerate(group.subjects.tolist()):
            subject = self.subjects[n]
            alike = self._alike(n, subject, rounds, placed)
            row = known.get(alike) if alike is not None else None
            if row is None:
                once = alike is not None and len(rounds) == 1 and not dated
                row = [self.selection.owes(r, subject, at, span) for r, at, span in (asked[:1] if once else asked)]
                row = row * len(asked) if once else row
                if alike is not None:
                    known[alike] = row
            found[position] = row
        return found

    def _alike(self, n: int, subject: Subject, rounds: Sequence[Round], placed: bool) -> tuple[object, ...] | None:
        """Return what the answer depends on for a subject for whom it is the same all day, None for any other."""
        if subject.kind == "person":
            if any(r.presence == "assigned" for r in rounds):
                return None if subject.assignments else ("no assignment",)
            where = self._where(n, subject)
            if where is None:
                return None
            return subject.population, subject.base, where if placed else bool(where)
        if subject.kind == "place":
            place = self.places.get(subject.ref)
            told_apart = any(r.occupied or s.places.within for r in rounds for s in r.applies_to)
            return None if place is None or place.standings or told_apart else (place.kind,)
        return (subject.kind,) if subject.kind in ("group", "facility") else None

    def _where(self, n: int, subject: Subject) -> str | None:
        """Return where a person is throughout, "" if nowhere, None if that changes."""
        if n not in self._steady:
            self._steady[n] = self.selection.steady(subject, self.low, self.high)
        return self._steady[n]
