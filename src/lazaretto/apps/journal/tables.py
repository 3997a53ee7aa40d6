"""
Every table of the installation as text that does not depend on the engine: one JSON array a row, in primary-key order.

The same rows make the same bytes on SQLite and PostgreSQL, so two databases can be compared by their digests.
"""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, models, transaction
from django.db.models.functions import Collate

#: What another installation makes for itself (content types, permissions) or must not take over (sessions).
LEFT_OUT = frozenset({
    "sessions.session", "contenttypes.contenttype", "auth.permission", "auth.group", "auth.group_permissions",
})  # fmt: skip
BATCH = 1000
Row = Sequence[Any]


@contextmanager
def snapshot(using: str = "default") -> Iterator[None]:
    """
    Hold one state of the database while others write: reads inside see nothing that is committed meanwhile.

    Reads only. Inside an open transaction nothing is begun, and the reads see what that transaction sees.
    """
    connection = connections[using]
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            cursor.execute("SELECT COUNT(*) FROM sqlite_master")  # the snapshot is that of the first read
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(using=using):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def tables() -> list[type[models.Model]]:
    """Return the models whose rows make up the installation, by name of their table."""
    every = apps.get_models(include_auto_created=True)
    kept = [m for m in every if m._meta.managed and not m._meta.proxy and m._meta.label_lower not in LEFT_OUT]
    return sorted(kept, key=lambda m: m._meta.db_table)


def migrations(using: str = "default") -> list[str]:
    """Return the applied migrations of the apps whose tables are kept, as `app.name`."""
    labels = {m._meta.app_label for m in tables()}
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return sorted({f"{app}.{name}" for app, name in cursor.fetchall() if app in labels})


def filled(using: str = "default") -> list[str]:
    """Return the names of the tables that hold rows."""
    return [m._meta.db_table for m in tables() if m._base_manager.using(using).exists()]


def columns(model: type[models.Model]) -> list[str]:
    return [f.column for f in _fields(model)]


def _fields(model: type[models.Model]) -> list[Any]:
    return list(model._meta.concrete_fields)


def count(model: type[models.Model], using: str = "default") -> int:
    return model._base_manager.using(using).count()


def rows(model: type[models.Model], using: str = "default") -> Iterator[Row]:
    """Yield the rows of a table as Python values, in primary-key order: text by code points, on every engine."""
    names = [f.attname for f in _fields(model)]
    order = [_by(f, connections[using].vendor) for f in model._meta.pk_fields]
    return model._base_manager.using(using).order_by(*order).values_list(*names).iterator(chunk_size=BATCH)


def _by(field: Any, vendor: str) -> Any:
    is_text = isinstance(_plain(field), (models.CharField, models.TextField))
    return Collate(models.F(field.attname), "C") if is_text and vendor == "postgresql" else field.attname


def _plain(field: Any) -> Any:
    """Return the field whose values a foreign key holds."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


_ENCODE: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (models.BinaryField, lambda value: base64.b64encode(bytes(value)).decode()),
    ((models.DateField, models.TimeField), lambda value: value.isoformat()),
    (models.DurationField, lambda value: value // timedelta(microseconds=1)),
    ((models.DecimalField, models.UUIDField), str),
)


def encoder(model: type[models.Model]) -> Callable[[Row], bytes]:
    """Return the function that writes a row of Python values as one line."""
    found = [next((f for kind, f in _ENCODE if isinstance(_plain(field), kind)), None) for field in _fields(model)]
    special = [(i, f) for i, f in enumerate(found) if f is not None]
    dump = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode

    def line(row: Row) -> bytes:
        values = list(row)
        for index, encode in special:
            if values[index] is not None:
                values[index] = encode(values[index])
        return dump(values).encode() + b"\n"

    return line


def decoder(model: type[models.Model]) -> Callable[[bytes], Row]:
    """Return the function that reads a line back into Python values. :raises ValueError: if it cannot be read."""
    fields = [_plain(f) for f in _fields(model)]
    special = [(i, _decode(f)) for i, f in enumerate(fields) if any(isinstance(f, kind) for kind, _ in _ENCODE)]

    def row(line: bytes) -> Row:
        values: list[Any] = json.loads(line)
        if not isinstance(values, list) or len(values) != len(fields):
            raise ValueError("a row has the wrong number of columns")
        for index, decode in special:
            if values[index] is not None:
                values[index] = decode(values[index])
        return values

    return row


def _decode(field: Any) -> Callable[[Any], Any]:
    if isinstance(field, models.BinaryField):
        return base64.b64decode
    if isinstance(field, models.DurationField):
        return lambda value: timedelta(microseconds=value)
    convert: Callable[[Any], Any] = field.to_python
    return convert


def load(
    model: type[models.Model],
    found: Iterator[Row],
    *,
    using: str = "default",
    progress: Callable[[int], None] = lambda n: None,
) -> int:
    """Insert rows of Python values as they are, keys included; return how many. `progress` gets the rows so far."""
    connection, fields, n = connections[using], _fields(model), 0
    names = ", ".join(connection.ops.quote_name(f.column) for f in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(fields))})"
    with connection.cursor() as cursor, connection.wrap_database_errors:
        while batch := list(islice(found, BATCH)):
            ready = [
                [f.get_db_prep_save(value, connection) for f, value in zip(fields, row, strict=True)] for row in batch
            ]
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in ready:
                        copy.write_row(row)
            else:
                cursor.executemany(insert, ready)
            n += len(batch)
            progress(n)
    return n


def finish_loading(using: str = "default") -> None:
    """Check what refers to what, and let new rows be numbered after the loaded ones."""
    connection = connections[using]
    connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables()):
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")
