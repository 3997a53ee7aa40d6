from django.db import migrations

from lazaretto.apps.journal.guards import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("reporting", "0001_initial"), ("journal", "0002_append_only")]
    operations = [AppendOnly(["reporting_signedreport"])]
