import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('registry', '0005_found_by_sound'),
    ]

    operations = [
        migrations.CreateModel(
            name='Handover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('written_at', models.BigIntegerField()),
                ('given_by', models.CharField(max_length=60)),
                ('counted', models.PositiveIntegerField()),
                ('on_record', models.PositiveIntegerField()),
                ('taken_at', models.BigIntegerField(blank=True, null=True)),
                ('taken_by', models.CharField(blank=True, max_length=60)),
                ('counted_by_taker', models.PositiveIntegerField(blank=True, null=True)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='registry.facility')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='registry.place')),
            ],
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('task', 'task'), ('person', 'person'), ('thing', 'thing')], max_length=10)),
                ('said', models.CharField(max_length=300)),
                ('added_at', models.BigIntegerField()),
                ('by', models.CharField(max_length=60)),
                ('read_at', models.BigIntegerField(blank=True, null=True)),
                ('read_by', models.CharField(blank=True, max_length=60)),
                ('handover', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='duty.handover')),
            ],
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.UniqueConstraint(condition=models.Q(('taken_at', None)), fields=('facility', 'place'), name='one_open_handover_a_place'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('counted_by_taker', None), ('taken_at', None), ('taken_by', '')), models.Q(('counted_by_taker__isnull', False), ('taken_at__isnull', False), models.Q(('taken_by', ''), _negated=True)), _connector='OR'), name='a_handover_is_signed_whole'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.UniqueConstraint(fields=('handover', 'position'), name='one_item_a_position'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('read_at', None), ('read_by', '')), models.Q(('read_at__isnull', False), models.Q(('read_by', ''), _negated=True)), _connector='OR'), name='who_read_an_item_and_when'),
        ),
    ]
