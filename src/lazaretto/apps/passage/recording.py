"""How rows of this app are remembered in the journal, and under which key."""

from collections.abc import Iterable
from typing import Any

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.passage.models import Crossing, Party, RestrictionReview, Visit
from lazaretto.apps.registry.models import Facility

ENTITIES: dict[type, str] = {
    Visit: "gate_visit", Party: "party", Crossing: "crossing", RestrictionReview: "restriction_review",
}  # fmt: skip


def remember(
    facility: Facility, kind: str, items: Iterable[Any], *, by: str, at: int, occurred_at: int | None = None,
    subjects: Iterable[str] = (), protocol: str = "",
) -> None:  # fmt: skip
    """Append one entry for the new versions of rows."""
    versions = [Version(ENTITIES[type(item)], str(item.pk), item.record()) for item in items]
    journal.record(
        facility.log, kind, versions, by=by[:40], at=at, occurred_at=at if occurred_at is None else occurred_at,
        subjects=sorted(set(subjects))[:50], protocol=protocol,
    )  # fmt: skip
