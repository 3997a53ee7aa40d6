"""The independent checker of plans: plain loops over what a plan says, sharing no code with the solver that made it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lazaretto.apps.isolation.allocation import Question


def faults(question: "Question", rooms: Mapping[int, int]) -> list[str]:
    """Return everything that a plan (guest → room) breaks, in words for the log; nothing, if it may be shown."""
    guests = {g.id: g for g in question.guests}
    places = {r.id: r for r in question.rooms}
    found = []
    inside: dict[int, list[int]] = defaultdict(list)
    for guest_id, room_id in rooms.items():
        if guest_id not in guests or room_id not in places:
            found.append(f"unknown guest {guest_id} or room {room_id}")
            continue
        inside[room_id].append(guest_id)
    for room_id, ids in inside.items():
        room = places[room_id]
        people = [guests[i] for i in ids] + list(room.fixed)
        if len(people) > room.holds:
            found.append(f"room {room_id} holds {room.holds}, not {len(people)}")
        if len(people) > 1 and any(p.alone for p in people):
            found.append(f"somebody in room {room_id} needs it alone")
        for person in people[: len(ids)]:
            if person.type not in room.types:
                found.append(f"room {room_id} is not of the type {person.type}")
            if room.security and person.security not in room.security:
                found.append(f"room {room_id} is not of the security of {person.id}")
        if len({p.type for p in people}) > 1:
            found.append(f"types are mixed in room {room_id}")
        if len({p.cohort for p in people}) > 1:
            found.append(f"cohorts are mixed in room {room_id}")
        if len({p.sex for p in people if p.sex}) > 1:
            found.append(f"sexes are mixed in room {room_id}")
        together = {p.id for p in people}
        for one, other in question.apart:
            if one in together and other in together:
                found.append(f"{one} and {other} stay apart, and share room {room_id}")
    return found
