"""
The gate under load: ten clients, each a process of its own, do fifty actions a second for a minute, one in ten of them twice
as after a lost answer, while another process imports people. Prints the times, and whether a step was lost or doubled or
inside now was ever wrong.

`python -m tests.benchmark.passage [seconds] [alone]`; LAZARETTO_TEST_ENGINE=postgres runs it on PostgreSQL, `alone` without
the import.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from tests.benchmark import house

CLIENTS, PER_SECOND = 10, 50
ITEMS = {
    "protect": ["full_protection"], "do_not_meet": ["do_not_meet_1", "do_not_meet_2"],
    "disinfect": [f"disinfection_{n}" for n in (1, 2, 3)], "separate": [f"separation_{n}" for n in (1, 2, 3, 4)],
}  # fmt: skip
STEPS = ("register", "protect", "do_not_meet", "disinfect", "separate", "pass")


class Client:
    """One gate: visits come, pass their six steps, and two of three go out again by the same six."""

    def __init__(self, n: int, facility: Any, users: tuple[Any, Any], until: float) -> None:
        self.n, self.facility, self.users, self.until = n, facility, users, until
        self.draw = Random(f"client {n}")
        self.times: list[float] = []
        self.steps = self.visits = self.inside = 0
        self.due = time.perf_counter() + self.draw.random() * CLIENTS / PER_SECOND

    def act(self, do: Callable[..., Any]) -> Any:
        """Do an action when it is due; one in ten is done again, as after a lost answer."""
        made = None
        for _ in range(2 if self.draw.random() < 0.1 else 1):
            time.sleep(max(self.due - time.perf_counter(), 0))
            self.due = max(self.due, time.perf_counter() - 1) + CLIENTS / PER_SECOND
            start = time.perf_counter()
            made = do(at=int(time.time() * 1000))
            self.times.append(time.perf_counter() - start)
        return made

    def run(self) -> None:
        from lazaretto.apps.passage.visiting import Wanted, leave, open_visit
        from lazaretto.apps.work.models import Run

        by = self.users[0].ref
        while time.perf_counter() < self.until:
            self.visits += 1
            ref = f"c{self.n}-{self.visits}"
            wanted = [Wanted("person", "staff", ref)]
            visit = self.act(partial(open_visit, self.facility, parties=wanted, ref=ref, by=by))
            party = visit.parties.select_related("visit", "facility").get()
            self._walk(Run.objects.get(facility=self.facility, subject=party.subject, direction="in"), ref)
            self.inside += 1
            if self.visits % 3:
                self.act(partial(leave, party, ref=f"{ref}-out", by=by))
                self._walk(
                    Run.objects.get(facility=self.facility, subject=party.subject, direction="out"), f"{ref}-out"
                )
                self.inside -= 1

    def _walk(self, run: Any, ref: str) -> None:
        from lazaretto.apps.passage.doing import Said, do

        run.facility = self.facility
        for step in STEPS:
            said = Said(values=dict.fromkeys(ITEMS.get(step, ()), True), second="gate-second" if step == "pass" else "")
            self.act(partial(do, run, step, said, ref=f"{ref}-{step}", user=self.users[0]))
            self.steps += 1


def officers(facility: Any) -> tuple[Any, Any]:
    """Return two gate officers: one acts, the other confirms."""
    from lazaretto.apps.accounts import actions as accounts

    made = []
    for name in ("gate-first", "gate-second"):
        user = accounts.create_user(username=name, password="a-long-bench-password", by="bench", at=0)
        accounts.grant(user=user, role="gate_officer", organisation=facility.organisation, by="bench", at=0)
        made.append(user)
    return made[0], made[1]


def client_process(n: int, facility: Any, users: tuple[Any, Any], until: float) -> tuple[int, Path]:
    """Start a client; return its process and where it says what it did."""
    from django.db import connections

    connections.close_all()
    said = Path(house.HOME) / f"client-{n}.json"
    child = os.fork()
    if child:
        return child, said
    client, failed = Client(n, facility, users, until), ""
    try:
        client.run()
    except Exception as error:
        failed = f"{type(error).__name__}: {error}"
    keys = ("times", "steps", "visits", "inside")
    said.write_text(json.dumps({k: getattr(client, k) for k in keys} | {"failed": failed}), encoding="utf-8")
    os._exit(0)


def importing(facility: Any, seconds: float) -> int:
    """Import people in a process of its own until the time is over; return its number."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child:
        return child
    from lazaretto.apps.command import queries as command
    from lazaretto.apps.registry import imports
    from lazaretto.apps.registry.importing import run

    until, n = time.perf_counter() + seconds, 0
    path = Path(house.HOME) / "people.csv"
    while time.perf_counter() < until:
        now = int(time.time() * 1000)
        lines = [f"I{n}-{k},prisoner,张{k},male,1980-01-01,U1" for k in range(2_000)]
        path.write_text("\n".join(["code,population,name,sex,birth_date,unit_code", *lines]), encoding="utf-8")
        known = command.population_words(command.in_force(facility, now).resolved.document)
        run(
            imports.PeopleImporter(facility, now=now, populations=known),
            path,
            dry_run=False,
            by="bench",
            clock=lambda: int(time.time() * 1000),
        )
        n += 1
    sys.stdout.write(f"  imported {n * 2_000} people beside\n")
    sys.stdout.flush()
    os._exit(0)


