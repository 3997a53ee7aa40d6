from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "lazaretto.apps.duty"
    label = "duty"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal how to read the rows of this app."""
        from lazaretto.apps.duty import models
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.journal.models import Log

        def handovers(log: Log) -> Iterator[tuple[str, dict[str, Any]]]:
            rows = models.Handover.objects.filter(facility__log=log).select_related("place").order_by("pk")
            return ((str(h.pk), h.record()) for h in rows.prefetch_related("items"))

        journal.rows_now("handover", handovers)
