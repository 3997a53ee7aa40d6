"""
Grants of one role to one user in one organisation never overlap; the database refuses it on both engines.

A grant that was ended before its time holds no more and is in nobody's way.
"""

from django.db import migrations

from lazaretto.apps.journal.overlaps import DAYS, NoOverlap, Number, Word


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_people_and_tokens")]
    operations = [
        NoOverlap(
            "accounts_grant",
            [Number("user_id"), Number("organisation_id"), Word("role", "accounts_textrange")],
            DAYS,
            says="grants overlap",
            while_empty="ended_at",
        )
    ]
