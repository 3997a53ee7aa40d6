"""
What became of the slots that matter now: who owes each, which fact or excuse decided it, and in which order one walks.

The same answers as the evidence of a day (`evaluation`), for a few subjects and without its arrays.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.due_lines import DueState, Group, Line
from lazaretto.apps.rounds.expected import Asked, Horizon, asked
from lazaretto.apps.rounds.facts_near import Index, Known, facts_near
from lazaretto.apps.rounds.nearby import Nearby
from lazaretto.apps.rounds.sheets import as_walked
from lazaretto.protocol.evidence import EXCUSING
from lazaretto.protocol.excuses import Excuses
from lazaretto.protocol.record import Excuse, Phase, Subject
from lazaretto.protocol.selection import Selection
from lazaretto.protocol.slots import Calendar, Slot

_Key = tuple[str, int, int, int, int]
_Owed = tuple[Group, Slot, tuple[str, ...]]


class Judging:
    """Judges what is asked of those who are near."""

    def __init__(
        self, facility: Facility, near: Nearby, phases: Sequence[Phase], horizon: Horizon, *, done: bool
    ) -> None:
        self.done = done
        self.near, self.at = near, horizon.at
        self.subjects = near.institution.subjects
        self.selection = Selection(near.institution)
        calendar = Calendar(facility.zone, facility.code)
        self.asked = list(asked(calendar, phases, self.selection, self.subjects, horizon))
        self.facts = self._facts(facility)
        self.excusing = _Excusing(near, horizon.at, self.selection)
        self.found: dict[_Key, Group] = {}
        refs = [s.ref for s in self.subjects]
        self.subject_rank = {ref: n for n, ref in enumerate(sorted(refs, key=as_walked))}
        places = {ref.partition(":")[2] for ref in near.institution.places} | {""}
        self.place_rank = {code: n for n, code in enumerate(sorted(places, key=as_walked))}

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
            judge = self._counted if one.counts else self._judged
            for group, slot, names, subject, place in self._owing(one):
                line = judge(one.measure, slot, names, subject, place)
                if line is None:
                    group.on_time += 1
                else:
                    group.lines.append(line)
        groups = [g for g in self.found.values() if g.n]
        places, subjects = self.place_rank, self.subject_rank
        for group in groups:
            group.lines.sort(key=lambda line: (places[line.place], subjects[line.subject]))
        return sorted(groups, key=lambda g: (g.due, g.round.id, g.opens, g.grace_until))

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
        known: dict[tuple[str, str, str], list[_Owed]] = {}
        for subject in one.subjects:
            steady = None if assigned or subject.kind != "person" else self.selection.steady(subject, low, high)
            if steady == "" or (steady and not self._is_inside(steady)):
                continue
            if steady:
                alike = subject.population, subject.base, steady
                owed = known.get(alike)
                if owed is None:
                    owed = known[alike] = [e for e in every if self._owes(one, e[1], subject)]
                code = steady.partition(":")[2]
                left = owed if self.done or one.counts else self._not_simply_done(owed, subject.ref)
                yield from ((group, slot, names, subject, code) for group, slot, names in left)
                continue
            for group, slot, names in every:
                if self._owes(one, slot, subject):
                    place = self._place(one, slot, subject)
                    if self._is_inside(place):
                        yield group, slot, names, subject, (place or "").partition(":")[2]

    def _not_simply_done(self, owed: list[_Owed], ref: str) -> list[_Owed]:
        """Count what was done on time by the first fact of its window, which is nearly all, and return the rest."""
        left = []
        for one in owed:
            group, slot, names = one
            known = self.facts.get((ref, names[0])) if len(names) == 1 else None
            if known is not None:
                times, facts = known
                first = bisect_left(times, slot.opens)
                if first < len(times) and facts[first].outcome == "done":
                    seen = times[first]
                    if seen < slot.closes and seen <= slot.grace_until:
                        group.on_time += 1
                        continue
            left.append(one)
        return left

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

    def _judged(self, measure: str, slot: Slot, names: tuple[str, ...], subject: Subject, place: str) -> Line | None:
        fact = _chosen(self._window(slot, names, subject))
        if fact is not None and fact.outcome == "done":
            if not self.done and fact.observed_at <= slot.grace_until:
                return None
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

    def _counted(self, measure: str, slot: Slot, names: tuple[str, ...], subject: Subject, place: str) -> Line | None:
        assert slot.round.pace.count is not None
        needed = slot.round.pace.count.at_least
        done = sum(f.outcome == "done" for f in self._window(slot, names, subject))
        used = min(done, needed)
        if done >= needed:
            return None if not self.done else Line(subject.ref, place, "on_time", used=used)
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
        found: list[Known] = []
        for ref in refs:
            for name in names:
                known = self.facts.get((ref, name))
                if known is not None:
                    times, facts = known
                    first = bisect_left(times, slot.opens)
                    found += facts[first : bisect_left(times, slot.closes, first)]
        if len(found) > 1 and (len(refs) > 1 or len(names) > 1):
            found.sort(key=lambda f: (f.observed_at, f.id))
        return found


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
