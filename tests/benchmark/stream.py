"""
How much memory a real server takes for facts line by line: 10,000 lines against 200,000. Most lines are repeats, so that
what grows is not the database's cache.

Prints one line of JSON: the private memory of the server in MB at rest and at its peak during each body.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.benchmark import house
from tests.benchmark.posts import served, token

DISTINCT = 2000


def lines(n: int) -> Iterator[bytes]:
    """Yield `n` lines in pieces of a hundred."""
    made = [
        json.dumps(
            {"id": f"stream-{i}", "observation": "temperature", "value": "36.6", "subject": f"P{i % 100:05d}",
             "observed_at": "2026-03-18T08:00+08:00", "note": "n" * 400}
        ).encode() + b"\n"
        for i in range(DISTINCT)
    ]  # fmt: skip
    for start in range(0, n, 100):
        yield b"".join(made[(start + i) % DISTINCT] for i in range(100))


def send(port: int, secret: str, n: int, *, chunked: bool) -> Any:
    """Send `n` lines; return the totals."""
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/x-ndjson"}
    if not chunked:
        headers["Content-Length"] = str(sum(map(len, lines(n))))
    connection.request("POST", "/api/v1/facts?facility=YT", lines(n), headers, encode_chunked=chunked)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status == 200, content[:500]
    return json.loads(content.splitlines()[-1])


def private_mb(pid: int) -> float:
    """Return the private memory of a process and of those that it started."""
    children: dict[int, list[int]] = {}
    anon: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue
        one = int(status.parent.name)
        children.setdefault(int(fields["PPid"]), []).append(one)
        anon[one] = int(fields.get("RssAnon", "0 kB").split()[0])
    found, total = [pid], 0
    for one in found:
        total += anon.get(one, 0)
        found += children.get(one, [])
    return total / 1024


class Watch(threading.Thread):
    """Looks at the memory of this process's children while something goes on."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak, self.over = 0.0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            self.peak = max(self.peak, children_mb())


def children_mb() -> float:
    own = os.getpid()
    return private_mb(own) - private_mb_of(own)


def private_mb_of(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("RssAnon")) / 1024


def main() -> None:
    os.environ["LAZARETTO_FACTS_MB"] = "300"
    house.set_up()
    facility = house.facility("YT", 100)
    secret = token(facility)
    found: dict[str, Any] = {}
    with served() as port:
        send(port, secret, 2000, chunked=False)
        for n, chunked in ((10_000, False), (200_000, False), (200_000, True)):
            time.sleep(1)
            watch, began = Watch(), time.perf_counter()
            found.setdefault("rest", children_mb())
            watch.start()
            totals = send(port, secret, n, chunked=chunked)
            watch.over.set()
            watch.join()
            assert totals["rows"] == totals["skipped"] == n, totals
            found[f"{n}{' chunked' if chunked else ''}"] = round(watch.peak, 1)
            found[f"{n}{' chunked' if chunked else ''} s"] = round(time.perf_counter() - began, 1)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
