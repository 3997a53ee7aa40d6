"""
The register at the size of a large facility, on a database of its own that is thrown away: 5,000 people and their
stays in from tables, 500 of them moved at once, the list, the headcount and the pairs that look alike.

`python -m tests.benchmark.registry`; the goals stand beside the seconds, and nothing fails if they are missed.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

PEOPLE, MOVED, ROOMS = 5_000, 500, 640
ZONE = "Asia/Shanghai"
NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"


def timed(title: str, goal: str, act: Callable[[], Any]) -> Any:
    start, worked = time.perf_counter(), time.process_time()
    found = act()
    took, worked = time.perf_counter() - start, time.process_time() - worked
    sys.stdout.write(f"{title}: {took:.2f} s, of which {worked:.2f} s of work{f' (goal: {goal})' if goal else ''}\n")
    return found


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="lazaretto-bench-") as home:
        os.environ["LAZARETTO_HOME"] = home
        os.environ.pop("LAZARETTO_DATABASE", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "lazaretto.config.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        _measure(Path(home))


def _measure(folder: Path) -> None:
    from lazaretto import packs
    from lazaretto.apps.accounts import actions as accounts
    from lazaretto.apps.accounts.permissions import Permission
    from lazaretto.apps.command import actions as command
    from lazaretto.apps.console.queries import Asked
    from lazaretto.apps.console.register import Listing, document, people
    from lazaretto.apps.registry import actions, merging, queries
    from lazaretto.apps.registry.importing import run
    from lazaretto.apps.registry.movements import Move
    from lazaretto.apps.registry.moving import record_movements
    from lazaretto.apps.rounds.tables import importer, lines
    from lazaretto.protocol.clock import instant

    at = instant(ZONE, date(2026, 3, 17), 0)
    own = accounts.create_organisation(code="B", kind="facility", name_zh="测算", by="b", at=at)
    facility = actions.create_facility(organisation=own, zone=ZONE, by="b", at=at)
    command.adopt(facility=facility, loaded=packs.open_protocol("baseline"), by="b", at=at)

    def bring(table: str, rows: list[str]) -> None:
        path = folder / f"{table}.csv"
        path.write_text("\n".join(rows), encoding="utf-8")
        account = run(importer(table, facility, at), path, dry_run=False, by="b", clock=lambda: at)
        assert account.created == len(rows) - 1, account.failures[:3]

    wings = [f"W{n},SITE,wing,,,," for n in range(8)]
    rooms = [f"R{n},W{n % 8},cell,,,10," for n in range(ROOMS)]
    bring("places", ["code,parent,kind,name_zh,name_en,capacity,key_area", "SITE,,site,,,,", *wings, *rooms])
    told = [f"P{n},prisoner,{NAMES[n % 32]}{NAMES[n // 32 % 32]}{NAMES[n % 7]},19{50 + n % 50}-0{1 + n % 9}-1{n % 10},W{n % 8}"
            for n in range(PEOPLE)]  # fmt: skip
    stays = [f"P{n},R{n % ROOMS},2026-03-01 0{n % 10}:00," for n in range(PEOPLE)]

    def both() -> None:
        bring("people", ["code,population,name,birth_date,unit_code", *told])
        bring("presence", ["subject,place,from,to", *stays])

    timed(f"{PEOPLE} people and {PEOPLE} stays in", "< 10 s", both)
    moving = list(facility.people.select_related("facility").order_by("code")[:MOVED])
    there = facility.places.get(code="R9")
    moves = [Move(p, "cell_move", at, there) for p in moving if not p.presences.filter(place=there).exists()]
    timed(f"{len(moves)} people moved at once", "< 2 s", lambda: record_movements(facility, moves, by="b", at=at))
    asked = Asked(facility, frozenset(Permission), date(2026, 3, 17))
    given = dict.fromkeys(("q", "population", "unit", "place", "precaution", "doubles"), "") | {
        "where": "inside",
        "sort": "name",
    }

    def page() -> int:
        found = people(asked, given, at + 1)
        return len(Listing(asked, found[:50], at + 1, document(asked, at + 1)).people) + found.count()

    timed("a page of those inside", "", page)
    timed("the headcount of a day", "", lambda: queries.headcounts(facility, [(at, at + 86_400_000)]))
    timed("pairs that look alike", "", lambda: merging.candidates(facility))
    timed("the people out again", "", lambda: list(lines(facility, "people")))


if __name__ == "__main__":
    main()
