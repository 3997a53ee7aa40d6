"""
The few facts that a list of what is due needs, in two queries: those of some subjects in the span of each observation, by
the index of subjects, and what they correct or are corrected by.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from django.db import connection

from lazaretto.apps.registry.models import Facility
from lazaretto.protocol import record
from lazaretto.protocol.corrections import corrected

Span = tuple[int, int]
_FIELDS = (
    "f.id, f.subject_kind, f.subject, f.observation, f.observed_at, f.recorded_at, f.outcome, f.reason, f.supersedes, "
    'f.value, f."by"'
)
_LISTS = {
    "sqlite": ("json_extract(t.value, '$[{n}]')", "json_each(%s)", "t.value"),
    "postgresql": ("t.value ->> {n}", "jsonb_array_elements(%s::jsonb)", "t.value #>> '{{}}'"),
}

_IS_CORRECTED = (
    "CASE WHEN EXISTS (SELECT 1 FROM rounds_fact c WHERE c.facility_id = f.facility_id AND c.supersedes = f.id "
    "AND c.recorded_at <= %s) THEN 1 ELSE 0 END"
)
_KNOWN = "f.facility_id = %s AND f.recorded_at <= %s"
#: From the name of a fact to the facts that correct it, and to the one that it corrects.
_LINKS = {
    "sqlite": (
        f"SELECT f.id FROM chain CROSS JOIN rounds_fact f WHERE {_KNOWN} AND f.supersedes = chain.name "
        f"UNION SELECT f.supersedes FROM chain CROSS JOIN rounds_fact f "
        f"WHERE {_KNOWN} AND f.id = chain.name AND f.supersedes <> ''"
    ),
    "postgresql": (
        f"SELECT link.name FROM chain CROSS JOIN LATERAL (SELECT f.id AS name FROM rounds_fact f "
        f"WHERE {_KNOWN} AND f.supersedes = chain.name UNION ALL SELECT f.supersedes FROM rounds_fact f "
        f"WHERE {_KNOWN} AND f.id = chain.name AND f.supersedes <> '') AS link"
    ),
}


class Known(NamedTuple):
    """One fact on record."""

    id: str
    kind: str
    code: str
    observation: str
    observed_at: int
    recorded_at: int
    outcome: str
    reason: str
    supersedes: str
    value: str
    by: str
    corrected: int = 0
    """Whether a correction of it is on record (asked of the facts that were looked for, not of those linked to them)."""


#: Facts that count, by subject and observation: their times, and the facts, in order of time and id.
Index = dict[tuple[str, str], tuple[list[int], list[Known]]]
_IN_ORDER = attrgetter("observed_at", "id")


def facts_near(facility: Facility, subjects: Sequence[str], spans: Mapping[tuple[str, str], Span], as_of: int) -> Index:
    """
    Return the facts that count about `subjects` (references), of the observations and spans that are asked of their kind,
    as known at an instant.
    """
    rows = _of(facility, subjects, spans, as_of) if subjects and spans else []
    links = {name for f in rows if f.supersedes or f.corrected for name in (f.id, f.supersedes) if name}
    beside = _beside(facility, links, as_of)
    chained = {f.id: f for f in beside}
    away = {f.id for f in _set_aside(list(chained.values()))}
    found: dict[tuple[str, str, str], list[Known]] = {}
    for fact in rows:
        if fact.outcome != "void" and fact.id not in away:
            found.setdefault((fact.kind, fact.code, fact.observation), []).append(fact)
    for facts in found.values():
        facts.sort(key=_IN_ORDER)  # they come in order of time, mostly: only the same moment is told apart by the id
    return {
        (f"{kind}:{code}", observation): ([f.observed_at for f in facts], facts)
        for (kind, code, observation), facts in found.items()
    }


def _of(facility: Facility, subjects: Sequence[str], spans: Mapping[tuple[str, str], Span], as_of: int) -> list[Known]:
    part, rows, _ = _LISTS[connection.vendor]
    one, two, three, four = (part.format(n=n) for n in range(4))
    number = "CAST({} AS BIGINT)".format
    who = [ref.split(":", 1) for ref in subjects]
    asked = [[kind, observation, low, high] for (kind, observation), (low, high) in sorted(spans.items())]
    sql = (
        f"WITH who(kind, code) AS (SELECT {one}, {two} FROM {rows} AS t), "
        f"asked(kind, observation, low, high) AS (SELECT {one}, {two}, {number(three)}, {number(four)} FROM {rows} AS t) "
        f"SELECT {_FIELDS}, {_IS_CORRECTED} FROM asked CROSS JOIN who CROSS JOIN rounds_fact f WHERE who.kind = asked.kind "
        "AND f.facility_id = %s AND f.subject_kind = who.kind AND f.subject = who.code "
        "AND f.observation = asked.observation AND f.observed_at >= asked.low AND f.observed_at < asked.high "
        "AND f.recorded_at <= %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(who), json.dumps(asked), as_of, facility.pk, as_of])
        return list(map(Known._make, cursor.fetchall()))


def _beside(facility: Facility, names: Iterable[str], as_of: int) -> list[Known]:
    """Return the whole chains of corrections that any of `names` is in, however far they reach."""
    _, listed, text = _LISTS[connection.vendor]
    sql = (
        f"WITH RECURSIVE chain(name) AS (SELECT {text.format()} FROM {listed} AS t UNION {_LINKS[connection.vendor]}) "
        f"SELECT {_FIELDS}, 0 FROM chain CROSS JOIN rounds_fact f WHERE {_KNOWN} AND f.id = chain.name"
    )
    here = [facility.pk, as_of]
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(sorted(names)), *here * 3])
        return list(map(Known._make, cursor.fetchall()))


def _set_aside(chained: Sequence[Known]) -> list[record.Fact]:
    facts = [
        record.Fact(
            f.id, f.observation, f"{f.kind}:{f.code}", f.observed_at, f.recorded_at, f.outcome,  # type: ignore[arg-type]
            f.reason, f.supersedes or None,
        )
        for f in chained
    ]  # fmt: skip
    said = corrected(facts)
    return [*said.superseded, *said.void]
