from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig


class IsolationConfig(AppConfig):
    name = "lazaretto.apps.isolation"
    label = "isolation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal how to read the rows of this app, and hear what begins or ends an episode."""
        from lazaretto.apps.isolation import listening, models, queue, retention
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.journal.retention import target
        from lazaretto.apps.registry import files
        from lazaretto.apps.registry.hearing import hear_movements
        from lazaretto.apps.registry.retention import forget_with
        from lazaretto.apps.work.actions import starts_with
        from lazaretto.web import picture

        sources: tuple[tuple[str, Any, str, tuple[str, ...]], ...] = (
            ("episode", models.Episode, "facility__log", ("person", "cohort")),
            ("placement", models.Placement, "episode__facility__log", ("place", "episode")),
            ("isolation_note", models.Note, "episode__facility__log", ("episode",)),
            ("cohort", models.Cohort, "facility__log", ()),
            ("activity", models.Activity, "facility__log", ("place",)),
            ("breach", models.Breach, "facility__log", ("place",)),
        )
        for entity, model, log_field, related in sources:
            journal.rows_now(entity, _rows(model, log_field, related))
        target("isolation", after="ended", due=retention.episodes_due, purge=retention.purge_episodes)
        target("separation", after="ended", due=retention.separation_due, purge=retention.purge_separation)
        forget_with(retention.forget_person)
        files.part_of_copy("isolation", listening.of_person)
        starts_with(listening.isolate_first)
        hear_movements(listening.people_moved)
        picture.fill("numbers", "isolation", queue.rooms_wanted)
        picture.fill("alerts", "isolation", queue.medicines_missed)


def _rows(model: Any, log_field: str, related: tuple[str, ...]) -> Any:
    def rows(log: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        found = model.objects.filter(**{log_field: log}).order_by("pk")
        for row in found.select_related(*related) if related else found:
            yield str(row.pk), row.record()

    return rows
