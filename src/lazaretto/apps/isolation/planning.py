"""From who waits and who stays to a question for the allocation; and from its answer to plans that the rooms accept."""

from typing import NamedTuple

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.isolation.allocation import Answer, Bedroom, Guest, Question, allocate
from lazaretto.apps.isolation.courses import Course, courses
from lazaretto.apps.isolation.models import Placement
from lazaretto.apps.isolation.placing import is_vulnerable, plan_placement, request, rooms_of, wanted_stage
from lazaretto.apps.isolation.rooms import OWN
from lazaretto.apps.registry.models import Assignment, Facility, Person
from lazaretto.protocol.clock import FOREVER
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.separation import Separation, may_meet


class Suggestion(NamedTuple):
    """A plan as it is shown: who into which room (by code), who finds none, and the question behind it."""

    rooms: list[tuple[Course, str]]
    without: list[Course]
    question: Question
    answer: Answer


def question(facility: Facility, at: int) -> tuple[Question, dict[int, Course]]:
    """Return what there is to decide now: everybody without a room or a plan. Whoever has a room keeps it."""
    waiting = {
        c.episode.pk: c for c in courses(facility, at) if c.room is None and c.planned is None and c.suspended is None
    }
    guests, book = [], rooms_of(facility, at)
    for pk, course in waiting.items():
        stage = wanted_stage(course)
        if stage is None or stage.placement in OWN:
            continue
        asked = request(course, stage, at, None)
        guests.append(
            Guest(pk, asked.type, asked.persons == 1, asked.sex, asked.cohort, "", is_vulnerable(course.episode, at))
        )
    rooms = []
    for room in book.typed():
        here = [s for s in room.stays if s.start < FOREVER and s.end > at]
        if room.segregation or room.closed_at(at) or any(s.status == Placement.PLANNED for s in here):
            continue
        fixed = tuple(Guest(-s.placement, s.type, s.persons == 1, s.sex, s.cohort) for s in here)
        rooms.append(Bedroom(room.place.pk, room.types, room.holds, frozenset(), fixed))
    return Question(tuple(guests), tuple(rooms), _apart(facility, [waiting[g.id] for g in guests], at)), waiting


def _apart(facility: Facility, found: list[Course], at: int) -> frozenset[tuple[int, int]]:
    """Return the pairs whom a separation of the protocol keeps out of one room."""
    rules = [
        m
        for m in in_force(facility, at).resolved.everything
        if isinstance(m, Separation) and m.active and "rooms" in m.spaces
    ]
    if not rules or len(found) > 400:
        return frozenset()
    groups = dict(
        Assignment.objects.filter(facility=facility, kind="group", ends=None, person__in=[c.episode.person_id for c in found])
        .values_list("person_id", "key")
    )  # fmt: skip
    known = [(c.episode.pk, attributes(c.episode.person, groups.get(c.episode.person_id, ""))) for c in found]
    return frozenset(
        (one, other)
        for n, (one, mine) in enumerate(known)
        for other, yours in known[n + 1 :]
        if not all(may_meet(rule, mine, yours) for rule in rules)
    )


def attributes(person: Person, group: str = "") -> dict[str, str]:
    """Return a person as a separation reads him."""
    found = {"base": person.base, "population": person.population}
    if person.unit_id is not None and person.unit is not None:
        found["ward"] = person.unit.code
    if group:
        found["group"] = group
    return found


def suggest(facility: Facility, at: int, *, seconds: float = 5.0) -> Suggestion:
    """Return a plan that the checker passed. :raises Refusal: no_solver, faulty."""
    asked, waiting = question(facility, at)
    answer = allocate(asked, seconds=seconds)
    codes = {r.place.pk: r.place.code for r in rooms_of(facility, at).typed()}
    rooms = [(waiting[guest], codes[room]) for guest, room in sorted(answer.rooms.items())]
    return Suggestion(rooms, [waiting[guest] for guest in answer.without], asked, answer)


def accept(facility: Facility, *, by: str, at: int, seconds: float = 5.0) -> tuple[int, list[Refusal]]:
    """Plan what is suggested now; return how many were planned, and what was refused on the way."""
    found, planned, refused = suggest(facility, at, seconds=seconds), 0, []
    places = {r.place.code: r.place for r in rooms_of(facility, at).typed()}
    for course, code in found.rooms:
        try:
            plan_placement(course.episode, place=places[code], starts=at, by=by, at=at)
            planned += 1
        except Refusal as refusal:
            refused.append(refusal)
    return planned, refused
