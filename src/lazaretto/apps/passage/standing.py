"""Where lots stand: what each waits for, when it is free, what is left of it; read in a fixed number of queries."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, QuerySet, Sum

from lazaretto.apps.passage.goods import wares
from lazaretto.apps.passage.lots import READ_EVERY_MS
from lazaretto.apps.passage.models import Issue, Lot, Reading, Sample
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.models import Finding, Run
from lazaretto.apps.work.running import RunState, as_done, states
from lazaretto.protocol import hold
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.hold import Clock
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: The states of a lot, the gravest first.
STATES = ("recalled", "stopped", "found", "expired", "announced", "held", "waiting", "free", "used")


class Standing(NamedTuple):
    """
    A lot at an instant: its runs, its clocks one by one, from when on it may be given out (None where time alone does not
    help), what is left of it, its last reading, and what was found about it and is not closed.
    """

    lot: Lot
    at: int
    runs: list[RunState]
    clocks: list[Clock]
    free_from: int | None
    left: Decimal
    samples: list[Sample]
    reading: Reading | None
    found: list[Finding]

    @property
    def passed(self) -> bool:
        """Whether every chain it runs on is done to its end. An end that is still to come, by a clock set back, is none."""
        return all(r.run.outcome == Run.PASSED and (r.run.ended_at or 0) <= self.at for r in self.runs)

    @property
    def state(self) -> str:
        """One word of `STATES`."""
        lot, day = self.lot, local_day(self.lot.facility.zone, self.at)
        if lot.recall_id is not None:
            return "recalled"
        if any(r.run.outcome in (Run.STOPPED, Run.WITHDRAWN) for r in self.runs) or any(
            s.result == "positive" for s in self.samples
        ):
            return "stopped"
        if self.found:
            return "found"
        if lot.best_before is not None and lot.best_before < day:
            return "expired"
        if lot.consignment.arrived_at is None:
            return "announced"
        if not self.passed:
            return "held" if any(r.is_held(self.at) for r in self.runs) else "waiting"
        return "used" if self.left <= 0 else "free"

    @property
    def reading_due(self) -> int | None:
        """When the next reading of a cold lot is due; None where none is."""
        lot = self.lot
        if not wares(lot.of_class).is_cold or lot.consignment.arrived_at is None or self.left <= 0 or lot.recall_id:
            return None
        return (self.reading.read_at if self.reading else lot.consignment.arrived_at) + READ_EVERY_MS


def lots(facility: Facility) -> QuerySet[Lot]:
    """Return the lots of a facility, the newest first."""
    rows = Lot.objects.filter(facility=facility).select_related("consignment__supplier", "facility", "recall")
    return rows.order_by("-consignment__announced_at", "-pk")


def matching(
    rows: QuerySet[Lot], *, text: str = "", of_class: str = "", supplier: str = "", on: date | None = None
) -> QuerySet[Lot]:
    """Narrow lots by number, name, batch or supplier, by class, and by the day they were expected or came."""
    for word in text.split()[:6]:
        rows = rows.filter(
            Q(number__icontains=word) | Q(title__icontains=word) | Q(batch__icontains=word)
            | Q(consignment__supplier__name__icontains=word) | Q(consignment__plate__icontains=word)
        )  # fmt: skip
    if of_class:
        rows = rows.filter(of_class=of_class)
    if supplier:
        rows = rows.filter(consignment__supplier__code=supplier)
    return rows.filter(consignment__expected_on=on) if on else rows


def standings(facility: Facility, found: Iterable[Lot], at: int) -> list[Standing]:
    """Return where lots stand, in their order; however many there are, the queries are as many."""
    rows = list(found)
    keys, subjects = [lot.pk for lot in rows], [lot.subject for lot in rows]
    by_subject: dict[str, list[RunState]] = {subject: [] for subject in subjects}
    for one in states(facility, at, open_only=False, subjects=subjects):
        by_subject[one.run.subject].append(one)
    gone = dict(Issue.objects.filter(lot__in=keys).values_list("lot").annotate(n=Sum("quantity")))
    samples: dict[int, list[Sample]] = {}
    for sample in Sample.objects.filter(lot__in=keys).order_by("taken_at", "pk"):
        samples.setdefault(sample.lot_id, []).append(sample)
    readings = {r.lot_id: r for r in Reading.objects.filter(lot__in=keys).order_by("read_at", "pk")}
    open_: dict[str, list[Finding]] = {}
    for finding in Finding.objects.filter(facility=facility, subject__in=subjects, verified_at=None):
        open_.setdefault(finding.subject, []).append(finding)
    for lot in rows:
        lot.facility = facility
    return [
        _standing(lot, at, by_subject[lot.subject], gone.get(lot.pk, Decimal(0)), samples.get(lot.pk, []),
                  readings.get(lot.pk), open_.get(lot.subject, []))
        for lot in rows
    ]  # fmt: skip


def _standing(
    lot: Lot,
    at: int,
    own: list[RunState],
    gone: Decimal,
    samples: list[Sample],
    reading: Reading | None,
    found: list[Finding],
) -> Standing:
    zone = lot.facility.zone
    chains = [(r.chain, as_done(r.done), r.direction) for r in own]
    waits = [clock for chain, done, way in chains for clock in hold.clocks(chain, done, zone, at, way)]
    free = hold.free_from(chains, zone) if own else lot.consignment.arrived_at
    return Standing(lot, at, own, waits, free, lot.quantity - gone, samples, reading, found)


def standing(lot: Lot, at: int) -> Standing:
    return standings(lot.facility, [lot], at)[0]


_WHY: dict[str, Text] = {
    "recalled": Text("已召回，不得发放", "it was recalled and is not given out"),
    "stopped": Text("查验没有通过，不得发放", "it did not pass its checks and is not given out"),
    "found": Text("有未销号的问题，先整改、核实", "something was found about it; that is fixed and verified first"),
    "expired": Text("已过保质期", "its best-before date is over"),
    "announced": Text("还没有到", "it is not here yet"),
}


def check_free(found: Standing) -> None:
    """
    Say why a lot may not be given out. :raises Refusal: recalled, stopped, found, expired, announced; on_hold, with from
    when on it may, or what is still missing.
    """
    state = found.state
    if state in _WHY:
        raise Refusal(state, _WHY[state])
    if not found.passed:
        missing = next((c for c in found.clocks if not c.over), None)
        last = missing.step.title if missing else None
        zh, en = (last.zh, last.en) if last else ("放行", "release")
        raise Refusal("on_hold", Text(f"留置未满：还差“{zh}”", f"on hold: “{en}” is still missing"), found.free_from)
