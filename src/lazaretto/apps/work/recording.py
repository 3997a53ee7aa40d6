"""How rows of runs, findings and delegations are remembered in the journal, and under which key."""

from collections.abc import Iterable
from typing import Any

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.models import Delegation, Finding, Refused, Run, StepDone

ENTITIES: dict[type, str] = {
    Run: "run", StepDone: "step_done", Refused: "refused", Finding: "finding", Delegation: "delegation",
}  # fmt: skip


def remember(
    facility: Facility, kind: str, items: Iterable[Any], *, by: str, at: int, occurred_at: int | None = None,
    protocol: str = "",
) -> None:  # fmt: skip
    """Append one entry for the new versions of rows."""
    versions = [Version(ENTITIES[type(item)], str(item.pk), item.record()) for item in items]
    journal.record(
        facility.log, kind, versions, by=by[:40], at=at, occurred_at=at if occurred_at is None else occurred_at,
        protocol=protocol,
    )  # fmt: skip


def lock(facility: Facility) -> None:
    """Let one writer of a facility at a time check and write. Taken before any other row is locked."""
    facility.log = Log.objects.select_for_update().get(pk=facility.log_id)
