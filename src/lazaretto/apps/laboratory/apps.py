from django.apps import AppConfig


class LaboratoryConfig(AppConfig):
    name = "lazaretto.apps.laboratory"
    label = "laboratory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal how to read the rows of this app, and order what a cascade asks for."""
        from lazaretto.apps.journal import queries as journal
        from lazaretto.apps.journal.retention import target
        from lazaretto.apps.laboratory import cascades, models, queries, retention
        from lazaretto.apps.registry import files
        from lazaretto.apps.registry.retention import forget_with
        from lazaretto.apps.work.actions import starts_with

        journal.rows_now(
            "order",
            lambda log: (
                (str(o.number), o.record())
                for o in models.Order.objects.filter(facility__log=log).select_related("person").order_by("pk")
            ),
        )
        journal.rows_now(
            "specimen",
            lambda log: (
                (str(s.pk), s.record())
                for s in models.Specimen.objects.filter(order__facility__log=log).select_related("order").order_by("pk")
            ),
        )
        target("laboratory", after="ordered", due=retention.orders_due, purge=retention.purge_orders)
        forget_with(retention.forget_person)
        files.part_of_copy("laboratory", queries.orders_of)
        starts_with(cascades.order_panel)
