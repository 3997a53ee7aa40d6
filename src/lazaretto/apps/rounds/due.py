"""
Due now: for a ward, a post or a person, what is due, done, late, missed or excused at an instant, and what comes next.

The answers are those of the day's evidence (`queries.day_evidence`) for the same instants; only what is near is read.
Source: contract, rules 3 to 8.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from lazaretto.apps.command.queries import timeline
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.expected import DAY_MS, Asked, Horizon, asked
from lazaretto.apps.rounds.facts_near import Index, Known, facts_near
from lazaretto.apps.rounds.nearby import Nearby, NothingThere, Where, nearby
from lazaretto.apps.rounds.queries import relevant_phases
from lazaretto.apps.rounds.sheets import Label, as_walked
from lazaretto.protocol.document import Document
from lazaretto.protocol.evidence import EXCUSING, reach
from lazaretto.protocol.excuses import Excuses
from lazaretto.protocol.record import Excuse, Phase, Subject
from lazaretto.protocol.round import Round
from lazaretto.protocol.selection import Selection
from lazaretto.protocol.slots import Calendar, Slot

HOUR_MS = 3_600_000
DueState = Literal["on_time", "late", "missed", "excused", "pending", "upcoming"]


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


class Line(NamedTuple):
    """
    One subject in one slot. `place` is the code of where it is then, "" if nowhere in particular. `fact` decided it, was
    observed at `observed_at` and says `value`; `by` did, refused or excused it; `used` counts towards what a count needs.
    """

    subject: str
    place: str
    state: DueState
    fact: str = ""
    observed_at: int | None = None
    value: str = ""
    by: str = ""
    reason: str = ""
    used: int = 0


@dataclass(slots=True)
class Group:
    """
    The slots of a measure that are due at one time, in the order in which somebody walks. `closes` is when it can be done
    no longer; None where that would tell the next time of a random round.
    """

    round: Round
    due: int
    opens: int
    closes: int | None
    grace_until: int
    counts: bool
    lines: list[Line] = field(default_factory=list)

    @property
    def tally(self) -> Counter[str]:
        return Counter(line.state for line in self.lines)

    def is_open(self, at: int) -> bool:
        """Say whether what is not done can still be done."""
        return self.opens <= at and (self.closes is None or at < self.closes)


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
) -> DueList:
    """
    Return every slot whose window is open, that was due in the last `back` or will be within `ahead`, of those who are
    there at its due instant.

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
    work = _Work(facility, near, phases, horizon)
    return DueList(at, now.resolved.document, work.groups(), near.labels, work.present())


def _owned(phases: Sequence[Phase], owner: str) -> list[Phase]:
    """Keep the measures of an owner. :raises NothingThere: if it owns none."""
    found = [
        Phase(p.start, p.end, tuple(m for m in p.measures if m.owner == owner), p.day_ends, p.shifts) for p in phases
    ]
    if not any(p.measures for p in found):
        raise NothingThere
    return found


_Key = tuple[str, int, int, int, int]


