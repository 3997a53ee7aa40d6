

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0005_found_by_sound'),
        ('work', '0002_care_ledger'),
    ]

    operations = [
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(max_length=80)),
                ('measure', models.CharField(max_length=64)),
                ('protocol', models.CharField(max_length=64)),
                ('stream', models.CharField(max_length=12)),
                ('direction', models.CharField(blank=True, max_length=3)),
                ('of_class', models.CharField(blank=True, max_length=64)),
                ('subject', models.CharField(max_length=80)),
                ('title', models.CharField(blank=True, max_length=200)),
                ('requester', models.CharField(max_length=60)),
                ('starts', models.BigIntegerField(blank=True, null=True)),
                ('ends', models.BigIntegerField(blank=True, null=True)),
                ('opened_at', models.BigIntegerField()),
                ('recorded_at', models.BigIntegerField()),
                ('ended_at', models.BigIntegerField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, choices=[('passed', 'passed'), ('stopped', 'stopped'), ('withdrawn', 'withdrawn')], max_length=9)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='registry.facility')),
            ],
        ),
        migrations.CreateModel(
            name='Refused',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(blank=True, max_length=80)),
                ('measure', models.CharField(max_length=64)),
                ('step', models.CharField(blank=True, max_length=64)),
                ('stream', models.CharField(blank=True, max_length=12)),
                ('direction', models.CharField(blank=True, max_length=3)),
                ('of_class', models.CharField(blank=True, max_length=64)),
                ('code', models.CharField(max_length=40)),
                ('at', models.BigIntegerField(db_column='occurred_at')),
                ('recorded_at', models.BigIntegerField()),
                ('by', models.CharField(max_length=60)),
                ('role', models.CharField(blank=True, max_length=60)),
                ('possible_at', models.BigIntegerField(blank=True, null=True)),
                ('told', models.CharField(blank=True, max_length=300)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refusals', to='registry.facility')),
                ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refusals', to='work.run')),
            ],
        ),
        migrations.CreateModel(
            name='StepDone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(max_length=64)),
                ('ref', models.CharField(max_length=80)),
                ('at', models.BigIntegerField(db_column='occurred_at')),
                ('recorded_at', models.BigIntegerField()),
                ('by', models.CharField(max_length=60)),
                ('role', models.CharField(blank=True, max_length=60)),
                ('second', models.CharField(blank=True, max_length=60)),
                ('result', models.CharField(blank=True, max_length=64)),
                ('values', models.JSONField(default=dict)),
                ('source', models.CharField(blank=True, max_length=20)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.facility')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='work.run')),
            ],
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=60)),
                ('from_user', models.CharField(max_length=60)),
                ('to_user', models.CharField(max_length=60)),
                ('starts', models.BigIntegerField()),
                ('ends', models.BigIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('recorded_at', models.BigIntegerField()),
                ('by', models.CharField(max_length=60)),
                ('ended_at', models.BigIntegerField(blank=True, null=True)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to='registry.facility')),
            ],
            options={
                'indexes': [models.Index(fields=['facility', 'to_user'], name='delegation_by_user')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends__gt', models.F('starts'))), name='a_delegation_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('to_user', models.F('from_user')), _negated=True), name='nobody_delegates_to_himself')],
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(max_length=80)),
                ('number', models.PositiveIntegerField()),
                ('rule', models.CharField(max_length=64)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('evidence', models.CharField(max_length=500)),
                ('severity', models.CharField(choices=[('low', 'low'), ('medium', 'medium'), ('high', 'high')], max_length=6)),
                ('owner', models.CharField(max_length=60)),
                ('found_at', models.BigIntegerField()),
                ('recorded_at', models.BigIntegerField()),
                ('found_by', models.CharField(max_length=60)),
                ('deadline', models.BigIntegerField()),
                ('fixed_at', models.BigIntegerField(blank=True, null=True)),
                ('fixed_by', models.CharField(blank=True, max_length=60)),
                ('fix', models.CharField(blank=True, max_length=300)),
                ('verified_at', models.BigIntegerField(blank=True, null=True)),
                ('verified_by', models.CharField(blank=True, max_length=60)),
                ('close_number', models.PositiveIntegerField(blank=True, null=True)),
                ('reopened', models.PositiveIntegerField(default=0)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='registry.facility')),
                ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='registry.place')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('verified_at', None)), fields=['facility', 'deadline'], name='finding_open')],
                'constraints': [models.UniqueConstraint(fields=('facility', 'ref'), name='found_once'), models.UniqueConstraint(fields=('facility', 'number'), name='finding_number_once'), models.UniqueConstraint(fields=('facility', 'close_number'), name='close_number_once'), models.CheckConstraint(condition=models.Q(('verified_at', None), models.Q(('fixed_at', None), _negated=True), _connector='OR'), name='what_is_verified_was_fixed'), models.CheckConstraint(condition=models.Q(('verified_by', ''), models.Q(('verified_by', models.F('fixed_by')), _negated=True), _connector='OR'), name='nobody_verifies_his_own_fix')],
            },
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['facility', 'stream'], name='run_open'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['facility', 'subject'], name='run_by_subject'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['facility', 'opened_at'], name='run_by_time'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.UniqueConstraint(fields=('facility', 'ref'), name='a_run_is_opened_once'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('outcome', '')), models.Q(models.Q(('ended_at', None), _negated=True), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='a_run_that_ended_says_how'),
        ),
        migrations.AddIndex(
            model_name='refused',
            index=models.Index(fields=['facility', 'recorded_at'], name='refused_by_time'),
        ),
        migrations.AddIndex(
            model_name='stepdone',
            index=models.Index(fields=['facility', 'at'], name='step_by_time'),
        ),
        migrations.AddConstraint(
            model_name='stepdone',
            constraint=models.UniqueConstraint(fields=('run', 'step'), name='a_step_is_done_once'),
        ),
        migrations.AddConstraint(
            model_name='stepdone',
            constraint=models.UniqueConstraint(fields=('facility', 'ref'), name='a_step_is_sent_once'),
        ),
    ]
