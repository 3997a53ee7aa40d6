from django.db import migrations

from lazaretto.apps.journal.guards import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("rounds", "0001_initial"), ("journal", "0002_append_only")]
    operations = [AppendOnly(["rounds_fact", "rounds_idconflict"])]
