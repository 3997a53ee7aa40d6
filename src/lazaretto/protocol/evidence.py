"""
Evidence: what was owed on a facility-day, joined with what was done, as of an instant.

Source: contract, rules 3 to 9; the choices are in ADR 0002. `tests/property/oracle.py` gives the same answers row by
row, and slowly.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from operator import attrgetter
from typing import NamedTuple

from lazaretto.protocol.clock import instant, minute_of_day
from lazaretto.protocol.corrections import corrected
from lazaretto.protocol.excuses import Excuses
from lazaretto.protocol.record import (
    Evidence,
    Fact,
    Fate,
    Institution,
    Phase,
    SlotResult,
    SlotState,
    Subject,
)
from lazaretto.protocol.round import Round
from lazaretto.protocol.selection import Selection
from lazaretto.protocol.slots import Calendar, Segment, Slot, count_windows, is_count, segments, slots

_Index = dict[str, dict[str, list[Fact]]]
_Key = tuple[tuple[Segment, ...], bool]
EXCUSING = ("refused", "unable")
OFFLINE = ("offline", "paper")


def day_ends_at(timeline: Sequence[Phase], zone: str, day: date) -> int:
    """Return the end of facility-day `day` (ADR 0002, 14)."""
    midnight = instant(zone, day, 0)
    begun = [p for p in timeline if p.start <= midnight] or timeline[:1]
    phase = max(begun, key=lambda p: p.start)
    return instant(zone, day, minute_of_day(phase.day_ends))


def day_bounds(timeline: Sequence[Phase], zone: str, day: date) -> tuple[int, int]:
    """Return [start, end) of a facility-day."""
    return day_ends_at(timeline, zone, day - timedelta(days=1)), day_ends_at(timeline, zone, day)


def evaluate(institution: Institution, timeline: Sequence[Phase], day: date, as_of: int) -> Evidence:
    """
    Return the evidence of one facility-day as of an instant.

    Hand in the facts observed within the longest interval of the protocol before and after the day, at least two days
    on each side, so that the windows at its edges are whole.
    """
    start, end = day_bounds(timeline, institution.zone, day)
    return _Evaluation(institution, timeline, start, end, as_of).run()


class _Window(NamedTuple):
    """The facts inside one slot's window, apart by outcome."""

    done: list[Fact]
    other: list[Fact]


