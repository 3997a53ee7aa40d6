"""
A batch of 500 facts through our endpoint (token, rights as of each row, shape, border, ids, salted leaves, journal entry)
against a bare django-ninja endpoint that makes model objects of the same body and calls `bulk_create` on the same table.
Both through the same WSGI application, in turn, same database.

LAZARETTO_TEST_ENGINE=postgres measures on PostgreSQL.
"""

import io
import json
import statistics
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from tests.benchmark import house

ROWS, RUNS, RESIDENTS = 500, 60, 3000


def bodies(facility: str) -> Iterator[bytes]:
    """Yield batches of a day's rounds, each with ids of its own."""
    run = 0
    while True:
        rows = house.claims(RESIDENTS, house.DAY, seed=f"batch {run}")
        while batch := list(islice(rows, ROWS)):
            if len(batch) == ROWS:
                yield json.dumps({"facility": facility, "facts": batch}, ensure_ascii=False).encode()
        run += 1


def bare_api(facility: Any) -> Any:
    """Return a django-ninja API as one would write it first, on the same table."""
    from datetime import datetime

    from ninja import NinjaAPI, Schema

    from lazaretto.apps.rounds.models import Fact

    entry = Fact.objects.filter(facility=facility)[0].entry_id

    class Row(Schema):
        id: str
        observation: str
        subject_kind: str = "person"
        subject: str
        observed_at: datetime
        outcome: str = "done"
        value: str = ""
        ucum: str = ""
        method: str = ""
        site: str = ""
        device: str = ""
        by: str = ""
        source: str = "api"
        reason: str = ""
        supersedes: str = ""
        note: str = ""

    class Batch(Schema):
        facility: str
        facts: list[Row]

    class Out(Schema):
        created: int

    api = NinjaAPI(urls_namespace="bare")

    @api.post("/facts", response=Out)
    def facts(request: Any, batch: Batch) -> Any:
        now = int(time.time() * 1000)
        made = Fact.objects.bulk_create(
            Fact(
                **row.dict(exclude={"observed_at"}), observed_at=int(row.observed_at.timestamp() * 1000),
                facility=facility, recorded_at=now, salt=b"\0" * 32, entry_id=entry,
            )
            for row in batch.facts
        )  # fmt: skip
        return {"created": len(made)}

    return api


class Caller:
    """Posts bodies to the application in this process, as a server would."""

    def __init__(self, secret: str) -> None:
        from django.core.wsgi import get_wsgi_application

        self.application, self.secret = get_wsgi_application(), secret

    def post(self, path: str, body: bytes) -> Any:
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "localhost",
            "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "HTTP_HOST": "localhost",
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
            "HTTP_AUTHORIZATION": f"Bearer {self.secret}", "wsgi.errors": sys.stderr, "REMOTE_ADDR": "127.0.0.1",
        }  # fmt: skip
        status: list[str] = []
        answer = self.application(environ, lambda line, headers, exc_info=None: status.append(line))
        text = b"".join(answer)
        answer.close()
        assert status[0].startswith("200"), (status, text)
        return json.loads(text)


def set_up() -> tuple[Caller, str, str]:
    """Return a caller and the paths of the two endpoints."""
    house.set_up()
    from types import ModuleType

    from django.conf import settings
    from django.urls import path

    from lazaretto.config.api import api
    from tests.benchmark.posts import token

    facility = house.facility("YT", RESIDENTS)
    house.record(facility, islice(house.claims(RESIDENTS, house.DAY), 20_000), house.midnight() + 30 * house.HOUR)
    urls = ModuleType("bench_urls")
    urls.urlpatterns = [path("api/v1/", api.urls), path("api/v1/bare/", bare_api(facility).urls)]  # type: ignore[attr-defined]
    sys.modules["bench_urls"] = urls
    settings.ROOT_URLCONF = "bench_urls"
    return Caller(token(facility)), "/api/v1/facts", "/api/v1/bare/facts"


def main() -> None:
    caller, ours, bare = set_up()
    source = bodies("YT")
    for where in (ours, bare) * 3:
        caller.post(where, next(source))
    spent: dict[str, list[float]] = {ours: [], bare: []}
    for _ in range(RUNS):
        for where in (ours, bare):
            body = next(source)
            start = time.perf_counter()
            answer = caller.post(where, body)
            spent[where].append(time.perf_counter() - start)
            assert answer["created"] == ROWS, answer
    ms = {where: statistics.median(times) * 1000 for where, times in spent.items()}
    sys.stdout.write(
        f"API batch of {ROWS} facts ({house.engine()}; medians of {RUNS}), {ROWS / ms[ours] * 1000:,.0f} rows/s, against a "
        f"bare django-ninja endpoint with bulk_create: {ms[bare] / ms[ours]:.2f}x ({ms[ours]:.1f} ms against {ms[bare]:.1f} ms)\n"
    )


if __name__ == "__main__":
    main()
