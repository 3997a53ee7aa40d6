from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig


class CoordinationConfig(AppConfig):
    name = "lazaretto.apps.coordination"
    label = "coordination"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal how to read the rows of this app, and hear what moves the resumption of work."""
        from lazaretto.apps.coordination import models, projects
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.work import actions, runs

        sources: tuple[tuple[str, Any, str], ...] = (
            ("daily_step", models.DailyStep, "facility__log"),
            ("project", models.Project, "facility__log"),
            ("project_change", models.ProjectChange, "project__facility__log"),
        )
        for entity, model, log_field in sources:
            journal.rows_now(entity, _rows(model, log_field))
        runs.guard_with(projects.before_step)
        runs.when_passed(projects.run_passed)
        runs.when_stopped(projects.run_stopped)
        actions.hear_events(projects.case_known)


def _rows(model: Any, log_field: str) -> Any:
    def rows(log: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        for row in model.objects.filter(**{log_field: log}).order_by("pk"):
            yield str(row.pk), row.record()

    return rows
