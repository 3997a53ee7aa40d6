"""The protocol in force: as phases for the evaluator, and as lines for the report."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from lazaretto.apps.command import declared
from lazaretto.apps.command.declared import Declared
from lazaretto.apps.command.models import FlagDeclaration, LevelDeclaration, ProtocolOverride, ProtocolRecord
from lazaretto.apps.registry.imports import Population
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.clock import FOREVER, utc_text
from lazaretto.protocol.document import BaseClass, Document
from lazaretto.protocol.load import Loaded, load_stack
from lazaretto.protocol.measures import Measure
from lazaretto.protocol.record import Phase
from lazaretto.protocol.resolve import Override, Resolved, resolve
from lazaretto.protocol.text import Text

M = TypeVar("M", bound=Measure)


class NoProtocol(Exception):
    """The facility has adopted no protocol."""


class InForce(NamedTuple):
    """
    One resolved protocol for as long as it was in force: the declaration of its level (None: the normal one), those of
    the flags that hold, and the overrides. `document` is the digest of the protocol as adopted.
    """

    start: int
    end: int
    resolved: Resolved
    declaration: LevelDeclaration | None
    document: str = ""
    flags: tuple[FlagDeclaration, ...] = ()
    overrides: tuple[ProtocolOverride, ...] = ()

    def phase(self) -> Phase:
        return self.resolved.phase(self.start, self.end)


@lru_cache(maxsize=128)
def protocol(digest: str) -> Loaded:
    """Return a protocol that was adopted, with all its layers; one stored whole, as was done before, is one layer."""
    row = ProtocolRecord.objects.get(digest=digest)
    if "layers" in row.record:
        return load_stack(row.record["layers"])
    return load_stack([{"file": f"{row.name}.yaml", "text": json.dumps(_written(row.record), ensure_ascii=False)}])


def _written(value: Any) -> Any:
    """Return plain data without what is null: stored whole, a null said nothing, and demanded nothing."""
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items() if item is not None}
    return [_written(item) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=256)
def _resolved(digest: str, level: str, flags: tuple[str, ...], overrides: tuple[str, ...]) -> Resolved:
    loaded = protocol(digest)
    known = {known.id for known in loaded.document.levels}
    patches = [Override(**json.loads(text)) for text in overrides]
    return resolve(loaded, level if level in known else loaded.document.normal_level, flags, patches)


def as_override(row: ProtocolOverride) -> Override:
    """Return an override as the resolution takes it."""
    return Override(str(row.number), row.measure, row.patch, row.rank)


def timeline(facility: Facility, as_of: int) -> list[InForce]:
    """
    Return what was in force, from the first adoption on, as known at `as_of` (the first adoption is always known).

    :raises NoProtocol: if nothing was ever adopted.
    """
    rows = declared.rows(facility)
    adopted = [row for row in rows if row[0] == "adoption"]
    if not adopted:
        raise NoProtocol(facility.code)
    first = min(adopted, key=lambda row: row[2])
    return list(_phases(facility.pk, frozenset(row for row in rows if row is first or row[3] <= as_of)))


@lru_cache(maxsize=512)
def _phases(facility: int, known: frozenset[declared.Row]) -> tuple[InForce, ...]:
    """Return what was in force by these rows: the same rows, in whatever transaction they are read, give the same."""
    found = declared.declared(facility, known)
    edges = {a.starts for a in found.adoptions} | {d.starts for d in found.levels} | {f.starts for f in found.flags}
    edges |= {t for o in found.overrides for t in (o.starts, o.stops)}
    first = found.adoptions[0].starts
    starts = sorted({max(edge, first) for edge in edges})
    return tuple(_phase(start, end, found) for start, end in zip(starts, [*starts[1:], FOREVER], strict=True))


def _phase(start: int, end: int, found: Declared) -> InForce:
    adoption = [a for a in found.adoptions if a.starts <= start][-1]
    level = next((d for d in reversed(found.levels) if d.starts <= start), None)
    last = {d.flag: d for d in found.flags if d.starts <= start}
    held = tuple(d for d in last.values() if d.holds)
    active = tuple(o for o in found.overrides if o.starts <= start < o.stops)
    words = tuple(json.dumps(asdict(as_override(o)), sort_keys=True) for o in active)
    names = tuple(sorted(d.flag for d in held))
    resolved = _resolved(adoption.document_id, level.level if level else "", names, words)
    return InForce(start, end, resolved, level, adoption.document_id, held, active)


def adopted_at(facility: Facility) -> int:
    """
    Return when the first protocol was adopted. That one holds for all days before as well, so that they can be judged;
    what runs from a beginning runs from here. :raises NoProtocol: if nothing was ever adopted.
    """
    adopted = [row for row in declared.rows(facility) if row[0] == "adoption"]
    if not adopted:
        raise NoProtocol(facility.code)
    return int(min(adopted, key=lambda row: row[2])[3])


def overrides(facility: Facility) -> list[ProtocolOverride]:
    """Return all overrides of a facility, the newest first."""
    return list(ProtocolOverride.objects.filter(facility=facility).order_by("-number"))


def in_force(facility: Facility, at: int) -> InForce:
    """Return what is in force at an instant (before the first adoption: the first). :raises NoProtocol: if nothing is."""
    phases = timeline(facility, at)
    return next((p for p in phases if p.start <= at < p.end), phases[0])


def measures_once(
    facility: Facility, at: int, wanted: Collection[tuple[str, str]], kind: type[M]
) -> dict[tuple[str, str], M]:
    """
    Return the measures of a kind as they were when something began, by the digest of the resolved protocol and their id:
    those that are `wanted` and still known. Nothing is asked of the database if nothing is wanted.
    """
    if not wanted:
        return {}
    every = {p.resolved.digest: p.resolved for p in timeline(facility, at)}
    return {
        (digest, m.id): m
        for digest, resolved in every.items()
        for m in resolved.everything
        if isinstance(m, kind) and (digest, m.id) in wanted
    }


def protocol_lines(phases: list[InForce], start: int, end: int) -> list[dict[str, str]]:
    """Return the report's lines about the protocols in force in [start, end)."""
    return [
        {
            "id": p.resolved.document.id,
            "digest": p.resolved.digest,
            "from": utc_text(max(p.start, start)),
            "to": utc_text(min(p.end, end)),
        }
        for p in phases
        if p.start < end and p.end > start
    ]


