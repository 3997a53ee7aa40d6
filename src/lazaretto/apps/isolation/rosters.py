"""
The separations of the protocol against the rosters that the register has: who is assigned to which place on a day. One person in
two wards that stay apart carries what the wards keep from each other; two people in one place may be of groups that never meet.

A roster here is what stands as assignments with a place (posts, roles, groups); a duty plan by shifts is not read.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import NamedTuple

from django.db.models import Q

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.registry.models import Assignment, Facility, Place, Standing
from lazaretto.apps.registry.rooms import chain
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO, instant
from lazaretto.protocol.separation import Separation, kept_apart
from lazaretto.protocol.text import Text

#: Kinds of places that are a ward, and a floor, to a rule that speaks of them.
WARDS, FLOORS = frozenset({"wing", "zone"}), frozenset({"floor"})
MOST = 200


class Turn(NamedTuple):
    """That a member of staff is assigned to a place for a while, with what a separation asks of him there."""

    person: str
    place: str
    start: int
    end: int
    attributes: Mapping[str, str]


class Crossing(NamedTuple):
    """Two turns that a rule keeps apart: of one person in two places, or of two people in one place."""

    rule: Text
    one: Turn
    other: Turn


def crossings(facility: Facility, on: date, at: int) -> tuple[list[Crossing], int]:
    """Return what the rosters of a day break, and how many turns were looked at. :raises NoProtocol: if none was adopted."""
    start, end = instant(facility.zone, on, 0), instant(facility.zone, on + timedelta(days=1), 0)
    everything = in_force(facility, min(at, end - 1)).resolved.everything
    rules = [m for m in everything if isinstance(m, Separation) and m.active]
    turns = _turns(facility, start, end)
    found = [c for pair in _pairs(turns) for c in _between(rules, *pair)]
    return found[:MOST], len(turns)


def _turns(facility: Facility, start: int, end: int) -> list[Turn]:
    places = {p.pk: p for p in Place.objects.filter(facility=facility)}
    parents = {pk: p.parent_id for pk, p in places.items()}
    rows = Assignment.objects.filter(facility=facility, person__base="staff_member", place__isnull=False)
    rows = rows.filter(Q(starts=None) | Q(starts__lt=end)).filter(Q(ends=None) | Q(ends__gt=start))
    found = list(rows.select_related("person").order_by("person__code", "pk"))
    groups, states = _groups(facility, start, end), _states(facility, start, end)
    out = []
    for row in found:
        assert row.place_id is not None
        person = row.person
        around = [places[pk] for pk in chain(parents, row.place_id)]
        attributes = {"base": person.base, "population": person.population}
        for name, kinds in (("ward", WARDS), ("floor", FLOORS)):
            code = next((p.code for p in around if p.kind in kinds), None)
            attributes |= {name: code} if code is not None else {}
        for name, known in (("group", groups), ("duty_state", states)):
            attributes |= {name: known[person.pk]} if person.pk in known else {}
        begins, over = row.starts or FOREVER_AGO, row.ends or FOREVER
        out.append(Turn(person.code, places[row.place_id].code, max(begins, start), min(over, end), attributes))
    return out


def _groups(facility: Facility, start: int, end: int) -> dict[int, str]:
    rows = Assignment.objects.filter(facility=facility, kind="group", person__base="staff_member")
    rows = rows.filter(Q(starts=None) | Q(starts__lt=end)).filter(Q(ends=None) | Q(ends__gt=start))
    return dict(rows.order_by("pk").values_list("person_id", "key"))


def _states(facility: Facility, start: int, end: int) -> dict[int, str]:
    rows = Standing.objects.filter(facility=facility, key="duty_state", person__isnull=False)
    rows = rows.filter(Q(starts=None) | Q(starts__lt=end)).filter(Q(ends=None) | Q(ends__gt=start))
    return {person: value for person, value in rows.order_by("pk").values_list("person_id", "value") if person}


def _pairs(turns: Sequence[Turn]) -> Iterable[tuple[Turn, Turn]]:
    """Yield the turns of one person in two places that day, and those of two people in one place at one time."""
    by_person: dict[str, list[Turn]] = defaultdict(list)
    by_place: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        by_person[turn.person].append(turn)
        by_place[turn.place].append(turn)
    for own in by_person.values():
        yield from (pair for pair in combinations(own, 2) if pair[0].place != pair[1].place)
    for here in by_place.values():
        for one, other in combinations(here, 2):
            if one.person != other.person and one.start < other.end and other.start < one.end:
                yield one, other


def _between(rules: Iterable[Separation], one: Turn, other: Turn) -> list[Crossing]:
    return [
        Crossing(rule.title.text, one, other)
        for measure in rules
        for rule in kept_apart(measure, one.attributes, other.attributes)
    ][:1]
