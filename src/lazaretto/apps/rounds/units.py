"""Which unit answers for a subject, and which units sent nothing on a day on which they owed something."""

from typing import Protocol

import numpy as np

from lazaretto.apps.rounds.queries import DayEvidence
from lazaretto.protocol.record import Subject
from lazaretto.protocol.selection import Selection


class UnitOf(Protocol):
    """Which unit answers for a subject at an instant, and for whom that never changes."""

    def __call__(self, subject: Subject, at: int) -> str: ...

    def is_fixed(self, subject: Subject) -> bool: ...


class Units:
    """
    Which unit answers for a subject: the person's own, else the wing around the place where it was, else none.

    `nearest` names, for a place outside every wing, the place at the top, so that its gaps can be counted somewhere.
    """

    def __init__(self, day: DayEvidence) -> None:
        self.selection = Selection(day.institution)
        self.places = day.institution.places

    def __call__(self, subject: Subject, at: int) -> str:
        if subject.unit or subject.kind == "group":
            return subject.unit or subject.ref.partition(":")[2]
        return self.wing(subject, at)

    def wing(self, subject: Subject, at: int) -> str:
        """Return the wing in which a subject is at an instant, empty if in none."""
        chain = self.selection.chain(self.selection.place_of(subject, at))
        return next((ref.partition(":")[2] for ref in chain if self.places[ref].kind == "wing"), "")

    def is_fixed(self, subject: Subject) -> bool:
        """Say whether the same unit answers for a subject all the time."""
        return bool(subject.unit) or subject.kind != "person"

    def nearest(self, subject: Subject, at: int) -> str:
        chain = self.selection.chain(self.selection.place_of(subject, at))
        return self(subject, at) or (chain[-1].partition(":")[2] if chain else "")


def units(day: DayEvidence, unit_of: UnitOf) -> tuple[set[str], set[str]]:
    """
    Return the units that owed something that could be judged, and those of them from which any fact came.
    """
    evidence, subjects = day.evidence, day.institution.subjects
    fixed = np.array([unit_of.is_fixed(s) for s in subjects], bool)
    judged, heard = evidence.judged_and_heard()
    expected = {unit_of(subjects[n], evidence.start) for n in np.flatnonzero(judged & fixed)}
    reported = {unit_of(subjects[n], evidence.start) for n in np.flatnonzero(heard & fixed)}
    people = {s.ref: s for s, is_fixed in zip(subjects, fixed, strict=True) if not is_fixed}
    for slot in evidence.of(np.flatnonzero(judged & ~fixed)):
        if slot.state in ("on_time", "late", "missed"):
            expected.add(unit_of(people[slot.subject], slot.due))
    for ref, at in evidence.heard_from(np.flatnonzero(heard & ~fixed)):
        reported.add(unit_of(people[ref], at))
    return expected - {""}, expected & reported - {""}
