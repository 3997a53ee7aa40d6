from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "lazaretto.apps.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal where the rows of this app's entries are, and listen to what the second factor does."""
        from lazaretto.apps.accounts import access, actions, second_factor
        from lazaretto.apps.journal import queries as journal
        from lazaretto.web.shell import links_from

        journal.rows_of("sensitive_read", actions.leaves_of)
        second_factor.listen()
        links_from("accounts", access.links)
