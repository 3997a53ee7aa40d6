"""
Single facts posted to a real server while another process imports 100,000: how long each post takes. And a round of 200
temperatures saved in one request, with nothing else going on.

LAZARETTO_TEST_ENGINE=postgres measures on PostgreSQL.
"""

import csv
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count, islice
from pathlib import Path
from typing import Any

from tests.benchmark import house

IMPORTED, RESIDENTS, ROUND = 100_000, 5000, 200


def token(facility: Any) -> str:
    from lazaretto.apps.accounts import actions as accounts
    from lazaretto.apps.accounts.models import Role
    from lazaretto.apps.accounts.permissions import Permission

    at = house.midnight()
    user = accounts.create_user(username="ward", password="correct horse battery", by="bench", at=at)
    accounts.grant(user=user, role=Role.WARD_OFFICER, organisation=facility.organisation, by="bench", at=at)
    rest = {"scopes": [Permission.FACT_RECORD], "ends_at": 4_000_000_000_000, "by": "bench", "at": at}
    return str(accounts.create_token(user=user, label="bench", **rest))


def table(path: Path) -> None:
    rows = (row for run in count() for row in house.claims(RESIDENTS, house.DAY, seed=f"import {run}"))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(next(house.claims(1, house.DAY))))
        writer.writeheader()
        writer.writerows(islice(rows, IMPORTED))


@contextmanager
def served() -> Iterator[int]:
    """Run the server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "lazaretto", "serve", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


class Client:
    """Posts facts over one connection, each with an id of its own."""

    def __init__(self, port: int, secret: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self._numbers = count()

    def post(self, n: int) -> float:
        """Return the seconds that it took to save `n` temperatures."""
        facts = [
            {"id": f"post-{os.getpid()}-{next(self._numbers)}", "observation": "temperature", "value": "36.6",
             "subject": f"P{i:05d}", "observed_at": "2026-03-18T08:00+08:00", "by": "S001", "source": "phone"}
            for i in range(n)
        ]  # fmt: skip
        body = json.dumps({"facility": "YT", "facts": facts})
        start = time.perf_counter()
        self._connection.request("POST", "/api/v1/facts", body, self._headers)
        answer = json.loads(self._connection.getresponse().read())
        spent = time.perf_counter() - start
        assert answer["created"] == n, answer
        return spent


def during(work: subprocess.Popen[bytes], act: Callable[[], float]) -> list[float]:
    spent = []
    while work.poll() is None:
        spent.append(act())
        time.sleep(0.02)
    return spent


def main() -> None:
    house.set_up()
    facility = house.facility("YT", RESIDENTS)
    secret, path = token(facility), Path(house.HOME) / "facts.csv"
    table(path)
    with served() as port:
        client = Client(port, secret)
        for _ in range(5):
            client.post(ROUND)
        rounds = [client.post(ROUND) for _ in range(15)]
        start = time.perf_counter()
        command = [sys.executable, "-m", "lazaretto", "import", "facts", str(path), "--facility", "YT"]
        work = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while _imported(facility) == 0:
            time.sleep(0.05)
        spent = during(work, lambda: client.post(1))
        whole = time.perf_counter() - start
    assert work.returncode == 0
    assert _imported(facility) == IMPORTED
    p99 = sorted(spent)[int(len(spent) * 0.99)]
    sys.stdout.write(
        f"single posts while {IMPORTED:,} facts import ({house.engine()}, {IMPORTED / whole:,.0f} rows/s with start-up): "
        f"median {statistics.median(spent) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, longest {max(spent) * 1000:.0f} ms "
        f"({len(spent)} posts)\n"
        f"a round of {ROUND} temperatures in one request: {statistics.median(rounds) * 1000:.0f} ms\n"
    )


def _imported(facility: Any) -> int:
    from lazaretto.apps.rounds.models import Fact

    return Fact.objects.filter(facility=facility).exclude(id__startswith="post-").count()


if __name__ == "__main__":
    main()
