"""What Today is made of: a ward's due list over the whole day, its rooms, and which ward is the reader's own."""

from collections import Counter
from datetime import timedelta
from typing import NamedTuple

from lazaretto.apps.accounts.models import User
from lazaretto.apps.console.keeping import Keeper
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.journal import news
from lazaretto.apps.registry.models import Person, Place
from lazaretto.apps.rounds.due import HOUR_MS, DueList, Ward, due_now
from lazaretto.protocol.clock import instant

#: What is looked at besides today: a round due before midnight can still be done after it.
BEFORE_MS = 3 * HOUR_MS
_kept: Keeper[DueList] = Keeper()


class Room(NamedTuple):
    """A room of the ward: where it stands (its floor), how many people are in it, and how its owed things stand."""

    code: str
    floor: str
    name_zh: str
    name_en: str
    people: int
    states: Counter[str]


def due_today(asked: Asked, place: str, now: int) -> DueList:
    """
    Return what is due in a place today, from memory while that is true.

    :raises NothingThere: if there is no such place. :raises NoProtocol: if nothing was adopted.
    """
    here = asked.facility
    stands = news.heads([here.log_id])[here.log_id]
    start = instant(here.zone, asked.today, 0)
    end = instant(here.zone, asked.today + timedelta(days=1), 0)

    def make() -> DueList:
        return due_now(here, Ward(place), now, back=now - start + BEFORE_MS, ahead=max(end - now, HOUR_MS), done=False)

    return _kept.get((here.log.ref, place, asked.today), stands, now, make)


def own_ward(asked: Asked, user: User) -> str:
    """Return the code of the place that the reader's own unit is called after, "" if there is none."""
    if not user.person_code:
        return ""
    unit = Person.objects.filter(facility=asked.facility, code=user.person_code).values_list("unit__code", flat=True)
    return str(
        Place.objects.filter(facility=asked.facility, code__in=unit).values_list("code", flat=True).first() or ""
    )


def top(asked: Asked) -> str:
    """Return the place that all others are in, "" if no place is on file."""
    first = Place.objects.filter(facility=asked.facility, parent=None).order_by("code")
    return str(first.values_list("code", flat=True).first() or "")


def rooms(asked: Asked, place: str, found: DueList) -> list[Room]:
    """Return the rooms in a place in order, those without anybody and anything owed left out."""
    rows = Place.objects.filter(facility=asked.facility).order_by("code")
    known = {code: rest for code, *rest in rows.values_list("code", "parent__code", "kind", "name_zh", "name_en")}
    beds = {code for code, (_, kind, _, _) in known.items() if kind in ("bed", "bunk")}
    above = {known[code][0] for code in known if code not in beds}
    people: Counter[str] = Counter()
    states: dict[str, Counter[str]] = {}
    for code in found.present.values():
        people[known[code][0] if code in beds else code] += 1
    for group in found.groups:
        for line in group.lines:
            code = known[line.place][0] if line.place in beds else line.place
            state = "late" if line.state == "missed" and group.is_open(found.at) else line.state
            if state == "upcoming":
                continue
            states.setdefault(code, Counter())[state] += 1
    return [
        Room(code, parent or "", zh, en, people[code], states.get(code, Counter()))
        for code, (parent, _, zh, en) in known.items()
        if code not in beds and code not in above and _inside(code, place, known) and (people[code] or code in states)
    ]


def houses(asked: Asked, place: str, rooms: list[Room]) -> list[Room]:
    """Return what stands directly in a place, each with the people and the states of all the rooms in it."""
    rows = Place.objects.filter(facility=asked.facility).order_by("code")
    known = {code: rest for code, *rest in rows.values_list("code", "parent__code", "name_zh", "name_en")}
    people: Counter[str] = Counter()
    states: dict[str, Counter[str]] = {}
    for room in rooms:
        at = room.code
        while known[at][0] and known[at][0] != place:
            at = known[at][0]
        people[at] += room.people
        states.setdefault(at, Counter()).update(room.states)
    return [Room(c, p or "", zh, en, people[c], states[c]) for c, (p, zh, en) in known.items() if c in states]


def _inside(code: str, place: str, known: dict[str, list[str]]) -> bool:
    at: str | None = code
    while at:
        if at == place:
            return True
        at = known[at][0] if at in known else None
    return False
