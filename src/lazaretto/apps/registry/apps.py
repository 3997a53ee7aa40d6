from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "lazaretto.apps.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal how to read the rows of this app."""
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.journal.models import Log
        from lazaretto.apps.journal.retention import target
        from lazaretto.apps.registry import models, retention
        from lazaretto.apps.registry.versions import key_of

        tables: dict[str, tuple[Any, tuple[str, ...]]] = {
            "place": (models.Place, ("parent",)),
            "person": (models.Person, ("unit", "merged_into")),
            "movement": (models.Movement, ("person", "place")),
            "presence": (models.Presence, ("person", "place")),
            "standing": (models.Standing, ("person", "place")),
            "assignment": (models.Assignment, ("person", "place")),
            "legal_date": (models.LegalDate, ("person",)),
        }

        def reader(entity: str, model: Any, related: tuple[str, ...]) -> Any:
            def read(log: Log) -> Iterator[tuple[str, dict[str, Any]]]:
                for item in model.objects.filter(facility__log=log).select_related(*related).iterator(chunk_size=2000):
                    yield key_of(entity, item), item.record()

            return read

        def aliases(log: Log) -> Iterator[tuple[str, dict[str, Any]]]:
            for item in models.Alias.objects.filter(person__facility__log=log).select_related("person"):
                yield key_of("alias", item), item.record()

        tables["not_same"] = (models.NotSame, ("one", "other"))
        for entity, (model, related) in tables.items():
            journal.rows_now(entity, reader(entity, model, related))
        journal.rows_now("alias", aliases)
        target("people", after="left", due=retention.people_due, purge=retention.purge_people)
