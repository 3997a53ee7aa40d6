from django.db import migrations

from lazaretto.apps.journal.guards import AppendOnly


class Migration(migrations.Migration):
    """A fact may go under a retention policy, if a stub of its leaf is left behind."""

    dependencies = [("rounds", "0005_round_sheets"), ("journal", "0003_epochs_and_purges")]
    operations = [AppendOnly(["rounds_fact"], except_purged=["rounds_fact"])]
