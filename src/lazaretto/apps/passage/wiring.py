"""What the journal is told of goods and of the daily count: how to read their rows, and what becomes of them."""

from collections.abc import Iterator
from typing import Any

from lazaretto.apps.journal import queries as journal
from lazaretto.apps.journal.retention import target
from lazaretto.apps.passage import keeping, purging
from lazaretto.apps.passage.models import Consignment, Issue, Lot, Reading, Sample

#: By which way a row belongs to a log, and what its record reads besides.
_WAY: dict[type, str] = {Sample: "lot__facility__log", Reading: "lot__facility__log"}
_BESIDES: dict[type, tuple[str, ...]] = {
    Consignment: ("supplier",), Lot: ("consignment", "recall"), Sample: ("lot",), Reading: ("lot",), Issue: ("lot", "meal"),
}  # fmt: skip


def connect() -> None:
    for model, entity in keeping.ENTITIES.items():
        journal.rows_now(entity, _rows(model))
    target("goods", after="announced", due=purging.goods_due, purge=purging.purge_goods)
    target("gate_days", after="recorded", due=purging.days_due, purge=purging.purge_days)


def _rows(model: Any) -> Any:
    def rows(log: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        found = model.objects.filter(**{_WAY.get(model, "facility__log"): log}).order_by("pk")
        besides = _BESIDES.get(model, ())
        for row in found.select_related(*besides) if besides else found:
            yield str(row.pk), row.record()

    return rows
