"""Reads of the register's pages. Each starts from who asks and from what he may see."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.console.presenters.words import Populations
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.laboratory.queries import people_tested
from lazaretto.apps.registry import lists
from lazaretto.apps.registry import queries as registry
from lazaretto.apps.registry.merging import Candidate, candidates
from lazaretto.apps.registry.models import Alias, Assignment, Facility, Group, Person, Place, Standing
from lazaretto.apps.registry.moving import courses
from lazaretto.apps.registry.standings import is_health
from lazaretto.apps.rounds.queries import people_with_facts
from lazaretto.protocol.document import Document


def document(asked: Asked, now: int) -> Document | None:
    """Return the protocol's document in force, None before the first adoption."""
    return document_of(asked.facility, now)


def document_of(facility: Facility, now: int) -> Document | None:
    try:
        return in_force(facility, now).resolved.document
    except NoProtocol:
        return None


def people(asked: Asked, given: Mapping[str, str], now: int) -> QuerySet[Person]:
    """Return the people that were asked for, of those whom the asker may know of, in the order asked for."""
    found = registry.matching(registry.people(asked.facility, asked.may), given["q"])
    if given["population"]:
        found = found.filter(population=given["population"])
    if given["unit"]:
        found = found.filter(unit__code=given["unit"])
    if given["place"]:
        place = Place.objects.filter(facility=asked.facility, code=given["place"]).first()
        found = lists.placed(found, place, now) if place else found.none()
    if given["where"] in lists.WHERE:
        found = lists.where(found, given["where"], now)
    if given["precaution"]:
        found = lists.with_precaution(_with_readable_precautions(found, asked), given["precaution"], now)
    if given["doubles"]:
        found = lists.doubled(found, asked.facility)
    return lists.in_order(found, given["sort"], now).select_related("unit")


def reads_precautions(asked: Asked, base: str) -> bool:
    """Custody reads what to do with residents; of others only those read it who read health information."""
    return Permission.HEALTH_READ in asked.may or (Permission.RESIDENTS_READ in asked.may and base in registry.HELD)


def _with_readable_precautions(found: QuerySet[Person], asked: Asked) -> QuerySet[Person]:
    return found if Permission.HEALTH_READ in asked.may else found.filter(base__in=registry.HELD)


class Listing:
    """Some people with what a list says of each, in a fixed number of queries for every few hundred."""

    def __init__(self, asked: Asked, found: Iterable[Person], now: int, known: Document | None) -> None:
        self.asked, self.now, self.zone = asked, now, asked.facility.zone
        self.people = list(found)
        self.here = registry.whereabouts(self.people, now)
        self.courses = courses(self.people)
        readable = [p for p in self.people if reads_precautions(asked, p.base)]
        self.precautions = lists.precautions(readable, now)
        self.populations = Populations(known)


def choices(asked: Asked, known: Document | None) -> dict[str, Any]:
    """Return what a list can be filtered by, and what a file can say."""
    wings = Place.objects.filter(facility=asked.facility, kind__in=("wing", "infirmary", "ward")).order_by("code")
    return {
        "populations": registry.populations(asked.facility, asked.may),
        "known_populations": [p.id for p in known.populations] if known else [],
        "words": Populations(known),
        "wings": list(wings),
        "units": list(Group.objects.filter(facility=asked.facility, kind="unit").order_by("code")),
    }


def on_file(asked: Asked) -> bool:
    """Say whether anybody is on file whom the asker may know of."""
    return registry.people(asked.facility, asked.may).exists()


def tally(asked: Asked, now: int) -> dict[str, int]:
    """Return how many of those whom the asker may know of are inside and away."""
    everybody = registry.people(asked.facility, asked.may)
    return {word: lists.where(everybody, word, now).count() for word in ("inside", "away")}


# -- one person --------------------------------------------------------------------------------------------------------


def around(asked: Asked, person: Person, file: Any, known: Document | None) -> dict[str, Any]:
    """Return what stands beside a file: who acted, who may be the same person, what populations are called."""
    acted = {m.by for m in file.movements} | {m.voided_by for m in file.movements} | {s.by for s in file.precautions}
    people = registry.people(asked.facility, asked.may)
    doubles = candidates(asked.facility, [person.pk]) if Permission.PEOPLE_WRITE in asked.may else []
    visible = set(
        people.filter(pk__in=[q.pk for pair in doubles for q in (pair.one, pair.other)]).values_list("pk", flat=True)
    )
    return {
        "users": users_called(acted),
        "doubles": [pair for pair in doubles if pair.one.pk in visible and pair.other.pk in visible],
        "populations": Populations(known),
    }


