"""
Adopting a protocol by two people: one proposes it with a reason, another approves or declines it.

A proposal is a record of the journal, version by version; no table repeats it. The protocol itself is kept once by its
digest, as an adopted one is.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from lazaretto.apps.accounts import queries as accounts
from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command import actions
from lazaretto.apps.command.models import ProtocolRecord
from lazaretto.apps.command.queries import protocol
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log, Record
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.activation import check_may_run
from lazaretto.protocol.canonical import digest
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

ENTITY = "adoption_request"
KINDS = {
    "open": "adoption_requested", "adopted": "adoption_approved", "declined": "adoption_declined",
    "withdrawn": "adoption_withdrawn",
}  # fmt: skip

NO_REASON = Text("请写明理由", "say why")
WAITING = Text("已有一份规程待批准，先处理它", "one protocol waits for its approval already; decide on that first")
DECIDED = Text("这份申请已经处理", "this proposal is decided already")
OWN = Text("批准人不能是申请人", "nobody approves what he proposed himself")
NOT_ALLOWED = Text("你的岗位不能这样做", "your role may not do this")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed protocol by its digest. People stand by reference; `state` is one of `KINDS`."""

    number: int
    document: str
    state: str
    reason: str
    by: str
    asked_at: int
    answer: str = ""
    decided_by: str = ""
    decided_at: int | None = None

    def record(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def proposals(facility: Facility) -> list[Proposal]:
    """Return all proposals of a facility as they stand, the newest first."""
    rows = Record.objects.filter(entry__log=facility.log_id, entity=ENTITY).order_by("entry__seq")
    latest = {row.key: Proposal(**row.record) for row in rows}
    return sorted(latest.values(), key=lambda p: -p.number)


def waiting(facility: Facility) -> Proposal | None:
    return next((p for p in proposals(facility) if p.state == "open"), None)


@transaction.atomic
def propose(*, facility: Facility, loaded: Loaded, reason: str, by: User, at: int) -> Proposal:
    """
    Propose a protocol; it changes nothing until somebody else approves it.

    :raises NotActivated: if it may not be run. :raises Refusal: no_reason, not_allowed, waiting.
    """
    check_may_run(loaded)
    _check(facility, by, Permission.OVERRIDE_REQUEST, at)
    Log.objects.select_for_update().get(pk=facility.log_id)
    if not reason.strip():
        raise Refusal("no_reason", NO_REASON)
    if waiting(facility) is not None:
        raise Refusal("waiting", WAITING)
    record = {"layers": loaded.stack()}
    name = digest(record)
    kept = {"name": loaded.document.id, "record": record, "layers": list(loaded.names)}
    ProtocolRecord.objects.get_or_create(digest=name, defaults=kept)
    number = max((p.number for p in proposals(facility)), default=0) + 1
    made = Proposal(number, name, "open", reason.strip()[:500], by.ref, at)
    _remember(facility, made, by.ref, at)
    return made


@transaction.atomic
def decide(*, facility: Facility, number: int, state: str, answer: str, by: User, at: int) -> Proposal:
    """
    Approve a proposal, which adopts it from now on, or decline it with a reason; or withdraw one's own.

    :raises NotActivated: if it may not be run any more. :raises Refusal: decided, own_approval, not_allowed, no_reason.
    """
    Log.objects.select_for_update().get(pk=facility.log_id)
    found = next((p for p in proposals(facility) if p.number == number), None)
    if found is None or found.state != "open":
        raise Refusal("decided", DECIDED)
    own = found.by == by.ref
    if state == "withdrawn":
        if not own:
            raise Refusal("not_allowed", NOT_ALLOWED)
    else:
        if own:
            raise Refusal("own_approval", OWN)
        _check(facility, by, Permission.OVERRIDE_APPROVE, at)
        if state == "declined" and not answer.strip():
            raise Refusal("no_reason", NO_REASON)
    values = found.record() | {"state": state, "answer": answer.strip()[:500], "decided_by": by.ref, "decided_at": at}
    made = Proposal(**values)
    if state == "adopted":
        actions.adopt(facility=facility, loaded=protocol(found.document), by=by.ref, at=at)
    _remember(facility, made, by.ref, at)
    return made


def _check(facility: Facility, by: User, permission: Permission, at: int) -> None:
    if not accounts.may(by, permission, facility.organisation_id, local_day(facility.zone, at)):
        raise Refusal("not_allowed", NOT_ALLOWED)


def _remember(facility: Facility, made: Proposal, by: str, at: int) -> None:
    version = Version(ENTITY, str(made.number), made.record())
    journal.record(facility.log, KINDS[made.state], [version], by=by, at=at, protocol=made.document)
