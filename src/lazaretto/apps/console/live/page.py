"""What a page needs to hear news, and the parts of it that are asked for again."""

from datetime import date
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from lazaretto.apps.console.live import cursor
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.journal import news


def live(asked: Asked, on: date, query: QueryDict) -> dict[str, Any]:
    """Return what the page of a day needs to stay up to date (see `follow`)."""
    again = reverse("day-now", args=[asked.facility.code, on])
    return follow(asked, f"{again}?{query.urlencode()}" if query else again)


def follow(asked: Asked, again: str) -> dict[str, Any]:
    """
    Return what a page needs to stay up to date; `again` is where its parts are asked for. Ask before anything else is
    read: what is committed while the page is made is then news, and not lost between the page and its stream.
    """
    here = asked.facility
    return {
        "live": {
            "url": reverse("facility-events", args=[here.code]),
            "after": cursor.text(news.heads([here.log_id])),
            "zone": here.zone,
            "again": again,
        }
    }
