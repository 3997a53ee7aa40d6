"""Presences of one person in one layer never overlap; the database refuses it on both engines."""

from typing import Any

from django.db import migrations

TABLE = "registry_presence"
SQLITE = """
CREATE TRIGGER registry_presence_no_overlap_{verb} BEFORE {event} ON registry_presence
WHEN EXISTS (
    SELECT 1 FROM registry_presence AS other
    WHERE other.person_id = NEW.person_id AND other.layer = NEW.layer AND other.id IS NOT NEW.id
      AND other.starts < COALESCE(NEW.ends, 9223372036854775807)
      AND COALESCE(other.ends, 9223372036854775807) > NEW.starts
)
BEGIN SELECT RAISE(ABORT, 'presences overlap'); END
"""
POSTGRES = """
ALTER TABLE registry_presence ADD CONSTRAINT registry_presence_no_overlap EXCLUDE USING gist (
    int8range(person_id, person_id, '[]') WITH &&,
    int4range(
        CASE layer WHEN 'record' THEN 0 WHEN 'roster' THEN 1 ELSE 2 END,
        CASE layer WHEN 'record' THEN 0 WHEN 'roster' THEN 1 ELSE 2 END, '[]'
    ) WITH &&,
    int8range(starts, ends) WITH &&
)
"""


def forward(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "sqlite":
        editor.execute(SQLITE.format(verb="insert", event="INSERT"))
        editor.execute(SQLITE.format(verb="update", event="UPDATE"))
    else:
        editor.execute(POSTGRES)


def back(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "sqlite":
        for verb in ("insert", "update"):
            editor.execute(f"DROP TRIGGER registry_presence_no_overlap_{verb}")
    else:
        editor.execute("ALTER TABLE registry_presence DROP CONSTRAINT registry_presence_no_overlap")


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [migrations.RunPython(forward, back)]
