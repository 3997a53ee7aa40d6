"""The register of movements as it is read: filtered, with what is overdue, of those people whom the reader may know of."""

from collections.abc import Container, Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.registry.models import Facility, Movement, Person, Place
from lazaretto.apps.registry.movements import KINDS
from lazaretto.apps.registry.queries import HELD, matching

#: Kinds of places in which people stay, besides those that have a capacity.
STAYED_IN = ("bed", "cell", "room", "dormitory", "ward", "isolation_room", "infirmary")


def movements(facility: Facility, may: Container[Permission]) -> QuerySet[Movement]:
    """Return the movements of people whom somebody with these permissions may know of, also of merged files."""
    shown = Q(pk__in=[])
    if Permission.RESIDENTS_READ in may:
        shown |= Q(person__base__in=HELD)
    if Permission.STAFF_READ in may:
        shown |= ~Q(person__base__in=HELD)
    return Movement.objects.filter(shown, facility=facility).select_related("person", "place")


def chosen(
    found: QuerySet[Movement], *, kind: str = "", text: str = "", first: int | None = None, last: int | None = None
) -> QuerySet[Movement]:
    """Keep the movements of a kind, of people who answer to `text`, in [first, last)."""
    if kind:
        found = found.filter(kind=kind)
    if text:
        found = found.filter(person__in=matching(Person.objects.all(), text))
    if first is not None:
        found = found.filter(occurred_at__gte=first)
    if last is not None:
        found = found.filter(occurred_at__lt=last)
    return found.order_by("-occurred_at", "-number")


def overdue(found: QuerySet[Movement], now: int) -> QuerySet[Movement]:
    """Keep the last movements of people who are away and were due back, the longest overdue first."""
    away = [kind.id for kind in KINDS.values() if kind.after == "away"]
    later = Movement.objects.filter(person=OuterRef("person"), voided_at=None).filter(
        Q(occurred_at__gt=OuterRef("occurred_at"))
        | Q(occurred_at=OuterRef("occurred_at"), number__gt=OuterRef("number"))
    )
    found = found.filter(kind__in=away, back_by__lt=now, voided_at=None, person__merged_into=None)
    return found.exclude(Exists(later)).order_by("back_by")


def movement(found: QuerySet[Movement], number: int) -> Movement | None:
    return found.select_related("person__facility").filter(number=number).first()


def people_called(facility: Facility, codes: Iterable[str]) -> list[Person]:
    """Return people by their codes, in the order of the codes."""
    wanted = list(codes)
    found: dict[str, Person] = {}
    for start in range(0, len(wanted), 400):
        rows = Person.objects.filter(facility=facility, code__in=wanted[start : start + 400])
        found |= {p.code: p for p in rows.select_related("facility", "unit")}
    return [found[code] for code in wanted if code in found]


def stayed_in(facility: Facility) -> list[Place]:
    """Return the places in which people stay, with the place around each."""
    rows = Place.objects.filter(facility=facility).filter(Q(kind__in=STAYED_IN) | Q(capacity__isnull=False))
    return list(rows.select_related("parent").order_by("code")[:3000])


def place_called(facility: Facility, word: str) -> Place | None:
    """Return a place by its code, else by its name if only one has it."""
    rows = Place.objects.filter(facility=facility)
    exact = rows.filter(code=word).first()
    if exact is not None:
        return exact
    named = list(rows.filter(Q(name_zh=word) | Q(name_en=word))[:2])
    return named[0] if len(named) == 1 else None