class _Work:
    """Judges what is asked of those who are near."""

    def __init__(self, facility: Facility, near: Nearby, phases: Sequence[Phase], horizon: Horizon) -> None:
        self.near, self.at = near, horizon.at
        self.subjects = near.institution.subjects
        self.selection = Selection(near.institution)
        calendar = Calendar(facility.zone, facility.code)
        self.asked = list(asked(calendar, phases, self.selection, self.subjects, horizon))
        self.facts = self._facts(facility)
        self.excusing = _Excusing(near, horizon.at, self.selection)
        self.found: dict[_Key, Group] = {}
        self.walk: dict[str, list[tuple[bool, int, str]]] = {}

    def _facts(self, facility: Facility) -> Index:
        spans: dict[tuple[str, str], tuple[int, int]] = {}
        for one in self.asked:
            kind = one.subjects[0].kind
            for slot, names in zip(one.slots, one.takes, strict=True):
                for name in names:
                    low, high = spans.get((kind, name), (slot.opens, slot.closes))
                    spans[kind, name] = min(low, slot.opens), max(high, slot.closes)
        wanted = dict.fromkeys(s.ref for one in self.asked for s in one.subjects)
        if any(s.round.covers == "below" for one in self.asked for s in one.slots):
            wanted |= dict.fromkeys(self.near.institution.places)
        return facts_near(facility, list(wanted), spans, self.at)

    def groups(self) -> list[Group]:
        for one in self.asked:
            for group, slot, names, subject, place in self._owing(one):
                judge = self._counted if one.counts else self._judged
                group.lines.append(judge(one.measure, slot, names, subject, place))
        groups = [g for g in self.found.values() if g.lines]
        for group in groups:
            group.lines.sort(key=lambda line: (self._walked(line.place), self._walked(line.subject)))
        return sorted(groups, key=lambda g: (g.due, g.round.id, g.opens, g.grace_until))

    def _walked(self, code: str) -> list[tuple[bool, int, str]]:
        found = self.walk.get(code)
        if found is None:
            found = self.walk[code] = as_walked(code)
        return found

    def present(self) -> dict[str, str]:
        """Return who is there now, with the code of the place."""
        people = ((s.ref, self.selection.place_of(s, self.at)) for s in self.subjects if s.kind == "person")
        return {ref: place.partition(":")[2] for ref, place in people if place and self._is_inside(place)}

    # -- who owes --------------------------------------------------------------------------------------------------

    def _owing(self, one: Asked) -> Iterator[tuple[Group, Slot, tuple[str, ...], Subject, str]]:
        """Yield every slot that somebody there owes, with its group and where he is; asked once for all who are alike."""
        groups = [self._group(one, slot) for slot in one.slots]
        every = list(zip(groups, one.slots, one.takes, strict=True))
        low, high = min(s.opens for s in one.slots), max(max(s.due, s.end) for s in one.slots) + 1
        assigned = any(s.round.presence == "assigned" for s in one.slots)
        known: dict[tuple[str, str, str], list[bool]] = {}
        for subject in one.subjects:
            steady = None if assigned or subject.kind != "person" else _steady(subject, low, high)
            if steady == "" or (steady and not self._is_inside(steady)):
                continue
            if steady:
                alike = subject.population, subject.base, steady
                owed = known.get(alike)
                if owed is None:
                    owed = known[alike] = [self._owes(one, slot, subject) for slot in one.slots]
                code = steady.partition(":")[2]
                yield from ((g, s, names, subject, code) for (g, s, names), o in zip(every, owed, strict=True) if o)
                continue
            for group, slot, names in every:
                if self._owes(one, slot, subject):
                    place = self._place(one, slot, subject)
                    if self._is_inside(place):
                        yield group, slot, names, subject, (place or "").partition(":")[2]

    def _owes(self, one: Asked, slot: Slot, subject: Subject) -> bool:
        if one.counts:
            return self.selection.owes(slot.round, subject, slot.closes - 1, (slot.opens, slot.closes))
        span = (slot.due, slot.end) if slot.round.pace.per_day else None
        return self.selection.owes(slot.round, subject, slot.due, span)

    def _place(self, one: Asked, slot: Slot, subject: Subject) -> str | None:
        """Return where a subject is when it is due; if he was there only later (or before), where he was first."""
        if subject.kind == "group":
            ref = f"place:{subject.ref.partition(':')[2]}"
            return ref if ref in self.near.institution.places else None
        due = slot.closes - 1 if one.counts else slot.due
        place = self.selection.place_of(subject, due)
        if place is None and subject.kind == "person":
            start = slot.opens if one.counts else slot.due
            return next((s.place for s in subject.stays if s.start < slot.end and s.end > start), None)
        return place

    def _is_inside(self, place: str | None) -> bool:
        if place is None:
            return self.near.loose or self.near.inside is None
        return self.near.inside is None or place in self.near.inside

    def _group(self, one: Asked, slot: Slot) -> Group:
        key = one.measure, slot.due, slot.opens, slot.closes, slot.grace_until
        if key not in self.found:
            hidden = slot.round.pace.random is not None and slot.closes > self.at
            closes = None if hidden else slot.closes
            self.found[key] = Group(slot.round, slot.due, slot.opens, closes, slot.grace_until, one.counts)
        return self.found[key]

    # -- what became of it -----------------------------------------------------------------------------------------

    def _judged(self, measure: str, slot: Slot, names: tuple[str, ...], subject: Subject, place: str) -> Line:
        fact = _chosen(self._window(slot, names, subject))
        if fact is not None and fact.outcome == "done":
            state: DueState = "on_time" if fact.observed_at <= slot.grace_until else "late"
            return Line(subject.ref, place, state, fact.id, fact.observed_at, fact.value, fact.by)
        if fact is not None and fact.outcome in EXCUSING and fact.reason:
            return Line(subject.ref, place, "excused", fact.id, fact.observed_at, "", fact.by, fact.reason)
        excuse = self.excusing.covering(measure, subject, slot.due)
        id_, seen, value, by, why = ("", None, "", "", "") if fact is None else (
            fact.id, fact.observed_at, fact.value, fact.by, fact.reason
        )  # fmt: skip
        if excuse is not None:
            by = self.near.excused_by[excuse.id]
            return Line(subject.ref, place, "excused", id_, seen, value, by, excuse.reason)
        overdue = self.at >= min(slot.grace_until, slot.closes)
        state = "missed" if overdue else "pending" if slot.opens <= self.at else "upcoming"
        return Line(subject.ref, place, state, id_, seen, value, by, why)

    def _counted(self, measure: str, slot: Slot, names: tuple[str, ...], subject: Subject, place: str) -> Line:
        assert slot.round.pace.count is not None
        needed = slot.round.pace.count.at_least
        done = sum(f.outcome == "done" for f in self._window(slot, names, subject))
        used = min(done, needed)
        if done >= needed:
            return Line(subject.ref, place, "on_time", used=used)
        excuse = self.excusing.covering(measure, subject, slot.closes - 1)
        if excuse is not None:
            by = self.near.excused_by[excuse.id]
            return Line(subject.ref, place, "excused", by=by, reason=excuse.reason, used=used)
        return Line(subject.ref, place, "pending" if self.at < slot.closes else "missed", used=used)

    def _window(self, slot: Slot, names: tuple[str, ...], subject: Subject) -> list[Known]:
        """Return the facts that may fulfil a slot, in order of time and id."""
        refs: tuple[str, ...] = (subject.ref,)
        if slot.round.covers == "below" and subject.kind == "place":
            refs = self.selection.chain(subject.ref)
        found = [
            f for ref in refs for name in names for f in self.facts.get((ref, name), ())
            if slot.opens <= f.observed_at < slot.closes
        ]  # fmt: skip
        if len(found) > 1 and (len(refs) > 1 or len(names) > 1):
            found.sort(key=lambda f: (f.observed_at, f.id))
        return found


