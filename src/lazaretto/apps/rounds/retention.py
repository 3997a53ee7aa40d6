"""What becomes of facts and excuses when their time is over, or when a person's file goes."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from lazaretto.apps.journal.models import Log, Record
from lazaretto.apps.journal.purging import purge_records
from lazaretto.apps.journal.retention import Policy
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds import purging
from lazaretto.apps.rounds.holding import held_version
from lazaretto.apps.rounds.models import Excuse, Fact, FeverEpisode, HeldClaim, OwnUsual, Signal

#: Entries whose facts are looked at in one transaction; an entry holds at most a thousand.
_ENTRIES = 4


def facts_due(log: Log, policy: Policy, at: int) -> int:
    return _facts(log, policy, at).count()


def _facts(log: Log, policy: Policy, at: int) -> QuerySet[Fact]:
    """Return the facts that are due; a correction stays as long as what it corrects, or the wrong value would count."""
    before = policy.before(at)
    corrected = Fact.objects.filter(facility=OuterRef("facility"), id=OuterRef("supersedes"), observed_at__gte=before)
    rows = Fact.objects.filter(~Exists(corrected), facility__log=log, observed_at__lt=before)
    return rows.filter(observation__in=policy.of) if policy.of else rows.exclude(observation__in=policy.besides)


def purge_facts(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    facility = Facility.objects.get(log=log)
    while ids := _some(_facts(log, policy, at)):
        purging.purge_facts(facility, ids, policy=policy.id, by=by, at=at)
        yield len(ids)


def _some(due: QuerySet[Fact]) -> list[str]:
    """Return the ids of what is due in the first few entries, so that each entry is read once."""
    entries = list(due.order_by("entry_id").values_list("entry_id", flat=True).distinct()[:_ENTRIES])
    return list(due.filter(entry_id__in=entries).values_list("id", flat=True))


def excuses_due(log: Log, policy: Policy, at: int) -> int:
    return _excuses(log, policy, at).count()


def _excuses(log: Log, policy: Policy, at: int) -> QuerySet[Excuse]:
    return Excuse.objects.filter(facility__log=log, ends__lt=policy.before(at))


def purge_excuses(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_excuses(log, policy, at).values_list("pk", flat=True)[:400]):
        yield _purge_excuses(log, keys, policy.id, by=by, at=at)


@transaction.atomic
def _purge_excuses(log: Log, keys: list[int], policy: str, *, by: str, at: int) -> int:
    _purge_said(log, "excuse", [str(key) for key in keys], policy, by=by, at=at)
    return Excuse.objects.filter(pk__in=keys).delete()[0]


def _purge_said(log: Log, entity: str, keys: list[str], policy: str, *, by: str, at: int) -> None:
    said = Record.objects.filter(entry__log=log, entity=entity, key__in=keys)
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)


def forget_person(facility: Facility, code: str, policy: str, *, by: str, at: int) -> None:
    """Destroy the facts about a person, the claims about him that waited, his fevers and the excuses of his own."""
    own = Fact.objects.filter(facility=facility, subject_kind="person", subject=code)
    while ids := _some(own):
        purging.purge_facts(facility, ids, policy=policy, by=by, at=at)
    excuses = list(Excuse.objects.filter(Q(subject=f"person:{code}"), facility=facility).values_list("pk", flat=True))
    if excuses:
        _purge_excuses(facility.log, excuses, policy, by=by, at=at)
    claims = HeldClaim.objects.filter(subject=f"person:{code}", facility=facility)
    if keys := [held_version(claim).key for claim in claims]:
        with transaction.atomic():
            _purge_said(facility.log, "held_claim", keys, policy, by=by, at=at)
            claims.delete()
    fevers = FeverEpisode.objects.filter(facility=facility, subject=code)
    _purge_fevers(facility.log, list(fevers.values_list("pk", flat=True)), policy, by=by, at=at)
    OwnUsual.objects.filter(facility=facility, subject=code).delete()
    signals = Signal.objects.filter(Q(author=code) | Q(about=f"person:{code}"), facility=facility)
    _purge_signals(facility.log, list(signals.values_list("pk", flat=True)), policy, by=by, at=at)


def fevers_due(log: Log, policy: Policy, at: int) -> int:
    return _fevers(log, policy, at).count()


def _fevers(log: Log, policy: Policy, at: int) -> QuerySet[FeverEpisode]:
    return FeverEpisode.objects.filter(facility__log=log, ended_at__lt=policy.before(at))


def purge_fevers(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_fevers(log, policy, at).values_list("pk", flat=True)[:400]):
        yield _purge_fevers(log, keys, policy.id, by=by, at=at)


@transaction.atomic
def _purge_fevers(log: Log, keys: list[int], policy: str, *, by: str, at: int) -> int:
    if not keys:
        return 0
    said = Record.objects.filter(entry__log=log, entity="fever", key__in=[str(key) for key in keys])
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    return FeverEpisode.objects.filter(pk__in=keys).delete()[0]


def signals_due(log: Log, policy: Policy, at: int) -> int:
    return _signals(log, policy, at).count()


def _signals(log: Log, policy: Policy, at: int) -> QuerySet[Signal]:
    return Signal.objects.filter(facility__log=log, raised_at__lt=policy.before(at))


def purge_signals(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_signals(log, policy, at).values_list("pk", flat=True)[:400]):
        yield _purge_signals(log, keys, policy.id, by=by, at=at)


@transaction.atomic
def _purge_signals(log: Log, keys: list[int], policy: str, *, by: str, at: int) -> int:
    if not keys:
        return 0
    said = Record.objects.filter(entry__log=log, entity="signal", key__in=[str(key) for key in keys])
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    return Signal.objects.filter(pk__in=keys).delete()[0]
