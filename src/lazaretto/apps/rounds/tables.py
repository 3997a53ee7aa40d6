"""Every table that goes out and comes in: those of the registry, facts and excuses, under one name each."""

from collections.abc import Container, Iterator
from typing import Any

from lazaretto.apps.command import queries as command
from lazaretto.apps.registry import exports
from lazaretto.apps.registry import imports as registry
from lazaretto.apps.registry.importing import Importer
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.imports import ExcuseImporter, FactImporter
from lazaretto.apps.rounds.models import Excuse, Fact
from lazaretto.protocol.clock import local

_IMPORTERS: dict[str, Any] = {
    "places": registry.PlaceImporter, "groups": registry.GroupImporter, "assets": registry.AssetImporter,
    "presence": registry.PresenceImporter, "movements": registry.MovementImporter,
    "standings": registry.StandingImporter, "assignments": registry.AssignmentImporter,
    "legal_dates": registry.LegalDateImporter, "facts": FactImporter, "excuses": ExcuseImporter,
}  # fmt: skip
#: Tables that grow with every day: what goes out of them is a span.
BY_TIME = ("facts", "excuses")
NAMES = (*exports.TABLES, *BY_TIME)


def importer(table: str, facility: Facility, now: int) -> Importer:
    """Return what takes a table in. :raises NoProtocol: if the table needs a protocol and none was adopted."""
    if table == "people":
        words = command.population_words(command.in_force(facility, now).resolved.document)
        return registry.PeopleImporter(facility, now=now, populations=words)
    made: Importer = _IMPORTERS[table](facility, now=now)
    return made


def heads(table: str) -> tuple[str, ...]:
    """Return the columns of a table, in the order in which it goes out."""
    if table in exports.TABLES:
        return exports.TABLES[table][0]
    return FactImporter.known if table == "facts" else ExcuseImporter.known


def lines(
    facility: Facility, table: str, *, span: tuple[int, int] | None = None, without: Container[str] = ()
) -> Iterator[list[Any]]:
    """Return the rows of a table as its importer reads them, heads first; facts and excuses of `span` only."""
    if table in exports.TABLES:
        yield from exports.lines(facility, table, without=without)
        return
    assert span is not None
    yield list(heads(table))
    yield from (_facts if table == "facts" else _excuses)(facility, *span)


def _facts(facility: Facility, start: int, end: int) -> Iterator[list[str]]:
    rows = Fact.objects.filter(facility=facility, observed_at__gte=start, observed_at__lt=end)
    for fact in rows.order_by("observed_at", "id").iterator(chunk_size=2000):
        cells = fact.record() | {"observed_at": _moment(facility, fact.observed_at)}
        yield [str(cells[name]) for name in heads("facts")]


def _excuses(facility: Facility, start: int, end: int) -> Iterator[list[str]]:
    rows = Excuse.objects.filter(facility=facility, starts__lt=end, ends__gt=start, withdrawn_at=None)
    for e in rows.order_by("starts", "pk").iterator(chunk_size=2000):
        span = [_moment(facility, e.starts), _moment(facility, e.ends)]
        yield [e.scope, e.subject, e.measure, *span, e.reason, e.by]


def _moment(facility: Facility, ms: int) -> str:
    return local(facility.zone, ms).isoformat(timespec="milliseconds")
