"""
Facts from the database: as columns for the evidence of a day, as objects where a few are asked for.

A column comes as one text from the database, its values joined there: that is several times faster than row by row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import count, repeat
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds import models
from lazaretto.apps.rounds.columns import NO_LINKS, Columns, Manner, Numbers, Raw, links
from lazaretto.apps.rounds.evaluation import Span
from lazaretto.protocol import record
from lazaretto.protocol.evidence import OFFLINE

_VALUE, _PART = "\x1f", "\x1e"
_PLAIN = Manner("done", "", "")
_PAPER = OFFLINE[-1]
#: How a fact came about, said only of those that are not a person's, done, and entered online. The reason comes last: it
#: alone is free text.
_MANNER = (
    "CASE WHEN outcome = 'done' AND subject_kind = 'person' AND source NOT IN ({offline}) THEN '' "
    "ELSE subject_kind || '{part}' || outcome || '{part}' || CASE WHEN source IN ({offline}) THEN '{paper}' ELSE '' END "
    "|| '{part}' || reason END"
).format(offline=", ".join(f"'{word}'" for word in OFFLINE), part=_PART, paper=_PAPER)
_TEXTS = ("subject", "id", '"by"', _MANNER)
_NUMBERS = ("observed_at", "recorded_at")
_WHERE = (
    "FROM rounds_fact WHERE facility_id = %s AND observation = %s AND observed_at >= %s AND observed_at < %s "
    "AND recorded_at <= %s"
)
_OBJECT = (
    "id", "subject_kind", "subject", "supersedes", "observation", "observed_at", "recorded_at", "outcome", "reason",
    "source", "value", "by", "method", "site", "device",
)  # fmt: skip
_BATCH = 900


#: A reading that may be at or over a value: what is not plainly a number is looked at by the caller.
_REACHES = {
    "postgresql": "CASE WHEN value ~ '^[0-9]+([.][0-9]+)?$' THEN value::numeric >= %s ELSE value <> '' END",
    "sqlite": "(CAST(value AS REAL) >= %s OR value GLOB '*[^0-9.]*')",
}


class Facts:
    """The facts of a facility as known at an instant."""

    def __init__(self, facility: Facility, as_of: int) -> None:
        self.facility, self.as_of = facility, as_of
        self._known = models.Fact.objects.filter(facility=facility, recorded_at__lte=as_of)

    def columns(self, refs: Sequence[str], spans: Mapping[str, Span], otherwise: Span) -> Columns:
        """
        Return the facts observed in the span of their observation, or else in `otherwise`. Subjects are numbered by
        `refs`; who is not among them comes after.
        """
        people = {ref.partition(":")[2]: n for n, ref in enumerate(refs) if ref.startswith("person:")}
        numbers = Numbers[str](zip(refs, count(), strict=False))
        manners, names = Numbers[str](), Numbers[str]()
        observations = _observations(self.facility)
        found: list[list[Any]] = [[] for _ in range(6)]
        every_id: list[str] = []
        for code, name in enumerate(observations):
            texts, times = _joined([self.facility.pk, name, *spans.get(name, otherwise), self.as_of])
            subjects, ids, by, said = texts
            subject = np.fromiter(map(people.get, subjects, repeat(-1)), np.int64, len(subjects))
            manner, author = (_numbered(all_, words) for all_, words in ((manners, said), (names, by)))
            of_people = np.array([_kind(word) == "person" for word in manners], bool)
            for index in np.flatnonzero((subject < 0) | ~of_people[manner]).tolist():
                subject[index] = numbers[f"{_kind(said[index])}:{subjects[index]}"]
            for column, part in zip(found, (subject, np.full(len(ids), code), *times, manner, author), strict=True):
                column.append(part)
            every_id += ids
        subject, observation, observed_at, recorded_at, manner, author = (_together(parts) for parts in found)
        raw = Raw(
            subject, observation, observed_at, recorded_at, manner, list(map(_manner, manners)), author, list(names),
            every_id,
        )  # fmt: skip
        chained = self._chained(every_id)
        return Columns(list(numbers), observations, raw, links(self._by_id(chained)) if chained else NO_LINKS)

    def of(self, observation: str, span: Span) -> list[record.Fact]:
        """Return the facts of one observation, with the whole chain of corrections of each."""
        return self._with_chains(_objects(self._within(observation, span)))

    def about(self, observation: str, subjects: Iterable[str], span: Span, kind: str = "person") -> list[record.Fact]:
        """Return the facts of one observation about a few subjects, with the whole chain of corrections of each."""
        codes, found = sorted(set(subjects)), dict[str, record.Fact]()
        for at in range(0, len(codes), _BATCH):
            some = {"subject_kind": kind, "subject__in": codes[at : at + _BATCH]}
            found |= {f.id: f for f in _objects(self._within(observation, span).filter(**some))}
        edge = list(found.values())
        while edge:  # link by link: there are few
            ids = {f.id for f in edge}
            older = {f.supersedes for f in edge if f.supersedes} - found.keys()
            linked = [*self._by_id(older), *self._by_id(ids, "supersedes")]
            edge = [f for f in linked if f.id not in found]
            found |= {f.id: f for f in edge}
        return list(found.values())

    def reaching(self, observation: str, span: Span, least: Decimal) -> list[record.Fact]:
        """Return the same for those subjects only of whom any reading is at or over a value."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT DISTINCT subject_kind, subject {_WHERE} AND {_REACHES[connection.vendor]}",
                [self.facility.pk, observation, *span, self.as_of, float(least) - 1e-6],
            )
            subjects: dict[str, list[str]] = {}
            for kind, subject in cursor.fetchall():
                subjects.setdefault(kind, []).append(subject)
        found: list[record.Fact] = []
        for kind, codes in subjects.items():
            for at in range(0, len(codes), _BATCH):
                some = {"subject_kind": kind, "subject__in": codes[at : at + _BATCH]}
                found += _objects(self._within(observation, span).filter(**some))
        return self._with_chains(found)

    def _within(self, observation: str, span: Span) -> QuerySet[models.Fact]:
        return self._known.filter(observation=observation, observed_at__gte=span[0], observed_at__lt=span[1])

    def _with_chains(self, facts: Iterable[record.Fact]) -> list[record.Fact]:
        known = {f.id: f for f in facts}
        known |= {f.id: f for f in self._by_id(self._chained(known) - known.keys())}
        return list(known.values())

    def _by_id(self, ids: Iterable[str], column: str = "id") -> list[record.Fact]:
        names = sorted(ids)
        batches = (names[at : at + _BATCH] for at in range(0, len(names), _BATCH))
        return [fact for some in batches for fact in _objects(self._known.filter(**{f"{column}__in": some}))]

    @cached_property
    def _beside(self) -> Mapping[str, Sequence[str]]:
        """What each fact of a chain of corrections is linked with; a chain may reach to any time."""
        found: dict[str, list[str]] = {}
        for one, other in self._known.filter(supersedes__gt="").values_list("id", "supersedes"):
            found.setdefault(one, []).append(other)
            found.setdefault(other, []).append(one)
        return found

    def _chained(self, ids: Iterable[str]) -> set[str]:
        """Return the ids of the chains that touch `ids`."""
        beside = self._beside
        found = {id_ for id_ in ids if id_ in beside} if beside else set[str]()
        edge = list(found)
        while edge:
            edge = list({other for one in edge for other in self._beside[one]} - found)
            found.update(edge)
        return found


