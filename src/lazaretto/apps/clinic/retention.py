"""What becomes of visits when their time is over, or when a person's file goes."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet

from lazaretto.apps.clinic.models import Visit
from lazaretto.apps.journal.models import Log, Record
from lazaretto.apps.journal.purging import purge_records
from lazaretto.apps.journal.retention import Policy
from lazaretto.apps.registry.models import Facility


def visits_due(log: Log, policy: Policy, at: int) -> int:
    return _due(log, policy, at).count()


def _due(log: Log, policy: Policy, at: int) -> QuerySet[Visit]:
    return Visit.objects.filter(facility__log=log, seen_at__lt=policy.before(at))


def purge_visits(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_due(log, policy, at).values_list("pk", flat=True)[:200]):
        yield _purge(log, keys, policy.id, by=by, at=at)


def forget_person(facility: Facility, code: str, policy: str, *, by: str, at: int) -> None:
    """Destroy the visits to a person."""
    rows = Visit.objects.filter(facility=facility, person__code=code)
    _purge(facility.log, list(rows.values_list("pk", flat=True)), policy, by=by, at=at)


@transaction.atomic
def _purge(log: Log, keys: list[int], policy: str, *, by: str, at: int) -> int:
    if not keys:
        return 0
    refs = list(Visit.objects.filter(pk__in=keys).values_list("ref", flat=True))
    said = Record.objects.filter(entry__log=log, entity="visit", key__in=refs)
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    return Visit.objects.filter(pk__in=keys).delete()[0]
