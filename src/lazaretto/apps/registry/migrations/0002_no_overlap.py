"""Presences of one person in one layer never overlap; the database refuses it on both engines."""

from django.db import migrations

from lazaretto.apps.journal.overlaps import NoOverlap, Number, OneOf, Span


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [
        NoOverlap(
            "registry_presence",
            [Number("person_id"), OneOf("layer", ("record", "roster", "passage"))],
            Span(always=True),
            says="presences overlap",
        )
    ]
