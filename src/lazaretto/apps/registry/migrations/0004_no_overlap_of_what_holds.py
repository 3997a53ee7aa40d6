"""
Two standings of one subject under one key and slot never overlap, nor two assignments of one person to the same thing;
the database refuses it on both engines.
"""

from django.db import migrations

from lazaretto.apps.journal.overlaps import NoOverlap, Number, Texts

WHOSE = (Number("person_id", empty=True), Number("place_id", empty=True))


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_people_and_movements")]
    operations = [
        NoOverlap(table, [*WHOSE, Texts(what)], says=f"{table}: two that hold at once", triggers=("INSERT", "UPDATE"))
        for table, what in (("registry_standing", ("key", "slot")), ("registry_assignment", ("kind", "key")))
    ]
