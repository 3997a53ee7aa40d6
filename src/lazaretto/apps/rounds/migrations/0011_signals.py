import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0005_found_by_sound'),
        ('rounds', '0010_fevers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Signal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=80)),
                ('about', models.CharField(max_length=80)),
                ('author', models.CharField(blank=True, max_length=60)),
                ('starts', models.BigIntegerField()),
                ('ends', models.BigIntegerField()),
                ('numbers', models.JSONField(default=dict)),
                ('facts', models.JSONField(default=list)),
                ('raised_at', models.BigIntegerField()),
                ('answered_at', models.BigIntegerField(blank=True, null=True)),
                ('answer', models.CharField(blank=True, max_length=12)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('by', models.CharField(blank=True, max_length=60)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signals', to='registry.facility')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('answered_at', None)), fields=['facility', 'raised_at'], name='signal_open'), models.Index(fields=['facility', 'starts'], name='signal_by_time')],
                'constraints': [models.UniqueConstraint(fields=('facility', 'rule', 'about', 'author', 'starts'), name='one_question_about_one_thing'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('by', '')), models.Q(models.Q(('answer', ''), _negated=True), models.Q(('by', ''), _negated=True)), _connector='OR'), name='an_answer_has_its_author')],
            },
        ),
    ]
