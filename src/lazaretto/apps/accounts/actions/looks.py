"""That sensitive fields of somebody's file were shown."""

from collections.abc import Iterable

from django.db import transaction

from lazaretto.apps.accounts.models import SensitiveRead
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.models import Entry, Log


@transaction.atomic
def record_reads(
    *, log: Log, subjects: Iterable[str], fields: Iterable[str], where: str, why: str = "", by: str, at: int
) -> None:
    """Remember that sensitive fields of people's files were shown. `subjects` are their references."""
    said = ",".join(sorted(fields))[:200]
    reads = [
        SensitiveRead(
            log=log, subject=ref, by=by, fields=said, where=where, why=why[:200], read_at=at, salt=journal.new_salt()
        )
        for ref in sorted(set(subjects))
    ]
    if not reads or not said:
        return
    leaves = [journal.salted_leaf(r.salt, r.record()) for r in reads]
    entry = journal.append(log, "sensitive_read", leaf=journal.bulk_leaf(leaves), n=len(reads), by=by, at=at)
    for read in reads:
        read.entry = entry
    SensitiveRead.objects.bulk_create(reads, batch_size=500)


@transaction.atomic
def record_taken_out(*, log: Log, table: str, rows: int, by: str, at: int) -> None:
    """Remember that a register with names was taken out as a file."""
    journal.append(log, "table_taken_out", leaf="0" * 64, n=0, by=by, at=at, detail={"table": table, "rows": rows})


def leaves_of(entry: Entry) -> list[bytes]:
    """Return the leaves of the reads of an entry, in order of subject."""
    reads = SensitiveRead.objects.filter(entry=entry).order_by("subject")
    return [journal.salted_leaf(r.salt, r.record()) for r in reads]
