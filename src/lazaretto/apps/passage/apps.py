from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig


class PassageConfig(AppConfig):
    name = "lazaretto.apps.passage"
    label = "passage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal how to read the rows of this app, and hear what the engine of chains does."""
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.journal.retention import target
        from lazaretto.apps.passage import inside, models, passing, retention, wiring
        from lazaretto.apps.registry import files
        from lazaretto.apps.registry.retention import forget_with
        from lazaretto.apps.work import runs

        sources: tuple[tuple[str, Any, str, tuple[str, ...]], ...] = (
            ("gate_visit", models.Visit, "facility__log", ("gate",)),
            ("party", models.Party, "facility__log", ("visit", "person", "zone")),
            ("crossing", models.Crossing, "facility__log", ("party__visit", "gate", "run")),
            ("restriction_review", models.RestrictionReview, "facility__log", ()),
        )
        for entity, model, log_field, related in sources:
            journal.rows_now(entity, _rows(model, log_field, related))
        target("visits", after="opened", due=retention.visits_due, purge=retention.purge_visits)
        forget_with(retention.forget_person)
        files.part_of_copy("passages", inside.of_person)
        runs.guard_with(passing.before_step)
        runs.when_passed(passing.run_passed)
        runs.when_stopped(passing.run_stopped)
        wiring.connect()


def _rows(model: Any, log_field: str, related: tuple[str, ...]) -> Any:
    def rows(log: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        found = model.objects.filter(**{log_field: log}).order_by("pk")
        for row in found.select_related(*related) if related else found:
            yield str(row.pk), row.record()

    return rows
