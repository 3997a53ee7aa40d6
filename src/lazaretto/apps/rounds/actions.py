"""Writes of rounds: facts and excuses, idempotent, each recorded in the facility's journal in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import connection, transaction

from lazaretto.apps.command import queries as command
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.registry.models import Assignment, Facility
from lazaretto.apps.rounds.models import CONTENT, Excuse, Fact, IdConflict
from lazaretto.protocol.canonical import digest
from lazaretto.protocol.clock import FOREVER

FactOutcome = Literal["created", "skipped", "id_conflict"]
_BATCH = 400
_COLUMNS = ("id", "recorded_at", "salt", *CONTENT)
_INSERT = "INSERT INTO rounds_fact ({}) VALUES ({})".format(
    ", ".join(f'"{name}"' for name in ("facility_id", "entry_id", *_COLUMNS)), ", ".join(["%s"] * (len(_COLUMNS) + 2))
)


@dataclass(slots=True)
class Received:
    """What became of the facts of a batch, in their order."""

    outcomes: list[FactOutcome] = field(default_factory=list)
    new: list[Fact] = field(default_factory=list)
    conflicts: list[Fact] = field(default_factory=list)

    def count(self, outcome: FactOutcome) -> int:
        return self.outcomes.count(outcome)


def sort_out(facility: Facility, facts: Sequence[Fact], before: dict[str, Fact] | None = None) -> Received:
    """
    Say what would become of facts, and write nothing. `before` holds facts of earlier batches, and gets the new ones.
    """
    known = _known(facility, [f.id for f in facts])
    received = Received()
    for fact in facts:
        other = known.get(fact.id) or (before or {}).get(fact.id)
        if other is None:
            known[fact.id] = fact
            received.new.append(fact)
            received.outcomes.append("created")
        elif other.content() == fact.content():
            received.outcomes.append("skipped")
        else:
            received.conflicts.append(fact)
            received.outcomes.append("id_conflict")
    if before is not None:
        before |= {f.id: f for f in received.new}
    return received


@transaction.atomic
def record_facts(facility: Facility, facts: Sequence[Fact], *, by: str, at: int) -> Received:
    """
    Take facts that the border admitted. Same id and same content is a no-op; same id and other content is refused as
    `id_conflict`, which the day's report shows. One journal entry per call.
    """
    Log.objects.select_for_update().get(pk=facility.log_id)  # one writer at a time: ids are looked up once
    received = sort_out(facility, facts)
    if received.new:
        _insert(facility, received.new, by=by, at=at)
    for fact in received.conflicts:
        _note_conflict(facility, fact, by=by, at=at)
    return received


def _known(facility: Facility, ids: list[str]) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for start in range(0, len(ids), _BATCH):
        for fact in Fact.objects.filter(facility=facility, id__in=ids[start : start + _BATCH]):
            found[fact.id] = fact
    return found


def _insert(facility: Facility, facts: list[Fact], *, by: str, at: int) -> None:
    facts.sort(key=lambda f: f.id)
    leaves = []
    held = max(at, Log.objects.get(pk=facility.log_id).recorded_at)  # the journal never goes back, nor do its facts
    for fact in facts:
        fact.recorded_at, fact.salt = held, journal.new_salt()
        leaves.append(journal.salted_leaf(fact.salt, fact.record()))
    entry = journal.append(
        facility.log, "facts_recorded", leaf=journal.bulk_leaf(leaves), n=len(facts), by=by, at=at,
        occurred_at=max(f.observed_at for f in facts), protocol=_protocol(facility, at),
    )  # fmt: skip
    rows = [(facility.pk, entry.pk, *(getattr(fact, name) for name in _COLUMNS)) for fact in facts]
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)


def _protocol(facility: Facility, at: int) -> str:
    try:
        return command.in_force(facility, at).resolved.digest
    except command.NoProtocol:
        return ""


def _note_conflict(facility: Facility, fact: Fact, *, by: str, at: int) -> None:
    made, created = IdConflict.objects.get_or_create(
        facility=facility, fact_id=fact.id, digest=digest(fact.content()),
        defaults={"observed_at": fact.observed_at, "recorded_at": at},
    )  # fmt: skip
    if created:
        record = {"fact": fact.id, "digest": made.digest, "observed_at": made.observed_at}
        journal.record(
            facility.log, "id_conflict", [Version("id_conflict", f"{fact.id}/{made.digest}", record)], by=by, at=at
        )


class OwnRound(Exception):
    """Nobody excuses a round they were assigned (contract, rule 8)."""


@transaction.atomic
def excuse(*, facility: Facility, item: Excuse, by: str, at: int) -> tuple[Excuse, bool]:
    """
    Record an excuse; return it and whether it is new.

    :raises OwnRound: if `item.by` was assigned a round that it covers.
    """
    if _was_assigned(facility, item, at):
        raise OwnRound
    same = same_excuse(facility, item)
    if same:
        return same, False
    item.facility, item.recorded_at = facility, at
    item.save(force_insert=True)
    journal.record(facility.log, "excused", [excuse_version(item)], by=by, at=at, occurred_at=item.starts)
    return item, True


def same_excuse(facility: Facility, item: Excuse) -> Excuse | None:
    """Return the excuse on file that says the same, if there is one."""
    return Excuse.objects.filter(
        facility=facility, scope=item.scope, subject=item.subject, measure=item.measure, starts=item.starts,
        ends=item.ends, reason=item.reason, withdrawn_at=None,
    ).first()  # fmt: skip


def _was_assigned(facility: Facility, item: Excuse, at: int) -> bool:
    """Say whether the one who excuses holds the post or role that owns a measure that he excuses, in that time."""
    if not item.by:
        return False
    try:
        measures = command.in_force(facility, at).resolved.measures
    except command.NoProtocol:
        return False
    owners = {m.owner for m in measures if m.owner and item.measure in ("", m.id)}
    held = Assignment.objects.filter(facility=facility, person__code=item.by, key__in=owners).exclude(kind="group")
    return any(
        (FOREVER if a.ends is None else a.ends) > item.starts and (a.starts is None or a.starts < item.ends)
        for a in held
    )


@transaction.atomic
def withdraw_excuse(*, item: Excuse, by: str, at: int) -> Excuse:
    """Take an excuse back; reports signed before keep it."""
    item.withdrawn_at = at
    item.save(update_fields=["withdrawn_at"])
    journal.record(item.facility.log, "excuse_withdrawn", [excuse_version(item)], by=by, at=at)
    return item


def excuse_version(item: Excuse) -> Version:
    return Version("excuse", str(item.pk), item.record())


def leaves_of(entry: Entry) -> list[bytes]:
    """Return the leaves of the facts of an entry, in id order."""
    facts = Fact.objects.filter(entry=entry).order_by("id")
    return [journal.salted_leaf(f.salt, f.record()) for f in sorted(facts, key=lambda f: f.id)]
