"""Reads of the clinic: who was last seen when."""

from collections.abc import Iterable
from typing import Any

from lazaretto.apps.clinic.models import Visit
from lazaretto.apps.registry.models import Facility, Person
from lazaretto.apps.rounds.models import Fact
from lazaretto.protocol.fever import MEDICINE

_BATCH = 400


def last_visits(people: Iterable[int], at: int) -> dict[int, Visit]:
    """Return the last visit to each of these people by an instant."""
    ids = sorted(set(people))
    found: dict[int, Visit] = {}
    for start in range(0, len(ids), _BATCH):
        rows = Visit.objects.filter(person__in=ids[start : start + _BATCH], seen_at__lte=at).order_by("seen_at", "pk")
        found |= {row.person_id: row for row in rows}
    return found


def issued(facility: Facility, since: int, at: int) -> list[Fact]:
    """Return the fever medicine that was handed out since a moment, the newest first."""
    rows = Fact.objects.filter(facility=facility, observation=MEDICINE, observed_at__gte=since, observed_at__lte=at)
    found = list(rows.filter(outcome="done").order_by("-observed_at", "id")[:500])
    gone = {f.supersedes for f in found if f.supersedes}
    return [f for f in found if f.id not in gone]


def visits_of(person: Person) -> list[dict[str, Any]]:
    """Return the visits to a person; who came is left out."""
    return [
        v.record() | {"by": None} for v in Visit.objects.filter(person=person).select_related("person").order_by("pk")
    ]
