"""
Today, the operating picture, a person's file and the people list in a house of 5,000 residents with millions of readings:
p50 and p95 of the server's time for a ward officer (the most restricted role that opens all four), four users at once,
beside a null view: a page of the same server that only signs in and refuses. And how long the picture takes made anew.

SIZE=small has 3 million facts, SIZE=full 30 million: the houses of `tests.benchmark.due`, built there once and kept.
DHIS2 publishes 162 ms and 121 ms for its tracker's lists (95th percentile, its own performance tests).
"""

import logging
import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

from tests.benchmark import due, house

USERS, RUNS = 4, int(os.environ.get("RUNS", "40"))
NOON_MS = 14 * house.HOUR
MOST_TIMES, MOST_MS = 8, 100


class Asker:
    """One user in a thread of his own, with a session."""

    def __init__(self, n: int, facility: Any, at: int) -> None:
        from django.test import Client

        from lazaretto.apps.accounts import actions as accounts

        name = f"ward-{n}-{time.time_ns()}"
        user = accounts.create_user(username=name, password="correct horse", by="bench", at=at)
        accounts.grant(user=user, role="ward_officer", organisation=facility.organisation, by="bench", at=at)
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        self.n, self.draw = n, Random(n)

    def paths(self) -> dict[str, str]:
        here, n = "/facilities/YT/", self.draw.randrange(due.RESIDENTS)
        return {
            "null view": f"{here}looks/",
            "Today, own ward of 200": f"{here}today/?place=W{self.n + 1:02d}",
            "operating picture": f"{here}picture/",
            "what waits (asked on each fever)": f"{here}picture/now/",
            "person file": f"{here}people/P{n:05d}/",
            "people list": f"{here}people/?page={self.draw.randrange(1, 90)}",
        }

    def run(self) -> dict[str, list[float]]:
        from django.db import connection

        found: dict[str, list[float]] = {}
        for _ in range(RUNS):
            for title, path in self.paths().items():
                start = time.perf_counter()
                answer = self.client.get(path)
                found.setdefault(title, []).append((time.perf_counter() - start) * 1000)
                assert answer.status_code == (403 if title == "null view" else 200), (path, answer.status_code)
        connection.close()
        return found


def measure(size: str) -> None:
    from django.conf import settings

    from lazaretto.apps.console import access, situation
    from lazaretto.apps.registry.models import Facility
    from lazaretto.apps.rounds.models import Fact

    logging.getLogger("django.request").setLevel(logging.ERROR)  # the null view is a refusal
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    facility = Facility.objects.select_related("log").get(code="YT")
    began, noon = time.monotonic(), house.midnight() + NOON_MS
    access.clock_now = lambda: noon + int((time.monotonic() - began) * 1000)
    start = time.perf_counter()
    situation.look(facility, noon)
    anew = (time.perf_counter() - start) * 1000
    askers = [Asker(n, facility, noon) for n in range(USERS)]
    for path in askers[0].paths().values():
        askers[0].client.get(path)
    with ThreadPoolExecutor(USERS) as pool:
        runs = list(pool.map(Asker.run, askers))
    times = {title: [t for run in runs for t in run[title]] for title in runs[0]}
    null = statistics.quantiles(times["null view"], n=20)[-1]
    sys.stdout.write(
        f"pages for a ward officer, {Fact.objects.count():,} facts (SIZE={size}), {USERS} users at once, {RUNS} rounds; "
        f"the picture made anew takes {anew:.0f} ms\n"
    )
    for title, some in times.items():
        p95 = statistics.quantiles(some, n=20)[-1]
        kept = "" if title == "null view" else f", {p95 / null:.1f}x null (at most {MOST_TIMES}x and {MOST_MS} ms)"
        sys.stdout.write(f"  {title}: p50 {statistics.median(some):.1f} ms, p95 {p95:.1f} ms{kept}\n")
    sys.stdout.write("  DHIS2, published: 162 and 121 ms\n")


def main() -> None:
    size = os.environ.get("SIZE", "small")
    home = due.ROOT / size
    if not home.exists():
        sys.stdout.write("the house is not built yet: run tests.benchmark.due first\n")
        return
    os.environ["LAZARETTO_HOME"] = str(home)
    house.set_up()
    measure(size)


if __name__ == "__main__":
    main()
