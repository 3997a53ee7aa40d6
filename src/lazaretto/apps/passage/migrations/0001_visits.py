
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('registry', '0005_found_by_sound'),
        ('work', '0003_runs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('ref', models.CharField(max_length=80)),
                ('purpose', models.CharField(blank=True, max_length=200)),
                ('host', models.CharField(blank=True, max_length=120)),
                ('sender', models.CharField(blank=True, max_length=200)),
                ('starts', models.BigIntegerField(blank=True, null=True)),
                ('ends', models.BigIntegerField(blank=True, null=True)),
                ('opened_at', models.BigIntegerField()),
                ('recorded_at', models.BigIntegerField()),
                ('by', models.CharField(max_length=60)),
                ('closed_at', models.BigIntegerField(blank=True, null=True)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gate_visits', to='registry.facility')),
                ('gate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='gate_visits', to='registry.place')),
            ],
        ),
        migrations.CreateModel(
            name='Party',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('stream', models.CharField(max_length=12)),
                ('of_class', models.CharField(blank=True, max_length=64)),
                ('name', models.CharField(max_length=120)),
                ('identity_kind', models.CharField(blank=True, max_length=12)),
                ('identity_number', models.CharField(blank=True, max_length=40)),
                ('origin', models.CharField(blank=True, max_length=120)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('inside_since', models.BigIntegerField(blank=True, null=True)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parties', to='registry.facility')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='passages', to='registry.person')),
                ('zone', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parties_inside', to='registry.place')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parties', to='passage.visit')),
            ],
        ),
        migrations.CreateModel(
            name='Crossing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(max_length=80)),
                ('direction', models.CharField(choices=[('in', 'in'), ('out', 'out')], max_length=3)),
                ('at', models.BigIntegerField(db_column='occurred_at')),
                ('recorded_at', models.BigIntegerField()),
                ('by', models.CharField(max_length=60)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='crossings', to='registry.facility')),
                ('gate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='crossings', to='registry.place')),
                ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='work.run')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='crossings', to='passage.party')),
            ],
            options={
                'indexes': [models.Index(fields=['facility', 'at'], name='crossing_by_time')],
                'constraints': [models.UniqueConstraint(fields=('facility', 'ref'), name='crossed_once')],
            },
        ),
        migrations.CreateModel(
            name='RestrictionReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.CharField(max_length=64)),
                ('order', models.CharField(max_length=120)),
                ('decision', models.CharField(choices=[('continue', 'continue'), ('lift', 'lift')], max_length=10)),
                ('reason', models.CharField(max_length=200)),
                ('next_at', models.BigIntegerField(blank=True, null=True)),
                ('recorded_at', models.BigIntegerField()),
                ('by', models.CharField(max_length=60)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restriction_reviews', to='registry.facility')),
            ],
            options={
                'indexes': [models.Index(fields=['facility', 'measure'], name='review_by_measure')],
            },
        ),
        migrations.AddIndex(
            model_name='visit',
            index=models.Index(fields=['facility', 'opened_at'], name='visit_by_time'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.UniqueConstraint(fields=('facility', 'ref'), name='a_visit_is_opened_once'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.UniqueConstraint(fields=('facility', 'number'), name='visit_number_once'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.CheckConstraint(condition=models.Q(('ends', None), ('starts', None), ('ends__gt', models.F('starts')), _connector='OR'), name='a_visit_ends_after_it_starts'),
        ),
        migrations.AddIndex(
            model_name='party',
            index=models.Index(condition=models.Q(('inside_since__isnull', False)), fields=['facility', 'stream'], name='party_inside'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.UniqueConstraint(fields=('visit', 'position'), name='party_position_once'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.UniqueConstraint(condition=models.Q(('inside_since__isnull', False)), fields=('person',), name='a_person_is_inside_once'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('zone', None), ('inside_since__isnull', False), _connector='OR'), name='who_is_in_a_zone_is_inside'),
        ),
    ]
