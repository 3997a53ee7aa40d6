"""What becomes of orders and results when their time is over, or when a person's file goes."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet

from lazaretto.apps.journal.models import Log, Record
from lazaretto.apps.journal.purging import purge_records
from lazaretto.apps.journal.retention import Policy
from lazaretto.apps.laboratory.models import Order, Specimen
from lazaretto.apps.registry.models import Facility


def orders_due(log: Log, policy: Policy, at: int) -> int:
    return _due(log, policy, at).count()


def _due(log: Log, policy: Policy, at: int) -> QuerySet[Order]:
    return Order.objects.filter(facility__log=log, ordered_at__lt=policy.before(at))


def purge_orders(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_due(log, policy, at).values_list("pk", flat=True)[:200]):
        yield _purge(log, keys, policy.id, by=by, at=at)


def forget_person(facility: Facility, code: str, policy: str, *, by: str, at: int) -> None:
    """Destroy the orders and results of a person."""
    rows = Order.objects.filter(facility=facility, person__code=code)
    _purge(facility.log, list(rows.values_list("pk", flat=True)), policy, by=by, at=at)


@transaction.atomic
def _purge(log: Log, keys: list[int], policy: str, *, by: str, at: int) -> int:
    if not keys:
        return 0
    numbers = [str(n) for n in Order.objects.filter(pk__in=keys).values_list("number", flat=True)]
    specimens = Specimen.objects.filter(order__in=keys)
    said = Record.objects.filter(entry__log=log, entity="order", key__in=numbers) | Record.objects.filter(
        entry__log=log, entity="specimen", key__in=[str(pk) for pk in specimens.values_list("pk", flat=True)]
    )
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    specimens.delete()
    return Order.objects.filter(pk__in=keys).delete()[0]
