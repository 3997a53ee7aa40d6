"""Every table that goes out and comes in: those of the rounds and the registry, and the laboratory's worklist with its results."""

from collections.abc import Container, Iterator
from typing import Any

from lazaretto.apps.laboratory.imports import ResultImporter
from lazaretto.apps.laboratory.models import Order
from lazaretto.apps.registry.importing import Importer
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds import tables as rounds
from lazaretto.protocol.clock import local

RESULTS = ResultImporter.name
BY_TIME = (*rounds.BY_TIME, RESULTS)
NAMES = (*rounds.NAMES, RESULTS)


def importer(table: str, facility: Facility, now: int) -> Importer:
    """Return what takes a table in. :raises NoProtocol: if the table needs a protocol and none was adopted."""
    return ResultImporter(facility, now=now) if table == RESULTS else rounds.importer(table, facility, now)


def heads(table: str) -> tuple[str, ...]:
    """Return the columns of a table, in the order in which it goes out."""
    return ResultImporter.known if table == RESULTS else rounds.heads(table)


def lines(
    facility: Facility, table: str, *, span: tuple[int, int] | None = None, without: Container[str] = ()
) -> Iterator[list[Any]]:
    """Return the rows of a table as its importer reads them, heads first; what grows with the days, of `span` only."""
    if table != RESULTS:
        yield from rounds.lines(facility, table, span=span, without=without)
        return
    assert span is not None
    yield list(heads(table))
    rows = Order.objects.filter(facility=facility, due_at__gte=span[0], due_at__lt=span[1])
    for order in rows.select_related("person").prefetch_related("specimens").order_by("due_at", "number"):
        yield from _lines(facility, order)


def _lines(facility: Facility, order: Order) -> Iterator[list[str]]:
    """Yield an order with each of its samples, or once with empty cells while there is none."""
    head = [str(order.number), order.person.code, order.panel, order.test, _moment(facility, order.due_at)]
    samples = sorted(order.specimens.all(), key=lambda s: (s.taken_at, s.pk))
    for s in samples:
        reported = _moment(facility, s.reported_at) if s.reported_at is not None else ""
        yield [*head, s.code, _moment(facility, s.taken_at), s.outcome, s.result, reported, s.reason]
    if not samples:
        yield [*head, "", "", "", "", "", ""]


def _moment(facility: Facility, ms: int) -> str:
    return local(facility.zone, ms).isoformat(timespec="milliseconds")
