from django.apps import AppConfig


class CoordinationConfig(AppConfig):
    name = "lazaretto.apps.coordination"
    label = "coordination"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal how to read the rows of this app."""
        from lazaretto.apps.coordination import models
        from lazaretto.apps.journal import queries as journal

        journal.rows_now(
            "daily_step",
            lambda log: (
                (str(s.pk), s.record()) for s in models.DailyStep.objects.filter(facility__log=log).order_by("pk")
            ),
        )
