"""What becomes of goods and of signed days at the gate when their time is over."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from lazaretto.apps.journal.models import Log, Record
from lazaretto.apps.journal.purging import purge_records
from lazaretto.apps.journal.retention import Policy
from lazaretto.apps.passage.keeping import ENTITIES
from lazaretto.apps.passage.models import Consignment, DayCheck, Issue, Lot, Meal, Reading, Recall, Sample, Seen

_BATCH = 100


def goods_due(log: Log, policy: Policy, at: int) -> int:
    return _goods(log, policy, at).count()


def _goods(log: Log, policy: Policy, at: int) -> QuerySet[Consignment]:
    return Consignment.objects.filter(facility__log=log, announced_at__lt=policy.before(at))


def purge_goods(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_goods(log, policy, at).order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        yield _purge_goods(log, keys, policy.id, by=by, at=at)


@transaction.atomic
def _purge_goods(log: Log, keys: Sequence[int], policy: str, *, by: str, at: int) -> int:
    lots = list(Lot.objects.filter(consignment__in=keys).values_list("pk", flat=True))
    for model in (Issue, Sample, Reading):
        _purge(
            log,
            model,
            list(model._default_manager.filter(lot__in=lots).values_list("pk", flat=True)),
            policy,
            by=by,
            at=at,
        )
    _purge(log, Lot, lots, policy, by=by, at=at)
    gone = _purge(log, Consignment, keys, policy, by=by, at=at)
    meals = Meal.objects.filter(facility__log=log, issues=None).values_list("pk", flat=True)
    _purge(log, Meal, list(meals), policy, by=by, at=at)
    recalls = Recall.objects.filter(facility__log=log, lots=None).values_list("pk", flat=True)
    _purge(log, Recall, list(recalls), policy, by=by, at=at)
    return gone


def days_due(log: Log, policy: Policy, at: int) -> int:
    return _seen(log, policy, at).count() + _signed(log, policy, at).count()


def _seen(log: Log, policy: Policy, at: int) -> QuerySet[Seen]:
    return Seen.objects.filter(facility__log=log, recorded_at__lt=policy.before(at))


def _signed(log: Log, policy: Policy, at: int) -> QuerySet[DayCheck]:
    return DayCheck.objects.filter(facility__log=log, signed_at__lt=policy.before(at))


def purge_days(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    for rows in (_seen(log, policy, at), _signed(log, policy, at)):
        while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
            yield _purge(log, rows.model, keys, policy.id, by=by, at=at)


@transaction.atomic
def _purge(log: Log, model: Any, keys: Sequence[int], policy: str, *, by: str, at: int) -> int:
    if not keys:
        return 0
    said = Record.objects.filter(entry__log=log, entity=ENTITIES[model], key__in=[str(key) for key in keys])
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    model.objects.filter(pk__in=keys).delete()
    return len(keys)