def _objects(rows: QuerySet[models.Fact]) -> Iterator[record.Fact]:
    for id_, kind, subject, supersedes, *rest in rows.values_list(*_OBJECT).iterator(chunk_size=5000):
        observation, observed, recorded, outcome, reason, *more = rest
        yield record.Fact(
            id_, observation, f"{kind}:{subject}", observed, recorded, outcome, reason, supersedes or None, *more
        )


def _together(parts: Sequence[Any]) -> Any:
    return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)


def _numbered(numbers: Numbers[str], words: Sequence[str]) -> Any:
    return np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))


def _kind(said: str) -> str:
    return said.partition(_PART)[0] or "person"


def _manner(said: str) -> Manner:
    return Manner(*said.split(_PART, 3)[1:]) if said else _PLAIN


def _observations(facility: Facility) -> list[str]:
    """Return what facts were ever about, by leaps through the index."""
    found: list[str] = []
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT MIN(observation) FROM rounds_fact WHERE facility_id = %s AND observation > %s",
                [facility.pk, found[-1] if found else ""],
            )
            (name,) = cursor.fetchone()
            if name is None:
                return found
            found.append(name)


def _joined(which: Sequence[Any]) -> tuple[list[list[str]], list[Any]]:
    """Return columns of text and of numbers."""
    with connection.cursor() as cursor:
        texts = [_join(name, _VALUE) for name in _TEXTS]
        cursor.execute(f"SELECT {', '.join([*texts, *(_join(name, ',') for name in _NUMBERS)])} {_WHERE}", which)
        *said, observed_at, recorded_at = cursor.fetchone()
        if observed_at is None:
            return [[] for _ in said], [np.zeros(0, np.int64)] * 2
        split = [text.split(_VALUE) for text in said]
        times = [np.fromstring(text, np.int64, sep=",") for text in (observed_at, recorded_at)]
        if any(len(column) != len(times[0]) for column in split):
            return _row_by_row(cursor, which)
        return split, times


def _row_by_row(cursor: Any, which: Sequence[Any]) -> tuple[list[list[str]], list[Any]]:
    """The same where a text holds the mark that parts the values."""
    cursor.execute(f"SELECT {', '.join([*_TEXTS, *_NUMBERS])} {_WHERE}", which)
    *texts, observed_at, recorded_at = map(list, zip(*cursor.fetchall(), strict=True))
    return texts, [np.array(observed_at, np.int64), np.array(recorded_at, np.int64)]


def _join(column: str, mark: str) -> str:
    if connection.vendor == "postgresql":
        return f"STRING_AGG(({column})::text, '{mark}')"
    return f"GROUP_CONCAT({column}, '{mark}')"
