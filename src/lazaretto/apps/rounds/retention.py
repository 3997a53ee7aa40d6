"""What becomes of facts and excuses when their time is over, or when a person's file goes."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q, QuerySet

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.models import Log, Record
from lazaretto.apps.journal.purging import purge_records, stub_leaves
from lazaretto.apps.journal.retention import Policy
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.models import Excuse, Fact

#: Entries whose facts are looked at in one transaction; an entry holds at most a thousand.
_ENTRIES = 4


def facts_due(log: Log, policy: Policy, at: int) -> int:
    return _facts(log, policy, at).count()


def _facts(log: Log, policy: Policy, at: int) -> QuerySet[Fact]:
    rows = Fact.objects.filter(facility__log=log, observed_at__lt=policy.before(at))
    return rows.filter(observation__in=policy.of) if policy.of else rows.exclude(observation__in=policy.besides)


def purge_facts(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while True:
        entries = list(
            _facts(log, policy, at).order_by("entry_id").values_list("entry_id", flat=True).distinct()[:_ENTRIES]
        )
        if not entries:
            return
        yield _purge(log, entries, _facts(log, policy, at).filter(entry_id__in=entries), policy.id, by=by, at=at)


@transaction.atomic
def _purge(log: Log, entries: list[int], due: QuerySet[Fact], policy: str, *, by: str, at: int) -> int:
    going: dict[int, set[str]] = {entry: set() for entry in entries}
    for entry, id_ in due.values_list("entry_id", "id"):
        going[entry].add(id_)
    present: dict[int, list[tuple[str, bytes]]] = {entry: [] for entry in entries}
    for fact in sorted(Fact.objects.filter(entry_id__in=entries), key=lambda f: f.id):
        present[fact.entry_id].append((fact.id, journal.salted_leaf(fact.salt, fact.record())))
    stub_leaves(log, source="rounds_fact", present=present, going=going, policy=policy, by=by, at=at)
    n = 0
    for entry, ids in going.items():
        n += Fact.objects.filter(entry_id=entry, id__in=ids).delete()[0]
    return n


def excuses_due(log: Log, policy: Policy, at: int) -> int:
    return _excuses(log, policy, at).count()


def _excuses(log: Log, policy: Policy, at: int) -> QuerySet[Excuse]:
    return Excuse.objects.filter(facility__log=log, ends__lt=policy.before(at))


def purge_excuses(log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]:
    while keys := list(_excuses(log, policy, at).values_list("pk", flat=True)[:400]):
        yield _purge_excuses(log, keys, policy.id, by=by, at=at)


@transaction.atomic
def _purge_excuses(log: Log, keys: list[int], policy: str, *, by: str, at: int) -> int:
    said = Record.objects.filter(entry__log=log, entity="excuse", key__in=[str(key) for key in keys])
    purge_records(log, list(said.values_list("pk", flat=True)), policy=policy, by=by, at=at)
    return Excuse.objects.filter(pk__in=keys).delete()[0]


def forget_person(facility: Facility, code: str, policy: str, *, by: str, at: int) -> None:
    """Destroy the facts about a person and the excuses of his own."""
    own = Fact.objects.filter(facility=facility, subject_kind="person", subject=code)
    while entries := list(own.order_by("entry_id").values_list("entry_id", flat=True).distinct()[:_ENTRIES]):
        _purge(facility.log, entries, own.filter(entry_id__in=entries), policy, by=by, at=at)
    excuses = list(Excuse.objects.filter(Q(subject=f"person:{code}"), facility=facility).values_list("pk", flat=True))
    if excuses:
        _purge_excuses(facility.log, excuses, policy, by=by, at=at)
