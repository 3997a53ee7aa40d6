"""What is closed, stopped or denied now: since when, on which order, by which way of exception, what is given instead."""

from datetime import date, timedelta
from typing import NamedTuple

from django.db import transaction

from lazaretto.apps.command.queries import adopted_at, in_force, timeline
from lazaretto.apps.passage.models import RestrictionReview
from lazaretto.apps.passage.recording import remember
from lazaretto.apps.passage.ways import offered, restrictions_in
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.recording import lock
from lazaretto.protocol.chain import Chain
from lazaretto.protocol.clock import instant, plus
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.restriction import Restriction
from lazaretto.protocol.text import Text


class Closed(NamedTuple):
    """
    A restriction in force: since when it has held here, when it must be looked at again, on which paper it rests, which
    chain makes an exception, and what is offered instead.
    """

    measure: Restriction
    since: int
    review_at: int
    order: str
    exception: Chain | None
    instead: Text
    last: RestrictionReview | None

    def is_overdue(self, at: int) -> bool:
        return at >= self.review_at


def restrictions(facility: Facility, at: int) -> list[Closed]:
    """Return the restrictions in force, what must be reviewed first. :raises NoProtocol: if nothing was adopted."""
    resolved = in_force(facility, at).resolved
    since = _since(facility, at)
    last: dict[str, RestrictionReview] = {}
    for row in RestrictionReview.objects.filter(facility=facility, recorded_at__lte=at).order_by("recorded_at", "pk"):
        last[row.measure] = row
    found = []
    for measure in restrictions_in(resolved):
        if not measure.active or measure.id not in since:
            continue
        began = since[measure.id]
        if measure.since is not None:
            began = max(began, instant(facility.zone, measure.since, 0))
        seen = last.get(measure.id)
        due = (
            seen.next_at
            if seen is not None and seen.next_at is not None
            else plus(facility.zone, began, measure.review)
        )
        exception = resolved.any_measure(measure.exception) if measure.exception else None
        order = seen.order if seen is not None and seen.order else measure.order or ""
        found.append(
            Closed(
                measure, began, due, order, exception if isinstance(exception, Chain) else None,
                offered(resolved, measure.instead), seen,
            )
        )  # fmt: skip
    return sorted(found, key=lambda c: (c.review_at, c.measure.id))


def _since(facility: Facility, at: int) -> dict[str, int]:
    """Return from when on each restriction has held without a break."""
    found: dict[str, int] = {}
    first = adopted_at(facility)
    for phase in timeline(facility, at):
        if phase.start > at:
            break
        active = {r.id for r in restrictions_in(phase.resolved) if r.active}
        found = {name: found.get(name, max(phase.start, first)) for name in active}
    return found


@transaction.atomic
def review(
    facility: Facility, *, measure: str, order: str, decision: str, reason: str, next_on: date | None, by: str, at: int
) -> RestrictionReview:
    """
    Look at a restriction again: it goes on until the next review, no later than the protocol lets it, or is to be lifted
    (which the protocol's own change then does). :raises Refusal: not_in_force, no_decision, no_reason, no_order, too_late.
    """
    lock(facility)
    found = next((c for c in restrictions(facility, at) if c.measure.id == measure), None)
    if found is None:
        raise Refusal("not_in_force", Text("现在没有这项限制", "this restriction is not in force"))
    if decision not in ("continue", "lift"):
        raise Refusal("no_decision", Text("请选继续或解除", "choose to go on with it or to lift it"))
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明理由", "say why"))
    paper = order.strip() or found.order
    if not paper:
        raise Refusal("no_order", Text("写明依据的文件", "name the order on which it rests"))
    latest = plus(facility.zone, at, found.measure.review)
    due = instant(facility.zone, next_on + timedelta(days=1), 0) if next_on is not None else latest
    if decision == "continue" and not at < due <= latest + 86_400_000:
        raise Refusal(
            "too_late",
            Text("复核日须在规定的期限内", "the next review is to come, within the time the protocol gives"),
            latest,
        )
    made = RestrictionReview.objects.create(
        facility=facility, measure=measure, order=paper[:120], decision=decision, reason=reason.strip()[:200],
        next_at=due if decision == "continue" else at, recorded_at=at, by=by[:60],
    )  # fmt: skip
    remember(facility, "restriction_reviewed", [made], by=by, at=at)
    return made
