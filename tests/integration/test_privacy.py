"""Every field of every table says how private it is."""

from collections import Counter

from django.apps import apps

from lazaretto.apps.journal.privacy import Privacy


def test_every_field_is_classed() -> None:
    seen: Counter[Privacy] = Counter()
    for model in apps.get_models():
        if not model.__module__.startswith("lazaretto."):
            continue
        fields = {f.name for f in model._meta.concrete_fields} | {f.name for f in model._meta.local_many_to_many}
        classed = getattr(model, "PRIVACY", {})
        assert fields == set(classed), (model.__name__, fields ^ set(classed))
        assert all(isinstance(word, Privacy) for word in classed.values()), model.__name__
        seen.update(classed.values())
    assert min(seen[word] for word in Privacy) > 10
