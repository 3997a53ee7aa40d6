"""
The due list of a ward over HTTP, in a house of 5,000 residents with millions of readings on file: p50 and p95 for a ward of
200 and a floor of 40, for the lead (who sees everything) and a ward officer, beside a null view: the same request as far as
sign-in and scope.

SIZE=small has 3 million facts, SIZE=full 30 million. The database is built once under `var/bench/` and kept.
"""

import logging
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.benchmark import house

SIZES = {"small": 3_000_000, "full": 30_000_000}
RESIDENTS, WINGS, FLOOR_CELLS = 5000, 25, 5
RUNS = int(os.environ.get("RUNS", "100"))
ROOT = Path(__file__).resolve().parents[2] / "var" / "bench"
_DAY = """
INSERT INTO rounds_fact (facility_id, id, observation, subject_kind, subject, observed_at, recorded_at, outcome, value, ucum,
  method, site, device, "by", source, reason, supersedes, note, salt, entry_id)
SELECT {facility}, printf('%08x-%04x-7000-8000-%012d', (t >> 16) & 4294967295, t & 65535, n), 'temperature', 'person', code, t,
  t + 20000, CASE WHEN n * 31 % 499 = 7 THEN 'refused' ELSE 'done' END, CASE WHEN n * 31 % 499 = 7 THEN '' ELSE '36.' || (n % 9) END,
  'Cel', 'infrared_skin', 'forehead', 'T-' || (n % 20), 'S' || (n % 20), 'phone',
  CASE WHEN n * 31 % 499 = 7 THEN 'declined' ELSE '' END, '', '', randomblob(32), {entry}
FROM (SELECT p.n AS n, p.code AS code, {start} + h.value * 7200000 + (p.n * 700) % 1500000
    + CASE WHEN (p.n + h.value * 37) % 100 = 3 THEN 2400000 ELSE 0 END AS t
  FROM json_each('[0,1,2,3,4,5,6,7,8,9,10,11]') h CROSS JOIN bench_people p WHERE (p.n * 7 + h.value * 13) % 200 <> 1)
"""
_CORRECTIONS = """
INSERT INTO rounds_fact (facility_id, id, observation, subject_kind, subject, observed_at, recorded_at, outcome, value, ucum,
  method, site, device, "by", source, reason, supersedes, note, salt, entry_id)
SELECT facility_id, 'x' || id, observation, subject_kind, subject, observed_at, recorded_at + 60000, outcome, '36.9', ucum,
  method, site, device, "by", source, reason, id, 'typed wrongly', salt, entry_id
FROM rounds_fact WHERE facility_id = {facility} AND observation = 'temperature' AND observed_at >= {start}
  AND observed_at < {start} + 86400000 AND rowid % 1000 = 5
"""


def build(facts: int) -> None:
    """Make the house and its readings, day by day, straight into the tables: indexes of facts are made at the end."""
    house.WINGS = WINGS
    house.set_up()
    from django.db import connection

    from lazaretto.apps.journal import actions as journal
    from lazaretto.apps.registry.models import Place

    facility = house.facility("YT", RESIDENTS)
    floor = Place.objects.create(facility=facility, code="F40", kind="floor", parent=Place.objects.get(code="W00"))
    cells = Place.objects.filter(parent__code="W00", kind="cell").order_by("pk").values_list("pk", flat=True)
    Place.objects.filter(pk__in=list(cells[:FLOOR_CELLS])).update(parent=floor)
    entry = journal.append(facility.log, "facts_recorded", leaf="0" * 64, n=0, by="bench", at=house.midnight())
    days = -(-facts // (RESIDENTS * 12))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute(
            "SELECT sql, name FROM sqlite_master WHERE tbl_name = 'rounds_fact' AND type = 'index' AND sql <> ''"
        )
        indexes = [row for row in cursor.fetchall() if "UNIQUE" not in row[0]]
        for _, name in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute(
            "CREATE TABLE bench_people AS SELECT id - (SELECT MIN(id) FROM registry_person) AS n, code FROM registry_person"
        )
        for n in range(days):
            start = house.midnight(house.DAY - timedelta(days=days - 1 - n))
            cursor.execute(_DAY.format(facility=facility.pk, entry=entry.pk, start=start))
        for sql, _ in indexes:
            cursor.execute(sql)
        for n in range(10):
            start = house.midnight(house.DAY - timedelta(days=n))
            cursor.execute(_CORRECTIONS.format(facility=facility.pk, start=start))
        cursor.execute("DROP TABLE bench_people")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _excuses(facility)


