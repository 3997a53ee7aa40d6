"""
Moving an installation from SQLite into an empty PostgreSQL database: the same rows, the same record, nothing appended.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from django.db import connection, connections, transaction

from lazaretto.apps.journal import tables
from lazaretto.apps.journal.archive import ArchiveError
from lazaretto.apps.journal.faults import Fault
from lazaretto.apps.journal.models import Log
from lazaretto.apps.journal.queries import root_at, verify
from lazaretto.apps.journal.restoring import NotEmpty, RecordFaulty

TARGET = "target"


class Moved(NamedTuple):
    """A log on both sides: how many entries it has, and the roots computed from each database's own entries."""

    name: str
    size: int
    root_here: str
    root_there: str


class SourceGrew(Exception):
    """Somebody wrote to the source while it was copied."""


def open_target(database: dict[str, Any]) -> None:
    """Make the target known to Django. :raises django.db.OperationalError: if it cannot be reached."""
    connections.databases[TARGET] = {**connection.settings_dict, "OPTIONS": {}, **database}
    connections[TARGET].ensure_connection()


def move(*, progress: Callable[[int], None] = lambda n: None) -> list[Moved]:
    """
    Copy everything into the target, compare every table row by row on both sides, verify every log there.

    The source must not change meanwhile: what was written after the copy began would be missing. That is checked with
    the source locked, before anything is committed. If anything fails, the target is as empty as before.

    :raises NotEmpty: if the target is not. :raises ArchiveError: if the two differ in version or a table does not
    arrive as it left. :raises SourceGrew: if somebody wrote. :raises RecordFaulty: if a log does not verify there.
    """
    if tables.migrations() != tables.migrations(TARGET):
        raise ArchiveError(
            "两边的表版本不同，目标库先运行 lazaretto init",
            "the two databases are of different versions; run `lazaretto init` on the target",
        )
    filled = tables.filled(TARGET)
    if filled:
        raise NotEmpty(filled)
    before = _version()
    with ExitStack() as after_commit, transaction.atomic(using=TARGET):
        with tables.snapshot():
            digests = _copy(progress)
            moved = _compare_logs()
        tables.finish_loading(TARGET)
        for table, digest in digests.items():
            if _digest(table) != digest:
                raise ArchiveError(f"表 {table} 在两边不同", f"table {table} is not the same on both sides")
        after_commit.enter_context(_nobody_writes())
        if _version() != before:
            raise SourceGrew
    return moved


def _version() -> int:
    """Return a number that changes when another connection commits to the source."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])


@contextmanager
def _nobody_writes() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _digest(table: str) -> str:
    model = next(m for m in tables.tables() if m._meta.db_table == table)
    encode, digest = tables.encoder(model), hashlib.sha256()
    for row in tables.rows(model, TARGET):
        digest.update(encode(row))
    return digest.hexdigest()


def _compare_logs() -> list[Moved]:
    """Return each log with its root computed on both sides. :raises RecordFaulty: if one does not verify there."""
    moved: list[Moved] = []
    faults: list[Fault] = []
    there = {log.ref: log for log in Log.objects.using(TARGET)}
    for log in Log.objects.order_by("name"):
        copy = there[log.ref]
        faults += verify(copy)
        moved.append(Moved(log.name, copy.size, root_at(log, log.size).hex(), root_at(copy, copy.size).hex()))
    if faults:
        raise RecordFaulty(faults)
    return moved


def _copy(progress: Callable[[int], None]) -> dict[str, str]:
    digests, done = {}, 0
    for model in tables.tables():
        encode, digest = tables.encoder(model), hashlib.sha256()

        def told(row: tables.Row, encode: Any = encode, digest: Any = digest) -> tables.Row:
            digest.update(encode(row))
            return row

        found = map(told, tables.rows(model))
        done += tables.load(model, found, using=TARGET, progress=lambda n, done=done: progress(done + n))  # type: ignore[misc]
        digests[model._meta.db_table] = digest.hexdigest()
    return digests
