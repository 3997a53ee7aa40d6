"""
Rows that the database itself refuses to change, on both engines. Used by migrations.

One deletion is lawful: a purge under a retention policy. A row of a table named in `except_purged` may go if a
`PurgedLeaf` stands for it: one for its whole entry, or one that a `PurgePermit` ties to this very row
(see `lazaretto.apps.journal.purging`). The permit goes with the row, so no row vanishes without a trace.

SQLite forgets the triggers of a table that a later migration makes anew (AddField without null, AlterField…), and
refuses to do so while triggers of other tables name it. So such a migration starts with `LiftGuards` for the tables
that `purging` reads (journal_entry, journal_purgedleaf, journal_purgepermit) and ends with `AppendOnly` again, which
is safe to repeat. `missing_guards` says what was forgotten; a test and `doctor` ask it.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import migrations

from lazaretto.apps.journal.overlaps import NoOverlap

_LAWFUL = """EXISTS (
  SELECT 1 FROM journal_purgedleaf AS stub
  JOIN journal_entry AS told ON told.id = stub.entry_id
  JOIN journal_entry AS purge ON purge.id = stub.purge_id AND purge.kind = 'purged'
  LEFT JOIN journal_purgepermit AS permit ON permit.stub_id = stub.id
  WHERE stub.entry_id = OLD.entry_id
    AND (stub.n = told.n OR (permit.source = '{table}' AND permit.row_key = CAST(OLD.id AS TEXT)))
)"""
_CONSUME = """DELETE FROM journal_purgepermit WHERE source = '{table}' AND row_key = CAST(OLD.id AS TEXT)
  AND stub_id IN (SELECT id FROM journal_purgedleaf WHERE entry_id = OLD.entry_id)"""
_SQLITE_OFF = (
    "DROP TRIGGER IF EXISTS {table}_no_UPDATE",
    "DROP TRIGGER IF EXISTS {table}_no_DELETE",
    "DROP TRIGGER IF EXISTS {table}_gone",
)
_SQLITE = (
    "CREATE TRIGGER {table}_no_UPDATE BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    "CREATE TRIGGER {table}_no_DELETE BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
)
_SQLITE_PURGED = (
    _SQLITE[0],
    "CREATE TRIGGER {table}_no_DELETE BEFORE DELETE ON {table} WHEN NOT " + _LAWFUL
    + " BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    "CREATE TRIGGER {table}_gone AFTER DELETE ON {table} BEGIN " + _CONSUME + "; END",
)  # fmt: skip
_POSTGRES_OFF = (
    "DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
    "DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
)
_POSTGRES_ON = (
    "CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
    "CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
)
_POSTGRES = (
    "CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
    *_POSTGRES_ON,
)
_POSTGRES_PURGED = (
    "CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF TG_OP = 'DELETE' THEN IF " + _LAWFUL + " THEN " + _CONSUME + "; RETURN OLD; END IF; END IF;"
    " RAISE EXCEPTION '{table} is append-only'; END $$",
    *_POSTGRES_ON,
)  # fmt: skip


def _run(editor: Any, statements: Iterable[str], table: str) -> None:
    for statement in statements:
        editor.execute(statement.format(table=table))


def _lift(editor: Any, table: str) -> None:
    _run(editor, _SQLITE_OFF if editor.connection.vendor == "sqlite" else _POSTGRES_OFF, table)


def _guard(editor: Any, table: str, purged: bool) -> None:
    _lift(editor, table)
    if editor.connection.vendor == "sqlite":
        _run(editor, _SQLITE_PURGED if purged else _SQLITE, table)
    else:
        _run(editor, _POSTGRES_PURGED if purged else _POSTGRES, table)


class AppendOnly(migrations.RunPython):
    """
    Make tables refuse UPDATE and DELETE (and TRUNCATE, where the engine has it).

    Those in `except_purged` let a row go whose leaf has a stub; they need columns `id` and `entry_id`. May be repeated.
    """

    def __init__(self, tables: Sequence[str], except_purged: Collection[str] = ()) -> None:
        self.tables, self.except_purged = tables, except_purged

        def forward(apps: Any, editor: Any) -> None:
            for table in tables:
                _guard(editor, table, table in except_purged)

        def back(apps: Any, editor: Any) -> None:
            for table in tables:
                _lift(editor, table)

        super().__init__(forward, back)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "AppendOnly", [self.tables], {"except_purged": self.except_purged} if self.except_purged else {}


class LiftGuards(migrations.RunPython):
    """Take the guards of tables down while a migration makes them anew; `AppendOnly` puts them up again."""

    def __init__(self, tables: Sequence[str]) -> None:
        self.tables = tables

        def lift(apps: Any, editor: Any) -> None:
            for table in tables:
                _lift(editor, table)

        super().__init__(lift, migrations.RunPython.noop)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "LiftGuards", [self.tables], {}


def guarded_tables() -> set[str]:
    """Return the tables that some migration declares append-only."""
    from django.db.migrations.loader import MigrationLoader

    found = MigrationLoader(None).disk_migrations.values()
    return {t for m in found for op in m.operations if isinstance(op, AppendOnly) for t in op.tables}


def declared_overlaps() -> list[NoOverlap]:
    """Return what the migrations declare of rows that may not hold at once."""
    from django.db.migrations.loader import MigrationLoader

    found = MigrationLoader(None).disk_migrations.values()
    return [op for m in found for op in m.operations if isinstance(op, NoOverlap)]


def missing_guards(connection: Any) -> list[str]:
    """Return the guards (those against overlaps among them) that should be in the database and are not."""
    tables, apart = guarded_tables(), declared_overlaps()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            wanted = {f"{t}_no_{verb}" for t in tables for verb in ("UPDATE", "DELETE")}
            wanted |= {name for guard in apart for name in guard.triggers}
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            wanted = {f"{t}_no_{verb}" for t in tables for verb in ("change", "truncate")}
            wanted |= {guard.name for guard in apart}
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
                " UNION SELECT conname FROM pg_constraint WHERE contype = 'x'"
            )
        return sorted(wanted - {row[0] for row in cursor.fetchall()})