class _Evaluation:
    def __init__(self, institution: Institution, timeline: Sequence[Phase], start: int, end: int, as_of: int) -> None:
        self.timeline, self.start, self.end, self.as_of = timeline, start, end, as_of
        self.calendar = Calendar(institution.zone, institution.facility)
        self.subjects = institution.subjects
        self.selection = Selection(institution)
        self.facts = corrected(f for f in institution.facts if f.recorded_at <= as_of)
        self.excuses = Excuses(institution.excuses, as_of, self.selection)
        self.by_observation = _by_observation(self.facts.leaves)
        self.set_aside = _by_observation([*self.facts.superseded, *self.facts.void])
        self.results: list[SlotResult] = []
        self.homes: dict[str, tuple[int, int]] = {}  # fact id → (0 used, 1 repeat, 2 extra), due of its home slot
        self.known_slots: dict[_Key, list[Slot]] = {}
        self.reach = reach(timeline)

    def run(self) -> Evidence:
        asked = list(self._asked())
        edges = [edge for key in self.known_slots for edge in self._windows_of_the_day(key)]
        self.first_open = min([self.start, *(opens for opens, _ in edges)])
        self.last_close = max([self.end, *(closes for _, closes in edges)])
        for measure, subject, parts, key in asked:
            self._judge_slots(measure, subject, key)
            self._judge_counts(measure, subject, parts)
        self.results.sort(key=lambda r: (r.measure, r.subject, r.due))
        return Evidence(self.start, self.end, self.as_of, tuple(self.results), self._fates(), self._conflicts())

    # -- slots ---------------------------------------------------------------------------------------------------

    def _asked(self) -> Iterator[tuple[str, Subject, tuple[Segment, ...], _Key]]:
        """Yield every measure with every subject that it can ask, and where their slots are kept."""
        for measure in dict.fromkeys(r.id for p in self.timeline for r in p.measures):
            plain = segments(self.timeline, measure, Subject(""))
            keys = {"wake_for_rounds"}.union(
                *(r.standing_keys() for p in self.timeline for r in p.measures if r.id == measure)
            )
            for subject in self.subjects:
                parts = plain
                if any(s.key in keys for s in subject.standings):
                    parts = segments(self.timeline, measure, subject)
                parts = tuple(p for p in parts if self.selection.concerns(p.round, subject))
                if not parts:
                    continue
                key = (parts, subject.base == "resident")
                if key not in self.known_slots:
                    self.known_slots[key] = slots(
                        self.calendar, parts, subject.base, self.start - self.reach, self.end + self.reach
                    )
                yield measure, subject, parts, key

    def _windows_of_the_day(self, key: _Key) -> Iterator[tuple[int, int]]:
        yield from ((s.opens, s.closes) for s in self.known_slots[key] if self.start <= s.due < self.end)
        for part in key[0]:
            if is_count(part.round):
                yield from count_windows(self.calendar, part, self.start, self.end)

    def _judge_slots(self, measure: str, subject: Subject, key: _Key) -> None:
        """Judge the slots of the day, and those neighbours whose windows share facts with any slot of the day."""
        every = self.known_slots[key]
        first = bisect_right(every, self.first_open, key=_CLOSES)
        for slot in every[first : bisect_left(every, self.last_close, first, key=_OPENS)]:
            today = self.start <= slot.due < self.end
            window = self._window(slot, subject)
            if today or window.done or window.other or self.set_aside:
                self._judge(measure, subject, slot, window, today)

    def _judge(self, measure: str, subject: Subject, slot: Slot, window: _Window, today: bool) -> None:
        self._home_of_set_aside(slot, subject)
        hidden = slot.round.pace.random is not None and slot.due > self.as_of
        span = (slot.due, slot.end) if slot.round.pace.per_day else None
        if hidden or not self.selection.owes(slot.round, subject, slot.due, span):
            self._send_home([*window.done, *window.other], 2, slot.due)
            return
        chosen = _chosen(window)
        if chosen is not None:
            self._send_home([chosen], 0, slot.due)
            self._send_home([f for f in (*window.done, *window.other) if f is not chosen], 1, slot.due)
        if today:
            self.results.append(self._result(measure, subject, slot, chosen))

    def _result(self, measure: str, subject: Subject, slot: Slot, fact: Fact | None) -> SlotResult:
        state: SlotState
        reason, excused_late = "", False
        if fact is not None and fact.outcome == "done":
            state = "on_time" if fact.observed_at <= slot.grace_until else "late"
        elif fact is not None and fact.outcome in EXCUSING and fact.reason:
            state, reason = "excused", fact.reason
        else:
            excuse = self.excuses.covering(measure, subject, slot.due)
            reason = excuse.reason if excuse else fact.reason if fact else ""
            excused_late = excuse is not None and excuse.recorded_at > slot.grace_until
            overdue = self.as_of >= min(slot.grace_until, slot.closes)
            state = "excused" if excuse else "missed" if overdue else "pending"
        return SlotResult(
            measure, subject.ref, slot.due, slot.opens, slot.closes, slot.grace_until, state,
            fact.id if fact else None, reason, excused_late,
            int(fact is not None and _entered_late(fact, slot.round)), int(fact is not None),
        )  # fmt: skip

    def _window(self, slot: Slot, subject: Subject) -> _Window:
        done: list[Fact] = []
        other: list[Fact] = []
        for fact in self._candidates(self.by_observation, slot, subject):
            (done if fact.outcome == "done" else other).append(fact)
        return _Window(done, other)

    def _candidates(self, index: "_Index", slot: Slot, subject: Subject) -> list[Fact]:
        """Return the facts in a slot's window, in order of time and id."""
        observations = [slot.round.observation]
        if slot.night == "observe" and slot.round.observation != "night_check":
            observations.append("night_check")
        refs: tuple[str, ...] = (subject.ref,)
        if slot.round.covers == "below" and subject.kind == "place":
            refs = self.selection.chain(subject.ref)
        found: list[Fact] = []
        for observation in observations:
            of_subject = index.get(observation)
            if of_subject:
                for ref in refs:
                    facts = of_subject.get(ref)
                    if facts:
                        first = bisect_left(facts, slot.opens, key=_OBSERVED)
                        found.extend(facts[first : bisect_left(facts, slot.closes, first, key=_OBSERVED)])
        if len(found) > 1:
            found.sort(key=_ORDER)
        return found

    # -- count ---------------------------------------------------------------------------------------------------

    def _judge_counts(self, measure: str, subject: Subject, parts: tuple[Segment, ...]) -> None:
        for part in parts:
            if is_count(part.round):
                for opens, closes in count_windows(self.calendar, part, self.start - self.reach, self.end + self.reach):
                    self._judge_count(measure, subject, part.round, opens, closes)

    def _judge_count(self, measure: str, subject: Subject, round_: Round, opens: int, closes: int) -> None:
        last = closes - 1
        slot = Slot(last, closes, opens, closes, closes, round_, "")
        self._home_of_set_aside(slot, subject)
        window = self._window(slot, subject)
        if not self.selection.owes(round_, subject, last, (opens, closes)):
            self._send_home([*window.done, *window.other], 2, last)
            return
        assert round_.pace.count is not None
        needed = round_.pace.count.at_least
        self._send_home(window.done[:needed], 0, last)
        self._send_home(window.done[needed:], 1, last)
        self._send_home(window.other, 2, last)
        if self.start < closes <= self.end:
            excuse = self.excuses.covering(measure, subject, last)
            state: SlotState = "pending" if self.as_of < closes else "missed"
            if len(window.done) >= needed:
                state, excuse = "on_time", None
            elif excuse:
                state = "excused"
            used = window.done[:needed]
            self.results.append(
                SlotResult(
                    measure,
                    subject.ref,
                    closes,
                    opens,
                    closes,
                    closes,
                    state,
                    None,
                    excuse.reason if excuse else "",
                    bool(excuse and excuse.recorded_at > closes),
                    sum(_entered_late(f, round_) for f in used),
                    len(used),
                )
            )

    # -- fates ---------------------------------------------------------------------------------------------------

    def _send_home(self, facts: list[Fact], rank: int, due: int) -> None:
        """Note the best fate of each fact; among used slots the earliest, else the earliest whose window holds it."""
        for fact in facts:
            known = self.homes.get(fact.id)
            if known is None:
                self.homes[fact.id] = (rank, due)
            elif rank == 0 or known[0] == 0:
                used = [r for r in (known, (rank, due)) if r[0] == 0]
                self.homes[fact.id] = min(used, key=lambda r: r[1])
            else:
                self.homes[fact.id] = (min(known[0], rank), min(known[1], due))

    def _home_of_set_aside(self, slot: Slot, subject: Subject) -> None:
        if self.set_aside:
            self._send_home(self._candidates(self.set_aside, slot, subject), 2, slot.due)

    def _is_today(self, fact: Fact) -> bool:
        return self.start <= self.homes.get(fact.id, (2, fact.observed_at))[1] < self.end

    def _fates(self) -> dict[str, Fate]:
        words: tuple[Fate, ...] = ("used", "repeat", "extra")
        fates: dict[str, Fate] = {}
        for fact in self.facts.leaves:
            if self._is_today(fact):
                fates[fact.id] = words[self.homes.get(fact.id, (2, 0))[0]]
        fates |= {f.id: "superseded" for f in self.facts.superseded if self._is_today(f)}
        fates |= {f.id: "void" for f in self.facts.void if self._is_today(f)}
        return fates

    def _conflicts(self) -> tuple[str, ...]:
        return tuple(sorted(f.id for f in self.facts.conflicts if self._is_today(f)))


