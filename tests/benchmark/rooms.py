"""
Rooms: allocation against a plain CP-SAT model of the same question, a large allocation against its own bound, and the board.

    python -m tests.benchmark.rooms

160 people into 50 rooms with 150 pairs kept apart and 8 single rooms; 2,000 people into 500 rooms; a board of 500 rooms × 60
days. Times are medians of five in one run; every plan is passed by the checker.
"""

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from lazaretto.apps.isolation.allocation import MOVE, SEED, WITHOUT, Bedroom, Guest, Question, allocate, fits
from lazaretto.apps.isolation.checking import faults


def question(people: int, rooms: int, apart: int, single: int, *, types: int = 1, seed: int = 7) -> Question:
    """Return an invented question: shared rooms of four, some single, some people who need one alone, some in a room now."""
    chance = random.Random(seed)
    kinds = [f"type{n}" for n in range(types)]
    made = [Bedroom(10_000 + n, frozenset({kinds[n % types]}), 1 if n < single else 4) for n in range(rooms)]
    by_type = {k: [r for r in made if k in r.types] for k in kinds}
    guests = []
    for n in range(people):
        kind = kinds[n % types]
        alone = n < single
        now = chance.choice(by_type[kind]).id if not alone and chance.random() < 0.3 else None
        guests.append(Guest(n, kind, alone, cohort=None, now=now))
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < apart:
        one, other = sorted(chance.sample(range(single, people), 2))
        pairs.add((one, other))
    return Question(tuple(guests), tuple(made), frozenset(pairs))


def plain(asked: Question) -> tuple[float, bool]:
    """Return the best cost by the model that anybody would write first: a variable for every person and room."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = {(g.id, r.id): model.new_bool_var("") for g in asked.guests for r in asked.rooms}
    none = {g.id: model.new_bool_var("") for g in asked.guests}
    costs = []
    for g in asked.guests:
        model.add_exactly_one([none[g.id], *(x[g.id, r.id] for r in asked.rooms)])
        for r in asked.rooms:
            if not fits(g, r):
                model.add(x[g.id, r.id] == 0)
            if g.now is not None and r.id != g.now:
                costs.append(MOVE * x[g.id, r.id])
        costs.append(WITHOUT * none[g.id])
    for r in asked.rooms:
        model.add(sum(x[g.id, r.id] for g in asked.guests) <= r.holds)
        for g in asked.guests:
            if g.alone and r.holds > 1:
                model.add(sum(x[o.id, r.id] for o in asked.guests) <= 1).only_enforce_if(x[g.id, r.id])
        for one, other in asked.apart:
            model.add(x[one, r.id] + x[other, r.id] <= 1)
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.random_seed, solver.parameters.num_workers, solver.parameters.max_time_in_seconds = SEED, 1, 120
    status = solver.solve(model)
    return solver.objective_value, status == cp_model.OPTIMAL


def median(run: Callable[[], Any], n: int = 5) -> tuple[float, Any]:
    times, last = [], None
    for _ in range(n):
        start = time.perf_counter()
        last = run()
        times.append(time.perf_counter() - start)
    return statistics.median(times), last


def small() -> None:
    asked = question(160, 50, 150, 8)
    ours, answer = median(lambda: allocate(asked, seconds=120))
    theirs, (cost, optimal) = median(lambda: plain(asked))
    assert not faults(asked, answer.rooms)
    sys.stdout.write(f"160 people, 50 rooms, 150 apart, 8 single: ours {ours:.2f} s (cost {answer.cost:.0f}, optimal {answer.optimal}), "
          f"plain CP-SAT {theirs:.2f} s (cost {cost:.0f}, optimal {optimal}): {ours / theirs:.2f}x\n")  # fmt: skip
    assert answer.cost == cost, (answer.cost, cost)


def large() -> None:
    asked = question(2_000, 500, 600, 60, types=4, seed=11)
    spent, answer = median(lambda: allocate(asked, seconds=30), n=1)
    sys.stdout.write(f"2,000 people, 500 rooms: {spent:.1f} s, cost {answer.cost:.0f}, bound {answer.bound:.0f}, gap {answer.gap:.1%}, "
          f"{len(answer.rooms)} placed, checker {len(faults(asked, answer.rooms))} faults\n")  # fmt: skip


def board() -> None:
    """The server's time for a board of 500 rooms and 60 days as a user gets it: every page of rooms, in turn; 40 times."""
    from tests.benchmark import house

    house.set_up()
    from django.conf import settings
    from django.test import Client

    from lazaretto.apps.console import access
    from lazaretto.apps.isolation.models import Episode
    from lazaretto.protocol.clock import instant

    facility = house.facility("YT", 600)
    now = instant(facility.zone, house.DAY, 12 * 60)
    _furnish(facility, now)
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    client = Client(SERVER_NAME="localhost")
    client.force_login(_lead(facility), backend="django.contrib.auth.backends.ModelBackend")
    access.clock_now = lambda: now

    def took(address: str, bars: int = 0) -> tuple[float, float]:
        start, used = time.perf_counter(), time.thread_time()
        answer = client.get(f"/facilities/YT/isolation/{address}")
        assert answer.status_code == 200
        assert answer.content.count(b"data-bar=") >= bars
        return time.perf_counter() - start, time.thread_time() - used

    gc.collect()
    gc.freeze()  # as the server does when it starts
    took("?days=60")
    runs = [took(f"?days=60&page={n % 12 + 1}", 40) for n in range(40)]
    pages, cpu = sorted(r[0] for r in runs), sorted(r[1] for r in runs)
    after = sorted(took("waits/?part=1")[0] for _ in range(5))
    n = Episode.objects.filter(ended_at=None).count()
    sys.stdout.write(
        f"board of 500 rooms x 60 days, {n} people, 40 rooms a page: p50 {pages[20] * 1000:.0f} ms, "
        f"p95 {pages[37] * 1000:.0f} ms (of the processor p50 {cpu[20] * 1000:.0f}, p95 {cpu[37] * 1000:.0f}); "
        f"what waits and care, asked for after it: p50 {after[2] * 1000:.0f} ms\n"
    )


