"""Destroying facts under a retention policy. What was signed about them stays in the signed reports."""

from collections.abc import Sequence

from django.db import transaction

from lazaretto.apps.journal.actions import salted_leaf
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.journal.purging import BATCH, stub_leaves
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.models import Fact


@transaction.atomic
def purge_facts(facility: Facility, ids: Sequence[str], *, policy: str, by: str, at: int) -> Entry | None:
    """
    Destroy facts and their salts; return the entry `purged`, None if there was nothing.

    Ids that are gone already are passed over. A purged fact that is sent again is taken as a new one, so purge only
    what no source will send any more; and a fact together with those that supersede it, or the corrected value counts.

    :raises RowsBroken: if facts of the same batch are not what the journal recorded.
    """
    Log.objects.select_for_update().get(pk=facility.log_id)
    going: dict[int, set[str]] = {}
    for start in range(0, len(ids), BATCH):
        found = Fact.objects.filter(facility=facility, id__in=ids[start : start + BATCH])
        for id_, entry in found.values_list("id", "entry_id"):
            going.setdefault(entry, set()).add(id_)
    present = {entry: _rows(entry) for entry in going}
    purge = stub_leaves(facility.log, source="rounds_fact", present=present, going=going, policy=policy, by=by, at=at)
    for entry, keys in going.items():
        rows = Fact.objects.filter(entry_id=entry)
        if len(keys) < len(present[entry]):
            rows = rows.filter(id__in=keys)
        rows.delete()
    return purge


def _rows(entry: int) -> list[tuple[str, bytes]]:
    facts = sorted(Fact.objects.filter(entry_id=entry), key=lambda f: f.id)
    return [(f.id, salted_leaf(f.salt, f.record())) for f in facts]
