"""
A full house to measure on: a facility with thousands of residents, and what its rounds wrote down in a day.

Made through the actions of the product, from a named seed: most rounds on time; some late, missed, refused, repeated,
entered late or corrected; some people moved, in isolation or away; a wing excused for a while.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.environment import HOME as HOME  # a home of its own, before settings are read

ZONE, DAY = "Asia/Shanghai", date(2026, 3, 17)
HOUR = 3_600_000
MINUTE = 60_000
WINGS, CELL = 20, 8


def set_up() -> None:
    """Load the settings and make the database."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def engine() -> str:
    from django.db import connection

    return connection.display_name


def midnight(day: date = DAY) -> int:
    from lazaretto.protocol.clock import instant

    return instant(ZONE, day, 0)


def facility(code: str, residents: int, protocol: str = "facility-s1-drug-rehab") -> Any:
    """Return a facility with places, residents and presence."""
    from lazaretto import packs
    from lazaretto.apps.accounts import actions as accounts
    from lazaretto.apps.command import actions as command
    from lazaretto.apps.registry import actions as registry
    from lazaretto.apps.registry.models import Group, Person, Place, Presence, Standing

    start = midnight(DAY - timedelta(days=30))
    own = accounts.create_organisation(code=code, kind="facility", name_zh="云汀", by="bench", at=start)
    made = registry.create_facility(organisation=own, zone=ZONE, by="bench", at=start)
    command.adopt(facility=made, loaded=packs.shipped(protocol), by="bench", at=start)
    site = Place.objects.create(facility=made, code="SITE", kind="site")
    wings = [Place.objects.create(facility=made, code=f"W{w:02d}", kind="wing", parent=site) for w in range(WINGS)]
    kitchens = [Place.objects.create(facility=made, code=f"K{n}", kind="kitchen", parent=site) for n in range(5)]
    Standing.objects.bulk_create(Standing(facility=made, place=k, key="class", value="key_area") for k in kitchens)
    units = [Group.objects.create(facility=made, code=w.code) for w in wings]
    cells = Place.objects.bulk_create(
        Place(facility=made, code=f"C{n:04d}", kind="cell", parent=wings[n % WINGS]) for n in range(residents // CELL)
    )
    people = Person.objects.bulk_create(
        Person(facility=made, code=_code(n), population="patient", base="resident", unit=units[n % len(cells) % WINGS])
        for n in range(residents)
    )
    draw = Random("presence")
    stays, noon = [], midnight() + 12 * HOUR
    for n, person in enumerate(people):
        place, away = cells[n % len(cells)], draw.random()
        rest = {"facility": made, "person": person}
        if away < 0.02:  # moved or away at noon
            stays.append(Presence(place=place, starts=start, ends=noon, **rest))
            stays.append(Presence(place=cells[0], starts=noon + (5 * HOUR if away < 0.01 else 0), **rest))
        else:
            stays.append(Presence(place=place, starts=start, **rest))
    Presence.objects.bulk_create(stays)
    Standing.objects.bulk_create(
        Standing(facility=made, person=p, key="isolation_stage", value="one", starts=noon) for p in people[::200]
    )
    return made


def _code(n: int) -> str:
    return f"P{n:05d}"


def claims(residents: int, day: date, *, seed: str = "rounds") -> Iterator[dict[str, str]]:
    """Yield what the two-hourly temperature rounds of a day wrote down, as rows of a table."""
    from lazaretto.protocol.clock import local

    draw = Random(f"{seed} {day}")
    first = midnight(day)
    for hour in range(0, 24, 2):
        for n in range(residents):
            chance = draw.random()
            if chance < 0.005:
                continue
            at = first + hour * HOUR + (n * 700) % (25 * MINUTE) + (40 * MINUTE if chance < 0.015 else 0)
            row = {
                "id": _uuid(draw, at), "observation": "temperature", "subject": _code(n),
                "observed_at": local(ZONE, at).strftime("%Y-%m-%d %H:%M:%S"), "outcome": "done",
                "value": f"{36 + draw.randrange(9) / 10:.1f}", "ucum": "Cel", "method": "infrared",
                "site": "forehead", "device": f"T-{n % 20}", "by": f"S{n % 20:03d}", "source": "phone",
                "reason": "", "supersedes": "", "note": "",
            }  # fmt: skip
            if chance > 0.998:
                row |= {"outcome": "refused", "reason": "refused", "value": ""}
            yield row
            if 0.99 < chance < 0.992:
                yield row | {"id": _uuid(draw, at), "note": "again"}
            if 0.992 < chance < 0.993:
                yield row | {"id": _uuid(draw, at), "value": "36.9", "supersedes": row["id"]}


def _uuid(draw: Random, at: int) -> str:
    tail = f"{draw.getrandbits(74):020x}"
    return f"{at >> 16:08x}-{at & 0xFFFF:04x}-7{tail[:3]}-8{tail[3:6]}-{tail[6:18]}"


def record(facility: Any, rows: Iterator[dict[str, str]], at: int) -> int:
    """Take rows by the border and the action of every door; return how many."""
    from lazaretto.apps.command import queries as command
    from lazaretto.apps.rounds.actions import record_facts
    from lazaretto.apps.rounds.facts import Border

    border = Border(facility, command.in_force(facility, at).resolved.document, at)
    taken = [border.admit(row) for row in rows]
    for start in range(0, len(taken), 2000):
        record_facts(facility, taken[start : start + 2000], by="bench", at=at)
    return len(taken)
