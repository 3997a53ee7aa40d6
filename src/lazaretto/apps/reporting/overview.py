"""
What a superior body has received from the facilities below it, and what is missing.

Files that were handed in and reports signed on this node count alike. A day of which nothing came is unknown: it adds
nothing to a total, and makes the total a lower bound. A suppressed count is at least 1, and is never shown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from lazaretto.apps.accounts import queries as accounts
from lazaretto.apps.accounts.models import Organisation, User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol, timeline
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.reporting import deadlines
from lazaretto.apps.reporting.continuity import Judged
from lazaretto.apps.reporting.deadlines import Deadline
from lazaretto.apps.reporting.models import ReceivedBundle, SignedReport, Submission
from lazaretto.apps.reporting.submissions import judged_among
from lazaretto.protocol.clock import local_day

DAYS = 14
COUNTS = ("present_end", "fever_confirmed", "in_isolation", "in_quarantine")
#: Of a day, the gravest first: what is sorted and filtered by. `pending`: not owed yet.
STATES = ("contradictory", "unknown", "late", "incomplete", "complete", "pending")


class Bound(NamedTuple):
    """
    A count: at least `least`, exactly so if `exact`. Without `least` nobody collects it, or, if not `exact`, it is
    unknown: it should have been looked at, and was not.
    """

    least: int | None
    exact: bool = True

    def plus(self, other: "Bound") -> "Bound":
        known = [b.least for b in (self, other) if b.least is not None]
        return Bound(sum(known) if known else None, self.exact and other.exact)


class Cell(NamedTuple):
    """
    A day of a facility. `state` is `pending`, `unknown`, or the status of the last report; `late_ms` is how long after
    it was owed the first one came, `overdue_ms` how long it has been missing (both 0 if not).
    """

    on: date
    state: str
    due_at: int
    received_at: int | None = None
    late_ms: int = 0
    overdue_ms: int = 0
    number: int = 0
    contradictions: tuple[str, ...] = ()

    @property
    def is_amended(self) -> bool:
        return self.number > 1

    @property
    def word(self) -> str:
        """The state that it is filtered by: a report that came late is late, unless something graver is so of it."""
        if self.contradictions:
            return "contradictory"
        return "late" if self.late_ms and self.state in ("complete", "incomplete") else self.state


@dataclass
class Row:
    """A facility as its superior sees it."""

    organisation: Organisation
    zone: str
    cells: list[Cell] = field(default_factory=list)
    document: dict[str, Any] | None = None
    judged: list[Judged] = field(default_factory=list)
    on_node: bool = False

    @property
    def day(self) -> Cell:
        return self.cells[-1]

    @property
    def waits_for(self) -> tuple[int, ...]:
        return tuple(sorted({n for j in self.judged for n in j.waits_for}))

    @property
    def restored(self) -> bool:
        return any(j.restored or j.lost_in_restore for j in self.judged)

    def count(self, name: str) -> Bound:
        return bound(self.document, name)


class _Came(NamedTuple):
    """A report that came, by file or signed here."""

    number: int
    epoch: int
    status: str
    received_at: int


def bound(document: Mapping[str, Any] | None, name: str) -> Bound:
    """Return a count of a report over all populations. A suppressed one is 1 to 4; a fever nobody measured is unknown."""
    if document is None:
        return Bound(None, exact=False)
    read = readings(document) if name.startswith("fever") else "all"
    values = [row.get(name) for row in document["counts"].values()]
    known = [v for v in values if isinstance(v, int)]
    hidden = sum(isinstance(v, dict) and v.get("suppressed") is True for v in values)
    if read == "none":
        return Bound(None, exact=False)
    if not known and not hidden:
        return Bound(None)
    return Bound(sum(known) + hidden, exact=not hidden and read == "all")


def readings(document: Mapping[str, Any]) -> str:
    """Say whether `all`, `some` or `none` of the temperatures owed were read: without a reading, no fever is not known."""
    rows = [r for r in document["measures"] if r["observation"] == "temperature" and r["expected"]]
    if rows and not any(r["on_time"] + r["late"] for r in rows):
        return "none"
    return "some" if any(r["missed"] + r["pending"] for r in rows) else "all"


def total(rows: Sequence[Row], name: str) -> Bound:
    """Return the sum over facilities; a lower bound if any is suppressed or unknown."""
    found = Bound(None)
    for row in rows:
        found = found.plus(row.count(name))
    return found


# -- who is below ------------------------------------------------------------------------------------------------------


def under(top: Organisation) -> set[int]:
    """Return the ids of an organisation and of all that lie below it, by either parent."""
    return accounts.below({top.pk}, "command_parent") | accounts.below({top.pk}, "health_parent")


def facilities_under(top: Organisation, *, user: User | None, on: date) -> list[Organisation]:
    """
    Return the facilities below an organisation of which the asker may see what came (None: somebody at the machine
    itself): those below by the parent that his role names.
    """
    ids = under(top)
    if user is not None:
        ids &= accounts.organisations_where(user, [Permission.SUBMISSIONS_READ], on)
    found = Organisation.objects.filter(pk__in=ids, kind="facility").select_related("command_parent")
    return sorted(found, key=lambda o: (o.command_parent.code if o.command_parent else "", o.code))


def zone_of(organisations: Iterable[Organisation]) -> str:
    """Return the time zone that most of the organisations keep; UTC if nothing is known of any."""
    zones = list(_zones([o.pk for o in organisations]).values())
    return max(sorted(set(zones)), key=zones.count, default="UTC")


def _zones(ids: Sequence[int]) -> dict[int, str]:
    sent = ReceivedBundle.objects.filter(organisation__in=ids).order_by("received_at", "pk")
    found = dict(sent.values_list("organisation_id", "zone"))
    return found | dict(Facility.objects.filter(organisation__in=ids).values_list("organisation_id", "zone"))


# -- what came ---------------------------------------------------------------------------------------------------------


def overview(organisations: Sequence[Organisation], on: date, now: int, *, days: int = DAYS) -> list[Row]:
    """Return what came of each organisation in the days up to `on`, the last of which is looked at closely."""
    ids = [o.pk for o in organisations]
    span = [on - timedelta(days=n) for n in reversed(range(days))]
    zones, usual = _zones(ids), zone_of(organisations)
    came, owed = _came(ids, span), _Owed(ids, span, now)
    judged, bundles = judged_among(ids), _bundles(ids)
    documents = _documents(ids, on)
    rows = []
    for organisation in organisations:
        pk = organisation.pk
        zone = zones.get(pk, usual)
        said = judged.get(pk, {})
        row = Row(organisation, zone, document=documents.get(pk), judged=list(said.values()), on_node=pk in owed.phases)
        for day in span:
            found = tuple(sorted({c for d in bundles.get((pk, day), ()) for c in said[d].contradictions}))
            row.cells.append(_cell(day, came.get((pk, day), []), owed.of(pk, zone, day), found, now))
        rows.append(row)
    return rows


def _cell(on: date, came: list[_Came], owed: Deadline, found: tuple[str, ...], now: int) -> Cell:
    if not came:
        overdue = now - owed.due_at if now > owed.late_after else 0
        return Cell(on, "unknown" if overdue else "pending", owed.due_at, overdue_ms=overdue, contradictions=found)
    first, last = min(c.received_at for c in came), max(came, key=lambda c: (c.epoch, c.number))
    late = first - owed.due_at if first > owed.late_after else 0
    return Cell(on, last.status, owed.due_at, first, late, 0, last.number, found)


def _came(ids: Sequence[int], span: Sequence[date]) -> dict[tuple[int, date], list[_Came]]:
    found: dict[tuple[int, date], list[_Came]] = {}
    within = {"on__gte": span[0], "on__lte": span[-1]}
    sent = Submission.objects.filter(organisation__in=ids, **within)
    for pk, on, number, epoch, status, at in sent.values_list(
        "organisation_id", "on", "number", "epoch", "status", "received_at"
    ):
        found.setdefault((pk, on), []).append(_Came(number, epoch, status, at))
    here = SignedReport.objects.filter(facility__organisation__in=ids, **within)
    read = ("facility__organisation_id", "on", "number", "facility__log__epoch", "status", "entry__recorded_at")
    for pk, on, number, epoch, status, at in here.values_list(*read):
        found.setdefault((pk, on), []).append(_Came(number, epoch, status, at))
    return found


def _documents(ids: Sequence[int], on: date) -> dict[int, dict[str, Any]]:
    """Return the last report of a day of each organisation, the form that leaves."""
    found: dict[int, tuple[tuple[int, int], dict[str, Any]]] = {}
    sent = Submission.objects.filter(organisation__in=ids, on=on).values_list(
        "organisation_id", "epoch", "number", "outgoing"
    )
    here = SignedReport.objects.filter(facility__organisation__in=ids, on=on).values_list(
        "facility__organisation_id", "facility__log__epoch", "number", "outgoing"
    )  # fmt: skip
    for pk, epoch, number, outgoing in (*sent, *here):
        if pk not in found or found[pk][0] < (epoch, number):
            found[pk] = ((epoch, number), outgoing)
    return {pk: document for pk, (_, document) in found.items()}


def _bundles(ids: Sequence[int]) -> dict[tuple[int, date], list[str]]:
    found: dict[tuple[int, date], list[str]] = {}
    for pk, on, mark in ReceivedBundle.objects.filter(organisation__in=ids).values_list(
        "organisation_id", "on", "digest"
    ):
        found.setdefault((pk, on), []).append(mark)
    return found


class _Owed:
    """When each day was owed: by the facility's protocol if it is on this node, by its last bundle, or at 17:00."""

    def __init__(self, ids: Sequence[int], span: Sequence[date], now: int) -> None:
        self.phases: dict[int, Any] = {}
        self.facilities = {f.organisation_id: f for f in Facility.objects.filter(organisation__in=ids)}
        for pk, facility in self.facilities.items():
            try:
                self.phases[pk] = timeline(facility, now)
            except NoProtocol:
                self.phases[pk] = None
        self.told: dict[int, dict[date, Deadline]] = {}
        rows = ReceivedBundle.objects.filter(organisation__in=ids, on__lte=span[-1]).order_by("on", "number", "pk")
        for pk, on, due, late in rows.values_list("organisation_id", "on", "due_at", "late_after"):
            self.told.setdefault(pk, {})[on] = Deadline(due, late)

    def of(self, pk: int, zone: str, on: date) -> Deadline:
        phases = self.phases.get(pk)
        if phases:
            return deadlines.in_phases(phases, self.facilities[pk].code, zone, on)
        told = self.told.get(pk, {})
        if on in told:
            return told[on]
        before = max((d for d in told if d < on), default=min(told, default=None))
        return deadlines.like(told[before], before, zone, on) if before else deadlines.otherwise(zone, on)


