"""
From a resolved protocol to the numbers that the twin runs on. The slots are those of the platform: the same function.

What a protocol leaves open stays open here too (no thresholds, no readings); nothing is invented for it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, cast

from lazaretto.protocol.clock import instant, local_minute
from lazaretto.protocol.fever import TEMPERATURE
from lazaretto.protocol.limit import Limit
from lazaretto.protocol.pathway import Pathway, Stage
from lazaretto.protocol.provisions import Entitlement
from lazaretto.protocol.record import Phase, Subject
from lazaretto.protocol.records import Panel
from lazaretto.protocol.resolve import Resolved
from lazaretto.protocol.restriction import Restriction
from lazaretto.protocol.rotation import Rotation as Turn
from lazaretto.protocol.selection import names_population
from lazaretto.protocol.separation import Separation
from lazaretto.protocol.slots import Calendar, Slot, segments, slots
from lazaretto.protocol.trigger import Trigger
from lazaretto.twin.scenario import Rotation, Rules, StageRule

#: The groups that may exist where a protocol names none: one for each state of the turn.
_WHERE = {"inside": "inside", "standby": "standby", "home": "home"}
_MS_A_DAY = 86_400_000


def slots_of_day(
    resolved: Resolved, measure: str, day: date, *, facility: str, zone: str, base: str = "resident"
) -> list[Slot]:
    """Return the slots of one measure that are due on a local day for somebody of a base class without standings."""
    start, end = instant(zone, day, 0), instant(zone, day + timedelta(days=1), 0)
    phase: Phase = resolved.phase(start - 400 * _MS_A_DAY, end + 400 * _MS_A_DAY)
    parts = segments([phase], measure, Subject(""))
    found = slots(Calendar(zone, facility), parts, base, start, end)
    return [slot for slot in found if start <= slot.due < end]


def from_protocol(
    resolved: Resolved, *, on: date, facility: str = "twin", zone: str = "Asia/Shanghai", population: str = ""
) -> Rules:
    """Return the rules of a resolved protocol on a day. `population` narrows measures to one population code."""
    active = [m for m in resolved.everything if m.active]
    quarantine, isolation = _pathway(active, "quarantine"), _pathway(active, "isolation")
    intake = _pathway(active, "intake")
    pre_release = _pathway(active, "pre_release")
    alone, duty = _limit(active, "days_alone"), _limit(active, "consecutive_duty_days")
    closed = [m for m in active if isinstance(m, Restriction) and "visit" in m.id]
    owed = [m for m in active if isinstance(m, Entitlement) and m.id.startswith("isolation.") and m.cadence]
    screen, confirm = _thresholds(resolved)
    every, pool, turnaround = _panel(active)
    return Rules(
        protocol=f"{resolved.document.id} {resolved.document.version} · {resolved.level}",
        digest=resolved.digest,
        slots_residents=_minutes(resolved, on, facility, zone, "resident"),
        slots_staff=_minutes(resolved, on, facility, zone, "staff_member"),
        screen=screen,
        confirm=confirm,
        isolate_within=_isolate_within(active),
        isolation=_rule(isolation.stages[0], isolation) if isolation else None,
        quarantine=_rule(quarantine.stages[0], quarantine) if quarantine else None,
        intake=[rule for stage in intake.stages if (rule := _rule(stage, intake))] if intake else [],
        intake_persons=max((s.persons or 1 for s in intake.stages), default=4) if intake else 4,
        pre_release=_pre_release(pre_release),
        rotation=_rotation(active),
        test_every=every,
        pool=pool,
        turnaround=turnaround,
        separated=any(isinstance(m, Separation) and {"meals", "tasks"} & set(m.spaces) for m in active),
        visits_closed=bool(closed),
        daily_owed_in_isolation=float(sum((m.cadence.per_day or 0) for m in owed if m.cadence)),
        days_alone_limit=alone,
        duty_days_limit=duty,
    )


def _minutes(resolved: Resolved, on: date, facility: str, zone: str, base: str) -> list[int]:
    """Return the minutes at which a temperature is due, all measures of it together, night policy and all."""
    subject = Subject("", population=base, base=base)
    found: set[int] = set()
    for measure in resolved.measures:
        if measure.observation == TEMPERATURE and measure.subject == "person" and names_population(measure, subject):
            every = slots_of_day(resolved, measure.id, on, facility=facility, zone=zone, base=base)
            found.update(local_minute(zone, s.due) for s in every if s.night != "observe")
    return sorted(found)


def _thresholds(resolved: Resolved) -> tuple[float | None, float | None]:
    screens = [m.screen_threshold for m in resolved.measures if m.screen_threshold is not None]
    confirms = [m.confirm_threshold for m in resolved.measures if m.confirm_threshold is not None]
    return (float(min(screens)) if screens else None, float(min(confirms)) if confirms else None)


def _pathway(measures: Iterable[Any], purpose: str) -> Pathway | None:
    found = [m for m in measures if isinstance(m, Pathway) and m.purpose == purpose]
    # The most people go the way that is least narrowed to a population.
    found.sort(key=lambda m: (m.owner is None, sum(len(s.populations) for s in m.applies_to)))
    return found[0] if found else None


def _rule(stage: Stage, pathway: Pathway) -> StageRule | None:
    if stage.length is None:
        return None
    tests = {d for test in stage.tests for d in test.on_days}
    tests |= {stage.length.days - t.before_exit.days for t in stage.tests if t.before_exit and stage.length.days}
    review = stage.outside_review.days if stage.outside_review else None
    single = stage.placement == "single_room" and (stage.persons or 1) == 1
    return StageRule(
        days=stage.length.days, single=single, tests=sorted(d for d in tests if d >= 0), outside_review=review
    )


def _pre_release(pathway: Pathway | None) -> StageRule | None:
    if pathway is None:
        return None
    rule = _rule(pathway.stages[0], pathway)
    lead = pathway.lead.days if pathway.lead else None
    return rule.model_copy(update={"days": lead}) if rule is not None and lead else rule


def _rotation(measures: Sequence[Any]) -> Rotation | None:
    """Return the turn with the most groups whose lengths are all known; a state without a number lasts as long as duty."""
    turns = [m for m in measures if isinstance(m, Turn)]
    made = []
    for turn in turns:
        states = [s for s in turn.states if s.cycle and s.where in _WHERE]
        inside = next((s.days for s in states if s.where == "inside" and s.days), None)
        if inside is None or len({s.where for s in states}) < 2:
            continue
        standby = max((s.standby_days or 0 for s in states), default=0)
        lengths = [(s.where, s.days or (standby if s.where == "standby" and standby else inside)) for s in states]
        tests = _standby_tests(turn, lengths)
        made.append(
            Rotation(states=cast(Any, lengths), groups=min(12, len(turn.groups) or len(states)), standby_tests=tests)
        )
    return max(made, key=lambda r: (len(r.states), r.groups), default=None)


def _standby_tests(turn: Turn, lengths: Sequence[tuple[str, int]]) -> list[int]:
    """Return days of standby on which tests before a state fall: the first day before standby, the last before duty."""
    last = next((days - 1 for where, days in lengths if where == "standby"), 0)
    days = set()
    for state in turn.states:
        if state.before and state.where == "standby":
            days.add(0)
        if state.before and state.where == "inside" and last > 0:
            days.add(last)
    return sorted(days)


def _panel(measures: Iterable[Any]) -> tuple[int, int, int]:
    """Return every how many days all are tested (0: never), the people in a tube, and the days until a result."""
    every, pool, turnaround = 0, 1, 1
    for panel in (m for m in measures if isinstance(m, Panel)):
        span = panel.cadence.every if panel.cadence and panel.cadence.every else None
        days = span.days if span else 0
        if not days and panel.rounds and panel.window:
            days = max(1, panel.window.days // panel.rounds)
        if days and (not every or days < every):
            every, pool = days, max(1, *(t.pooled for t in panel.tests))
            if panel.result_within:
                turnaround = -(-panel.result_within.nominal_ms // _MS_A_DAY)
    return every, max(1, pool), turnaround


def _isolate_within(measures: Iterable[Any]) -> float:
    """Return within how many days of a fever somebody is isolated."""
    for trigger in (m for m in measures if isinstance(m, Trigger) and m.event == "fever"):
        for action in trigger.actions:
            if action.within is not None:
                return action.within.nominal_ms / _MS_A_DAY
    return 0.0


def _limit(measures: Iterable[Any], of: str) -> int | None:
    found = [m.most for m in measures if isinstance(m, Limit) and m.of == of and m.most is not None]
    return int(min(found)) if found else None
