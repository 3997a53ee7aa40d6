from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "lazaretto.apps.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal where the rows of this app's entries are."""
        from lazaretto.apps.accounts import actions
        from lazaretto.apps.journal import queries as journal

        journal.rows_of("sensitive_read", actions.leaves_of)
