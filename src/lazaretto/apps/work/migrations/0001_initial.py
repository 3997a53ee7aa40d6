import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('registry', '0005_found_by_sound'),
    ]

    operations = [
        migrations.CreateModel(
            name='Cascade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.CharField(max_length=64)),
                ('protocol', models.CharField(max_length=64)),
                ('event', models.CharField(max_length=64)),
                ('source', models.CharField(max_length=80)),
                ('subject', models.CharField(max_length=80)),
                ('event_at', models.BigIntegerField()),
                ('learned_at', models.BigIntegerField()),
                ('ended_at', models.BigIntegerField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=60)),
                ('reason', models.CharField(blank=True, max_length=120)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cascades', to='registry.facility')),
            ],
        ),
        migrations.CreateModel(
            name='Done',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(max_length=64)),
                ('done_at', models.BigIntegerField()),
                ('recorded_at', models.BigIntegerField()),
                ('by', models.CharField(max_length=60)),
                ('cascade', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='done', to='work.cascade')),
            ],
        ),
        migrations.AddIndex(
            model_name='cascade',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['facility', 'event_at'], name='cascade_open'),
        ),
        migrations.AddConstraint(
            model_name='cascade',
            constraint=models.UniqueConstraint(fields=('facility', 'measure', 'source'), name='one_cascade_per_event'),
        ),
        migrations.AddConstraint(
            model_name='done',
            constraint=models.UniqueConstraint(fields=('cascade', 'action'), name='an_action_is_done_once'),
        ),
    ]
