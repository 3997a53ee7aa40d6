"""Reads of the gate: who and what is inside now, by class and zone; who was not signed out; visits; the day's figures."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet

from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.passage.models import Crossing, Party, Visit
from lazaretto.apps.passage.ways import STREAMS
from lazaretto.apps.registry.models import Facility, Person
from lazaretto.apps.work.models import Finding, Refused, Run, StepDone
from lazaretto.apps.work.running import RunState, state, states, states_of
from lazaretto.protocol.clock import instant, local_day, minute_of_day

#: The rule of findings that a count against a second source raises.
UNMATCHED = "gate.unmatched"


class Line(NamedTuple):
    """How many of one class are in one zone."""

    stream: str
    of_class: str
    zone: str
    n: int


def inside(facility: Facility) -> QuerySet[Party]:
    """Return who and what is inside now, the longest first."""
    rows = Party.objects.filter(facility=facility, inside_since__isnull=False)
    return rows.select_related("visit__gate", "zone", "person").order_by("inside_since", "pk")


def inside_now(facility: Facility) -> list[Line]:
    """Return how many are inside by class and zone, in one query."""
    rows = Party.objects.filter(facility=facility, inside_since__isnull=False).values_list(
        "stream", "of_class", "zone__code"
    )
    found = rows.annotate(n=Count("pk")).order_by("stream", "of_class", "zone__code")
    return [Line(stream, of_class, zone or "", n) for stream, of_class, zone, n in found]


def inside_by_crossings(facility: Facility) -> dict[int, int]:
    """Return since when parties are inside as their crossings say, by id: what `inside` must always equal."""
    found: dict[int, int] = {}
    rows = Crossing.objects.filter(facility=facility).select_related("party__visit").order_by("pk")
    for row in rows:
        if row.direction == "in":
            found.setdefault(row.party_id, row.at)
        elif row.gate_id is None or row.gate_id == row.party.visit.gate_id:
            found.pop(row.party_id, None)
    return found


def last_shift_end(facility: Facility, at: int) -> int | None:
    """Return when the last shift ended by an instant; None where the protocol names no shifts."""
    try:
        shifts = in_force(facility, at).resolved.document.shifts
    except NoProtocol:
        return None
    today = local_day(facility.zone, at)
    ends = [
        instant(facility.zone, on, minute_of_day(shift.end))
        for on in (today - timedelta(days=1), today)
        for shift in shifts
    ]
    return max((end for end in ends if end <= at), default=None)


def not_signed_out(facility: Facility, at: int) -> list[Party]:
    """Return who is inside although the window of the visit is over, or, without a window, although a shift has ended since."""
    ended = last_shift_end(facility, at)
    late = Q(visit__ends__lte=at)
    if ended is not None:
        late |= Q(visit__ends=None, inside_since__lt=ended)
    return list(inside(facility).filter(late))


def visits(facility: Facility) -> QuerySet[Visit]:
    return Visit.objects.filter(facility=facility).select_related("gate").order_by("-opened_at", "-number")


def visits_on(facility: Facility, on: date) -> QuerySet[Visit]:
    """Return the visits of a day, and those from before with somebody inside or on the way."""
    start, end = instant(facility.zone, on, 0), instant(facility.zone, on + timedelta(days=1), 0)
    return visits(facility).filter(opened_at__lt=end).filter(Q(opened_at__gte=start) | Q(closed_at=None))


def visit_of(facility: Facility, number: int) -> Visit | None:
    return visits(facility).filter(number=number).first()


def matching(found: QuerySet[Visit], *, text: str = "", stream: str = "", of_class: str = "") -> QuerySet[Visit]:
    """Keep the visits that answer to a search: a number, a name or plate, a host, a sender, a purpose."""
    if text:
        known = Q(parties__name__icontains=text) | Q(host__icontains=text) | Q(sender__icontains=text)
        known |= Q(purpose__icontains=text) | (Q(number=int(text[:9])) if text[:9].isdigit() else Q(pk__in=[]))
        found = found.filter(known)
    if stream:
        found = found.filter(parties__stream=stream)
    if of_class:
        found = found.filter(parties__of_class=of_class)
    return found.distinct()


class Passing(NamedTuple):
    """A party with where its runs stand."""

    party: Party
    runs: list[RunState]

    @property
    def open(self) -> list[RunState]:
        return [r for r in self.runs if not r.ended]

    @property
    def state(self) -> str:
        """inside, leaving, waiting (for its way in), refused, gone, or announced (nothing owed, not registered yet)."""
        under_way = any(r.direction == "out" for r in self.open)
        if self.party.inside_since is not None:
            return "leaving" if under_way else "inside"
        if self.open:
            return "waiting"
        if any(r.run.outcome in (Run.STOPPED, Run.WITHDRAWN) for r in self.runs):
            return "refused"
        return "gone" if self.party.crossings.all() else "announced"


def passings(facility: Facility, found: Iterable[Visit], at: int) -> dict[int, list[Passing]]:
    """Return the parties of visits with their runs, by the id of the visit, in a fixed number of queries."""
    own = {v.pk: v for v in found}
    parties = list(
        Party.objects.filter(visit__in=list(own)).select_related("zone", "person").prefetch_related("crossings")
        .order_by("visit", "position")
    )  # fmt: skip
    for party in parties:
        party.visit = own[party.visit_id]
    by_subject: dict[str, list[RunState]] = {}
    for found_run in states(facility, at, open_only=False, subjects=[p.subject for p in parties]) if parties else []:
        by_subject.setdefault(found_run.run.subject, []).append(found_run)
    grouped: dict[int, list[Passing]] = {key: [] for key in own}
    for party in parties:
        grouped[party.visit_id].append(Passing(party, by_subject.get(party.subject, [])))
    return grouped


def holds(facility: Facility, at: int) -> list[RunState]:
    """Return the runs that wait for a clock and nothing else, what is free first, with those that have just become free."""
    found = [s for s in states(facility, at) if any(step.wait is not None for step in s.steps) and s.next]
    waiting = [s for s in found if min(moment for _, moment in s.next) > at - 3_600_000 and s.done]
    return sorted(waiting, key=lambda s: min(moment for _, moment in s.next))


def run_of(facility: Facility, pk: int) -> Run | None:
    found = Run.objects.filter(facility=facility, pk=pk).first()
    if found is not None:
        found.facility = facility
    return found


def state_of(run: Run, at: int) -> RunState:
    return state(run, at)


def approvals(facility: Facility, roles: Iterable[str], at: int) -> list[RunState]:
    """Return the runs whose next step is an approval that somebody with these roles may give, the oldest first."""
    held = set(roles)
    return [
        s for s in states(facility, at)
        if any(step.does == "approve" and moment <= at and (step.by is None or step.by in held) for step, moment in s.next)
    ]  # fmt: skip


def refusals(facility: Facility, start: int | None = None, end: int | None = None) -> QuerySet[Refused]:
    """Return what was refused, the newest first."""
    rows = Refused.objects.filter(facility=facility).select_related("run").order_by("-recorded_at", "-pk")
    if start is not None:
        rows = rows.filter(recorded_at__gte=start)
    return rows.filter(recorded_at__lt=end) if end is not None else rows


def for_report(facility: Facility, span: tuple[int, int], as_of: int) -> dict[str, Any] | None:
    """
    Return what the day's report says of the gate: crossings by stream and direction, what was refused, who is inside, what
    was not reconciled. None on a day on which nothing came.
    """
    start, end = span
    known = min(end, as_of + 1)
    crossed = Crossing.objects.filter(facility=facility, at__gte=start, at__lt=end, recorded_at__lte=as_of)
    by_way = Counter(crossed.values_list("party__stream", "direction"))
    refused = refusals(facility, start, known).count()
    open_ = Finding.objects.filter(
        facility=facility, rule__startswith="gate.", found_at__lt=end, recorded_at__lte=as_of
    )
    unreconciled = open_.filter(Q(verified_at=None) | Q(verified_at__gt=as_of)).count()
    if not (by_way or refused or unreconciled):
        return None
    approved = _approved(facility, start, end, as_of)
    return {
        "entries": {s: by_way[s, "in"] for s in STREAMS if by_way[s, "in"]},
        "exits": {s: by_way[s, "out"] for s in STREAMS if by_way[s, "out"]},
        "refused": refused,
        "approved": approved,
        "unreconciled": unreconciled,
    }


def _approved(facility: Facility, start: int, end: int, as_of: int) -> int:
    """Return how many approvals were given in a day."""
    rows = StepDone.objects.filter(facility=facility, at__gte=start, at__lt=end, recorded_at__lte=as_of)
    return rows.filter(result="granted").count()


def of_person(person: Person) -> list[dict[str, object]]:
    """Return the passages of a person for his own copy; who guarded the gate is left out."""
    rows = Party.objects.filter(person=person).select_related("visit__gate", "person", "zone").order_by("pk")
    return [
        party.record() | {
            "crossings": [
                {"direction": c.direction, "at": c.at, "gate": c.gate.code if c.gate else None}
                for c in party.crossings.select_related("gate").order_by("pk")
            ]
        }
        for party in rows
    ]  # fmt: skip


def ended_today(facility: Facility, streams: Sequence[str], at: int) -> list[RunState]:
    """Return the runs that ended today, the last first."""
    start = instant(facility.zone, local_day(facility.zone, at), 0)
    rows = Run.objects.filter(facility=facility, stream__in=list(streams), ended_at__gte=start).order_by("-ended_at")
    return states_of(facility, at, rows[:200])
