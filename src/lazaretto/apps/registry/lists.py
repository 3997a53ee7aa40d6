"""Who is on a list: by where they are, what custody must do, whether a second file may exist; in which order."""

from collections.abc import Iterable, Mapping

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from lazaretto.apps.registry.merging import candidates
from lazaretto.apps.registry.models import Facility, Movement, Person, Place, Presence, Standing
from lazaretto.apps.registry.movements import AWAY_EXITS, KINDS
from lazaretto.apps.registry.queries import inside, within

WHERE = ("inside", "away", "gone")
SORTS = ("name", "code", "place")


def where(found: QuerySet[Person], word: str, at: int) -> QuerySet[Person]:
    """Keep the people who are inside, away (and on the books), or gone, at an instant."""
    if word == "inside":
        return inside(found, at)
    outside = found.exclude(pk__in=inside(found, at).values("pk"))
    ended = Presence.objects.filter(person=OuterRef("pk"), layer="record", starts__lte=at).order_by("-starts")
    outside = outside.annotate(left_by=Subquery(ended.values("exit")[:1]), left_at=Subquery(ended.values("ends")[:1]))
    final = [kind.id for kind in KINDS.values() if kind.after == "gone"]
    struck = Movement.objects.filter(
        person=OuterRef("pk"), kind__in=final, voided_at=None, occurred_at__lte=at, occurred_at__gte=OuterRef("left_at")
    )
    away = Q(left_by__in=list(AWAY_EXITS)) & ~Exists(struck)
    if word == "away":
        return outside.filter(away)
    return outside.filter(Q(left_by=None) | ~away)


def with_precaution(found: QuerySet[Person], value: str, at: int) -> QuerySet[Person]:
    """Keep the people for whom a precaution (or, with `any`, one of them) holds at an instant."""
    rows = _holding(at).filter(person=OuterRef("pk"))
    return found.filter(Exists(rows if value == "any" else rows.filter(value=value)))


def _holding(at: int) -> QuerySet[Standing]:
    return (
        Standing.objects.filter(key="precaution")
        .filter(Q(starts=None) | Q(starts__lte=at))
        .filter(Q(ends=None) | Q(ends__gt=at))
    )


def precautions(found: Iterable[Person], at: int) -> Mapping[int, list[Standing]]:
    """Return the precautions that hold for people at an instant, by the id of the person."""
    listed: dict[int, list[Standing]] = {}
    ids = [p.pk for p in found]
    for start in range(0, len(ids), 400):
        for standing in _holding(at).filter(person__in=ids[start : start + 400]).order_by("value"):
            listed.setdefault(standing.person_id or 0, []).append(standing)
    return listed


def doubled(found: QuerySet[Person], facility: Facility) -> QuerySet[Person]:
    """Keep the people of whom a second file may exist."""
    ids = {pk for pair in candidates(facility) for pk in (pair.one.pk, pair.other.pk)}
    return found.filter(pk__in=sorted(ids)[:30_000])


def placed(found: QuerySet[Person], place: Place, at: int) -> QuerySet[Person]:
    """Keep the people who are in a place or below it at an instant."""
    return within(found, place, at)


def in_order(found: QuerySet[Person], sort: str, at: int) -> QuerySet[Person]:
    """Sort by one of `SORTS`, a minus turning it round; whoever has no name or place comes last."""
    key = sort.lstrip("-")
    down = sort.startswith("-")
    if key == "code":
        return found.order_by("-code" if down else "code")
    if key == "place":
        here = Presence.objects.filter(person=OuterRef("pk"), layer="record", starts__lte=at).filter(
            Q(ends=None) | Q(ends__gt=at)
        )
        found = found.annotate(in_place=Coalesce(Subquery(here.values("place__code")[:1]), Value("")))
        order = F("in_place").desc() if down else F("in_place").asc()
        nowhere = Case(When(in_place="", then=Value(1)), default=Value(0))
        return found.annotate(nowhere=nowhere).order_by("nowhere", order, "sort", "code")
    return found.order_by("-sort" if down else "sort", "code")
