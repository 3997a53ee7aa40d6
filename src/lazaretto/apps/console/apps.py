from typing import Any

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "lazaretto.apps.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the frame of the pages which facilities a reader may go to."""
        from lazaretto.apps.console import access, presenters, queries
        from lazaretto.web.shell import facilities_from

        def own(user: Any) -> list[dict[str, str]]:
            found = queries.facilities(user, queries.READS_REPORT, access.clock_now())
            return [{"code": f.code, "name": presenters.places.in_language(f.organisation)} for f in found]

        facilities_from(own)
