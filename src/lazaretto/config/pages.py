"""
Runs Django's own (synchronous) application under an asynchronous server: a few threads that live as long as the process.

Each thread keeps its connection to the database. Django's own asynchronous handler makes a thread for each request, and
with it a connection; what that costs stands in docs/adr/0008-live-news.md.
"""

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.http import HttpResponse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Environ = dict[str, Any]
#: What an application answers: a status line, headers, and the body in parts.
Start = tuple[str, list[tuple[str, str]]]

THREADS = 4
_NAMED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class Body(io.RawIOBase):
    """The body of a request, fetched from the server as the application reads it, and not before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive) -> None:
        self._loop, self._receive = loop, receive
        self._rest, self._more = memoryview(b""), True

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not self._rest and self._more:
            message = asyncio.run_coroutine_threadsafe(_next(self._receive), self._loop).result()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError("the client is gone")
            self._rest, self._more = memoryview(message.get("body", b"")), bool(message.get("more_body"))
        n = min(len(into), len(self._rest))
        into[:n], self._rest = self._rest[:n], self._rest[n:]
        return n


async def _next(receive: Receive) -> Message:
    return await receive()


def environ_of(scope: Scope, body: io.BufferedIOBase) -> Environ:
    """Return what a WSGI application is told of a request (PEP 3333)."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(host),
        "SERVER_PORT": str(port or 0),
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        key = _NAMED.get(name) or "HTTP_" + name.upper().replace("-", "_")
        said = value.decode("latin-1")
        parts = "; " if name == "cookie" else ","
        environ[key] = f"{environ[key]}{parts}{said}" if key in environ else said
    return environ


class Pages:
    """The threads that answer requests."""

    def __init__(self, application: Callable[..., Iterable[bytes]], threads: int = THREADS) -> None:
        self._application = application
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="page")

    async def answer(self, environ: Environ, send: Send, *, keep: type[HttpResponse]) -> HttpResponse | None:
        """Answer a request. A response of the type `keep` is returned unsent, for somebody who goes on with it."""
        loop = asyncio.get_running_loop()

        def tell(message: Message) -> None:
            asyncio.run_coroutine_threadsafe(_said(send, message), loop).result()

        found = await loop.run_in_executor(self.pool, self._run, environ, tell, keep)
        if isinstance(found, HttpResponse) or found is None:
            return found
        start, content = found
        await send(opened(start))
        await send({"type": "http.response.body", "body": content})
        return None

    def _run(
        self, environ: Environ, tell: Callable[[Message], None], keep: type[HttpResponse]
    ) -> HttpResponse | tuple[Start, bytes] | None:
        """Run the application; what streams is sent from this thread, whose connection it may be reading from."""
        started: list[Start] = []
        response: Any = self._application(environ, lambda status, headers, _=None: started.append((status, headers)))
        try:
            if isinstance(response, keep):
                return response
            if not response.streaming:
                return started[-1], b"".join(response)
            tell(opened(started[-1]))
            for part in response:
                tell({"type": "http.response.body", "body": part, "more_body": True})
            tell({"type": "http.response.body", "body": b""})
            return None
        finally:
            response.close()


async def _said(send: Send, message: Message) -> None:
    await send(message)


def opened(start: Start) -> Message:
    """Return the first message of a response."""
    status, headers = start
    said = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": int(status.split()[0]), "headers": said}
