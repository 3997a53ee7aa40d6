"""
A facility on a day as a scenario for the twin: people as numbers of rooms and groups, and the protocol in force.

Rooms and people are numbered in an order that is drawn anew and kept nowhere; no code, name, age or sex leaves, and a
release date only as the week in which it falls.
"""

import secrets
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from lazaretto.apps.command import queries as command
from lazaretto.apps.registry.models import Assignment, Facility, LegalDate, Person, Place, Presence
from lazaretto.protocol.clock import local_day
from lazaretto.twin.rules import from_protocol
from lazaretto.twin.scenario import Inflow, Layout, Scenario, Site

_WING = ("wing", "sub_wing", "unit", "ward")
_WEEK = 7


def scenario_of(facility: Facility, *, at: int, days: int = 180) -> Scenario:
    """Return the scenario. :raises NoProtocol: if none is in force."""
    on = local_day(facility.zone, at)
    resolved = command.in_force(facility, at).resolved
    rules = from_protocol(resolved, on=on, facility=facility.code, zone=facility.zone)
    layout = _layout(facility, at, max(1, rules.rotation.groups if rules.rotation else 1))
    singles = Place.objects.filter(facility=facility, capacity=1).exclude(kind__in=("bunk", "bed")).count()
    people = len(layout.room)
    return Scenario(
        name=f"{facility.code} {on.isoformat()}", days=days, rules=rules, layout=layout,
        site=Site(residents=max(1, people), staff=len(layout.staff_post), per_cell=_usual_size(layout.room),
                  single_rooms=singles),
        inflow=Inflow(first_cases=1),
    )  # fmt: skip


def residents_inside(facility: Facility, at: int) -> list[tuple[str, int]]:
    """Return (code, place) of the residents who are inside, in the order of their codes."""
    rows = Presence.objects.filter(facility=facility, person__base="resident", starts__lte=at).exclude(ends__lte=at)
    return sorted(dict(rows.values_list("person__code", "place_id")).items())


def _layout(facility: Facility, at: int, groups: int, order: Random | None = None) -> Layout:
    places = {p.pk: p for p in Place.objects.filter(facility=facility)}
    inside = residents_inside(facility, at)
    (order or Random(secrets.randbits(64))).shuffle(inside)
    return layout_of(facility, inside, places, at, groups)


def layout_of(
    facility: Facility, inside: Sequence[tuple[str, int]], places: Mapping[int, Place], at: int, groups: int
) -> Layout:
    """Return people in the given order as numbers; places are numbered as they are met."""
    rooms, floors, wings = ([_around(places, place, sort) for _, place in inside] for sort in ("room", "floor", "wing"))
    wing = _numbers(wings)
    n_wings = max(wing, default=0) + 1
    staff = sorted(
        Person.objects.filter(facility=facility, base="staff_member", merged_into=None).values_list("pk", flat=True)
    )
    turn = dict(Assignment.objects.filter(facility=facility, kind="group", ends=None).values_list("person_id", "key"))
    named = sorted(set(turn.values()))
    group = [named.index(turn[pk]) % groups if pk in turn else n % groups for n, pk in enumerate(staff)]
    return Layout(
        room=_numbers(rooms), floor=_numbers(floors), wing=wing, work=[-1] * len(inside),
        staff_post=[n % n_wings for n in range(len(staff))], staff_group=group,
        release_in=_weeks_to_release(facility, [code for code, _ in inside], at),
    )  # fmt: skip


def _around(places: Mapping[int, Place], place: int, sort: str) -> int:
    """Return the room (a bunk's cell), floor or wing around a place; itself where there is none."""
    at: Place | None = places[place]
    if sort == "room":
        while at is not None and at.kind in ("bunk", "bed") and at.parent_id:
            at = places.get(at.parent_id)
        return at.pk if at is not None else place
    wanted = _WING if sort == "wing" else ("floor", *_WING)
    while at is not None:
        if at.kind in wanted:
            return at.pk
        at = places.get(at.parent_id) if at.parent_id else None
    return place


def _numbers(keys: Sequence[Any]) -> list[int]:
    known: dict[Any, int] = {}
    return [known.setdefault(key, len(known)) for key in keys]


def _weeks_to_release(facility: Facility, codes: Sequence[str], at: int) -> list[int]:
    """Return in how many days somebody leaves, to the end of the week in which it falls; -1 where no date is on file."""
    today = local_day(facility.zone, at)
    dates = dict(LegalDate.objects.filter(facility=facility, kind="release").values_list("person__code", "on"))
    found = []
    for code in codes:
        left = (dates[code] - today).days if code in dates else -1
        found.append(-1 if left < 0 else left - left % _WEEK + _WEEK - 1)
    return found


def _usual_size(rooms: Sequence[int]) -> int:
    """Return the mean number of people in a room that has any, at least 1."""
    return max(1, round(len(rooms) / max(1, len(set(rooms)))))
