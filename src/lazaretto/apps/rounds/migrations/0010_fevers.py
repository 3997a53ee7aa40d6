import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0005_found_by_sound'),
        ('rounds', '0007_claims_and_devices'),
    ]

    operations = [
        migrations.CreateModel(
            name='FeverEpisode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=60)),
                ('first', models.CharField(max_length=64)),
                ('first_at', models.BigIntegerField()),
                ('because', models.CharField(max_length=12)),
                ('opens_at', models.BigIntegerField()),
                ('due_at', models.BigIntegerField()),
                ('confirmed', models.CharField(blank=True, max_length=64)),
                ('confirmed_at', models.BigIntegerField(blank=True, null=True)),
                ('ended', models.CharField(blank=True, max_length=64)),
                ('ended_at', models.BigIntegerField(blank=True, null=True)),
                ('closed_by', models.CharField(blank=True, max_length=60)),
                ('reason', models.CharField(blank=True, max_length=120)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fevers', to='registry.facility')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['facility', 'due_at'], name='fever_open'), models.Index(fields=['facility', 'subject', 'first_at'], name='fever_by_subject')],
                'constraints': [models.UniqueConstraint(fields=('facility', 'first'), name='one_episode_per_first_reading')],
            },
        ),
        migrations.CreateModel(
            name='OwnUsual',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=60)),
                ('on', models.DateField()),
                ('value', models.CharField(blank=True, max_length=10)),
                ('n', models.PositiveIntegerField()),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.facility')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('facility', 'subject'), name='one_usual_temperature_each')],
            },
        ),
    ]
