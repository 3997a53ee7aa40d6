"""
Where a stream stands: for each log its epoch and how many entries were told. As text it is the id of an event.

The text is opaque to clients, and a claim: what it says of a log that the asker may not hear is left out, and what
cannot be true of a log leads to a fresh start with a `resync`.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from lazaretto.apps.journal.news import Head

Cursor = Mapping[int, Head]
#: Who has missed more entries of a log than this is told to read the page again instead.
MOST = 1000
_PART = re.compile(r"(\d{1,18})\.(\d{1,9})\.(\d{1,18})", re.ASCII)


def text(cursor: Cursor) -> str:
    return "-".join(f"{log}.{head.epoch}.{head.size}" for log, head in sorted(cursor.items()))


def parsed(claim: str) -> dict[int, Head]:
    """Return what a text says; what is not of its form says nothing."""
    parts = (_PART.fullmatch(part) for part in claim.split("-"))
    return {int(p[1]): Head(int(p[2]), int(p[3])) for p in parts if p}


class Step(NamedTuple):
    """What is to be told of a log: the entries from `first` until before `end`, or that the page must be read again."""

    first: int
    end: int
    resync: bool


def step(seen: Head, there: Head) -> Step:
    """Return what somebody who has seen `seen` misses of a log that stands at `there`."""
    if seen.epoch != there.epoch or there.size < seen.size or there.size - seen.size > MOST:
        return Step(there.size, there.size, resync=True)
    return Step(seen.size, there.size, resync=False)
