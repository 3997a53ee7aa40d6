"""
Lawful deletion: rows go under a retention policy, their salts with them, and the tree stays whole.

For each row that goes, a `PurgedLeaf` keeps its salted digest and its place; without the salt nothing can be guessed
from it. The rows of a whole entry leave one stub together. One entry `purged` says under which policy and how many. The database lets no row of
the record go in any other way.

Other apps that keep leaf rows of their own (facts, reads) call `stub_leaves` and delete the rows in the same
transaction; rows kept as `Record`s are purged by `purge_records`. Two things remain the caller's: to delete the
business row itself together with all its `Record`s (or to keep the last version: `verify --deep` compares the two),
and to say that backups made before still hold what was purged.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection, transaction

from lazaretto.apps.journal import actions
from lazaretto.apps.journal.leaves import fits, free_positions, records_in_order, stub_leaf
from lazaretto.apps.journal.models import Entry, Log, PurgedLeaf, PurgePermit, Record

BATCH = 500
_POLICY = re.compile(r"[a-z0-9][a-z0-9._:-]{0,59}")
#: What is there of an entry: the keys of its rows and their leaves, in the fixed order of the entry's leaves.
Rows = Sequence[tuple[str, bytes]]


class RowsBroken(Exception):
    """The rows of an entry are not what the journal recorded, so they are not purged: that would hide it."""


@transaction.atomic
def purge_records(log: Log, record_pks: Iterable[int], *, policy: str, by: str, at: int) -> Entry | None:
    """
    Destroy versions of business rows under a retention policy; return the entry `purged`, None if there was nothing.

    `policy` is a code (`readings-90d`), never a name. Records that are gone already are passed over, so a purge that
    was interrupted may be repeated. Holds the log's lock: purge a few thousand at a time.

    :raises ValueError: if a record is of another log or `policy` is no code. :raises RowsBroken: if an entry's rows
    are not what was recorded.
    """
    log = Log.objects.select_for_update().get(pk=log.pk)
    going: dict[int, set[str]] = {}
    for batch in _batches(sorted(set(record_pks))):
        for pk, entry, owner in Record.objects.filter(pk__in=batch).values_list("pk", "entry_id", "entry__log_id"):
            if owner != log.pk:
                raise ValueError(f"record {pk} is not of log {log.name}")
            going.setdefault(entry, set()).add(str(pk))
    present: dict[int, list[Record]] = {entry: [] for entry in going}
    for batch in _batches(sorted(going)):
        for record in Record.objects.filter(entry_id__in=batch):
            present[record.entry_id].append(record)
    rows = {
        entry: [(str(r.pk), actions.salted_leaf(r.salt, r.record)) for r in records_in_order(records)]
        for entry, records in present.items()
    }
    purge = stub_leaves(log, source="journal_record", present=rows, going=going, policy=policy, by=by, at=at)
    for batch in _batches(sorted(int(pk) for keys in going.values() for pk in keys)):
        Record.objects.filter(pk__in=batch).delete()
    return purge


@transaction.atomic
def stub_leaves(
    log: Log,
    *,
    source: str,
    present: Mapping[int, Rows],
    going: Mapping[int, Collection[str]],
    policy: str,
    by: str,
    at: int,
) -> Entry | None:
    """
    Leave stubs for rows that are about to go and append one entry `purged`; the caller then deletes the rows.

    `source` is the rows' table. `present` has, for each entry (by primary key) that loses rows, all its rows that are
    still there: (the text of the row's column `id`, its leaf), in the fixed order of the entry's leaves. `going` names
    those that go. In the same transaction the caller deletes exactly these: the guard lets no other row go, and a row
    that stays makes `verify --deep` report it. Return the entry, None if nothing goes.

    :raises RowsBroken: if rows and stubs of an entry are not what its leaf was made of.
    """
    if not _POLICY.fullmatch(policy):
        raise ValueError(f"a retention policy is named by a code, not by {policy!r}")
    touched = sorted(entry for entry, keys in going.items() if keys)
    if not touched:
        return None
    log = Log.objects.select_for_update().get(pk=log.pk)
    stubs: list[PurgedLeaf] = []
    permits: list[PurgePermit] = []
    for batch in _batches(touched):
        before: dict[int, list[PurgedLeaf]] = {}
        for stub in PurgedLeaf.objects.filter(entry_id__in=batch).order_by("position"):
            before.setdefault(stub.entry_id, []).append(stub)
        for entry in Entry.objects.filter(pk__in=batch, log=log).order_by("seq"):
            made, let = _stubs(entry, present[entry.pk], before.get(entry.pk, []), going[entry.pk], source)
            stubs += made
            permits += let
    return _write(log, stubs, permits, len(touched), policy, by=by, at=at)


def _stubs(
    entry: Entry, rows: Rows, before: list[PurgedLeaf], going: Collection[str], source: str
) -> tuple[list[PurgedLeaf], list[PurgePermit]]:
    """Return the stubs for the rows of an entry that go, and the permits that tie each to its row."""
    if not fits(entry, [leaf for _, leaf in rows], before) or not set(going) <= {key for key, _ in rows}:
        raise RowsBroken(entry.seq)
    if len(going) == entry.n:
        return [PurgedLeaf(entry=entry, position=0, n=entry.n, leaf=entry.leaf)], []
    made, permits = [], []
    for (key, leaf), position in zip(rows, free_positions(entry, before), strict=True):
        if key in going:
            made.append(PurgedLeaf(entry=entry, position=position, leaf=leaf.hex()))
            permits.append(PurgePermit(stub=made[-1], source=source, row_key=key))
    return made, permits


def _write(
    log: Log, stubs: list[PurgedLeaf], permits: list[PurgePermit], batches: int, policy: str, *, by: str, at: int
) -> Entry:
    stubs.sort(key=lambda s: (s.entry.seq, s.position))
    rows = sum(s.n for s in stubs)
    purge = actions.append(
        log, "purged", leaf=actions.bulk_leaf([stub_leaf(s) for s in stubs]), n=len(stubs), by=by, at=at,
        detail={"policy": policy, "n": rows, "batches": batches},
    )  # fmt: skip
    for stub in stubs:
        stub.purge = purge
    PurgedLeaf.objects.bulk_create(stubs, batch_size=BATCH)
    for permit in permits:
        permit.stub_id = permit.stub.pk
    PurgePermit.objects.bulk_create(permits, batch_size=BATCH)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")  # what goes is overwritten, not only unlinked
    return purge


def _batches(items: Sequence[int]) -> Iterable[Sequence[int]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
