"""What becomes of visits when their time is over, or when a person's file goes or is merged into another."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from lazaretto.apps.journal.models import Log, Record
from lazaretto.apps.journal.purging import purge_records
from lazaretto.apps.journal.retention import Policy
from lazaretto.apps.passage.models import Crossing, Party, Visit
from lazaretto.apps.passage.recording import ENTITIES
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.retention import purge_runs_of

_BATCH = 100


def visits_due(log: Log, policy: Policy, at: int) -> int:
    return _due(log, policy, at).count()


def _due(log: Log, policy: Policy, at: int) -> QuerySet[Visit]:
    """Return the visits that are over; one with somebody inside is never due."""
    rows = Visit.objects.filter(facility__log=log, opened_at__lt=policy.before(at))
    return rows.exclude(parties__inside_since__isnull=False).exclude(closed_at__gte=policy.before(at))


def purge_visits(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while found := list(_due(log, policy, at).select_related("facility__log").order_by("pk")[:_BATCH]):
        yield _purge_visits(found, policy.id, by=by, at=at)


@transaction.atomic
def _purge_visits(found: list[Visit], policy: str, *, by: str, at: int) -> int:
    for visit in found:
        _purge_parties(visit.facility, list(visit.parties.select_related("visit")), policy, by=by, at=at)
    _purge(found[0].facility.log, Visit, [v.pk for v in found], policy, by=by, at=at)
    return len(found)


@transaction.atomic
def forget_person(facility: Facility, code: str, policy: str, *, by: str, at: int) -> None:
    """Destroy a person's passages; of a visit that was only his, the visit too."""
    own = list(Party.objects.filter(facility=facility, person__code=code).select_related("visit"))
    visits = {p.visit_id for p in own}
    _purge_parties(facility, own, policy, by=by, at=at)
    empty = Visit.objects.filter(pk__in=visits, parties=None).values_list("pk", flat=True)
    _purge(facility.log, Visit, list(empty), policy, by=by, at=at)


def _purge_parties(facility: Facility, parties: list[Party], policy: str, *, by: str, at: int) -> None:
    keys = [p.pk for p in parties]
    crossed = list(Crossing.objects.filter(party__in=keys).values_list("pk", flat=True))
    subjects = [p.subject for p in parties]
    _purge(facility.log, Crossing, crossed, policy, by=by, at=at)
    purge_runs_of(facility, subjects, policy, by=by, at=at)
    _purge(facility.log, Party, keys, policy, by=by, at=at)


def _purge(log: Log, model: Any, keys: list[int], policy: str, *, by: str, at: int) -> None:
    if not keys:
        return
    said = Record.objects.filter(entry__log=log, entity=ENTITIES[model], key__in=[str(key) for key in keys])
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    model.objects.filter(pk__in=keys).delete()
