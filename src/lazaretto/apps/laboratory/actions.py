"""Ordering tests, taking samples, and entering results, one at a time; `imports` brings tables in."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log
from lazaretto.apps.laboratory.models import RESULTS, Order, Specimen
from lazaretto.apps.registry.models import Facility, Person
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text


class Wanted(NamedTuple):
    """A test that is wanted of a person by a moment."""

    panel: str
    test: str
    due_at: int


@transaction.atomic
def order(*, person: Person, wanted: Iterable[Wanted], by: str, at: int, source: str = "") -> list[Order]:
    """Order tests. What is ordered of the person for the same moment from the same source is left as it is."""
    facility = person.facility
    Log.objects.select_for_update().get(pk=facility.log_id)
    known = set(Order.objects.filter(person=person, source=source).values_list("panel", "test", "due_at"))
    number = Order.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0
    made = []
    for item in dict.fromkeys(wanted):
        if tuple(item) not in known:
            number += 1
            made.append(
                Order.objects.create(
                    facility=facility, person=person, number=number, ordered_at=at, by=by[:60], source=source[:80],
                    **item._asdict(),
                )
            )  # fmt: skip
    if made:
        _record(facility, "tests_ordered", [_of_order(o) for o in made], person, by=by, at=at)
    return made


@transaction.atomic
def take(
    *, order: Order, code: str, taken_at: int, by: str, at: int, outcome: str = Specimen.TAKEN, reason: str = ""
) -> Specimen:
    """
    Enter that a sample was taken, or why not. The same code again changes nothing.

    :raises Refusal: in_future, no_reason, no_code.
    """
    if taken_at > at + 120_000:
        raise Refusal("in_future", Text("时间还没到", "that moment is still to come"), taken_at)
    if not code.strip():
        raise Refusal("no_code", Text("写明样本编号", "give the code of the sample"))
    if outcome != Specimen.TAKEN and not reason.strip():
        raise Refusal("no_reason", Text("没有采样，请写明原因", "no sample was taken: say why"))
    found = Specimen.objects.filter(order=order, code=code.strip()[:40]).first()
    if found is not None:
        return found
    made = Specimen.objects.create(
        order=order, code=code.strip()[:40], outcome=outcome, reason=reason.strip()[:200], taken_at=taken_at,
        recorded_at=at, by=by[:60],
    )  # fmt: skip
    _record(order.facility, "specimen_taken", [_of_specimen(made)], order.person, by=by, at=at, occurred_at=taken_at)
    return made


@transaction.atomic
def report(*, specimen: Specimen, result: str, reported_at: int, by: str, at: int) -> Specimen:
    """
    Enter a result. Another result for the same sample is refused: take a new sample, as for a grey zone.

    :raises Refusal: unknown_result, no_sample, other_result, in_future.
    """
    if result not in RESULTS:
        raise Refusal("unknown_result", Text(f"没有结果 {result}", f"no result {result}; {', '.join(RESULTS)}"))
    if specimen.outcome != Specimen.TAKEN:
        raise Refusal("no_sample", Text("没有采到样本", "no sample was taken"))
    if not specimen.taken_at <= reported_at <= at + 120_000:
        raise Refusal("in_future", Text("结果时间早于采样或还没到", "before the sample, or still to come"))
    if specimen.result == result:
        return specimen
    if specimen.result:
        raise Refusal(
            "other_result", Text("这份样本已有另一结果；请重新采样", "this sample has another result; take a new one")
        )
    specimen.result, specimen.reported_at, specimen.result_by = result, reported_at, by[:60]
    specimen.save(update_fields=["result", "reported_at", "result_by"])
    _record(specimen.order.facility, "result_reported", [_of_specimen(specimen)], specimen.order.person, by=by, at=at,
            occurred_at=reported_at)  # fmt: skip
    return specimen


def _of_order(item: Order) -> Version:
    return Version("order", str(item.number), item.record())


def _of_specimen(item: Specimen) -> Version:
    return Version("specimen", str(item.pk), item.record())


def _record(
    facility: Facility, kind: str, versions: list[Version], person: Person, *, by: str, at: int,
    occurred_at: int | None = None,
) -> None:  # fmt: skip
    journal.record(facility.log, kind, versions, by=by, at=at, occurred_at=occurred_at, subjects=[person.ref])
