from django.apps import AppConfig


class CommandConfig(AppConfig):
    name = "lazaretto.apps.command"
    label = "command"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal how to read the rows of this app."""
        from lazaretto.apps.command import models
        from lazaretto.apps.journal import queries as journal

        journal.rows_now(
            "adoption",
            lambda log: ((str(a.starts), a.record()) for a in models.Adoption.objects.filter(facility__log=log)),
        )
        journal.rows_now(
            "level",
            lambda log: (
                (str(d.starts), d.record()) for d in models.LevelDeclaration.objects.filter(facility__log=log)
            ),
        )
        journal.rows_now(
            "flag",
            lambda log: (
                (f"{d.flag} {d.starts}", d.record()) for d in models.FlagDeclaration.objects.filter(facility__log=log)
            ),
        )
        journal.rows_now(
            "override",
            lambda log: (
                (str(o.number), o.record()) for o in models.ProtocolOverride.objects.filter(facility__log=log)
            ),
        )
