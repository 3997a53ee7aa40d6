"""What becomes of people's files when their time is over: everything about them goes, to the last version of it."""

from collections.abc import Callable, Iterator

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from lazaretto.apps.journal.models import Log, Record
from lazaretto.apps.journal.purging import purge_records
from lazaretto.apps.journal.retention import Policy
from lazaretto.apps.registry.models import (
    Alias,
    Assignment,
    Facility,
    LegalDate,
    Movement,
    NotSame,
    Person,
    Presence,
    Standing,
)

#: What the apps above destroy when a person's file goes: (facility, code, policy, by=, at=).
Forget = Callable[..., None]
_forget: list[Forget] = []
_BATCH = 25


def forget_with(function: Forget) -> None:
    """Have `function(facility, code, policy, by=, at=)` destroy what an app keeps about a person."""
    _forget.append(function)


def people_due(log: Log, policy: Policy, at: int) -> int:
    return len(_due(log, policy, at))


def _due(log: Log, policy: Policy, at: int) -> list[Person]:
    """
    Return the people who left before the policy's moment and have not been here since, with the files merged into
    theirs. Somebody who was never here is kept: nobody knows from when his time would run.
    """
    before = policy.before(at)
    later = Presence.objects.filter(person=OuterRef("pk")).filter(Q(ends=None) | Q(ends__gte=before))
    acted = Movement.objects.filter(person=OuterRef("pk"), occurred_at__gte=before)
    here = Presence.objects.filter(person=OuterRef("pk"))
    rows = Person.objects.filter(~Exists(later), ~Exists(acted), facility__log=log).annotate(was_here=Exists(here))
    quiet = {p.pk: p for p in rows.order_by("pk") if policy.takes(p.base)}
    families: dict[int, list[Person]] = {}
    for person in Person.objects.filter(facility__log=log).order_by("pk"):
        families.setdefault(person.merged_into_id or person.pk, []).append(person)
    due = [
        family
        for family in families.values()
        if all(p.pk in quiet for p in family) and any(quiet[p.pk].was_here for p in family)
    ]
    return [p for family in due for p in sorted(family, key=lambda p: p.merged_into_id is None)]


def purge_people(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    due = _due(log, policy, at)
    for start in range(0, len(due), _BATCH):
        part = due[start : start + _BATCH]
        for person in part:
            forget(person, policy.id, by=by, at=at)
        yield len(part)


@transaction.atomic
def forget(person: Person, policy: str, *, by: str, at: int) -> None:
    """Destroy everything on file about a person, with every version that the journal kept of it."""
    facility, code = person.facility, person.code
    for function in _forget:
        function(facility, code, policy, by=by, at=at)
    movements = [str(n) for n in Movement.objects.filter(person=person).values_list("number", flat=True)]
    purge_records(facility.log, _versions(facility, code, movements), policy=policy, by=by, at=at)
    Movement.objects.filter(person=person).delete()
    for model in (Presence, Standing, Assignment, LegalDate, Alias):
        model._default_manager.filter(person=person).delete()
    NotSame.objects.filter(Q(one=person) | Q(other=person)).delete()
    person.delete()


def _versions(facility: Facility, code: str, movements: list[str]) -> list[int]:
    """Return the records of everything that has the person's code in its key (codes hold no `/`)."""
    own = Q(key=code) | Q(key__startswith=f"{code}/")
    said = (
        Q(own, entity__in=("person", "alias", "presence", "assignment", "legal_date", "merge"))
        | Q(entity="standing", key__startswith=f"person/{code}/")
        | Q(own | Q(key__endswith=f"/{code}"), entity="not_same")
        | Q(entity="movement", key__in=movements)
    )
    return list(Record.objects.filter(said, entry__log=facility.log).values_list("pk", flat=True))
