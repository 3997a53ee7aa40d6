"""Starting the cascades of an event, and saying what was done."""

from collections.abc import Callable

from django.db import transaction

from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.models import Cascade, Done
from lazaretto.apps.work.queries import Owing, owing
from lazaretto.protocol.record import Subject
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.resolve import Resolved
from lazaretto.protocol.selection import names_population
from lazaretto.protocol.text import Text
from lazaretto.protocol.trigger import Trigger

#: Why a cascade ended of which every action is done.
DONE = "done"
#: What the apps above do when a cascade starts whose action `starts` a measure.
_starters: list[Callable[..., None]] = []


def starts_with(function: Callable[..., None]) -> None:
    """
    Have `function(cascade, action, measure, subject, by=, at=)` called, in the same transaction, for every action that
    `starts` a measure: what must not be lost begins together with the event.
    """
    _starters.append(function)


#: Who hears of every event, whatever the protocol sets going on it.
_hearers: list[Callable[..., None]] = []


def hear_events(function: Callable[..., None]) -> None:
    """Have `function(facility, event, subject, event_at=, by=, at=)` called, in the same transaction, for every event."""
    _hearers.append(function)


@transaction.atomic
def start(
    facility: Facility, *, event: str, source: str, subject: Subject, event_at: int, by: str, at: int, ref: str = ""
) -> list[Cascade]:
    """
    Start every cascade that the protocol in force sets going on an event about `subject`, of those that are for such
    people; one that runs already is left as it is. Called in the transaction in which the event became known, so that none is lost.
    """
    made = _started(facility, event=event, source=source, subject=subject, event_at=event_at, by=by, at=at, ref=ref)
    for function in _hearers:
        function(facility, event, subject, event_at=event_at, by=by, at=at)
    return made


def _started(
    facility: Facility, *, event: str, source: str, subject: Subject, event_at: int, by: str, at: int, ref: str
) -> list[Cascade]:
    try:
        resolved = in_force(facility, at).resolved
    except NoProtocol:
        return []
    asked = [
        m
        for m in resolved.everything
        if isinstance(m, Trigger) and m.active and m.event == event and names_population(m, subject)
    ]
    known = set(Cascade.objects.filter(facility=facility, source=source).values_list("measure", flat=True))
    made = [
        Cascade.objects.create(
            facility=facility, measure=m.id, protocol=resolved.digest, event=event, source=source, subject=subject.ref,
            event_at=event_at, learned_at=at,
        )
        for m in asked
        if m.id not in known
    ]  # fmt: skip
    if made:
        _record(made, "cascade_started", by=by, at=at, occurred_at=event_at, ref=ref)
        _set_going(resolved, made, subject, by=by, at=at)
    return made


def _set_going(resolved: Resolved, made: list[Cascade], subject: Subject, *, by: str, at: int) -> None:
    for cascade in made:
        trigger = resolved.any_measure(cascade.measure)
        assert isinstance(trigger, Trigger)
        for action in trigger.actions:
            measure = resolved.any_measure(action.starts) if action.starts else None
            for function in _starters if measure is not None and measure.active else ():
                function(cascade, action, measure, subject, by=by, at=at)


@transaction.atomic
def do(cascade: Cascade, action: str, *, done_at: int, by: str, at: int) -> Done:
    """
    Say that an action was done. Saying it again changes nothing; the last one ends the cascade.

    :raises Refusal: no_action, in_future, before_event, not_open (what it comes after is not done), ended.
    """
    cascade = Cascade.objects.select_for_update().select_related("facility__log").get(pk=cascade.pk)
    same = cascade.done.filter(action=action).first()
    if same is not None:
        return same
    _check_may_do(owing(cascade, at), action, done_at, at)
    made = Done.objects.create(cascade=cascade, action=action, done_at=done_at, recorded_at=at, by=by)
    if owing(cascade, at).is_done:
        cascade.ended_at, cascade.ended_by, cascade.reason = at, by, DONE
        cascade.save(update_fields=["ended_at", "ended_by", "reason"])
    _record([cascade], "cascade_action_done", by=by, at=at, occurred_at=done_at)
    return made


def _check_may_do(state: Owing, action: str, done_at: int, at: int) -> None:
    found = next((o for o in state.actions if o.action.id == action), None)
    if state.cascade.ended_at is not None:
        raise Refusal("ended", Text("已经结束", "this is over already"))
    if found is None:
        raise Refusal("no_action", Text(f"没有动作 {action}", f"there is no action {action}"))
    if done_at > at:
        raise Refusal("in_future", Text("时间还没到", "that moment is still to come"), done_at)
    if done_at < state.cascade.event_at:
        raise Refusal("before_event", Text("早于事件本身", "that is before the event"), state.cascade.event_at)
    if found.opens is None:
        before = next((o.action.title.text for o in state.actions if o.action.id == found.action.after), None)
        zh, en = (before.zh, before.en) if before else ("", "")
        raise Refusal("not_open", Text(f"先做：{zh}", f"first: {en}"))
    if done_at < found.opens:
        raise Refusal("not_open", Text("早于它的前一步", "that is before the step that comes first"), found.opens)


@transaction.atomic
def end(cascade: Cascade, *, reason: str, by: str, at: int) -> Cascade:
    """End a cascade with a reason; what was done stays. Ending it again changes nothing."""
    cascade = Cascade.objects.select_for_update().select_related("facility__log").get(pk=cascade.pk)
    if cascade.ended_at is None:
        cascade.ended_at, cascade.ended_by, cascade.reason = at, by, reason[:120]
        cascade.save(update_fields=["ended_at", "ended_by", "reason"])
        _record([cascade], "cascade_ended", by=by, at=at, occurred_at=at)
    return cascade


def _record(cascades: list[Cascade], kind: str, *, by: str, at: int, occurred_at: int, ref: str = "") -> None:
    versions = [Version("cascade", str(c.pk), c.record()) for c in cascades]
    journal.record(
        cascades[0].facility.log, kind, versions, by=by, at=at, occurred_at=occurred_at, subjects=[ref] if ref else [],
        protocol=cascades[0].protocol,
    )  # fmt: skip
