"""Fill in what people who are on file already can be found by."""

from typing import Any

from django.db import migrations

from lazaretto.apps.registry.sounds import search_text, terms


def forward(apps: Any, editor: Any) -> None:
    person = apps.get_model("registry", "Person")
    people = list(person.objects.filter(search=""))
    for one in people:
        one.sort, one.search = terms(one.name)[1][:200], search_text(one.code, one.name)
        one.birth_precision = "day" if one.birth_date else ""
    person.objects.bulk_update(people, ["sort", "search", "birth_precision"], batch_size=200)


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_no_overlap_of_what_holds")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