def _steady(subject: Subject, low: int, high: int) -> str | None:
    """Return where a person is throughout, "" if nowhere, None if that changes."""
    near = [s for s in subject.stays if s.start < high and s.end > low]
    if not near:
        return ""
    return near[0].place if len(near) == 1 and near[0].start <= low and near[0].end >= high else None


def _chosen(window: Sequence[Known]) -> Known | None:
    """Return the fact that decides an owed slot: the earliest done, else the one that excuses, else the earliest."""
    if not window:
        return None
    done = next((f for f in window if f.outcome == "done"), None)
    return done or next((f for f in window if f.outcome in EXCUSING and f.reason), window[0])


class _Excusing:
    """The excuses of a few people among those that hold for many, so that each slot looks at few."""

    def __init__(self, near: Nearby, at: int, selection: Selection) -> None:
        self.at, self.selection = at, selection
        every = near.institution.excuses
        self.wide = [e for e in every if e.scope != "subject"]
        self.own: dict[str, list[Excuse]] = {}
        for excuse in every:
            if excuse.scope == "subject" and excuse.subject:
                self.own.setdefault(excuse.subject, []).append(excuse)
        self.common = Excuses(self.wide, at, selection)
        self.known: dict[str, Excuses] = {}

    def covering(self, measure: str, subject: Subject, due: int) -> Excuse | None:
        own = self.own.get(subject.ref)
        if own is None:
            return self.common.covering(measure, subject, due)
        if subject.ref not in self.known:
            self.known[subject.ref] = Excuses([*self.wide, *own], self.at, self.selection)
        return self.known[subject.ref].covering(measure, subject, due)
