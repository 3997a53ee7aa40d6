"""A real server and many listeners: sessions made beside the sign-in page, streams read from plain sockets."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.integration.installations.installation import Installation

#: Makes users with a role and a session each; prints the sessions, and an API token of the first user.
PEOPLE = """
import json
from django.contrib.auth.hashers import Argon2PasswordHasher as Cheap
Cheap.memory_cost, Cheap.time_cost, Cheap.parallelism = 64, 1, 1
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Organisation

place = Organisation.objects.get(code={code!r})
keys, users = [], []
for n in range({n}):
    user = accounts.create_user(username="{role}-%d" % n, password="a-long-test-password", by="test", at=1)
    accounts.grant(user=user, role={role!r}, organisation=place, by="test", at=1)
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    keys.append(session.session_key)
    users.append(user)
secret = accounts.create_token(user=users[0], label="t", scopes=["fact.record"], ends_at=4_000_000_000_000, by="test", at=1)
print(json.dumps({{"sessions": keys, "token": secret}}))
"""


def people(node: Installation, n: int, role: str = "epidemic_lead", code: str = "YT") -> tuple[list[str], str]:
    """Return the session keys of `n` new users, and an API token."""
    made = node.code(PEOPLE.format(n=n, role=role, code=code))
    out, err = made.communicate(timeout=120)
    assert made.returncode == 0, err
    said = json.loads(out.splitlines()[-1])
    return said["sessions"], said["token"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`lazaretto serve` of an installation, in a process group of its own, on one port through its lives."""

    def __init__(self, node: Installation) -> None:
        self.node, self.port = node, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [os.sys.executable, "-m", "lazaretto", "serve", "--port", str(self.port)]  # type: ignore[attr-defined]
        self.process = subprocess.Popen(
            command, env=self.node.environment, cwd=self.node.folder, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None
            time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """End the server and its worker as a power cut would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> float:
        """Ask the server to end; return the seconds that it took."""
        assert self.process is not None
        start = time.monotonic()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)
        return time.monotonic() - start


@contextmanager
def served(node: Installation) -> Iterator[Server]:
    server = Server(node)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Poster:
    """Posts facts as a program does; `committed` says when each answer came, by the number of its entry."""

    def __init__(self, server: Server, token: str) -> None:
        self._server, self._token, self.n = server, token, 0

    def post(self) -> float:
        """Post one new fact, again until there is an answer; return the moment of the answer."""
        self.n += 1
        fact = {"id": f"live-{self.n}", "observation": "temperature", "subject": "P1", "value": "36.6",
                "observed_at": "2026-03-17T07:00+08:00", "by": "S1"}  # fmt: skip
        body = json.dumps({"facility": "YT", "facts": [fact]})
        while True:
            with suppress(OSError, HTTPException):
                said = self._ask(body)
                assert said["created"] + said["skipped"] == 1, said
                return time.monotonic()
            time.sleep(0.1)

    def _ask(self, body: str) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection = HTTPConnection("127.0.0.1", self._server.port, timeout=60)
        try:
            connection.request("POST", "/api/v1/facts", body, headers)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@dataclass
class Listener:
    """One open page: comes back with its cursor whenever its stream ends, until it is told to stop."""

    port: int
    session: str
    path: str = "/facilities/YT/events/"
    cursor: str = ""
    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    opened: int = 0
    refused: list[int] = field(default_factory=list)

    async def listen(self) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self.once()
            await asyncio.sleep(0.3)

    async def once(self) -> None:
        """Open the stream and take what it says until it ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        try:
            mark = f"Last-Event-ID: {self.cursor}\r\n" if self.cursor else ""
            writer.write(
                f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept: text/event-stream\r\n"
                f"Cookie: sessionid={self.session}\r\n{mark}\r\n".encode()
            )
            status = int((await reader.readline()).split()[1])
            while (await reader.readline()).strip():
                pass
            if status != 200:
                self.refused.append(status)
                return
            self.opened += 1
            await self._take(reader)
        finally:
            writer.close()

    async def _take(self, reader: asyncio.StreamReader) -> None:
        """Read chunks (RFC 9112, 7.1) and the events in them."""
        rest = b""
        while size := int((await reader.readline()).strip() or b"0", 16):
            rest += await reader.readexactly(size)
            await reader.readline()
            *events, rest = rest.split(b"\n\n")
            for event in events:
                self._event(event.decode())

    def _event(self, text: str) -> None:
        said = dict(line.split(": ", 1) for line in text.splitlines())
        self.cursor = said.get("id", self.cursor)
        self.names.append(said.get("event", ""))
        if said.get("event") == "news":
            self.heard.append((time.monotonic(), json.loads(said["data"])))

    @property
    def numbers(self) -> list[int]:
        return [item["seq"] for _, item in self.heard]


async def until(happened: Any, seconds: float = 60) -> None:
    """Wait until something is so. :raises TimeoutError: if it takes too long."""
    async with asyncio.timeout(seconds):
        while not happened():
            await asyncio.sleep(0.02)


def in_a_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread of its own: the thread of the tests may have a loop of the browser's driver running."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
