"""
How a facility stands at an instant: each measure's evidence of today, and the state of each place by it.

It is the evidence of the day as the report counts it (`rounds.queries.day_evidence`), looked at by place. A slot that
was missed of somebody of whom nothing was recorded all day is `unknown`: not "not done", for we do not know.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from lazaretto.apps.console.keeping import Keeper
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.journal import news
from lazaretto.apps.registry.models import Facility, Place
from lazaretto.apps.registry.queries import HELD
from lazaretto.apps.reporting.counts import ISOLATION, QUARANTINE
from lazaretto.apps.rounds.queries import DayEvidence, day_evidence
from lazaretto.apps.rounds.results import EXCUSED, LATE, MISSED, ON_TIME, PENDING, Block
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.document import Document
from lazaretto.protocol.record import Subject
from lazaretto.protocol.round import Round

#: From the worst to the best.
SEVERITY = ("alert", "missed", "unknown", "refused", "late", "hold", "due", "excused", "on_time")


@dataclass
class Measure:
    """What became of what a measure owes today. `states` counts, place by place, how the latest of it stands."""

    id: str
    round: Round
    counts: Counter[str] = field(default_factory=Counter)
    places: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def owed_so_far(self) -> int:
        return sum(self.counts[s] for s in ("on_time", "late", "missed", "unknown"))

    @property
    def done(self) -> int:
        return self.counts["on_time"] + self.counts["late"]


class Site(NamedTuple):
    """A place of the plan. `people` are those in it and below it."""

    code: str
    parent: str
    kind: str
    name_zh: str
    name_en: str
    people: int


@dataclass
class Situation:
    """
    A facility at an instant. `people` counts who is there by base class, and those in a stage of isolation. `drawn` is for
    pages to keep what they made of it.
    """

    at: int
    document: Document
    measures: list[Measure]
    sites: dict[str, Site]
    people: Counter[str]
    unknown: dict[str, int]
    parents: dict[str, str]
    drawn: dict[Any, Any] = field(default_factory=dict)

    def of(self, measure: str) -> Measure | None:
        return next((m for m in self.measures if m.id == measure), None)


_kept: Keeper[Situation] = Keeper()


def situation(asked: Asked, now: int) -> Situation:
    """Return how the facility stands, from memory while that is true. :raises NoProtocol: if nothing was adopted."""
    here = asked.facility
    stands = news.heads([here.log_id])[here.log_id]
    return _kept.get((here.log.ref, asked.today), stands, now, lambda: look(here, now))


def look(facility: Facility, at: int) -> Situation:
    """Return how a facility stands, worked out anew."""
    day = day_evidence(facility, local_day(facility.zone, at), at)
    document = next((p for p in day.in_force if p.start <= at < p.end), day.in_force[-1]).resolved.document
    rounds = {m.id: m for p in day.in_force if p.start <= at for m in p.resolved.measures}
    where = {n: _place(s, at) for n, s in enumerate(day.evidence.subjects)}
    measures: dict[str, Measure] = {}
    unknown: Counter[str] = Counter()
    for block in day.evidence.blocks:
        if block.measure not in rounds:
            continue
        measure = measures.setdefault(block.measure, Measure(block.measure, rounds[block.measure]))
        _take(measure, block, where, at)
        if measure.round.observation == "temperature":
            unknown.update(_silent_people(block, where))
    parents = {ref.partition(":")[2]: (p.parent or "").partition(":")[2] for ref, p in day.institution.places.items()}
    sites = _sites(facility, day, at, parents)
    return Situation(at, document, list(measures.values()), sites, _people(day, at), dict(unknown), parents)


def _place(subject: Subject, at: int) -> str:
    """Return the code of the place where a subject is, "" if it is in none."""
    if subject.kind == "person":
        ref = next((s.place for s in subject.stays if s.start <= at < s.end), "")
    else:
        ref = subject.place or (f"place:{subject.ref.partition(':')[2]}" if subject.kind == "group" else "")
    return ref.partition(":")[2]


def _silent(block: Block) -> Any:
    """Say of each slot whether it was missed by somebody of whom nothing at all was recorded today."""
    heard: Any = (block.fact >= 0).any(axis=1) | np.isin(block.state, (ON_TIME, LATE)).any(axis=1)
    silent = (block.state == MISSED) & ~heard[:, None]
    for i, j in block.reasons:
        silent[i, j] = False
    return silent


def _take(measure: Measure, block: Block, where: Mapping[int, str], at: int) -> None:
    """Add a block to what is known of its measure."""
    silent, slots = _silent(block), np.array([s[:3] for s in block.slots], dtype=np.int64)
    for code, name in ((ON_TIME, "on_time"), (LATE, "late"), (MISSED, "missed"), (EXCUSED, "excused")):
        measure.counts[name] += int((block.state == code).sum())
    measure.counts["pending"] += int((block.state == PENDING).sum())
    measure.counts["unknown"] += int(silent.sum())
    measure.counts["missed"] -= int(silent.sum())
    opened = (block.state > 0) & (slots[:, 1] <= at)[None, :]
    latest = opened.shape[1] - 1 - np.argmax(opened[:, ::-1], axis=1)
    for i in np.flatnonzero(opened.any(axis=1)).tolist():
        j = int(latest[i])
        place = where[int(block.subjects[i])]
        state = _state(int(block.state[i, j]), bool(silent[i, j]), at < int(slots[j, 2]))
        measure.places.setdefault(place, Counter())[state] += 1


def _state(code: int, silent: bool, is_open: bool) -> str:
    if silent:
        return "unknown"
    if code == MISSED:
        return "late" if is_open else "missed"
    return {ON_TIME: "on_time", LATE: "late", EXCUSED: "excused", PENDING: "due"}[code]


def _silent_people(block: Block, where: Mapping[int, str]) -> Iterable[str]:
    """Yield the place of each person of whom a reading was missed and nothing was recorded today."""
    for i in np.flatnonzero(_silent(block).any(axis=1)).tolist():
        yield where[int(block.subjects[i])]


def _people(day: DayEvidence, at: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for subject in day.institution.subjects:
        if subject.kind != "person":
            continue
        here = any(s.start <= at < s.end for s in subject.stays)
        if here:
            found["held" if subject.base in HELD else "staff" if subject.base == "staff_member" else "others"] += 1
        for key, name in ((ISOLATION, "isolation"), (QUARANTINE, "quarantine")):
            if here and any(s.key == key and s.start <= at < s.end for s in subject.standings):
                found[name] += 1
    return found


def _sites(facility: Facility, day: DayEvidence, at: int, parents: Mapping[str, str]) -> dict[str, Site]:
    rows = Place.objects.filter(facility=facility).exclude(kind__in=("bed", "bunk")).order_by("code")
    known = {code: rest for code, *rest in rows.values_list("code", "parent__code", "kind", "name_zh", "name_en")}
    people: Counter[str] = Counter()
    for subject in day.institution.subjects:
        if subject.kind == "person":
            people.update(around(_place(subject, at), parents))
    return {c: Site(c, p or "", kind, zh, en, people[c]) for c, (p, kind, zh, en) in known.items()}


def by_place(found: Situation, measures: Sequence[Measure]) -> dict[str, Counter[str]]:
    """
    Return how many owed things stand in which state, for each place and all below it. Beds count for their room.
    """
    own: dict[str, Counter[str]] = {}
    for measure in measures:
        for code, states in measure.places.items():
            own.setdefault(code, Counter()).update(states)
    total: dict[str, Counter[str]] = {}
    for code, states in own.items():
        for place in around(code, found.parents):
            total.setdefault(place, Counter()).update(states)
    return total


def around(code: str, parents: Mapping[str, str]) -> Iterable[str]:
    """Yield a place and all places around it, the nearest first."""
    while code:
        yield code
        code = parents.get(code, "")


def worst(states: Mapping[str, int]) -> str:
    """Return the gravest state of which there is any."""
    return next((s for s in SEVERITY if states.get(s)), "")