_OPENS, _CLOSES = attrgetter("opens"), attrgetter("closes")
_OBSERVED = attrgetter("observed_at")
_ORDER = attrgetter("observed_at", "id")


def _by_observation(facts: list[Fact]) -> _Index:
    index: _Index = {}
    for fact in sorted(facts, key=_ORDER):
        index.setdefault(fact.observation, {}).setdefault(fact.subject, []).append(fact)
    return index


def reach(timeline: Sequence[Phase]) -> int:
    """
    Return how far from the day a fact or slot can lie that matters to it: the windows of the day's slots reach one
    interval out, and the windows that share facts with those one more.
    """
    longest = 1
    for phase in timeline:
        for round_ in phase.measures:
            for value in (round_, *(round_.under(frozenset(p.where.items())) for p in round_.standings)):
                cadence = value.pace
                within = cadence.count.within.days if cadence.count else 0
                longest = max(longest, within, cadence.every.days if cadence.every else 0)
    return (2 * longest * 24 + 6) * 3600 * 1000


def _chosen(window: _Window) -> Fact | None:
    """Return the fact that decides an owed slot: the earliest done, else the one that excuses, else the earliest."""
    if window.done:
        return window.done[0]
    excusing = (f for f in window.other if f.outcome in EXCUSING and f.reason)
    return next(excusing, window.other[0] if window.other else None)


def _entered_late(fact: Fact, round_: Round) -> bool:
    allowance = round_.entry_allowance
    limit = allowance.offline if fact.source in OFFLINE else allowance.online
    return fact.recorded_at - fact.observed_at > limit.nominal_ms
