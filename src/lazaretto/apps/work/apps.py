from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "lazaretto.apps.work"
    label = "work"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal how to read the rows of this app."""
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.journal.retention import target
        from lazaretto.apps.registry import files
        from lazaretto.apps.registry.retention import forget_with
        from lazaretto.apps.work import ledger, models, queries, recording, retention

        target("cascades", after="ended", due=retention.cascades_due, purge=retention.purge_cascades)
        forget_with(retention.forget_person)
        files.part_of_copy("cascades", queries.cascades_of)

        journal.rows_now(
            "cascade",
            lambda log: (
                (str(c.pk), c.record())
                for c in models.Cascade.objects.filter(facility__log=log).prefetch_related("done").order_by("pk")
            ),
        )
        target("care", after="given", due=retention.given_due, purge=retention.purge_given)
        files.part_of_copy("care", ledger.given_to)
        journal.rows_now(
            "given",
            lambda log: (
                (g.ref, g.record())
                for g in models.Given.objects.filter(facility__log=log).select_related("person").order_by("pk")
            ),
        )
        target("runs", after="ended", due=retention.runs_due, purge=retention.purge_runs)
        target("findings", after="closed", due=retention.findings_due, purge=retention.purge_findings)
        for model, entity in recording.ENTITIES.items():
            journal.rows_now(entity, _rows(model))


def _rows(model: Any) -> Any:
    def rows(log: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        for row in model.objects.filter(facility__log=log).order_by("pk"):
            yield str(row.pk), row.record()

    return rows
