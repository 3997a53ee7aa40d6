"""
Grants of one role to one user in one organisation never overlap; the database refuses it on both engines.

A grant that was ended before its time holds no more and is in nobody's way. On SQLite a later migration that alters
`accounts_grant` makes the table anew and loses these triggers: let it run `forward` again.
"""

from typing import Any

from django.db import migrations

SQLITE = """
CREATE TRIGGER accounts_grant_no_overlap_{verb} BEFORE {event} ON accounts_grant
WHEN NEW.ended_at IS NULL AND EXISTS (
    SELECT 1 FROM accounts_grant AS other
    WHERE other.user_id = NEW.user_id AND other.organisation_id = NEW.organisation_id AND other.role = NEW.role
      AND other.ended_at IS NULL AND other.id IS NOT NEW.id
      AND COALESCE(other.starts_on, '0000-00-00') < COALESCE(NEW.ends_on, '9999-99-99')
      AND COALESCE(other.ends_on, '9999-99-99') > COALESCE(NEW.starts_on, '0000-00-00')
)
BEGIN SELECT RAISE(ABORT, 'grants overlap'); END
"""
#: The role is text, for which a gist index has no equality of its own; a range of text has.
POSTGRES = """
CREATE TYPE accounts_textrange AS RANGE (SUBTYPE = text);
ALTER TABLE accounts_grant ADD CONSTRAINT accounts_grant_no_overlap EXCLUDE USING gist (
    int8range(user_id, user_id, '[]') WITH &&,
    int8range(organisation_id, organisation_id, '[]') WITH &&,
    accounts_textrange(role::text, role::text, '[]') WITH &&,
    daterange(starts_on, ends_on) WITH &&
) WHERE (ended_at IS NULL)
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
            editor.execute(f"DROP TRIGGER accounts_grant_no_overlap_{verb}")
    else:
        editor.execute("ALTER TABLE accounts_grant DROP CONSTRAINT accounts_grant_no_overlap")
        editor.execute("DROP TYPE accounts_textrange")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_people_and_tokens")]
    operations = [migrations.RunPython(forward, back)]
