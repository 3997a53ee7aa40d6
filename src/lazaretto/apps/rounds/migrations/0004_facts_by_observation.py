from django.db import migrations, models


class Migration(migrations.Migration):
    """The evidence of a day reads each observation over its own span; fevers are found by value within it."""

    dependencies = [
        ("rounds", "0003_fact_by_correction"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="fact", name="fact_by_time"),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(fields=["facility", "observation", "observed_at", "value"], name="fact_by_observation"),
        ),
    ]
