"""What becomes of cascades, runs and findings when their time is over, or when a person's file goes."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from lazaretto.apps.journal.models import Log, Record
from lazaretto.apps.journal.purging import purge_records
from lazaretto.apps.journal.retention import Policy
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.models import Cascade, Done, Finding, Given, Refused, Run, StepDone
from lazaretto.apps.work.recording import ENTITIES


def cascades_due(log: Log, policy: Policy, at: int) -> int:
    return _due(log, policy, at).count()


def _due(log: Log, policy: Policy, at: int) -> QuerySet[Cascade]:
    return Cascade.objects.filter(facility__log=log, ended_at__lt=policy.before(at))


def purge_cascades(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_due(log, policy, at).values_list("pk", flat=True)[:400]):
        yield _purge(log, keys, policy.id, by=by, at=at)


def forget_person(facility: Facility, code: str, policy: str, *, by: str, at: int) -> None:
    """Destroy the cascades and runs about a person, and what he was given."""
    purge_runs_of(facility, [f"person:{code}"], policy, by=by, at=at)
    rows = Cascade.objects.filter(facility=facility, subject=f"person:{code}")
    _purge(facility.log, list(rows.values_list("pk", flat=True)), policy, by=by, at=at)
    given = Given.objects.filter(facility=facility, person__code=code)
    _purge_given(facility.log, list(given.values_list("ref", flat=True)), policy, by=by, at=at)


@transaction.atomic
def _purge(log: Log, keys: list[int], policy: str, *, by: str, at: int) -> int:
    if not keys:
        return 0
    said = Record.objects.filter(entry__log=log, entity="cascade", key__in=[str(key) for key in keys])
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    Done.objects.filter(cascade__in=keys).delete()
    return Cascade.objects.filter(pk__in=keys).delete()[0]


def given_due(log: Log, policy: Policy, at: int) -> int:
    return _given(log, policy, at).count()


def _given(log: Log, policy: Policy, at: int) -> QuerySet[Given]:
    return Given.objects.filter(facility__log=log, given_at__lt=policy.before(at))


def purge_given(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while refs := list(_given(log, policy, at).values_list("ref", flat=True)[:400]):
        yield _purge_given(log, refs, policy.id, by=by, at=at)


@transaction.atomic
def _purge_given(log: Log, refs: list[str], policy: str, *, by: str, at: int) -> int:
    if not refs:
        return 0
    said = Record.objects.filter(entry__log=log, entity="given", key__in=refs)
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    return Given.objects.filter(facility__log=log, ref__in=refs).delete()[0]


def runs_due(log: Log, policy: Policy, at: int) -> int:
    return _runs(log, policy, at).count() + _refusals(log, policy, at).count()


def _runs(log: Log, policy: Policy, at: int) -> QuerySet[Run]:
    return Run.objects.filter(facility__log=log, ended_at__lt=policy.before(at))


def _refusals(log: Log, policy: Policy, at: int) -> QuerySet[Refused]:
    return Refused.objects.filter(facility__log=log, run=None, recorded_at__lt=policy.before(at))


def purge_runs(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_runs(log, policy, at).values_list("pk", flat=True)[:400]):
        yield _purge_runs(log, keys, policy.id, by=by, at=at)
    while keys := list(_refusals(log, policy, at).values_list("pk", flat=True)[:400]):
        yield _purge_rows(log, Refused, keys, policy.id, by=by, at=at)


def purge_runs_of(facility: Facility, subjects: list[str], policy: str, *, by: str, at: int) -> None:
    """Destroy the runs about these subjects, with their steps and refusals."""
    rows = Run.objects.filter(facility=facility, subject__in=subjects)
    _purge_runs(facility.log, list(rows.values_list("pk", flat=True)), policy, by=by, at=at)


@transaction.atomic
def _purge_runs(log: Log, keys: list[int], policy: str, *, by: str, at: int) -> int:
    for model in (StepDone, Refused):
        own = list(model._default_manager.filter(run__in=keys).values_list("pk", flat=True))
        _purge_rows(log, model, own, policy, by=by, at=at)
    return _purge_rows(log, Run, keys, policy, by=by, at=at)


def findings_due(log: Log, policy: Policy, at: int) -> int:
    return _findings(log, policy, at).count()


def _findings(log: Log, policy: Policy, at: int) -> QuerySet[Finding]:
    return Finding.objects.filter(facility__log=log, verified_at__lt=policy.before(at))


def purge_findings(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_findings(log, policy, at).values_list("pk", flat=True)[:400]):
        yield _purge_rows(log, Finding, keys, policy.id, by=by, at=at)


@transaction.atomic
def _purge_rows(log: Log, model: Any, keys: list[int], policy: str, *, by: str, at: int) -> int:
    if not keys:
        return 0
    said = Record.objects.filter(entry__log=log, entity=ENTITIES[model], key__in=[str(key) for key in keys])
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    model.objects.filter(pk__in=keys).delete()
    return len(keys)
