"""How rows of this app are remembered in the journal, and under which key."""

from collections.abc import Iterable
from typing import Any

from lazaretto.apps.isolation.models import Activity, Breach, Cohort, Episode, Note, Placement
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry.models import Facility

ENTITIES: dict[type, str] = {
    Episode: "episode",
    Placement: "placement",
    Note: "isolation_note",
    Cohort: "cohort",
    Activity: "activity",
    Breach: "breach",
}


def version(item: Any) -> Version:
    return Version(ENTITIES[type(item)], str(item.pk), item.record())


def remember(
    facility: Facility, kind: str, items: Iterable[Any], *, by: str, at: int, occurred_at: int | None = None,
    subjects: Iterable[str] = (), protocol: str = "",
) -> None:  # fmt: skip
    """Append one entry for the new versions of rows; the last statement of its transaction."""
    journal.record(
        facility.log, kind, [version(item) for item in items], by=by, at=at, occurred_at=occurred_at,
        subjects=sorted(set(subjects))[:50], protocol=protocol,
    )  # fmt: skip


def lock(facility: Facility) -> None:
    """Let one writer at a time look at rooms and numbers: what is checked still holds when it is written."""
    Log.objects.select_for_update().get(pk=facility.log_id)
