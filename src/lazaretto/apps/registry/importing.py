"""
How a table is brought in, whatever its rows mean: taken into memory row by row, written chunk by chunk, accounted for.
"""

import gc
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal

from django.db import models

from lazaretto.apps.registry import tables
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.tables import Account, Failure, Row, RowError
from lazaretto.protocol.clock import parse_moment
from lazaretto.protocol.text import Text

Taken = Literal["created", "updated", "skipped"]


#: How long the writing of a chunk may take, as others wait for it meanwhile.
HELD_MS = 200


def next_chunk(chunk: int, rows: int, took_ms: int, *, least: int, most: int) -> int:
    """Return how many rows to write at once after `rows` took so long, so that others never wait longer than that."""
    if took_ms > HELD_MS:
        return max(least, chunk // 2)
    return min(most, chunk * 2) if rows == chunk and 0 < took_ms * 2 <= HELD_MS else chunk


class Importer(ABC):
    """
    One kind of table. `required` columns must be there; other `known` ones may. `chunk` rows are written at once: at first
    as many as the class says, then up to `most`, as the machine allows.
    """

    name: ClassVar[str]
    required: ClassVar[tuple[str, ...]]
    known: ClassVar[tuple[str, ...]]
    chunk: int = 500
    least: ClassVar[int] = 250
    most: ClassVar[int] = 500

    def __init__(self, facility: Facility, *, now: int) -> None:
        self.facility, self.now = facility, now
        self.warning: Text | None = None

    def order(self, rows: Iterator[Row]) -> Iterable[Row]:
        """Return the rows in the order in which they must be taken."""
        return rows

    @abstractmethod
    def take(self, row: Row) -> Taken:
        """Take one row. :raises RowError: if it cannot be taken."""

    @abstractmethod
    def flush(self, *, by: str, at: int) -> Mapping[int, "Taken | RowError"]:
        """Write what was taken since the last flush; return the rows whose outcome is known only now, by number."""

    def preview(self) -> Mapping[int, "Taken | RowError"]:
        """Say what `flush` would return, and write nothing."""
        return {}

    def pace(self, rows: int, took_ms: int) -> None:
        """Choose the size of the next chunk by how long the last one took."""
        self.chunk = next_chunk(self.chunk, rows, took_ms, least=self.least, most=self.most)

    def moment(self, row: Row, column: str) -> int | None:
        """Return the instant in a cell, None if it is empty. :raises RowError: if it cannot be read."""
        text = row.text(column)
        if not text:
            return None
        try:
            return parse_moment(text, self.facility.zone)
        except ValueError:
            raise RowError(
                column,
                Text(
                    f"{column}：看不懂时间“{text}”，写作 2026-03-17 08:00 或 2026-03-17T08:00+08:00",
                    f"{column}: cannot read the time {text!r}; write 2026-03-17 08:00 or 2026-03-17T08:00+08:00",
                ),
            ) from None

    def span(self, row: Row) -> tuple[int | None, int | None]:
        start, end = self.moment(row, "from"), self.moment(row, "to")
        if start is not None and end is not None and end <= start:
            raise RowError("to", Text("结束须晚于开始", "the end must be after the start"))
        return start, end


def run(
    importer: Importer,
    path: Path,
    *,
    dry_run: bool,
    by: str,
    clock: Callable[[], int],
    progress: Callable[[int], None] = lambda n: None,
) -> Account:
    """
    Import a file and account for every row.

    Rows are written in chunks; each chunk is a transaction of its own, and `progress(rows so far)` is called only after
    its commit: what was reported as taken survives a crash. Importing the file again takes up where it stopped.
    """
    account = Account(dry_run=dry_run)
    with _few_collections():
        for account in steps(importer, path, dry_run=dry_run, by=by, clock=clock):
            progress(account.rows)
    return account


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage in circles less often: rows are many small tuples, and none of them makes a circle."""
    usual = gc.get_threshold()
    gc.set_threshold(50_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def steps(importer: Importer, path: Path, *, dry_run: bool, by: str, clock: Callable[[], int]) -> Iterator[Account]:
    """
    Import a file and return the account so far after each chunk, the whole account last.

    :raises TableError: before anything is taken, if the file is no such table.
    """
    columns, rows = tables.read(path, importer.required, importer.known)
    account = Account(columns=columns, dry_run=dry_run)
    ordered = iter(importer.order(rows))
    while chunk := list(islice(ordered, importer.chunk)):
        taken: dict[int, Taken] = {}
        failed: dict[int, Failure] = {}
        for row in chunk:
            importer.warning = None
            try:
                taken[row.number] = importer.take(row)
            except RowError as error:
                failed[row.number] = Failure(row, error.column, error.message)
            if importer.warning is not None:
                account.warnings.append(Failure(row, "", importer.warning))
        if dry_run:
            known_now = importer.preview()
        else:
            began = clock()
            known_now = importer.flush(by=by, at=began)
            importer.pace(len(chunk), clock() - began)
        for row in chunk:
            outcome = known_now.get(row.number)
            if outcome is None:
                continue
            if isinstance(outcome, RowError):
                taken.pop(row.number)
                failed[row.number] = Failure(row, outcome.column, outcome.message)
            else:
                taken[row.number] = outcome
        account.rows += len(chunk)
        for word, n in Counter(taken.values()).items():
            setattr(account, word, getattr(account, word) + n)
        account.failures += failed.values()
        yield account
    account.failures.sort(key=lambda f: f.row.number)
    yield account


class Writes:
    """Objects to create and to update, and the versions that the journal is to remember."""

    def __init__(self) -> None:
        self.created: list[Any] = []
        self.updated: dict[int, Any] = {}

    def add(self, item: Any, *, new: bool) -> None:
        if new:
            self.created.append(item)
        elif item.pk is not None:
            self.updated[item.pk] = item

    def __bool__(self) -> bool:
        return bool(self.created or self.updated)

    def write(self, model: type[models.Model], fields: list[str]) -> list[Any]:
        """Update first, so that an interval is closed before the next one opens; return all that was written."""
        if self.updated:
            model._default_manager.bulk_update(self.updated.values(), fields, batch_size=200)
        model._default_manager.bulk_create(self.created, batch_size=200)
        written = [*self.updated.values(), *self.created]
        self.created, self.updated = [], {}
        return written
