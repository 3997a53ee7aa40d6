"""What a phone needs to walk a ward for a day without network: who is there, what each mostly has, and what is owed when."""

from collections.abc import Collection
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.registry.models import Facility, Person
from lazaretto.apps.rounds.due import DueList, Ward, due_now
from lazaretto.apps.rounds.owed import ReadingOwed, second_readings
from lazaretto.apps.rounds.reading import Facts
from lazaretto.apps.rounds.sheets import as_walked
from lazaretto.apps.rounds.temperatures import number, rules_of
from lazaretto.protocol.corrections import corrected
from lazaretto.protocol.fever import TEMPERATURE, FeverRule
from lazaretto.protocol.record import Subject

HOUR, DAY = 3_600_000, 86_400_000
#: How far a list reaches: what was missed this day, and a day ahead in which no network may come.
BACK, AHEAD = 12 * HOUR, 26 * HOUR
#: A person's usual is the median of so many days, of so many readings at least; so many of the last are shown.
USUAL_DAYS, USUAL_LEAST, LAST = 14, 5, 3


class Walked(NamedTuple):
    """Somebody in the ward, in the order in which one walks: his last readings (time, °C), his usual, and his rule."""

    code: str
    place: str
    last: list[tuple[int, Decimal]]
    usual: Decimal | None
    rule: FeverRule | None


class WardList(NamedTuple):
    """What is due in a ward around an instant, who is there, and of whom a second reading is owed."""

    due: DueList
    people: list[Walked]
    second: list[ReadingOwed]


def ward_list(facility: Facility, place: str, at: int) -> WardList:
    """:raises NothingThere: if there is no such place. :raises NoProtocol: if nothing was adopted."""
    due = due_now(facility, Ward(place), at, back=BACK, ahead=AHEAD, done=True)
    here = {ref.partition(":")[2]: where for ref, where in due.present.items()}
    subjects = [
        Subject(f"person:{code}", "person", population, base)
        for code, population, base in Person.objects.filter(facility=facility, code__in=list(here)).values_list(
            "code", "population", "base"
        )
    ]
    rules = rules_of(subjects, in_force(facility, at).resolved.measures)
    known = _readings(facility, here, at)
    people = [
        Walked(code, where, readings[-LAST:], _usual(readings), rules.get(f"person:{code}"))
        for code, where in here.items()
        for readings in [known.get(code, [])]
    ]
    walked = sorted(people, key=lambda p: (as_walked(p.place), as_walked(p.code)))
    return WardList(due, walked, second_readings(facility, due.present, at))


def _readings(facility: Facility, codes: Collection[str], at: int) -> dict[str, list[tuple[int, Decimal]]]:
    """Return each person's readings of the last days in order of time; of a correction, what it says."""
    found: dict[str, list[tuple[int, Decimal]]] = {}
    facts = Facts(facility, at).about(TEMPERATURE, codes, (at - USUAL_DAYS * DAY, at + 1))
    for fact in sorted(corrected(facts).leaves, key=lambda f: (f.observed_at, f.id)):
        if (value := number(fact)) is not None:
            found.setdefault(fact.subject.partition(":")[2], []).append((fact.observed_at, value))
    return found


def _usual(readings: list[tuple[int, Decimal]]) -> Decimal | None:
    values = [value for _, value in readings]
    return median(values).quantize(Decimal("0.1")) if len(values) >= USUAL_LEAST else None
