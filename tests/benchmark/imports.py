"""
A table of facts through the whole door (CSV, border, ids, salted leaves, journal entry, one commit per chunk) against a
bare `executemany` of the same rows into the same schema: once in one transaction, which a kill would undo whole, and once
with a commit per 2,000 rows. All sides in turn, same database.

LAZARETTO_TEST_ENGINE=postgres measures on PostgreSQL.
"""

import csv
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from tests.benchmark import house

ROWS, RUNS = 30_000, 5


def table(run: int) -> list[dict[str, str]]:
    return list(islice(house.claims(3000, house.DAY, seed=f"run {run}"), ROWS))


def through_the_door(facility: Any, rows: list[dict[str, str]], at: int) -> Callable[[], object]:
    from lazaretto.apps.registry.importing import run
    from lazaretto.apps.rounds.imports import FactImporter

    path = Path(house.HOME) / "facts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    began = time.monotonic()

    def clock() -> int:
        """Chunks grow as far as the machine allows."""
        return at + int((time.monotonic() - began) * 1000)

    return lambda: run(FactImporter(facility, now=at), path, dry_run=False, by="bench", clock=clock)


def bare(facility: Any, rows: list[dict[str, str]], at: int, chunk: int = ROWS) -> Callable[[], object]:
    import secrets

    from django.db import connection, transaction

    from lazaretto.apps.rounds.actions import _INSERT
    from lazaretto.apps.rounds.facts import Admitted, Border
    from lazaretto.apps.rounds.models import Fact

    entry = Fact.objects.filter(facility=facility)[0].entry_id
    border = Border(facility, _document(facility, at), at)
    ready = [(*border.admit(r), at, secrets.token_bytes(32), facility.pk, entry) for r in rows]
    assert len(ready[0]) == len(Admitted._fields) + 4

    def insert() -> None:
        for first in range(0, ROWS, chunk):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(_INSERT, ready[first : first + chunk])

    return insert


def _document(facility: Any, at: int) -> Any:
    from lazaretto.apps.command import queries as command

    return command.in_force(facility, at).resolved.document


def main() -> None:
    house.set_up()
    from lazaretto.apps.rounds.imports import FactImporter

    facility = house.facility("YT", 3000)
    at = house.midnight() + 30 * house.HOUR
    house.record(facility, islice(house.claims(3000, house.DAY), 1000), at)
    chunked = partial(bare, chunk=FactImporter.chunk)
    sides: dict[str, list[float]] = {}
    for run in range(RUNS):
        for n, (name, make) in enumerate((("door", through_the_door), ("bare", bare), ("chunked", chunked))):
            act = make(facility, table(3 * run + n), at)
            start = time.perf_counter()
            act()
            sides.setdefault(name, []).append(ROWS / (time.perf_counter() - start))
    door, low, same = (statistics.median(sides[name]) for name in ("door", "bare", "chunked"))
    sys.stdout.write(
        f"import of facts ({house.engine()}; medians of {RUNS} runs of {ROWS:,} rows), {door:,.0f} rows/s, against a bare "
        f"executemany in one transaction: {door / low:.2f}x ({low:,.0f}), with a commit per 2,000 rows: {door / same:.2f}x "
        f"({same:,.0f})\n"
    )


if __name__ == "__main__":
    main()
