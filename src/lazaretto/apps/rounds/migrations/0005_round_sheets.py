
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0002_no_overlap'),
        ('rounds', '0004_facts_by_observation'),
    ]

    operations = [
        migrations.CreateModel(
            name='Sheet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=8, unique=True)),
                ('measure', models.CharField(max_length=64)),
                ('observation', models.CharField(max_length=64)),
                ('place', models.CharField(blank=True, max_length=60)),
                ('unit', models.CharField(blank=True, max_length=60)),
                ('on', models.DateField()),
                ('columns', models.JSONField(default=list)),
                ('reasons', models.JSONField(default=list)),
                ('made_at', models.BigIntegerField()),
                ('by', models.CharField(max_length=40)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sheets', to='registry.facility')),
            ],
        ),
        migrations.CreateModel(
            name='SheetRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('code', models.CharField(max_length=3)),
                ('subject_kind', models.CharField(max_length=10)),
                ('subject', models.CharField(max_length=60)),
                ('place', models.CharField(blank=True, max_length=60)),
                ('asked', models.JSONField(default=list)),
                ('sheet', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='rounds.sheet')),
            ],
        ),
        migrations.AddIndex(
            model_name='sheet',
            index=models.Index(fields=['facility', 'made_at'], name='sheet_by_time'),
        ),
        migrations.AddConstraint(
            model_name='sheetrow',
            constraint=models.UniqueConstraint(fields=('sheet', 'number'), name='sheet_row_once'),
        ),
    ]
