from typing import Any

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "lazaretto.apps.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the frame of the pages which facilities a reader may go to."""
        from lazaretto.apps.console import access, presenters, queries
        from lazaretto.web.shell import facilities_from, links_from

        def own(user: Any) -> list[dict[str, str]]:
            found = queries.open_facilities(user, access.clock_now())
            return [
                {"code": a.facility.code, "name": presenters.places.in_language(a.facility.organisation),
                 "url": presenters.sections.first_page(a.facility.code, a.may)}
                for a in found
            ]  # fmt: skip

        facilities_from(own)
        links_from("console", access.links)
