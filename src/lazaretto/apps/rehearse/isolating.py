"""
Isolation in the demo: rooms of each type from the first day; after the fever, two who shared the cell go into quarantine, are
told, seen each day and given what they are owed, most of it.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from lazaretto.apps.clinic.actions import visit
from lazaretto.apps.isolation import opening, placing
from lazaretto.apps.isolation.care import care_on
from lazaretto.apps.isolation.courses import courses, pathways
from lazaretto.apps.isolation.models import Episode, Placement
from lazaretto.apps.isolation.models.episodes import ISOLATING
from lazaretto.apps.isolation.rooms import types_in
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.registry.models import Facility, Person, Place, Presence, Standing
from lazaretto.apps.rehearse.founding import BY
from lazaretto.apps.rehearse.institution import ISOLATION
from lazaretto.apps.work import ledger
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal

if TYPE_CHECKING:
    from lazaretto.apps.rehearse.acts import Life

CONTACTS, SHARED = "quarantine.contacts", 2
#: Every so many entries of care is left out: a ledger without a gap would be an invented one.
_LEFT_OUT = 9


def types_of_rooms(facility: Facility, at: int) -> dict[str, str]:
    """Return which room of the isolation area is of which type: two for cases, the others in turn."""
    found = types_in(pathways(facility, at))
    ill = [t for t, p in found.items() if p.purpose in ISOLATING][:1]
    well = [t for t, p in found.items() if p.purpose not in ISOLATING] or ill
    rooms = {f"{ISOLATION}-{n}": t for n in (1, 2) for t in ill}
    return rooms | {f"{ISOLATION}-{n}": well[(n - 3) % len(well)] for n in range(3, 7) if well}


def give_types(facility: Facility, at: int) -> None:
    for code, type_ in types_of_rooms(facility, at).items():
        place = Place.objects.filter(facility=facility, code=code).first()
        if place is not None and not Standing.objects.filter(place=place, key="class", value=type_).exists():
            registry.set_standing(subject=place, key="class", value=type_, starts=at, source="isolation", by=BY, at=at)


def carry_out(person: Person, at: int) -> bool:
    """Carry out what is planned for somebody; say whether there was anything."""
    plan = Placement.objects.filter(episode__person=person, status=Placement.PLANNED).select_related(
        "episode__facility__log", "episode__person", "place"
    ).first()  # fmt: skip
    if plan is None:
        return False
    try:
        placing.carry_out(plan, by=BY, at=at)
    except Refusal:
        return False
    return True


def quarantine_contacts(facility: Facility, sick: str, exposed_at: int, at: int) -> None:
    """Put those who shared a cell with somebody into quarantine, as many as there are rooms."""
    if Episode.objects.filter(facility=facility, measure=CONTACTS).exists():
        return
    cell = Presence.objects.filter(facility=facility, person__code=sick, layer="record").order_by("-starts")[1:2]
    shared = Presence.objects.filter(facility=facility, place__in=[p.place_id for p in cell], layer="record", ends=None)
    for stay in shared.exclude(person__code=sick).select_related("person__facility__log")[:SHARED]:
        ordered = opening.Ordered(CONTACTS, "同监舍接触者", exposures=(exposed_at,), source=f"person:{sick}")
        try:
            episode = opening.open_episode(stay.person, ordered, by=BY, at=at)
            course = courses(facility, at, Episode.objects.filter(pk=episode.pk))[0]
            asked = placing.request(course, course.pathway.stages[0], at, None)
            room = placing.rooms_of(facility, at).free(asked)[0]
            company = "每日两次由同监舍人员隔窗陪伴"
            placing.plan_placement(episode, place=room.place, starts=at, reason=company, by=BY, at=at)
            carry_out(stay.person, at)
            opening.tell(episode, language="zh", by=BY, at=at)
        except (Refusal, IndexError):
            continue


def care(facility: Facility, at: int) -> None:
    """See everybody, and give what the day owes; now and then something is forgotten."""
    day = local_day(facility.zone, at)
    found = care_on(facility, day, at)
    for n, course in enumerate(found.courses.values()):
        if course.room is not None:
            visit(person=course.episode.person, ref=f"demo-{day}-{n}", seen_at=at, wellbeing="well", by=BY, at=at)
    people = {c.episode.person_id: c.episode.person for c in found.courses.values()}
    entries = [
        ledger.Entry(people[line.person], f"demo:{day}:{line.person}:{line.measure.id}:{line.good.id}"[-80:], line.measure.id, line.good.id, line.short, at)
        for n, line in enumerate(care_on(facility, day, at).lines)
        if line.short and n % _LEFT_OUT != _LEFT_OUT - 1
    ]  # fmt: skip
    if entries:
        ledger.give(facility, entries, by=BY, at=at)


def days_of_care(life: "Life", start: int) -> Iterator[int]:
    """Yield the moments at which care is entered, one each evening."""
    at = start
    while at <= life.until:
        yield at
        at += round(timedelta(days=1).total_seconds() * 1000)
