"""The protocol in force: as phases for the evaluator, and as lines for the report."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from lazaretto.apps.command.models import Adoption, LevelDeclaration, ProtocolRecord
from lazaretto.apps.registry.imports import Population
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.clock import FOREVER, utc_text
from lazaretto.protocol.document import BaseClass, Document
from lazaretto.protocol.record import Phase
from lazaretto.protocol.resolve import Resolved, resolve
from lazaretto.protocol.text import Text


class NoProtocol(Exception):
    """The facility has adopted no protocol."""


class InForce(NamedTuple):
    """One resolved protocol for as long as it was in force, and the declaration of its level (None: the normal one)."""

    start: int
    end: int
    resolved: Resolved
    declaration: LevelDeclaration | None

    def phase(self) -> Phase:
        return self.resolved.phase(self.start, self.end)


@lru_cache(maxsize=128)
def _document(digest: str) -> Document:
    return Document.model_validate(ProtocolRecord.objects.get(digest=digest).record)


@lru_cache(maxsize=128)
def _resolved(digest: str, level: str) -> Resolved:
    document = _document(digest)
    known = {known.id for known in document.levels}
    return resolve(document, level if level in known else document.normal_level)


def timeline(facility: Facility, as_of: int) -> list[InForce]:
    """
    Return what was in force, from the first adoption on, as known at `as_of` (the first adoption is always known).

    :raises NoProtocol: if nothing was ever adopted.
    """
    adoptions = list(Adoption.objects.filter(facility=facility).order_by("starts"))
    if not adoptions:
        raise NoProtocol(facility.code)
    adoptions = [adoptions[0], *(a for a in adoptions[1:] if a.recorded_at <= as_of)]
    levels = list(LevelDeclaration.objects.filter(facility=facility, recorded_at__lte=as_of).order_by("starts"))
    edges = sorted({a.starts for a in adoptions} | {d.starts for d in levels if d.starts > adoptions[0].starts})
    found = []
    for start, end in zip(edges, [*edges[1:], FOREVER], strict=True):
        adoption = [a for a in adoptions if a.starts <= start][-1]
        declared = [d for d in levels if d.starts <= start]
        level = declared[-1].level if declared else ""
        found.append(InForce(start, end, _resolved(adoption.document_id, level), declared[-1] if declared else None))
    return found


def in_force(facility: Facility, at: int) -> InForce:
    """Return what is in force at an instant (before the first adoption: the first). :raises NoProtocol: if nothing is."""
    phases = timeline(facility, at)
    return next((p for p in phases if p.start <= at < p.end), phases[0])


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