def precaution(person: Person, pk: str, now: int) -> Standing | None:
    """Return a precaution of a person that holds now, by its number."""
    if not pk.isascii() or not pk.isdigit() or len(pk) > 18:
        return None
    found = Standing.objects.filter(pk=int(pk), key="precaution", person=person).select_related("person", "facility")
    standing = found.first()
    return standing if standing is not None and standing.start_ms <= now < standing.end_ms else None


def aliases(person: Person) -> list[Alias]:
    return list(person.aliases.order_by("name"))


def alias(person: Person, pk: str) -> Alias | None:
    return person.aliases.filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 19 else None


def unit(asked: Asked, code: str) -> Group | None:
    return Group.objects.filter(facility=asked.facility, kind="unit", code=code).first()


# -- headcount ---------------------------------------------------------------------------------------------------------


def unit_names(asked: Asked) -> dict[str, Any]:
    """Return places and groups by code, for what roll calls and headcounts are about."""
    found: dict[str, Any] = {g.code: g for g in Group.objects.filter(facility=asked.facility)}
    return found | {p.code: p for p in Place.objects.filter(facility=asked.facility)}


def held(asked: Asked, kind: str, code: str, at: int) -> int:
    """Return how many residents are on file in a place (or below it), of a group, or in the facility, at an instant."""
    people = registry.inside(Person.objects.filter(facility=asked.facility, base__in=registry.HELD), at)
    if kind == "group":
        held = Assignment.objects.filter(facility=asked.facility, kind="group", key=code).filter(
            Q(starts=None) | Q(starts__lte=at), Q(ends=None) | Q(ends__gt=at)
        )
        return people.filter(pk__in=held.values("person_id")).count()
    if kind == "place":
        place = Place.objects.get(facility=asked.facility, code=code)
        return registry.within(people, place, at).count()
    return people.count()


# -- possible duplicates -----------------------------------------------------------------------------------------------


def candidates_for(asked: Asked) -> list[Candidate]:
    """Return pairs of which the asker may know both files."""
    known = set(registry.people(asked.facility, asked.may).values_list("pk", flat=True))
    return [pair for pair in candidates(asked.facility) if pair.one.pk in known and pair.other.pk in known]


def reason_of(asked: Asked, one: Person, other: Person) -> str:
    """Return why two files may be of one person, empty if nothing says so."""
    wanted = {one.pk, other.pk}
    return next((p.reason for p in candidates(asked.facility, [one.pk]) if {p.one.pk, p.other.pk} == wanted), "")


def beside(*people: Person) -> dict[int, dict[str, Any]]:
    """Return what a comparison says of each file beside its own fields."""
    return {
        p.pk: {
            "aliases": sorted(p.aliases.values_list("name", flat=True)),
            "stays": p.presences.filter(layer="record").count(),
            "first": p.presences.filter(layer="record").order_by("starts").values_list("starts", flat=True).first(),
            "release": p.legal_dates.filter(kind="release").values_list("on", flat=True).first(),
        }
        for p in people
    }


# -- tables that go out ------------------------------------------------------------------------------------------------


def sensitive_in(asked: Asked, table: str, span: tuple[int, int]) -> list[tuple[list[str], list[str]]]:
    """Return of whom (references) a table shows something sensitive, and which fields."""
    facility = asked.facility
    if table == "people" and Permission.IDENTITY_READ in asked.may:
        numbered = Person.objects.filter(facility=facility).exclude(identity_number="")
        return [(list(numbered.values_list("ref", flat=True)), ["identity_number"])]
    if table == "standings":
        found: dict[str, set[str]] = {}
        rows = Standing.objects.filter(facility=facility, person__isnull=False).values_list("person__ref", "key")
        for ref, key in rows.distinct():
            if is_health(key):
                found.setdefault(key, set()).add(ref)
        return [(sorted(refs), [key]) for key, refs in sorted(found.items())]
    if table == "facts":
        codes = people_with_facts(facility, *span)
        refs = Person.objects.filter(facility=facility).values_list("code", "ref")
        return [([ref for code, ref in refs if code in codes], ["facts"])]
    if table == "results":
        return [(people_tested(facility, *span), ["tests"])]
    return []


def codes_of(asked: Asked, refs: Iterable[str]) -> dict[str, str]:
    """Return the codes of people by their references; no names."""
    wanted = list(set(refs))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 400):
        rows = Person.objects.filter(facility=asked.facility, ref__in=wanted[start : start + 400])
        found |= dict(rows.values_list("ref", "code"))
    return found


def refs_called(asked: Asked, code: str) -> list[str]:
    return list(Person.objects.filter(facility=asked.facility, code=code).values_list("ref", flat=True))
