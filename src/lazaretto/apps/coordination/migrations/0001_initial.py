import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('registry', '0005_found_by_sound'),
    ]

    operations = [
        migrations.CreateModel(
            name='DailyStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('step', models.CharField(choices=[('screen', 'screen'), ('report', 'report'), ('assess', 'assess'), ('deploy', 'deploy')], max_length=10)),
                ('done_at', models.BigIntegerField()),
                ('by', models.CharField(max_length=60)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='daily_steps', to='registry.facility')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('facility', 'on', 'step'), name='a_step_once_a_day'), models.CheckConstraint(condition=models.Q(('step__in', ('screen', 'report', 'assess', 'deploy'))), name='a_step_of_the_four')],
            },
        ),
    ]
