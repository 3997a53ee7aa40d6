"""
News to 400 open pages from one process: how long after the answer to a post each page has it; and what a page costs while
400 streams are open, against none, in one run.

LAZARETTO_TEST_ENGINE=postgres measures on PostgreSQL.
"""

import asyncio
import statistics
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import environment  # noqa: F401  (where the settings look)

CLIENTS, USERS, POSTS, VIEWS = 400, 25, 60, 30
PAGE = "/facilities/YT/days/2026-03-17/"


def view(port: int, session: str, path: str = PAGE) -> float:
    """Return the seconds that it took to get a page."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    start = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": f"sessionid={session}"})
    answer = connection.getresponse()
    answer.read()
    spent = time.perf_counter() - start
    connection.close()
    assert answer.status == 200, answer.status
    return spent


def views(port: int, session: str) -> float:
    """Return the median of the milliseconds of a page, after a few that are not counted."""
    return statistics.median([view(port, session) for _ in range(VIEWS + 3)][3:]) * 1000


async def measure(server: object, sessions: list[str], token: str) -> None:
    from tests.integration.installations.live_clients import Listener, Poster, Server, until

    assert isinstance(server, Server)
    quiet = await asyncio.to_thread(views, server.port, sessions[0])
    listeners = [Listener(server.port, sessions[i % USERS]) for i in range(CLIENTS)]
    tasks = [asyncio.create_task(one.listen()) for one in listeners]
    start = time.perf_counter()
    await until(lambda: all(one.opened for one in listeners), 120)
    opened = time.perf_counter() - start
    crowded = await asyncio.to_thread(views, server.port, sessions[0])
    poster, answered = Poster(server, token), []
    for _ in range(POSTS):
        answered.append(await asyncio.to_thread(poster.post))
        await asyncio.sleep(0.3)
    await until(lambda: all(len(one.heard) == POSTS for one in listeners), 60)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert {tuple(one.numbers) for one in listeners} == {tuple(listeners[0].numbers)}
    late = sorted(
        (heard - told) * 1000 for one in listeners for (heard, _), told in zip(one.heard, answered, strict=True)
    )
    _say(late, opened, quiet, crowded)


def _say(late: list[float], opened: float, quiet: float, crowded: float) -> None:
    sys.stdout.write(
        f"{CLIENTS} streams opened in {opened:.1f} s; {len(late):,} events heard, none lost or doubled: "
        f"p50 {statistics.median(late):.0f} ms, p99 {late[int(len(late) * 0.99)]:.0f} ms, last {late[-1]:.0f} ms after the answer\n"
        f"a day page: {quiet:.0f} ms without streams, {crowded:.0f} ms with {CLIENTS} ({crowded / quiet:.2f}x)\n"
    )


def main() -> None:
    import os

    import django

    django.setup()
    from tests.integration.installations.installation import Installation, end_workers
    from tests.integration.installations.live_clients import people, served

    with TemporaryDirectory() as folder:
        node = Installation(Path(folder), os.environ.get("LAZARETTO_DATABASE", ""))
        node.fill()
        end_workers()
        sessions, token = people(node, USERS)
        with served(node) as server:
            asyncio.run(measure(server, sessions, token))


if __name__ == "__main__":
    main()
