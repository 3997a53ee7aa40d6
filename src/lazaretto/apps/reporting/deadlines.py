"""
When the report of a facility-day is owed, and until when it is in time.

The protocol says it where it has a `report` measure with `nil: true` and a cadence: the report is owed at the first
of its slots at or after the end of the facility-day (contract, rule 9), and in time until its grace is over. Of several,
the first that is owed counts. A protocol without one: 17:00 local time on the next day, without grace.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from lazaretto.apps.command.queries import InForce, NoProtocol, timeline
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.clock import instant, local, local_minute
from lazaretto.protocol.evidence import day_ends_at
from lazaretto.protocol.records import Report
from lazaretto.protocol.slots import Calendar, nominal

#: The hour at which a report is owed where nothing says when.
OTHERWISE = 17 * 60
#: A report owed less often than this is not looked for.
_AHEAD_DAYS = 35


class Deadline(NamedTuple):
    """`due_at` is when a report is owed, `late_after` the last instant in time; `measure` says so ("" if none does)."""

    due_at: int
    late_after: int
    measure: str = ""


def otherwise(zone: str, on: date) -> Deadline:
    """Return the deadline of a day where no protocol says one."""
    due = instant(zone, on + timedelta(days=1), OTHERWISE)
    return Deadline(due, due)


def deadline(facility: Facility, on: date, at: int) -> Deadline:
    """Return when a facility of this node owes the report of a day, by the protocol as known at `at`."""
    try:
        return in_phases(timeline(facility, at), facility.code, facility.zone, on)
    except NoProtocol:
        return otherwise(facility.zone, on)


def in_phases(phases: Sequence[InForce], code: str, zone: str, on: date) -> Deadline:
    end = day_ends_at([p.phase() for p in phases], zone, on)
    held = next((p for p in phases if p.start <= end < p.end), phases[0])
    found = [d for m in held.resolved.everything if isinstance(m, Report) for d in _owed(m, Calendar(zone, code), held, on, end)]  # fmt: skip
    return min(found, default=otherwise(zone, on))


def _owed(measure: Report, calendar: Calendar, held: InForce, on: date, end: int) -> Iterator[Deadline]:
    if not (measure.nil and measure.active) or measure.cadence is None or measure.cadence.count is not None:
        return
    shifts = held.phase().shifts
    for ahead in range(_AHEAD_DAYS):
        slots = sorted(nominal(calendar, measure.cadence, measure.id, shifts, on + timedelta(days=ahead)))
        for due, stop in slots:
            if due >= end:
                grace = measure.cadence.grace_ms
                yield Deadline(due, stop if grace is None else due + grace, measure.id)
                return


def like(known: Deadline, known_on: date, zone: str, on: date) -> Deadline:
    """Return the deadline of a day of which nothing came, at the same hour and as long after it as that of another."""
    due = local(zone, known.due_at)
    day = on + (due.date() - known_on)
    at = instant(zone, day, local_minute(zone, known.due_at))
    return Deadline(at, at + known.late_after - known.due_at, known.measure)
