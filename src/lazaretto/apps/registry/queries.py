"""Reads of the registry. Each starts from who is asking, or from what he may do in a facility."""

from collections.abc import Collection, Container, Iterable
from datetime import date
from itertools import groupby

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from lazaretto.apps.accounts import queries as accounts
from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.registry import headcount
from lazaretto.apps.registry.models import Facility, Movement, Person, Place, Presence
from lazaretto.apps.registry.movements import AWAY_EXITS, KINDS
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO, instant, local_day

#: Base classes of people who are held or supervised; all others are staff or come from outside.
HELD = ("resident", "supervisee", "student")


class NoSuchFacility(Exception):
    """There is no facility of that code that the asker may know of."""


def facility_for(user: User, code: str, permission: Permission, on: date) -> Facility:
    """
    Return a facility in which the asker has `permission`.

    :raises NoSuchFacility: if it is outside everything he was granted. :raises NotAllowed: if it is inside, and his
        roles there do not have the permission.
    """
    facility = Facility.objects.select_related("organisation").filter(code=code).first()
    if facility is None or facility.organisation_id not in accounts.organisations_where(user, Permission, on):
        raise NoSuchFacility(code)
    accounts.check_may(user, permission, facility.organisation_id, on)
    return facility


#: For how long after a role ended by its date what was written down under it may still be handed in.
AFTERWARDS = 7 * 86_400_000


def writing_in(user: User, code: str, permission: Permission, at: int) -> tuple[Facility, list[tuple[int, int]]]:
    """
    Return a facility in which the asker may write now, and the spans [from, to) of what he may write about: those in
    which his roles gave him `permission`. A role that ended by its date still counts for `AFTERWARDS`.

    :raises NoSuchFacility: if it is outside everything he was granted. :raises NotAllowed: if it is inside, and his
        roles there do not have the permission.
    """
    facility = (
        Facility.objects.select_related("organisation__command_parent", "organisation__health_parent", "log")
        .filter(code=code)
        .first()
    )
    if facility is None:
        raise NoSuchFacility(code)
    terms = [(t, _instants(facility, t)) for t in accounts.terms_in(user, facility.organisation)]
    now = [(t, span) for t, span in terms if span[0] <= at < span[1] + AFTERWARDS]
    if not now:
        raise NoSuchFacility(code)
    spans = [span for t, span in now if permission in t.permissions]
    if not spans:
        raise accounts.NotAllowed(permission)
    return facility, spans


def _instants(facility: Facility, term: accounts.Term) -> tuple[int, int]:
    return (
        FOREVER_AGO if term.starts_on is None else instant(facility.zone, term.starts_on, 0),
        FOREVER if term.ends_on is None else instant(facility.zone, term.ends_on, 0),
    )


def open_facility(
    user: User, code: str, wanted: Collection[Permission], now: int
) -> tuple[Facility, frozenset[Permission]]:
    """
    Return a facility in which the asker has any of `wanted`, with everything that he may do there, today by its calendar.

    :raises NoSuchFacility: as above. :raises NotAllowed: if he has none of them there.
    """
    facility = Facility.objects.select_related("organisation__command_parent").filter(code=code).first()
    may = (
        accounts.permissions_in(user, facility.organisation, local_day(facility.zone, now)) if facility else frozenset()
    )
    if facility is None or not may:
        raise NoSuchFacility(code)
    if may.isdisjoint(wanted):
        raise accounts.NotAllowed(min(wanted))
    return facility, may


def facility_of(code: str) -> Facility:
    """
    Return a facility for somebody who sits at the machine itself, or who brings his own proof.

    :raises NoSuchFacility: if there is none.
    """
    found = Facility.objects.select_related("organisation", "log").filter(code=code).first()
    if found is None:
        raise NoSuchFacility(code)
    return found


# -- people ----------------------------------------------------------------------------------------------------------


def people(facility: Facility, may: Container[Permission]) -> QuerySet[Person]:
    """Return the people of a facility whom somebody with these permissions may know of; merged files are left out."""
    shown = Q(pk__in=[])
    if Permission.RESIDENTS_READ in may:
        shown |= Q(base__in=HELD)
    if Permission.STAFF_READ in may:
        shown |= ~Q(base__in=HELD)
    return Person.objects.filter(shown, facility=facility, merged_into=None)


def matching(found: QuerySet[Person], text: str) -> QuerySet[Person]:
    """
    Keep the people who answer to `text`: part of a code or a name, its sound or its initials, each word of it. The
    last characters of an identity number are not searched.
    """
    for word in text.lower().split()[:6]:
        found = found.filter(search__contains=word)
    return found


def inside(found: QuerySet[Person], at: int) -> QuerySet[Person]:
    """Keep the people who are in the facility at an instant."""
    here = Presence.objects.filter(person=OuterRef("pk"), layer="record", starts__lte=at).filter(
        Q(ends=None) | Q(ends__gt=at)
    )
    return found.filter(Exists(here))


def within(found: QuerySet[Person], place: Place, at: int) -> QuerySet[Person]:
    """Keep the people who are in a place or anything below it."""
    ids = below(place.facility, place)
    here = Presence.objects.filter(person=OuterRef("pk"), layer="record", starts__lte=at, place__in=ids).filter(
        Q(ends=None) | Q(ends__gt=at)
    )
    return found.filter(Exists(here))


