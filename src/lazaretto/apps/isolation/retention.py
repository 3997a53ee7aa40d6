"""What becomes of episodes, activities and breaches when their time is over, or when a person's file goes."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from lazaretto.apps.isolation.models import Activity, Breach, Cohort, Episode, Exposed, Note, Placement
from lazaretto.apps.isolation.recording import ENTITIES
from lazaretto.apps.journal.models import Log, Record
from lazaretto.apps.journal.purging import purge_records
from lazaretto.apps.journal.retention import Policy
from lazaretto.apps.registry.models import Facility

_BATCH = 200


def episodes_due(log: Log, policy: Policy, at: int) -> int:
    return _episodes(log, policy, at).count()


def _episodes(log: Log, policy: Policy, at: int) -> QuerySet[Episode]:
    return Episode.objects.filter(facility__log=log, ended_at__lt=policy.before(at))


def purge_episodes(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_episodes(log, policy, at).values_list("pk", flat=True)[:_BATCH]):
        yield _purge_episodes(log, keys, policy.id, by=by, at=at)


def separation_due(log: Log, policy: Policy, at: int) -> int:
    return _activities(log, policy, at).count() + _breaches(log, policy, at).count()


def _activities(log: Log, policy: Policy, at: int) -> QuerySet[Activity]:
    return Activity.objects.filter(facility__log=log, ends__lt=policy.before(at))


def _breaches(log: Log, policy: Policy, at: int) -> QuerySet[Breach]:
    return Breach.objects.filter(facility__log=log, ends__lt=policy.before(at)).exclude(decision="")


def purge_separation(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    for rows in (_activities(log, policy, at), _breaches(log, policy, at)):
        while keys := list(rows.values_list("pk", flat=True)[:_BATCH]):
            yield _purge(log, rows.model, keys, policy.id, by=by, at=at)


def forget_person(facility: Facility, code: str, policy: str, *, by: str, at: int) -> None:
    """Destroy a person's episodes, and that he was there when people met."""
    rows = Episode.objects.filter(facility=facility, person__code=code)
    _purge_episodes(facility.log, list(rows.values_list("pk", flat=True)), policy, by=by, at=at)
    met = Exposed.objects.filter(breach__facility=facility, person__code=code)
    breaches = sorted(set(met.values_list("breach", flat=True)))
    _purge(facility.log, Breach, breaches, policy, by=by, at=at)


@transaction.atomic
def _purge_episodes(log: Log, keys: Sequence[int], policy: str, *, by: str, at: int) -> int:
    cohorts = set(Episode.objects.filter(pk__in=keys).exclude(cohort=None).values_list("cohort", flat=True))
    for model in (Note, Placement):
        own = list(model.objects.filter(episode__in=keys).values_list("pk", flat=True))
        _purge(log, model, own, policy, by=by, at=at)
    gone = _purge(log, Episode, keys, policy, by=by, at=at)
    empty = Cohort.objects.filter(pk__in=cohorts, episodes=None).values_list("pk", flat=True)
    _purge(log, Cohort, list(empty), policy, by=by, at=at)
    return gone


@transaction.atomic
def _purge(log: Log, model: Any, keys: Sequence[int], policy: str, *, by: str, at: int) -> int:
    if not keys:
        return 0
    said = Record.objects.filter(entry__log=log, entity=ENTITIES[model], key__in=[str(key) for key in keys])
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    model.objects.filter(pk__in=keys).delete()
    return len(keys)
