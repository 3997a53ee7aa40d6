from django.apps import AppConfig


class RoundsConfig(AppConfig):
    name = "lazaretto.apps.rounds"
    label = "rounds"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal where the rows of this app's entries are."""
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.journal.retention import target
        from lazaretto.apps.registry import files
        from lazaretto.apps.registry.retention import forget_with
        from lazaretto.apps.rounds import actions, holding, models, queries, retention

        journal.rows_of("facts_recorded", actions.leaves_of)
        journal.rows_now(
            "excuse", lambda log: ((str(e.pk), e.record()) for e in models.Excuse.objects.filter(facility__log=log))
        )
        journal.rows_now(
            "held_claim",
            lambda log: (
                (v.key, v.record) for v in map(holding.held_version, models.HeldClaim.objects.filter(facility__log=log))
            ),
        )
        journal.rows_now(
            "fever",
            lambda log: (
                (str(e.pk), e.record()) for e in models.FeverEpisode.objects.filter(facility__log=log).order_by("pk")
            ),
        )
        target("facts", after="observed", due=retention.facts_due, purge=retention.purge_facts)
        target("excuses", after="ended", due=retention.excuses_due, purge=retention.purge_excuses)
        target("fevers", after="ended", due=retention.fevers_due, purge=retention.purge_fevers)
        forget_with(retention.forget_person)
        files.part_of_copy("facts", queries.facts_about)
        files.part_of_copy("excuses", queries.excuses_of)
        files.part_of_copy("held_claims", queries.claims_about)
        files.part_of_copy("fevers", queries.fevers_of)
        journal.rows_now(
            "sheet",
            lambda log: (
                (s.code, s.record())
                for s in models.Sheet.objects.filter(facility__log=log).prefetch_related("rows").order_by("pk")
            ),
        )
        journal.rows_now(
            "signal",
            lambda log: (
                (str(s.pk), s.record()) for s in models.Signal.objects.filter(facility__log=log).order_by("pk")
            ),
        )
        target("signals", after="raised", due=retention.signals_due, purge=retention.purge_signals)
        files.part_of_copy("signals", queries.signals_of)
