"""
One open stream: what the request was answered, then news as it comes.

Each minute the request is asked again as the client would ask it on coming back, with the cursor where it stands: who
signed out, was closed out or lost the role gets no further word, and whose role changed hears what it opens now.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from itertools import count

from lazaretto.apps.console.live import cursor as cursors
from lazaretto.apps.console.live import frames
from lazaretto.apps.console.live.hearing import Listening
from lazaretto.apps.console.live.hub import Hub
from lazaretto.apps.console.live.response import EventStream
from lazaretto.apps.console.live.telling import told
from lazaretto.apps.journal.news import Head

BEAT = 15.0
CHECK = 60.0
_numbers = count()


async def follow(
    hub: Hub,
    opened: EventStream,
    *,
    say: Callable[[bytes], Awaitable[None]],
    again: Callable[[str], Awaitable[EventStream | None]],
    pool: Executor,
) -> None:
    """Tell news until the asker may hear no more. `again` answers the request anew, None if it opens no stream now."""
    loop = asyncio.get_running_loop()
    early = (next(_numbers) % 32) / 128  # so that streams opened together are not all asked again together
    current: EventStream | None = opened
    while current is not None:
        await say(current.content)
        until = loop.time() + CHECK * (1 - early)
        cursor = dict(current.cursor)
        await _tell(hub, current.listening, cursor, say=say, pool=pool, until=until)
        current = None if hub.closing else await again(cursors.text(cursor))


async def _tell(
    hub: Hub,
    listening: Listening,
    cursor: dict[int, Head],
    *,
    say: Callable[[bytes], Awaitable[None]],
    pool: Executor,
    until: float,
) -> None:
    """Tell news until a moment of the loop's clock, and that the stream is alive where there is none."""
    loop = asyncio.get_running_loop()
    beat = loop.time() + BEAT
    with hub.listening(set(listening.logs)):
        while not hub.closing and (now := loop.time()) < until:
            turn = hub.turn
            said = await _news(hub, listening, cursor, pool)
            if not said and now >= beat:
                said = frames.beat(cursor)
            if said:
                beat = now + BEAT
                await say(said.encode())
                continue
            try:
                await asyncio.wait_for(turn.wait(), min(beat, until) - now)
            except TimeoutError:
                continue


async def _news(hub: Hub, listening: Listening, cursor: dict[int, Head], pool: Executor) -> str:
    said = []
    for log in cursor:
        found = await hub.since(log, cursor[log], pool)
        if found is None:
            continue
        if found.rows is None:
            cursor[log] = found.head
            said.append(frames.resync(listening.logs[log].code, cursor))
        else:
            said.append(told(found.rows, listening, cursor))
    return "".join(said)
