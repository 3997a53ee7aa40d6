"""
Eight writers at once hand facts to a real server over HTTP, with repeats of their own and of each other's facts and with
corrections; afterwards nothing is lost, nothing is doubled, everything is as it was sent, and the record verifies deep.

LAZARETTO_SOAK says how many facts (default 40,000), LAZARETTO_TEST_ENGINE=postgres which engine. Prints one line of JSON.
"""

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from random import Random
from typing import Any

from tests.benchmark import house

FACTS = int(os.environ.get("LAZARETTO_SOAK", "40000"))
WRITERS, BATCH, REPEATS, RESIDENTS = 8, 500, 50, 400


def fact(k: int) -> dict[str, str]:
    """Return the fact number `k`; every fiftieth corrects one before it, every seventieth says that somebody refused."""
    found = {
        "id": f"soak-{k:08d}", "observation": "temperature", "subject": f"P{k % RESIDENTS:05d}",
        "observed_at": f"2026-03-{10 + k // 1440 % 8}T{k // 60 % 24:02d}:{k % 60:02d}+08:00", "outcome": "done",
        "value": f"36.{k % 10}", "by": f"S{k % 20:03d}", "source": "phone", "reason": "", "supersedes": "",
    }  # fmt: skip
    if k % 70 == 69:
        found |= {"outcome": "refused", "reason": "refused", "value": ""}
    if k % 50 == 49:
        found |= {"supersedes": f"soak-{k - 1 - k % 7:08d}"}
    return found


def batches(writer: int) -> Iterator[list[dict[str, str]]]:
    """Yield what a writer sends: its share, and between it facts of everybody, sent or still to be sent."""
    draw = Random(f"soak {writer}")
    for start in range(writer * BATCH, FACTS, WRITERS * BATCH):
        own = list(range(start, min(start + BATCH, FACTS)))
        mixed = own + [draw.randrange(FACTS) for _ in range(REPEATS)]
        draw.shuffle(mixed)
        yield [fact(k) for k in mixed]


def write(writer: int, port: int, secret: str, results: Any) -> None:
    """Send everything, each batch until it is answered."""
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    sent = {"sent": 0, "created": 0, "skipped": 0, "held": 0, "failed": 0, "again": 0, "longest_ms": 0}
    for batch in batches(writer):
        body = json.dumps({"facility": "YT", "device": f"soak-{writer}", "facts": batch})
        while True:
            start = time.perf_counter()
            connection = HTTPConnection("127.0.0.1", port, timeout=120)
            try:
                connection.request("POST", "/api/v1/facts", body, headers)
                answer = connection.getresponse()
                said = json.loads(answer.read())
            except OSError:
                sent["again"] += 1
                continue
            finally:
                connection.close()
            if answer.status == 200:
                break
            assert answer.status == 503, said
            sent["again"] += 1
        sent["sent"] += len(batch)
        sent["longest_ms"] = max(sent["longest_ms"], int((time.perf_counter() - start) * 1000))
        for name in ("created", "skipped", "held", "failed"):
            sent[name] += said[name]
    results.put(sent)


def differing(facility: Any) -> int:
    """Return how many facts on file are not as they were sent."""
    from lazaretto.apps.rounds.models import Fact

    names = ("id", "subject", "value", "outcome", "supersedes", "by")
    rows = Fact.objects.filter(facility=facility).order_by("id").values_list(*names).iterator(chunk_size=5000)
    return sum(row != tuple(fact(k)[name] for name in names) for k, row in enumerate(rows))


def faults(facility: Any) -> set[Any]:
    """Return what is wrong with the record. The house itself is made faster than by its actions, and not journalled."""
    from lazaretto.apps.journal.queries import verify, verify_deep

    facility.log.refresh_from_db()
    return {*verify(facility.log), *verify_deep(facility.log)}


def main() -> None:
    house.set_up()
    from django.db import connection

    from lazaretto.apps.rounds.models import Fact
    from tests.benchmark.posts import served, token

    facility = house.facility("YT", RESIDENTS)
    secret, before = token(facility), faults(facility)
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    connection.close()
    with served() as port:
        began = time.perf_counter()
        writers = [spawn.Process(target=write, args=(n, port, secret, results)) for n in range(WRITERS)]
        for one in writers:
            one.start()
        parts = [results.get() for _ in writers]
        for one in writers:
            one.join()
        took = time.perf_counter() - began
    found: dict[str, Any] = {name: sum(p[name] for p in parts) for name in parts[0] if name != "longest_ms"}
    began = time.perf_counter()
    found |= {
        "engine": house.engine(), "facts": FACTS, "on_file": Fact.objects.filter(facility=facility).count(),
        "differing": differing(facility), "faults": len(faults(facility) - before),
        "longest_ms": max(p["longest_ms"] for p in parts), "seconds": round(took, 1),
        "rows_per_s": round(found["sent"] / took), "verify_s": round(time.perf_counter() - began, 1),
    }  # fmt: skip
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
