"""Writes of rounds: facts and excuses, idempotent, each recorded in the facility's journal in the same transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import connection, transaction

from lazaretto.apps.command import queries as command
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.registry.models import Assignment, Facility
from lazaretto.apps.rounds import fevers
from lazaretto.apps.rounds.facts import Admitted
from lazaretto.apps.rounds.leaves import leaves
from lazaretto.apps.rounds.models import Excuse, Fact, IdConflict
from lazaretto.protocol.canonical import digest
from lazaretto.protocol.clock import FOREVER
from lazaretto.protocol.resolve import Resolved

FactOutcome = Literal["created", "skipped", "id_conflict"]
_BATCH = 900
_NAMES = (*Admitted._fields, "recorded_at", "salt", "facility_id", "entry_id")
_COLUMNS = ", ".join(f'"{name}"' for name in _NAMES)
_INSERT = f"INSERT INTO rounds_fact ({_COLUMNS}) VALUES ({', '.join(['%s'] * len(_NAMES))})"
_COPY = f"COPY rounds_fact ({_COLUMNS}) FROM STDIN"


@dataclass(slots=True)
class Received:
    """What became of the facts of a batch, in their order."""

    outcomes: list[FactOutcome] = field(default_factory=list)
    new: list[Admitted] = field(default_factory=list)
    conflicts: list[Admitted] = field(default_factory=list)

    def count(self, outcome: FactOutcome) -> int:
        return self.outcomes.count(outcome)


def sort_out(facility: Facility, facts: Sequence[Admitted], before: dict[str, Admitted] | None = None) -> Received:
    """
    Say what would become of facts, and write nothing. `before` holds facts of earlier batches, and gets the new ones.
    """
    known = facts_on_file(facility, [f.id for f in facts])
    received = Received()
    for fact in facts:
        other = known.get(fact.id) or (before or {}).get(fact.id)
        if other is None:
            known[fact.id] = fact
            received.new.append(fact)
            received.outcomes.append("created")
        elif other == fact or other.claimed() == fact.claimed():
            received.outcomes.append("skipped")
        else:
            received.conflicts.append(fact)
            received.outcomes.append("id_conflict")
    if before is not None:
        before |= {f.id: f for f in received.new}
    return received


def record_facts(
    facility: Facility, facts: Sequence[Admitted], *, by: str, at: int, protocol: Resolved | None = None
) -> Received:
    """
    Take facts that the border admitted. Same id and same content is a no-op; same id and other content is refused as
    `id_conflict`, which the day's report shows. One journal entry per call; `protocol` is what the border knew,
    looked up if it is not given.

    Leaves are made before the journal is locked, for the moment `at`; they are made again if the journal is ahead of it.
    """
    protocol = protocol or _protocol(facility, at)
    hashed = _hashed(facts, at)
    with transaction.atomic():
        log = Log.objects.select_for_update().get(pk=facility.log_id)  # one writer at a time: ids are looked up once
        received = sort_out(facility, facts)
        if received.new:
            held = max(at, log.recorded_at)  # the journal never goes back, nor do its facts
            if held != at:
                hashed = _hashed(received.new, held)
            _insert(facility, received.new, hashed, held, by=by, at=at, protocol=protocol.digest if protocol else "")
            fevers.review(facility, received.new, protocol.measures if protocol else (), by=by, at=held)
        for fact in received.conflicts:
            _note_conflict(facility, fact, by=by, at=at)
    return received


def facts_on_file(facility: Facility, ids: Sequence[str]) -> dict[str, Admitted]:
    """Return the facts on file of these ids; nearly always there are none, so first it is asked which."""
    there: list[str] = []
    with connection.cursor() as cursor:
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            marks = ", ".join(["%s"] * len(batch))
            cursor.execute(
                f"SELECT id FROM rounds_fact WHERE facility_id = %s AND id IN ({marks})", [facility.pk, *batch]
            )
            there += (id_ for (id_,) in cursor.fetchall())
    found: dict[str, Admitted] = {}
    for start in range(0, len(there), _BATCH):
        rows = Fact.objects.filter(facility=facility, id__in=there[start : start + _BATCH])
        found |= {row[0]: Admitted(*row) for row in rows.values_list(*Admitted._fields)}
    return found


def _hashed(facts: Sequence[Admitted], recorded_at: int) -> dict[str, tuple[bytes, bytes]]:
    """Return the salt and the leaf of each fact, by id; of facts with one id, those of the first, which is taken."""
    last_first = facts[::-1]
    return {fact.id: made for fact, made in zip(last_first, leaves(last_first, recorded_at), strict=True)}


def _insert(
    facility: Facility,
    facts: list[Admitted],
    hashed: dict[str, tuple[bytes, bytes]],
    recorded_at: int,
    *,
    by: str,
    at: int,
    protocol: str,
) -> None:
    facts.sort()  # by id, which no two have in common
    root = journal.bulk_leaf([hashed[f.id][1] for f in facts])
    latest = max(f.observed_at for f in facts)
    entry = journal.append(
        facility.log, "facts_recorded", leaf=root, n=len(facts), by=by, at=at, occurred_at=latest, protocol=protocol
    )
    where = facility.pk, entry.pk
    _write((*f, recorded_at, hashed[f.id][0], *where) for f in facts)


def _write(rows: Iterator[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(_COPY) as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(_INSERT, list(rows))


def _protocol(facility: Facility, at: int) -> Resolved | None:
    try:
        return command.in_force(facility, at).resolved
    except command.NoProtocol:
        return None


def _note_conflict(facility: Facility, fact: Admitted, *, by: str, at: int) -> None:
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