def exact(facility: Any, clients: list[dict[str, Any]]) -> tuple[int, int, bool]:
    """Return how many steps and visits were lost and doubled, and whether who is inside is exact in all three ways."""
    from lazaretto.apps.passage.inside import inside, inside_by_crossings, inside_now
    from lazaretto.apps.passage.models import Visit
    from lazaretto.apps.work.models import StepDone

    steps, visits = sum(c["steps"] for c in clients), sum(c["visits"] for c in clients)
    found = StepDone.objects.filter(facility=facility).count(), Visit.objects.filter(facility=facility).count()
    lost = max(steps - found[0], 0) + max(visits - found[1], 0)
    doubled = max(found[0] - steps, 0) + max(found[1] - visits, 0)
    replayed = inside_by_crossings(facility)
    rows = {p.pk: p.inside_since for p in inside(facility)}
    n = sum(line.n for line in inside_now(facility))
    return lost, doubled, rows == replayed and n == len(rows) == sum(c["inside"] for c in clients)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    house.set_up()
    facility = house.facility("BENCH", 200, "facility-s0-prison")
    users = officers(facility)
    until = time.perf_counter() + seconds
    importer = importing(facility, 0 if "alone" in sys.argv else seconds)
    start = time.perf_counter()
    running = [client_process(n, facility, users, until) for n in range(CLIENTS)]
    wrong = _watch(facility, until)
    for child, _ in running:
        os.waitpid(child, 0)
    took = time.perf_counter() - start
    os.waitpid(importer, 0)
    clients = [json.loads(path.read_text(encoding="utf-8")) for _, path in running]
    times = sorted(t for c in clients for t in c["times"])
    lost, doubled, same = exact(facility, clients)
    p50, p99 = times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000
    sys.stdout.write(
        f"gate on {house.engine()}: {len(times)} actions in {took:.0f} s ({len(times) / took:.1f}/s) from {CLIENTS} clients; "
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {times[-1] * 1000:.0f} ms; "
        f"lost {lost}, doubled {doubled}, inside now {'exact' if same and not wrong else 'WRONG'}\n"
    )
    failed = [c["failed"] for c in clients if c["failed"]]
    if failed or lost or doubled or not same or wrong:
        sys.stdout.write("\n".join(failed[:5]) + "\n")
        sys.exit(1)


def _watch(facility: Any, until: float) -> bool:
    """Compare who is inside with the crossings all the while, each time in one view of the database; say whether it differed."""
    from django.db import connection, transaction

    from lazaretto.apps.passage.inside import inside, inside_by_crossings

    wrong = False
    while time.perf_counter() < until:
        time.sleep(2)
        with transaction.atomic():
            if connection.vendor == "postgresql":
                connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            wrong |= {p.pk: p.inside_since for p in inside(facility)} != inside_by_crossings(facility)
    return wrong


if __name__ == "__main__":
    main()
