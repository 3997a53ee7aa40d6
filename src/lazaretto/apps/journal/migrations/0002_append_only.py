from django.db import migrations

from lazaretto.apps.journal.guards import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [AppendOnly(["journal_entry", "journal_record", "journal_checkpoint"])]
