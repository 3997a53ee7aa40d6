"""A day's steps are taken in order, each once; what was done is not taken back."""

from datetime import date

from django.db import transaction

from lazaretto.apps.coordination.models import STEPS, DailyStep
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

TITLES = {
    "screen": Text("筛查", "Screen"),
    "report": Text("报告", "Report"),
    "assess": Text("研判", "Assess"),
    "deploy": Text("部署", "Deploy"),
}


@transaction.atomic
def take_step(*, facility: Facility, on: date, step: str, note: str, by: str, at: int) -> DailyStep:
    """
    Record that a step of today was done. The same by the same person again is a no-op.

    :raises Refusal: no_step, other_day, step_before (the one before is not done), done_already.
    """
    if step not in STEPS:
        raise Refusal("no_step", Text("没有这一步", "there is no such step"))
    if on != local_day(facility.zone, at):
        raise Refusal("other_day", Text("只能记今天的步骤", "only a step of today can be recorded"))
    Log.objects.select_for_update().get(pk=facility.log_id)
    done = {s.step: s for s in DailyStep.objects.filter(facility=facility, on=on)}
    if step in done:
        if done[step].by == by:
            return done[step]
        raise Refusal("done_already", Text("这一步已由他人记录", "somebody has recorded this step already"))
    missing = next((s for s in STEPS[: STEPS.index(step)] if s not in done), None)
    if missing is not None:
        before = TITLES[missing]
        raise Refusal("step_before", Text(f"先完成“{before.zh}”", f"{before.en} comes first"))
    row = DailyStep.objects.create(facility=facility, on=on, step=step, done_at=at, by=by, note=note.strip()[:500])
    journal.record(
        facility.log,
        "daily_step_done",
        [Version("daily_step", str(row.pk), row.record())],
        by=by,
        at=at,
        occurred_at=at,
    )
    return row
