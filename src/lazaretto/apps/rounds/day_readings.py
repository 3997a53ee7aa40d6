"""The temperatures of a day as columns: what was read of whom, by whom, with what."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lazaretto.apps.rounds.columns import Numbers, Whole
from lazaretto.apps.rounds.models import Fact
from lazaretto.apps.rounds.queries import DayEvidence
from lazaretto.apps.rounds.units import UnitOf
from lazaretto.protocol.fever import TEMPERATURE
from lazaretto.surveillance.honesty import walks

_NONE = -1


@dataclass
class DayReadings:
    """
    Readings that count (done, people's, not superseded), in order of time. `steps` are tenths of a degree; `person`, `unit`,
    `author` and `device` number the names in `people`, `units`, `authors` and `devices`; an empty name is not known.
    """

    ids: Sequence[str]
    at: Whole
    steps: Whole
    person: Whole
    author: Whole
    device: Whole
    people: list[str]
    authors: list[str]
    devices: list[str]
    unit_of: Whole
    units: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def unit(self) -> Whole:
        found: Whole = self.unit_of[self.person]
        return found

    def walk(self, pause: int) -> Whole:
        """Return the number of the round in which each was read: by one author in one unit, without a longer pause."""
        return walks(self.author * len(self.units) + self.unit, self.at, pause)

    def ids_of(self, rows: Whole) -> list[str]:
        return [self.ids[row] for row in rows.tolist()]


def day_readings(day: DayEvidence, unit_of: UnitOf) -> DayReadings:
    """Return the temperatures of people observed on a day and known as of its evidence."""
    start, end, as_of = day.evidence.start, day.evidence.end, day.evidence.as_of
    facility = day.facts.facility
    known = Fact.objects.filter(facility=facility, recorded_at__lte=as_of)
    corrected = set(known.filter(supersedes__gt="").values_list("supersedes", flat=True))
    rows = known.filter(
        observation=TEMPERATURE, subject_kind="person", outcome="done", observed_at__gte=start, observed_at__lt=end
    ).values_list("id", "observed_at", "value", "subject", "by", "device")
    read = [row for row in rows if row[0] not in corrected]
    ids, at, values, subjects, by, devices = (list(c) for c in zip(*read, strict=True)) if read else ([],) * 6
    steps = _steps(values)
    kept = np.flatnonzero(steps > _NONE)
    kept = kept[np.lexsort((np.array(at, np.int64)[kept],))]
    ids, at, subjects, by, devices = (
        [column[row] for row in kept.tolist()] for column in (ids, at, subjects, by, devices)
    )
    people, authors, named = Numbers[str](), Numbers[str](), Numbers[str]()
    person, author, device = (
        np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))
        for numbers, words in ((people, subjects), (authors, by), (named, devices))
    )
    units = Numbers[str]()
    units[""]
    answering = {s.ref: units[unit_of(s, start)] for s in day.institution.subjects if s.kind == "person"}
    unit = np.array([answering.get(f"person:{code}", 0) for code in people], np.int64)
    return DayReadings(
        ids, np.array(at, np.int64), steps[kept], person, author, device, list(people), list(authors), list(named), unit,
        list(units),
    )  # fmt: skip


def _steps(values: Sequence[str]) -> Whole:
    """Return tenths of a degree, _NONE for what is no number."""
    try:
        found = np.array(values, np.float64)
    except ValueError:
        found = np.array([float(v) if v.replace(".", "", 1).isdigit() else np.nan for v in values])
    return np.where(np.isfinite(found), np.rint(found * 10), _NONE).astype(np.int64)