def person(facility: Facility, code: str, may: Container[Permission]) -> Person | None:
    """Return somebody's file by its code (also a merged one, which says where it went), if it may be known of."""
    found = (
        Person.objects.select_related("unit", "merged_into", "facility").filter(facility=facility, code=code).first()
    )
    if found is None:
        return None
    needed = Permission.RESIDENTS_READ if found.base in HELD else Permission.STAFF_READ
    return found if needed in may else None


def whereabouts(found: Iterable[Person], at: int) -> dict[int, Presence]:
    """Return where people are at an instant, by the id of the person, in one query for every few hundred."""
    ids = [p.pk for p in found]
    stays: dict[int, Presence] = {}
    for start in range(0, len(ids), 400):
        rows = Presence.objects.filter(person__in=ids[start : start + 400], layer="record", starts__lte=at).filter(
            Q(ends=None) | Q(ends__gt=at)
        )
        stays |= {stay.person_id: stay for stay in rows.select_related("place")}
    return stays


def populations(facility: Facility, may: Container[Permission]) -> dict[str, int]:
    """Return the populations on file with how many people of each somebody may know of."""
    rows = people(facility, may).values_list("population").annotate(n=Count("pk")).order_by("population")
    return dict(rows)


# -- places ----------------------------------------------------------------------------------------------------------


def below(facility: Facility, top: Place) -> list[int]:
    """Return the ids of a place and of all places in it, however deep."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in Place.objects.filter(facility=facility).values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found = [top.pk]
    for pk in found:
        found.extend(children.get(pk, []))
    return found


def units_of_places(facility: Facility) -> dict[int, str]:
    """Return for each place the code of the wing around it, "" where there is none."""
    rows = {pk: (parent, kind, code) for pk, parent, kind, code in _places(facility)}
    found: dict[int, str] = {}
    for pk in rows:
        at: int | None = pk
        while at is not None and rows[at][1] != "wing":
            at = rows[at][0]
        found[pk] = rows[at][2] if at is not None else ""
    return found


def _places(facility: Facility) -> Iterable[tuple[int, int | None, str, str]]:
    return Place.objects.filter(facility=facility).values_list("pk", "parent_id", "kind", "code")


# -- headcount -------------------------------------------------------------------------------------------------------


def headcounts(
    facility: Facility, spans: Iterable[tuple[int, int]], *, bases: Iterable[str] = HELD
) -> list[dict[str, headcount.Line]]:
    """Return the headcount of each span by unit (the wing around the place), in a fixed number of queries."""
    stays = stays_of(facility, bases=bases)
    return [headcount.headcount(stays, start, end) for start, end in spans]


def stays_of(facility: Facility, *, bases: Iterable[str] = HELD) -> list[headcount.Stay]:
    """Return all stays of people of these base classes, sorted by person and start."""
    units = units_of_places(facility)
    rows = Presence.objects.filter(facility=facility, layer="record", person__base__in=list(bases))
    return [
        headcount.Stay(who, starts or 0, FOREVER if ends is None else ends, units.get(place, ""), entry, exit_)
        for who, starts, ends, place, entry, exit_ in rows.order_by("person_id", "starts").values_list(
            "person_id", "starts", "ends", "place_id", "entry", "exit"
        )
    ]


def off_the_books(facility: Facility, at: int) -> dict[int, str]:
    """
    Return, as code by id, who had not come yet or had gone for good by an instant: at the end of a stay, struck while
    outside (released, transferred or dead), or merged into another file. A later stay brings somebody back.
    """
    struck = _struck_while_outside(facility, at)
    merged = set(Person.objects.filter(facility=facility, merged_at__lte=at).values_list("pk", flat=True))
    rows = Presence.objects.filter(facility=facility, layer="record").order_by("person_id", "starts")
    every = rows.values_list("person_id", "person__code", "starts", "ends", "exit")
    found = {}
    for (person, code), group in groupby(every.iterator(), key=lambda row: row[:2]):
        stays = [(starts or 0, FOREVER if ends is None else ends, exit_) for _, _, starts, ends, exit_ in group]
        begun = [stay for stay in stays if stay[0] <= at]
        if not begun or person in merged or _gone_after(begun, len(stays), struck.get(person), at):
            found[person] = code
    return found


def _struck_while_outside(facility: Facility, at: int) -> dict[int, int]:
    """Return who was struck from the books by a movement that ended no stay, and when last."""
    final = [kind.id for kind in KINDS.values() if kind.after == "gone"]
    rows = Movement.objects.filter(facility=facility, kind__in=final, closed=None, voided_at=None, occurred_at__lte=at)
    return dict(rows.order_by("occurred_at").values_list("person_id", "occurred_at"))


def _gone_after(begun: list[tuple[int, int, str]], n_stays: int, struck: int | None, at: int) -> bool:
    """Say whether somebody is gone after the last of the stays that had begun by an instant."""
    _, end, exit_ = begun[-1]
    if end > at:
        return False
    left = headcount.left_by(exit_, last=len(begun) == n_stays)
    return left not in AWAY_EXITS or (struck is not None and struck >= end)


def away(facility: Facility, at: int, *, bases: Iterable[str] = HELD) -> int:
    """Return how many people are on the books and outside at an instant."""
    gone = off_the_books(facility, at)
    return headcount.away_at((s for s in stays_of(facility, bases=bases) if s.person not in gone), at)