def _excuses(facility: Any) -> None:
    from lazaretto.apps.rounds.models import Excuse

    start = house.midnight()
    Excuse.objects.bulk_create(
        Excuse(facility=facility, scope="subject", subject=f"person:P{n:05d}", starts=start + n % 20 * house.HOUR,
               ends=start + (n % 20 + 4) * house.HOUR, reason="court", by="S1", recorded_at=start)
        for n in range(0, RESIDENTS, 20)
    )  # fmt: skip


def askers(facility: Any, at: int) -> dict[str, str]:
    """Return a token for each role that asks, made anew in each run."""
    from lazaretto.apps.accounts import actions as accounts
    from lazaretto.apps.accounts.permissions import POLICY

    made = {}
    for role in ("epidemic_lead", "ward_officer"):
        name = f"{role}-{time.time_ns()}"
        user = accounts.create_user(username=name, password="correct horse", by="bench", at=at)
        accounts.grant(user=user, role=role, organisation=facility.organisation, by="bench", at=at)
        made[role] = accounts.create_token(
            user=user, label="bench", scopes=POLICY[role], ends_at=4_000_000_000_000, by="bench", at=at
        )
    return made


def timed(ask: Callable[[], Any], status: int) -> float:
    start = time.perf_counter()
    answer = ask()
    took = time.perf_counter() - start
    assert answer.status_code == status, answer.content[:300]
    return took * 1000


def line(title: str, times: list[float], more: str = "") -> str:
    p95 = statistics.quantiles(times, n=20)[-1]
    return f"{title}: p50 {statistics.median(times):.1f} ms, p95 {p95:.1f} ms{more}\n"


def measure(size: str) -> None:
    from django.db import connection
    from django.test import Client

    from lazaretto.apps.registry.models import Facility
    from lazaretto.apps.rounds import api_due
    from lazaretto.apps.rounds.models import Fact

    logging.getLogger("django.request").setLevel(logging.ERROR)  # the null view is a refusal
    facility = Facility.objects.get(code="YT")
    draw, first = Random("due"), house.midnight()
    client = Client(SERVER_NAME="localhost")
    secrets = askers(facility, first + 24 * house.HOUR)
    api_due.clock_now = lambda: first + 24 * house.HOUR  # type: ignore[attr-defined]

    def ask(role: str, place: str, at: str) -> Any:
        given = {"place": place, "at": at}
        return client.get("/api/v1/facilities/YT/due", given, headers={"Authorization": f"Bearer {secrets[role]}"})

    def moment() -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first // 1000 + draw.randrange(3600, 86_000)))

    wards = [f"W{n:02d}" for n in range(1, WINGS)]
    cases = [
        (role, title, places)
        for title, places in (("ward of 200", wards), ("floor of 40", ["F40"]))
        for role in secrets
    ]
    found: dict[tuple[str, str], list[float]] = {(title, role): [] for role, title, _ in cases}
    null: list[float] = []
    for role in secrets:
        ask(role, "W00", moment())
    sizes: dict[str, list[int]] = {}
    for _ in range(RUNS):
        for role, title, places in cases:
            place, at = draw.choice(places), moment()
            found[title, role].append(timed(lambda r=role, p=place, a=at: ask(r, p, a), 200))  # type: ignore[misc]
        null.append(timed(lambda: ask("ward_officer", "W01", "later"), 422))
    for _, title, places in cases:
        groups = ask("epidemic_lead", places[0], moment()).json()["groups"]
        sizes[title] = [sum(len(g["lines"]) for g in groups)]
    facts = Fact.objects.count()
    sys.stdout.write(
        f"due list over HTTP, {facts:,} facts in the table ({connection.display_name}, SIZE={size}), {RUNS} runs\n"
    )
    sys.stdout.write(line("  null view (sign-in and scope)", null))
    for (title, role), times in found.items():
        sys.stdout.write(line(f"  {title}, {role}", times, f" ({sizes[title][0]:,} lines)"))


def main() -> None:
    size = os.environ.get("SIZE", "small")
    home, making = ROOT / size, ROOT / f"{size}.making"
    os.environ["LAZARETTO_HOME"] = str(home if home.exists() else making)
    if home.exists():
        house.set_up()
    else:
        shutil.rmtree(making, ignore_errors=True)
        (making / "static").mkdir(parents=True)
        began = time.perf_counter()
        build(SIZES[size])
        from django.db import connection

        connection.close()
        making.rename(home)
        sys.stdout.write(f"built {home} in {time.perf_counter() - began:.0f} s\n")
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmark.due"])
    measure(size)


if __name__ == "__main__":
    main()
