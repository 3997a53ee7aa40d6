"""The application that the server runs: pages in a few threads, and open streams of news that need none."""

import asyncio
import gc
import io
import os
from collections.abc import Awaitable

from django.core.wsgi import get_wsgi_application

from lazaretto.config.pages import Body, Environ, Pages, Receive, Scope, Send, environ_of
from lazaretto.protocol.text import Text

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lazaretto.config.settings")
pages = Pages(get_wsgi_application())

from lazaretto.apps.console.live.hub import END, Full, Hub  # noqa: E402  (needs the apps)
from lazaretto.apps.console.live.response import EventStream  # noqa: E402
from lazaretto.apps.console.live.stream import follow  # noqa: E402

hub = Hub()
# What is loaded for good is not searched for garbage again in the middle of a page, which doubled its slowest times.
gc.collect()
gc.freeze()
#: Seconds after which a client that found no place asks again.
LATER = 30
FULL = Text("打开的页面太多，稍后自动重试。", "Too many pages are open; this one tries again by itself.")
#: What a response says of its own length, which a stream does not know.
_LENGTH = "content-length"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        return await _live(receive, send)
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    loop = asyncio.get_running_loop()
    environ = environ_of(scope, io.BufferedReader(Body(loop, receive)))
    found = await pages.answer(environ, send, keep=EventStream)
    if found is None:
        return None
    assert isinstance(found, EventStream)
    try:
        with hub.place(found.listening.user):
            await _stream(found, environ, receive, send)
    except Full:
        await _refuse(send)
    return None


async def _live(receive: Receive, send: Send) -> None:
    """Say that we are ready, and listen for the end: a server waits for open connections before it says that it stops."""
    loop = asyncio.get_running_loop()
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            loop.add_signal_handler(END, hub.close)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _stream(found: EventStream, environ: Environ, receive: Receive, send: Send) -> None:
    async def say(said: bytes) -> None:
        await send({"type": "http.response.body", "body": said, "more_body": True})

    async def again(cursor: str) -> EventStream | None:
        asked = environ | {"HTTP_LAST_EVENT_ID": cursor, "wsgi.input": io.BytesIO()}
        now = await pages.answer(asked, _nowhere, keep=EventStream)
        return now if isinstance(now, EventStream) else None

    headers = [(n.lower().encode(), v.encode("latin-1")) for n, v in found.items() if n.lower() != _LENGTH]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if environ["REQUEST_METHOD"] == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    await _until_gone(follow(hub, found, say=say, again=again, pool=pages.pool), receive)
    await send({"type": "http.response.body", "body": b""})


async def _until_gone(telling: Awaitable[None], receive: Receive) -> None:
    """Tell until it ends or nobody listens any more."""
    work, gone = asyncio.ensure_future(telling), asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (work, gone):
            task.cancel()
    await asyncio.gather(work, gone, return_exceptions=True)
    if work.done() and not work.cancelled() and (error := work.exception()):
        raise error


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nowhere(message: object) -> None:
    """Take what nobody is to be sent."""


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"retry-after", str(LATER).encode())]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": f"{FULL}\n".encode()})
