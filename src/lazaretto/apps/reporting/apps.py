from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "lazaretto.apps.reporting"
    label = "reporting"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal where the rows are that this app keeps itself."""
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.registry import files
        from lazaretto.apps.reporting import actions, bundles, submissions, transfers, trust

        journal.rows_of("report_signed", actions.leaf_of)
        journal.rows_of("report_amended", actions.leaf_of)
        journal.rows_of("bundle_made", bundles.leaf_of)
        journal.rows_of("keys_trusted", trust.leaves_of)
        journal.rows_of("bundle_received", submissions.leaves_of)
        journal.rows_of("transfer_sent", transfers.transfer_leaf)
        journal.rows_of("transfer_received", transfers.transfer_leaf)
        journal.rows_of("transfer_receipt", transfers.receipt_leaf)
        files.part_of_copy("transfers", transfers.documents_of)
