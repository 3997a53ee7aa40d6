"""
What is done with a lot on its way: the steps of its chains, its samples, how cold it lies.

A step that disinfects is checked against the class of the lot (agent, strength, contact time), a hand-over against who was
there together; then the engine's rules are asked. What is refused is kept as a refusal, whoever asked.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from lazaretto.apps.passage.goods import wares
from lazaretto.apps.passage.keeping import keep
from lazaretto.apps.passage.models import Lot, Reading, Sample
from lazaretto.apps.passage.models.goods import RESULTS
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work import findings, runs
from lazaretto.apps.work.models import Run, StepDone
from lazaretto.apps.work.recording import lock
from lazaretto.apps.work.running import RunState, chain_of, state, states
from lazaretto.protocol.chain import Chain, Step
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: What a step observes that is checked here.
DISINFECTION, HANDOVER = "disinfection", "handover"
#: How long after a reading the next one of a cold lot is due.
READ_EVERY_MS = 4 * 3_600_000
COLD_RULE = "cold_chain"


def lot_called(facility: Facility, number: str) -> Lot | None:
    """Return the lot of a number, as it is written or scanned."""
    rows = Lot.objects.filter(facility=facility, number=number.strip().upper()[:30])
    return rows.select_related("consignment__supplier", "facility__log", "facility__organisation", "recall").first()


def lot_of(run: Run) -> Lot | None:
    """Return the lot that a run is about, None if it is about something else."""
    what, _, number = run.subject.partition(":")
    return lot_called(run.facility, number) if what == "lot" else None


def runs_of(lot: Lot, at: int) -> list[RunState]:
    return states(lot.facility, at, open_only=False, subjects=[lot.subject])


def do(
    run: Run, step: str, *, ref: str, by: str, roles: Collection[str], at: int, done_at: int | None = None, second: str = "",
    result: str = "", values: Mapping[str, Any] | None = None, source: str = "",
) -> StepDone:  # fmt: skip
    """
    Do a step of a run, of a lot or of anything else. The same `ref` again changes nothing.

    :raises Refusal: as `runs.do_step`; wrong_agent, too_weak, too_short, met, no_cart …
    """
    said, lot, chain = dict(values or {}), lot_of(run), chain_of(run, at)
    found = chain.step(step)
    if (
        lot is not None
        and found is not None
        and not StepDone.objects.filter(facility=run.facility, ref=ref[:80]).exists()
    ):
        try:
            _check_step(lot, found, said)
        except Refusal as refusal:
            moment = at if done_at is None else done_at
            asking = runs.Asking(
                run.facility, run.measure, ref, by, at, moment, run, step, min(roles, default=""), run.stream, run.direction,
                run.of_class,
            )  # fmt: skip
            runs.keep_refusal(asking, refusal)
            raise
    made = runs.do_step(
        run, step, ref=ref, by=by, roles=roles, at=at, done_at=done_at, second=second, result=result, values=said, source=source,
    )  # fmt: skip
    if lot is not None and found is not None:
        _note_sample(lot, chain, found, made)
    return made


def _check_step(lot: Lot, step: Step, said: Mapping[str, Any]) -> None:
    if lot.recall is not None:
        raise Refusal("recalled", Text("已召回", "it was recalled"))
    if step.observation == DISINFECTION:
        wares(lot.of_class).check_treated(
            agent=str(said.get("agent", "")), mg_per_l=_number(said, "mg_per_l"), minutes=_number(said, "minutes")
        )
    if step.observation == HANDOVER:
        _check_apart(said)


def _number(said: Mapping[str, Any], name: str) -> Decimal | None:
    """:raises Refusal: no_number."""
    value = said.get(name)
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Refusal("no_number", Text(f"看不懂数值“{value}”", f"cannot read the number {value!r}"))
    return found


def _check_apart(said: Mapping[str, Any]) -> None:
    """The outside driver and who takes over inside are never there together; what it goes on with is named."""
    if not str(said.get("cart", "")).strip():
        raise Refusal("no_cart", Text("写明狱内转运车编号", "say on which cart of the house it goes on"))
    if said.get("apart") is not True:
        raise Refusal(
            "met",
            Text(
                "外来驾驶员离开后再接手（无接触）", "taken over only once the outside driver has left: without contact"
            ),
        )


# -- samples ---------------------------------------------------------------------------------------------------------


def _note_sample(lot: Lot, chain: Chain, step: Step, made: StepDone) -> None:
    """Write down the sample that a step took, or the result that it brought. Again changes nothing."""
    if step.does == "sample":
        code = str(made.values.get("code") or f"{lot.number}-{step.id}")
        _take(lot, code, made.at, by=made.by, at=made.recorded_at)
    elif is_result(chain, step) and made.result in RESULTS:
        for sample in Sample.objects.filter(lot=lot, result="", taken_at__lte=made.at):
            _enter(sample, made.result, made.at, by=made.by, at=made.recorded_at)


def is_result(chain: Chain, step: Step) -> bool:
    """Say whether a step brings the result of a sample: a check after one that accepts `negative`."""
    before = chain.steps[: chain.steps.index(step)]
    return step.does == "check" and "negative" in step.accept and any(s.does == "sample" for s in before)


@transaction.atomic
def _take(lot: Lot, code: str, taken_at: int, *, by: str, at: int) -> Sample:
    lock(lot.facility)
    same = Sample.objects.filter(lot=lot, code=code[:40]).first()
    if same is not None:
        return same
    made = Sample.objects.create(lot=lot, code=code[:40], taken_at=taken_at, by=by[:60], recorded_at=at)
    keep(lot.facility, "lot_sampled", [made], by=by, at=at, occurred_at=taken_at)
    return made


@transaction.atomic
def _enter(sample: Sample, result: str, result_at: int, *, by: str, at: int) -> Sample:
    lock(sample.lot.facility)
    row = Sample.objects.select_related("lot__facility__log").get(pk=sample.pk)
    if row.result:
        return row
    row.result, row.result_at, row.result_by = result, result_at, by[:60]
    row.save(update_fields=["result", "result_at", "result_by"])
    keep(row.lot.facility, "lot_result", [row], by=by, at=at, occurred_at=result_at)
    if result == "positive":
        findings.find(
            row.lot.facility, rule="lot_positive", ref=f"positive:{row.lot.number}:{row.code}"[:80], severity="high",
            subject=row.lot.subject, owner="epidemic_lead", by=by, at=at, found_at=result_at,
            evidence=f"样品 {row.code} 阳性：停止使用，考虑召回 / Sample {row.code} is positive: used no more; consider a recall",
        )  # fmt: skip
    return row


def take_sample(
    lot: Lot, *, code: str, ref: str, by: str, roles: Collection[str], at: int, taken_at: int | None = None
) -> Sample:
    """
    Take a sample of a lot: it is the sampling of its chains where they wait for one. The same code again changes nothing.

    :raises Refusal: no_code, future; and as the step of the chain.
    """
    moment, code = at if taken_at is None else taken_at, code.strip()[:40]
    if not code:
        raise Refusal("no_code", Text("写明样品编号", "give the sample its code"))
    if moment > at:
        raise Refusal("future", Text("不能登记将来的时间", "a time to come cannot be recorded"))
    for found in runs_of(lot, at):
        for step, _ in found.next:
            if step.does == "sample":
                do(
                    found.run,
                    step.id,
                    ref=f"{ref}:{step.id}",
                    by=by,
                    roles=roles,
                    at=at,
                    done_at=moment,
                    values={"code": code},
                )
    return _take(lot, code, moment, by=by, at=at)


def enter_result(
    sample: Sample, *, result: str, ref: str, by: str, roles: Collection[str], at: int, result_at: int | None = None
) -> Sample:
    """
    Enter what the laboratory said: it is the result that the chains of the lot wait for. The same again changes nothing.

    :raises Refusal: no_result, future, before_sample, result_differs; and as the step of the chain.
    """
    moment = at if result_at is None else result_at
    if result not in RESULTS:
        raise Refusal("no_result", Text("请选结果", "choose the result"))
    if moment > at:
        raise Refusal("future", Text("不能登记将来的时间", "a time to come cannot be recorded"))
    if moment < sample.taken_at:
        raise Refusal("before_sample", Text("早于采样", "that is before the sample was taken"), sample.taken_at)
    if sample.result and sample.result != result:
        raise Refusal("result_differs", Text("已有不同结果；重新采样", "another result is on file; take a new sample"))
    for found in runs_of(sample.lot, at):
        for step, _ in found.next:
            if is_result(found.chain, step):
                do(found.run, step.id, ref=f"{ref}:{step.id}", by=by, roles=roles, at=at, done_at=moment, result=result)
    return _enter(sample, result, moment, by=by, at=at)


# -- how cold it lies ------------------------------------------------------------------------------------------------


@transaction.atomic
def read(lot: Lot, *, celsius: Decimal, ref: str, by: str, at: int, read_at: int | None = None) -> Reading:
    """
    Write down how cold a lot lies. Outside what its class is kept at, it is a finding, and nothing of it goes to the
    kitchen until somebody has fixed it and somebody else has verified that. :raises Refusal: not_cold, future, no_number.
    """
    moment, own = at if read_at is None else read_at, wares(lot.of_class)
    if not own.is_cold:
        raise Refusal("not_cold", Text("这一类不须冷链", "this class is not kept cold"))
    if moment > at:
        raise Refusal("future", Text("不能登记将来的时间", "a time to come cannot be recorded"))
    if not -60 <= celsius <= 60:
        raise Refusal("no_number", Text("温度须在 −60 至 60 ℃ 之间", "a temperature is between −60 and 60 °C"))
    lock(lot.facility)
    same = Reading.objects.filter(lot=lot, ref=ref[:60]).first()
    if same is not None:
        return same
    made = Reading.objects.create(
        lot=lot, ref=ref[:60], celsius=celsius.quantize(Decimal("0.1")), read_at=moment, recorded_at=at, by=by[:60]
    )
    keep(lot.facility, "lot_read", [made], by=by, at=at, occurred_at=moment)
    if not own.keeps(celsius):
        findings.find(
            lot.facility, rule=COLD_RULE, ref=f"cold:{lot.number}:{ref}"[:80], severity="high", subject=lot.subject,
            owner="logistics", by=by, at=at, found_at=moment,
            evidence=f"冷链中断：{celsius} ℃ / The cold chain is broken: {celsius} °C",
        )  # fmt: skip
    return made


def open_run_of(lot: Lot, run: str, at: int) -> RunState | None:
    """Return a run of a lot by its reference."""
    found = (
        Run.objects.filter(facility=lot.facility, ref=run, subject=lot.subject).select_related("facility__log").first()
    )
    return state(found, at) if found else None
