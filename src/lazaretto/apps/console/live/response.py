"""The answer to somebody who wants to hear news."""

from typing import Any

from django.http import HttpResponse

from lazaretto.apps.console.live import telling
from lazaretto.apps.console.live.hearing import Listening
from lazaretto.apps.journal.news import Head


class EventStream(HttpResponse):
    """
    What came since, as an ordinary response; the server that can (`lazaretto.config.asgi`) keeps it open from there.

    So a stream passes the same middleware as every page, and a server that cannot hold streams still serves them: the
    response ends, and the client comes back with its cursor.
    """

    def __init__(self, listening: Listening, seen: dict[int, Head], **more: Any) -> None:
        said, self.cursor = telling.opening(listening, seen)
        super().__init__(said, content_type="text/event-stream; charset=utf-8", **more)
        self.listening = listening
        self.headers["Cache-Control"] = "no-store"
        self.headers["X-Accel-Buffering"] = "no"  # or a proxy in front would collect news until it has enough
