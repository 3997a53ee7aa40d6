"""
Rows that the database itself refuses to change, on both engines. Used by migrations.
"""

from collections.abc import Sequence
from typing import Any

from django.db import migrations

_SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRES = """
CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$;
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
"""
_POSTGRES_BACK = "DROP TRIGGER {table}_no_change ON {table}; DROP TRIGGER {table}_no_truncate ON {table};"


class AppendOnly(migrations.RunPython):
    """Make tables refuse UPDATE and DELETE (and TRUNCATE, where the engine has it)."""

    def __init__(self, tables: Sequence[str]) -> None:
        self.tables = tables

        def forward(apps: Any, editor: Any) -> None:
            for table in tables:
                if editor.connection.vendor == "sqlite":
                    for verb in ("UPDATE", "DELETE"):
                        editor.execute(_SQLITE.format(table=table, verb=verb))
                else:
                    editor.execute(_POSTGRES.format(table=table))

        def back(apps: Any, editor: Any) -> None:
            for table in tables:
                if editor.connection.vendor == "sqlite":
                    for verb in ("UPDATE", "DELETE"):
                        editor.execute(f"DROP TRIGGER {table}_no_{verb}")
                else:
                    editor.execute(_POSTGRES_BACK.format(table=table))

        super().__init__(forward, back)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "AppendOnly", [self.tables], {}
