from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "lazaretto.apps.clinic"
    label = "clinic"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal how to read the rows of this app."""
        from lazaretto.apps.clinic import models, queries, retention
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.journal.retention import target
        from lazaretto.apps.registry import files
        from lazaretto.apps.registry.retention import forget_with

        journal.rows_now(
            "visit",
            lambda log: (
                (v.ref, v.record())
                for v in models.Visit.objects.filter(facility__log=log).select_related("person").order_by("pk")
            ),
        )
        target("clinic", after="seen", due=retention.visits_due, purge=retention.purge_visits)
        forget_with(retention.forget_person)
        files.part_of_copy("clinic", queries.visits_of)