def _furnish(facility: Any, now: int) -> None:
    """500 rooms; 480 people in quarantine in them for up to nine days, each exposed once and tested on two days."""
    from lazaretto.apps.isolation import opening
    from lazaretto.apps.isolation.models import Episode, Note, Placement
    from lazaretto.apps.laboratory.models import Order, Specimen
    from lazaretto.apps.registry.models import Person, Place, Standing

    day = 86_400_000
    Place.objects.bulk_create(Place(facility=facility, code=f"B{n:03d}", kind="cell", capacity=1) for n in range(500))
    rooms = list(Place.objects.filter(facility=facility, code__startswith="B").order_by("code"))
    kind = {"key": "class", "value": "close_contact", "slot": "close_contact", "starts": 0, "source": "bench"}
    Standing.objects.bulk_create(Standing(facility=facility, place=r, **kind) for r in rooms)
    people = list(Person.objects.filter(facility=facility, base="resident").select_related("facility__log")[:480])
    ordered = opening.Ordered("quarantine.contacts", "bench", exposures=(now - day,))
    first = opening.open_episode(people[0], ordered, by="bench", at=now)
    same = ("facility", "measure", "protocol", "purpose", "ground", "opened_at", "opened_by", "ordered_by")
    rest = {name: getattr(first, name) for name in same}
    Episode.objects.bulk_create(Episode(**rest, number=n + 2, person=p) for n, p in enumerate(people[1:]))
    episodes = list(Episode.objects.order_by("number"))
    done = {"by": "bench", "recorded_at": now}
    Note.objects.bulk_create(
        Note(episode=e, kind="exposure", occurred_at=now - 10 * day, source="order", **done) for e in episodes[1:]
    )
    Placement.objects.bulk_create(
        Placement(episode=e, place=r, stage="contact_room", status="open", starts=now - (n % 9) * day,
                  planned_end=now + (14 - n % 9) * day, by="bench", decided_at=now)
        for n, (e, r) in enumerate(zip(episodes, rooms, strict=False))
    )  # fmt: skip
    Order.objects.bulk_create(
        Order(facility=facility, person=e.person, number=2 * e.number + n, panel="panel.pcr", test="pcr",
              due_at=now - n * day, ordered_at=now, by="bench")
        for e in episodes for n in (0, 1)
    )  # fmt: skip
    Specimen.objects.bulk_create(
        Specimen(order=o, code=f"S{o.number}", outcome="taken", taken_at=o.due_at, result="negative", reported_at=now, **done)
        for o in Order.objects.all()
    )  # fmt: skip


def _lead(facility: Any) -> Any:
    from lazaretto.apps.accounts import actions as accounts

    user = accounts.create_user(
        username="lead", password="a-long-test-password", name_zh="", name_en="Lead", by="t", at=0
    )
    accounts.grant(user=user, role="epidemic_lead", organisation=facility.organisation, by="t", at=0)
    return user


def main() -> None:
    large()
    board()
    small()


if __name__ == "__main__":
    main()
