"""
One person, one file: what is on record about somebody, as far as the one who asks may see it.

Who may not see a field gets `HIDDEN`. What was shown of sensitive fields is listed, so that the look can be recorded.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any, Final

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import looks_at
from lazaretto.apps.registry.exports import born
from lazaretto.apps.registry.identity import masked
from lazaretto.apps.registry.models import Assignment, LegalDate, Movement, Person, Presence, Standing
from lazaretto.apps.registry.movements import Whereabouts
from lazaretto.apps.registry.moving import Course, courses
from lazaretto.apps.registry.standings import is_health


class Hidden:
    """Stands for a value that is on file and not for the one who asks."""

    def __repr__(self) -> str:
        return "hidden"


HIDDEN: Final = Hidden()


@dataclass(frozen=True, slots=True)
class File:
    """Somebody's file. `shown` names the sensitive fields whose values are in it."""

    person: Person
    born: str
    identity_kind: str
    identity_number: str | Hidden
    aliases: list[tuple[str, str]]
    whereabouts: Whereabouts
    course: Course
    stays: list[Presence]
    movements: list[Movement]
    precautions: list[Standing]
    standings: list[tuple[Standing, str | Hidden]]
    assignments: list[Assignment]
    legal_dates: list[LegalDate]
    merged: list[Person]
    shown: list[str] = field(default_factory=list)

    @property
    def refs(self) -> list[str]:
        """The references of the person and of the files that were merged into this one."""
        return [self.person.ref, *(p.ref for p in self.merged)]


def merged_into(person: Person) -> list[Person]:
    """Return the files that were merged into a person's, and those that had been merged into them."""
    found: list[Person] = []
    edge = [person.pk]
    while edge:
        more = list(Person.objects.filter(merged_into__in=edge).order_by("code"))
        found += more
        edge = [p.pk for p in more]
    return found


def open_file(person: Person, may: Container[Permission], at: int) -> File:
    """Return what is on file of a person and of the files merged into his, in a fixed number of queries."""
    merged = merged_into(person)
    own = [person, *merged]
    shown: list[str] = []
    number: str | Hidden = masked(person.identity_number)
    if person.identity_number and Permission.IDENTITY_READ in may:
        number = person.identity_number
        shown.append("identity_number")
    standings: list[tuple[Standing, str | Hidden]] = []
    rows = Standing.objects.filter(person__in=own).exclude(key="precaution").select_related("person", "place")
    for standing in rows.order_by("-starts", "-pk"):
        hidden = is_health(standing.key) and Permission.HEALTH_READ not in may
        standings.append((standing, HIDDEN if hidden else standing.value))
        if is_health(standing.key) and not hidden and standing.key not in shown:
            shown.append(standing.key)
    course = courses([person])[person.pk]
    precautions = Standing.objects.filter(person__in=own, key="precaution").order_by("-starts", "-pk")
    return File(
        person=person, born=born(person), identity_kind=person.identity_kind, identity_number=number,
        aliases=list(person.aliases.order_by("name").values_list("name", "kind")), whereabouts=course.whereabouts,
        course=course, stays=list(Presence.objects.filter(person__in=own, layer="record").select_related("place", "person").order_by("-starts")),
        movements=list(Movement.objects.filter(person__in=own).select_related("place", "person").order_by("-occurred_at", "-number")),
        precautions=[s for s in precautions if s.start_ms <= at < s.end_ms], standings=standings,
        assignments=list(Assignment.objects.filter(person__in=own).select_related("place").order_by("-starts")),
        legal_dates=list(LegalDate.objects.filter(person__in=own).order_by("on")), merged=merged, shown=shown,
    )  # fmt: skip


# -- a copy for the person --------------------------------------------------------------------------------------------

#: Part of a person's copy → function that returns its rows; the apps above add theirs.
_parts: dict[str, Any] = {}


def part_of_copy(name: str, rows: Any) -> None:
    """Have `rows(person)` (a list of plain records) be part of what a person gets as a copy of everything on file."""
    _parts[name] = rows


def copy_for(person: Person, at: int) -> dict[str, Any]:
    """
    Return everything on file about a person and about files merged into his, for that person: nothing is masked, and
    who looked is part of it.
    """
    own = [person, *merged_into(person)]
    looks = [look._asdict() for look in looks_at([p.ref for p in own])]
    found: dict[str, Any] = {"facility": person.facility.code, "made_at": at, "files": [], "who_looked": looks}
    for one in own:
        found["files"].append(
            {
                "person": one.record() | {"ref": None},
                "aliases": [alias.record() | {"person": one.code} for alias in one.aliases.order_by("name")],
                "presence": [p.record() for p in one.presences.select_related("place", "person").order_by("starts")],
                "movements": [
                    m.record() | {"by": None}
                    for m in one.movements.select_related("place", "person").order_by("number")
                ],
                "standings": [s.record() for s in one.standings.select_related("person", "place").order_by("pk")],
                "assignments": [a.record() for a in one.assignments.select_related("place", "person").order_by("pk")],
                "legal_dates": [d.record() for d in one.legal_dates.select_related("person").order_by("on")],
                **{name: rows(one) for name, rows in _parts.items()},
            }
        )
    return found
