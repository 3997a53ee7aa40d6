from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "lazaretto.apps.reporting"
    label = "reporting"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal where the signed reports are."""
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.reporting import actions

        journal.rows_of("report_signed", actions.leaf_of)
        journal.rows_of("report_amended", actions.leaf_of)
