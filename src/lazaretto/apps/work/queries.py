"""What cascades owe now."""

from typing import Any, NamedTuple

from lazaretto.apps.command.queries import measures_once
from lazaretto.apps.registry.models import Facility, Person
from lazaretto.apps.work.models import Cascade
from lazaretto.protocol.trigger import Owed, Trigger, cascade


class Owing(NamedTuple):
    """A cascade, the measure it is an instance of, and where each of its actions stands."""

    cascade: Cascade
    measure: Trigger
    actions: list[Owed]

    @property
    def is_done(self) -> bool:
        return all(o.state in ("done", "done_late") for o in self.actions)


def open_cascades(facility: Facility, at: int, *, event: str = "") -> list[Owing]:
    """
    Return what runs, the oldest first; `event` narrows it. However many there are, the queries are as many. A
    cascade goes on as the protocol had it when it started.
    """
    rows = Cascade.objects.filter(facility=facility, ended_at=None).order_by("event_at", "pk").prefetch_related("done")
    if event:
        rows = rows.filter(event=event)
    found = list(rows)
    triggers = measures_once(facility, at, {(row.protocol, row.measure) for row in found}, Trigger)
    return [_owing(row, triggers[row.protocol, row.measure], at, facility.zone) for row in found]


def owing(row: Cascade, at: int) -> Owing:
    """Return where a cascade stands."""
    trigger = measures_once(row.facility, at, {(row.protocol, row.measure)}, Trigger)[row.protocol, row.measure]
    return _owing(row, trigger, at, row.facility.zone)


def cascades_of(person: Person) -> list[dict[str, Any]]:
    """Return what events about a person set going; who did it is left out."""
    rows = Cascade.objects.filter(facility=person.facility_id, subject=f"person:{person.code}")
    found = [row.record() | {"ended_by": None} for row in rows.order_by("event_at", "pk").prefetch_related("done")]
    return [record | {"done": {k: v[:2] for k, v in record["done"].items()}} for record in found]


def _owing(row: Cascade, trigger: Trigger, at: int, zone: str) -> Owing:
    done = {d.action: d.done_at for d in row.done.all()}
    return Owing(row, trigger, cascade(trigger, row.event_at, done, at=at, zone=zone, learned_at=row.learned_at))
