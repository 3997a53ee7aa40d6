"""From the rows of logs to the frames that one listener gets, with his cursor moved on."""

from collections.abc import Iterable

from lazaretto.apps.console.live import frames
from lazaretto.apps.console.live.cursor import step
from lazaretto.apps.console.live.hearing import Listening
from lazaretto.apps.journal import news
from lazaretto.apps.journal.news import Head, News


def told(rows: Iterable[News], listening: Listening, cursor: dict[int, Head]) -> str:
    """Return the frames for what the listener hears of `rows`, which follow on his cursor; the cursor moves over all."""
    said = []
    for row in rows:
        cursor[row.log] = Head(cursor[row.log].epoch, row.seq + 1)
        heard = listening.logs[row.log]
        if row.kind in heard.kinds:
            said.append(frames.news(row, heard.code, cursor))
    return "".join(said)


def opening(listening: Listening, seen: dict[int, Head]) -> tuple[str, dict[int, Head]]:
    """
    Return what a listener who has `seen` so much is told first, read from the database, and where he stands then.

    Of a log that he says nothing about he has seen everything.
    """
    there = news.heads(listening.logs)
    cursor = {log: seen.get(log, head) for log, head in there.items()}
    said = [frames.start(cursor)]
    for log, head in sorted(there.items()):
        wanted = step(cursor[log], head)
        if wanted.resync:
            cursor[log] = head
            said.append(frames.resync(listening.logs[log].code, cursor))
        elif wanted.end > wanted.first:
            said.append(told(news.between(log, wanted.first, wanted.end), listening, cursor))
    return "".join(said), cursor
