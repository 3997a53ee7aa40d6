"""Events as they go over the wire (the WHATWG's `text/event-stream`): an id, a name, one line of JSON."""

import json

from lazaretto.apps.console.live import cursor as cursors
from lazaretto.apps.console.live.cursor import Cursor
from lazaretto.apps.journal.news import News
from lazaretto.protocol.clock import utc_text

#: A client that lost its stream comes back after so many milliseconds.
RETRY_MS = 1000


def start(cursor: Cursor) -> str:
    """Return the first words of a stream: when to come back, and from where. An id without data is no event."""
    return f"retry: {RETRY_MS}\nid: {cursors.text(cursor)}\n\n"


def news(item: News, code: str, cursor: Cursor) -> str:
    said = {
        "kind": item.kind,
        "facility": code,
        "seq": item.seq,
        "occurred_at": utc_text(item.occurred_at),
        "n": item.n,
    }
    return _event("news", cursor, said)


def resync(code: str, cursor: Cursor) -> str:
    """Return that too much was missed to be told one by one: read the page again, then go on from here."""
    return _event("resync", cursor, {"facility": code})


def beat(cursor: Cursor) -> str:
    """Return that the stream is alive; it also moves the cursor over what this listener does not hear."""
    return _event("beat", cursor, {})


def _event(name: str, cursor: Cursor, data: dict[str, object]) -> str:
    return f"id: {cursors.text(cursor)}\nevent: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