def level_lines(phases: list[InForce], start: int, end: int) -> list[dict[str, str | None]]:
    """Return the report's lines about the response levels in [start, end), with when each must be reviewed."""
    return [
        {
            "level": p.resolved.level,
            "from": utc_text(max(p.start, start)),
            "to": utc_text(min(p.end, end)),
            "review_at": utc_text(p.declaration.review_at) if p.declaration and p.declaration.review_at else None,
        }
        for p in phases
        if p.start < end and p.end > start
    ]


def measure_titles(digests: list[str]) -> dict[str, Text]:
    """Return the titles of the measures of resolved protocols, by id."""
    found: dict[str, Text] = {}
    for record in ProtocolRecord.objects.filter(digest__in=digests).values_list("record", flat=True):
        found |= {m["id"]: Text(m["title"]["zh"], m["title"]["en"]) for m in record["measures"]}
    return found


def population_words(document: Document) -> Mapping[str, Population]:
    """Return every word that a table may use for a population, in either language, with the population it means."""
    words: dict[str, Population] = {base: Population(base, base) for base in BaseClass.__args__}  # type: ignore[attr-defined]
    words |= {"residents": words["resident"], "staff": words["staff_member"], "职工": words["staff_member"]}
    words |= {"被监管人员": words["resident"], "工作人员": words["staff_member"], "外来人员": words["contractor"]}
    for population in document.populations:
        meant = Population(population.id, population.base)
        words |= {population.id: meant, population.title.zh: meant, population.title.en: meant}
    return words
