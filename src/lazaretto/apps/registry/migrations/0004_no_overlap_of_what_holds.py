"""
Two standings of one subject under one key and slot never overlap, nor two assignments of one person to the same thing;
the database refuses it on both engines.

PostgreSQL compares texts in an exclusion constraint by their 64-bit hash, so that no extension is needed.
"""

from typing import Any

from django.db import migrations

TABLES = {
    "registry_standing": (("person_id", "place_id"), ("key", "slot")),
    "registry_assignment": (("person_id", "place_id"), ("kind", "key")),
}
LAST = 9223372036854775807
SQLITE = """
CREATE TRIGGER {table}_no_overlap_{verb} BEFORE {verb} ON {table}
WHEN EXISTS (
    SELECT 1 FROM {table} AS other
    WHERE {same} AND other.id IS NOT NEW.id
      AND COALESCE(other.starts, -{last}) < COALESCE(NEW.ends, {last})
      AND COALESCE(other.ends, {last}) > COALESCE(NEW.starts, -{last})
)
BEGIN SELECT RAISE(ABORT, '{table}: two that hold at once'); END
"""
POSTGRES = """
ALTER TABLE {table} ADD CONSTRAINT {table}_no_overlap EXCLUDE USING gist ({same}, int8range(starts, ends) WITH &&)
"""


def forward(apps: Any, editor: Any) -> None:
    for table, (ids, texts) in TABLES.items():
        if editor.connection.vendor == "sqlite":
            same = " AND ".join(f"other.{name} IS NEW.{name}" for name in (*ids, *texts))
            for verb in ("INSERT", "UPDATE"):
                editor.execute(SQLITE.format(table=table, verb=verb, same=same, last=LAST))
        else:
            whole = [f"int8range(COALESCE({name}, 0), COALESCE({name}, 0), '[]') WITH &&" for name in ids]
            said = " || '/' || ".join(texts)
            whole.append(f"int8range(hashtextextended({said}, 0), hashtextextended({said}, 0), '[]') WITH &&")
            editor.execute(POSTGRES.format(table=table, same=", ".join(whole)))


def back(apps: Any, editor: Any) -> None:
    for table in TABLES:
        if editor.connection.vendor == "sqlite":
            for verb in ("INSERT", "UPDATE"):
                editor.execute(f"DROP TRIGGER {table}_no_overlap_{verb}")
        else:
            editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_no_overlap")


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_people_and_movements")]
    operations = [migrations.RunPython(forward, back)]
