"""What an event made urgent for the people in a place: second readings that are owed, and actions that follow, with their clocks."""

from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import Q

from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.models import FeverEpisode
from lazaretto.apps.work.queries import Owing, open_cascades
from lazaretto.protocol.trigger import Owed


class ReadingOwed(NamedTuple):
    """A second reading that is owed of somebody: from when it may be taken, and by when it must be."""

    subject: str
    place: str
    first_at: int
    opens_at: int
    due_at: int


class ActionOwed(NamedTuple):
    """An action after an event about somebody, which may be done now and is not."""

    subject: str
    place: str
    cascade: Owing
    owed: Owed


def second_readings(facility: Facility, present: Mapping[str, str], at: int) -> list[ReadingOwed]:
    """Return the second readings owed of those present (reference to place), the one that is due first before others."""
    codes = [ref.partition(":")[2] for ref in present]
    rows = FeverEpisode.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at), Q(confirmed_at=None) | Q(confirmed_at__gt=at),
        facility=facility, subject__in=codes, first_at__lte=at,
    )  # fmt: skip
    return [
        ReadingOwed(f"person:{e.subject}", present[f"person:{e.subject}"], e.first_at, e.opens_at, e.due_at)
        for e in rows.order_by("due_at", "pk")
    ]


def actions_owed(facility: Facility, present: Mapping[str, str], at: int) -> list[ActionOwed]:
    """Return the actions owed now about those present, the one that is due first before others."""
    found = [
        ActionOwed(one.cascade.subject, present[one.cascade.subject], one, owed)
        for one in open_cascades(facility, at)
        if one.cascade.subject in present and one.cascade.event_at <= at
        for owed in one.actions
        if owed.state in ("open", "overdue")
    ]
    return sorted(found, key=lambda a: (a.owed.due is None, a.owed.due or 0, a.cascade.cascade.event_at))