def latest_day(organisations: Sequence[Organisation], now: int) -> date:
    """Return the day to look at first: today if something came of it already, else yesterday."""
    today = local_day(zone_of(organisations), now)
    return today if _came([o.pk for o in organisations], [today]) else today - timedelta(days=1)


def received(rows: Sequence[Row]) -> int:
    return sum(row.day.received_at is not None for row in rows)


def weakest(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the measure with the lowest coverage, None if none is below 1."""
    from decimal import Decimal

    known = [m for m in document["measures"] if m["coverage"] is not None and Decimal(m["coverage"]) < 1]
    return min(known, key=lambda m: (Decimal(m["coverage"]), m["id"]), default=None)


def evidence(document: Mapping[str, Any]) -> dict[str, int]:
    """Return how many owed things of a day are in each state, over all measures."""
    names = ("on_time", "late", "missed", "pending", "excused", "expected")
    return {name: sum(int(m[name]) for m in document["measures"]) for name in names}


def chosen(rows: Iterable[Row], *, state: str, text: str, sort: str) -> Iterator[Row]:
    """Yield the rows that fit a filter, in the order asked for: by facility, or what needs attention first."""
    wanted = [
        row
        for row in rows
        if (not state or _is(row.day, state))
        and (not text or any(text.lower() in name.lower() for name in (row.organisation.code, row.organisation.name_zh, row.organisation.name_en)))
    ]  # fmt: skip
    if sort == "state":
        wanted.sort(key=lambda row: (STATES.index(row.day.word), row.organisation.code))
    yield from wanted


def _is(cell: Cell, state: str) -> bool:
    return {"amended": cell.is_amended, "received": cell.received_at is not None}.get(state, cell.word == state)
