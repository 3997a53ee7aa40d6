"""How rows of goods and of the daily count are remembered in the journal, and under which key."""

from collections.abc import Iterable
from typing import Any

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.passage.models import (
    Consignment,
    DayCheck,
    Issue,
    Lot,
    Meal,
    Reading,
    Recall,
    Sample,
    Seen,
    Supplier,
)
from lazaretto.apps.registry.models import Facility

ENTITIES: dict[type, str] = {
    Supplier: "supplier", Consignment: "consignment", Lot: "lot", Sample: "lot_sample", Reading: "lot_reading", Meal: "meal",
    Issue: "kitchen_issue", Recall: "recall", Seen: "gate_seen", DayCheck: "gate_day",
}  # fmt: skip


def keep(
    facility: Facility, kind: str, items: Iterable[Any], *, by: str, at: int, occurred_at: int | None = None
) -> None:
    """Append one entry for the new versions of rows."""
    versions = [Version(ENTITIES[type(item)], str(item.pk), item.record()) for item in items]
    journal.record(
        facility.log, kind, versions, by=by[:40], at=at, occurred_at=at if occurred_at is None else occurred_at
    )
