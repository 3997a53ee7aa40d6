from django.db import migrations

from lazaretto.apps.journal.guards import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("reporting", "0003_exchange"), ("journal", "0002_append_only")]
    operations = [
        AppendOnly(
            [
                "reporting_bundle",
                "reporting_trustedkey",
                "reporting_receivedbundle",
                "reporting_submission",
                "reporting_transfer",
                "reporting_transferreceipt",
            ]
        )
    ]
