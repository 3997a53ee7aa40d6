"""
What this process has read of the logs that somebody listens to. One reader asks the database for all of them.

A stream keeps nothing but its cursor, so nothing is queued for a slow client; the hub is a cache of the last rows of
each log, and a stream that stands before them reads the database.
"""

import asyncio
import logging
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connections

from lazaretto.apps.console.live.cursor import MOST, step
from lazaretto.apps.journal import news
from lazaretto.apps.journal.news import Head, News

#: Seconds between two looks at the heads of the logs; news is heard within this, and what one look costs.
EVERY = 0.2
#: The signal that tells this process to end its streams, because the server is about to stop.
END = signal.SIGUSR1
PER_USER = 20
PER_PROCESS = 1000
log = logging.getLogger(__name__)


class Full(Exception):
    """There are as many streams as one user, or this process, may have."""


class Window(NamedTuple):
    """The rows of a log from `start` until before `head.size`."""

    head: Head
    start: int
    rows: tuple[News, ...]

    def since(self, first: int) -> tuple[News, ...] | None:
        """Return the rows from `first` on, None if they reach back before the window."""
        return self.rows[first - self.start :] if first >= self.start else None

    def grown(self, head: Head, rows: list[News]) -> "Window":
        """Return the window with the rows that came, without those that nobody may ask for any more."""
        follows = head.epoch == self.head.epoch and head.size - len(rows) == self.head.size
        kept = (*self.rows, *rows)[-MOST:] if follows else tuple(rows)
        return Window(head, head.size - len(kept), kept)


class Found(NamedTuple):
    """What came of a log: where it stands, and the rows to tell, None if the page must be read again."""

    head: Head
    rows: tuple[News, ...] | None


def look(known: Mapping[int, Head]) -> dict[int, tuple[Head, list[News]]]:
    """Return the logs that stand elsewhere than known, with the rows that came. A log first looked at brings none."""
    found: dict[int, tuple[Head, list[News]]] = {}
    for id_, head in news.heads(known).items():
        before = known[id_]
        if head == before:
            continue
        first = max(before.size, head.size - MOST) if before.epoch == head.epoch else head.size
        found[id_] = head, news.between(id_, first, head.size)
    return found


UNSEEN = Head(-1, 0)


class Hub:
    """The windows, who listens to them, and the one task that looks for news while anybody listens."""

    def __init__(
        self,
        look: Callable[[Mapping[int, Head]], dict[int, tuple[Head, list[News]]]] = look,
        between: Callable[[int, int, int], list[News]] = news.between,
    ) -> None:
        self._look, self._between = look, between
        self._windows: dict[int, Window] = {}
        self._listeners: Counter[int] = Counter()
        self._streams: Counter[str] = Counter()
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="news")
        self._task: asyncio.Task[None] | None = None
        self.turn = asyncio.Event()
        self.closing = False

    @contextmanager
    def place(self, user: str) -> Iterator[None]:
        """Hold a place for one stream. :raises Full: if there is none."""
        if self.closing or self._streams[user] >= PER_USER or self._streams.total() >= PER_PROCESS:
            raise Full
        self._streams[user] += 1
        try:
            yield
        finally:
            self._streams[user] -= 1
            self._streams += Counter()  # forgets users without streams

    @contextmanager
    def listening(self, logs: set[int]) -> Iterator[None]:
        """Keep windows on logs; the first listener starts the task that looks, the last one lets it end."""
        self._listeners.update(logs)
        if logs and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._watch())
        try:
            yield
        finally:
            self._listeners.subtract(logs)
            self._listeners += Counter()
            for gone in set(self._windows) - set(self._listeners):
                del self._windows[gone]

    async def since(self, id_: int, seen: Head, pool: Executor) -> Found | None:
        """Return what came of a log after `seen`, None if nothing did. A database is asked only for what is not here."""
        window = self._windows.get(id_)
        if window is None or (window.head.epoch == seen.epoch and window.head.size <= seen.size):
            return None  # also where the page was read after the last look: its cursor is ahead of the window
        wanted = step(seen, window.head)
        if wanted.resync:
            return Found(window.head, None)
        rows = window.since(wanted.first)
        if rows is None:
            loop = asyncio.get_running_loop()
            rows = tuple(await loop.run_in_executor(pool, self._between, id_, wanted.first, wanted.end))
        return Found(window.head, rows)

    def close(self) -> None:
        """End all streams."""
        self.closing = True
        self._wake()
        self._reader.shutdown(wait=False)

    def _wake(self) -> None:
        self.turn.set()
        self.turn = asyncio.Event()

    async def _watch(self) -> None:
        while self._listeners and not self.closing:
            try:
                await self.look()
            except Exception:  # whatever it is, streams must not fall silent for good: they go on when it is over
                log.exception("no news: the record cannot be read")
                await asyncio.get_running_loop().run_in_executor(self._reader, connections.close_all)
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Read what came since the last look at the logs that somebody listens to, and wake the streams."""
        known = {id_: w.head if (w := self._windows.get(id_)) else UNSEEN for id_ in self._listeners}
        self._take(await asyncio.get_running_loop().run_in_executor(self._reader, self._look, known))

    def _take(self, found: dict[int, tuple[Head, list[News]]]) -> None:
        for id_, (head, rows) in found.items():
            if id_ in self._listeners:
                before = self._windows.get(id_, Window(head, head.size, ()))
                self._windows[id_] = before.grown(head, rows)
        if found:
            self._wake()
