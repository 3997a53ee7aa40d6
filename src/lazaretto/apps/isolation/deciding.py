"""
Decisions on an episode: exposures and restarts by rule or by a named person, symptoms, criteria, reviews inside and from
outside, extensions, and the end. Nothing here can move the day on which the law sets somebody free.
"""

from django.db import transaction

from lazaretto.apps.isolation.courses import Course, course_of
from lazaretto.apps.isolation.models import Episode, Note, Placement
from lazaretto.apps.isolation.opening import check_open
from lazaretto.apps.isolation.placing import end_standing, to_be_disinfected
from lazaretto.apps.isolation.recording import lock, remember
from lazaretto.apps.registry.models import Place
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement
from lazaretto.protocol.clock import plus
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

OUTSIDE = ("continue", "cohort", "clear")
#: How an episode may end: criteria met; by decision of a named person; the law; elsewhere; not started; became a case.
OUTCOMES = ("criteria_met", "decision", "lawful_release", "transferred", "withdrawn", "case", "died")
_NO_REASON = Text("请写明原因", "say why")


def _note(
    episode: Episode, kind: str, *, occurred_at: int, by: str, at: int, stage: str = "", value: str = "", reason: str = "",
    ends_at: int | None = None, source: str = "",
) -> Note:  # fmt: skip
    return Note.objects.create(
        episode=episode, kind=kind, stage=stage, occurred_at=occurred_at, ends_at=ends_at, value=value[:80],
        reason=reason.strip()[:200], source=source[:80], by=by[:60], recorded_at=at,
    )  # fmt: skip


def _begin(episode: Episode, at: int) -> Course:
    lock(episode.facility)
    episode.refresh_from_db()
    check_open(episode)
    return course_of(episode, at)


def _said(
    episode: Episode,
    kind: str,
    items: list[Note | Episode | Placement],
    *,
    by: str,
    at: int,
    occurred_at: int | None = None,
) -> None:
    remember(episode.facility, kind, items, by=by, at=at, occurred_at=occurred_at, subjects=[episode.person.ref])


def starts_again(course: Course) -> bool:
    """Say whether the pathway has a rule by which a new exposure moves its clock."""
    pathway = course.pathway
    return bool(pathway.restart_on) or pathway.counts_from == "last_exposure" or pathway.exposure_clock is not None


@transaction.atomic
def expose(episode: Episode, *, exposed_at: int, source: str, by: str, at: int, reason: str = "") -> Note:
    """
    Note a new exposure: the clock starts again if the pathway says so. Without a `source` (a case, a breach, a cohort) it is
    a restart by a named person, who says why. :raises Refusal: in_future, no_reason, by_rule_only.
    """
    course = _begin(episode, at)
    if exposed_at > at:
        raise Refusal("in_future", Text("时间还没到", "that moment is still to come"))
    if not source and not reason.strip():
        raise Refusal("no_reason", _NO_REASON)
    if not starts_again(course):
        raise Refusal(
            "by_rule_only",
            Text(
                "这条路径没有重新起算的规则；如需延长，由具名人员说明理由",
                "this pathway has no rule to start again; a named person may extend it, with a reason",
            ),
        )
    made = _note(
        episode,
        "exposure" if source else "restarted",
        occurred_at=exposed_at,
        by=by,
        at=at,
        reason=reason,
        source=source,
    )
    _said(episode, "isolation_restarted", [made, *_replan(episode, at)], by=by, at=at, occurred_at=exposed_at)
    return made


@transaction.atomic
def extend(episode: Episode, *, until: int, reason: str, by: str, at: int) -> Note:
    """
    Extend the present stage until a moment, by a named person with a reason. Never past the stage's longest stay, nor past
    the day of its outside review before that was decided. The day of the law stands whatever is said here.

    :raises Refusal: no_reason, not_entered, no_longer, over_max, outside_first, lawful_release.
    """
    course = _begin(episode, at)
    if not reason.strip():
        raise Refusal("no_reason", _NO_REASON)
    if course.stage is None:
        raise Refusal("not_entered", Text("尚未进入任何阶段", "no stage has been entered"))
    now = course.may_end_at(leaving=False)
    if now is not None and until <= now:
        raise Refusal("no_longer", Text("不晚于现在的结束时间", "that is no later than the end as it is"), now)
    entered = course.entered[-1].at
    if course.stage.max is not None and until > (latest := plus(course.zone, entered, course.stage.max)):
        raise Refusal("over_max", Text("超过本阶段的最长期限", "that is past the longest stay of this stage"), latest)
    _check_outside(course, until, now or entered)
    if course.legal_at is not None and until > course.legal_at:
        raise Refusal(
            "lawful_release",
            Text("法定释放日不能推迟；之后移交社区", "the lawful day of release stands; what is left is handed over"),
            course.legal_at,
        )
    made = _note(episode, "extended", occurred_at=at, ends_at=until, by=by, at=at, reason=reason, stage=course.stage.id)
    _said(episode, "isolation_extended", [made, *_replan(episode, at)], by=by, at=at)
    return made


def _check_outside(course: Course, until: int, now: int) -> None:
    """Nobody extends a stay past its outside review before somebody from outside said that it goes on."""
    assert course.stage is not None
    entered, after = course.entered[-1].at, course.stage.outside_review
    due = None if after is None else plus(course.zone, entered, after)
    if due is None or not now < due < until:
        return
    if not any(n.kind == "outside" and n.value == "continue" and n.occurred_at >= entered for n in course.notes):
        raise Refusal(
            "outside_first",
            Text("先由机构以外的人员复核并决定继续", "somebody from outside decides to continue first"),
            due,
        )


def _replan(episode: Episode, at: int) -> list[Placement]:
    """Bring the planned end of the present room up to date with the clocks."""
    course = course_of(episode, at)
    room, end = course.room, course.may_end_at(leaving=False)
    if room is None or end is None:
        return []
    if course.legal_at is not None and course.legal_at > room.starts:
        end = min(end, course.legal_at)
    end = max(end, room.starts)
    if end == room.planned_end:
        return []
    room.planned_end = end
    room.save(update_fields=["planned_end"])
    return [room]


@transaction.atomic
def symptoms(episode: Episode, *, since: int, by: str, at: int, source: str = "") -> Note:
    """Stop the clock while somebody has symptoms and waits for a result. :raises Refusal: in_future, suspended."""
    course = _begin(episode, at)
    if since > at:
        raise Refusal("in_future", Text("时间还没到", "that moment is still to come"))
    if course.suspended is not None:
        raise Refusal("suspended", Text("已在等结果", "it stands still already"))
    made = _note(episode, "suspended", occurred_at=since, by=by, at=at, source=source)
    _said(episode, "isolation_suspended", [made, *_replan(episode, at)], by=by, at=at, occurred_at=since)
    return made


@transaction.atomic
def resume(episode: Episode, *, by: str, at: int, reason: str = "") -> Note:
    """Let the clock go on from where it was. :raises Refusal: not_suspended."""
    course = _begin(episode, at)
    note = course.suspended
    if note is None:
        raise Refusal("not_suspended", Text("没有中止", "it does not stand still"))
    note.ends_at, note.reason = max(at, note.occurred_at), reason.strip()[:200]
    note.save(update_fields=["ends_at", "reason"])
    _said(episode, "isolation_resumed", [note, *_replan(episode, at)], by=by, at=at)
    return note


@transaction.atomic
def confirm(episode: Episode, *, criterion: str, by: str, at: int) -> Note:
    """Confirm a criterion of leaving the present stage. :raises Refusal: no_criterion, not_entered."""
    course = _begin(episode, at)
    if course.stage is None:
        raise Refusal("not_entered", Text("尚未进入任何阶段", "no stage has been entered"))
    if criterion not in {item.id for item in course.stage.exit}:
        raise Refusal("no_criterion", Text(f"没有条件 {criterion}", f"there is no criterion {criterion}"))
    known = next(
        (n for n in course.notes if n.kind == "confirmed" and (n.stage, n.value) == (course.stage.id, criterion)), None
    )
    if known is not None:
        return known
    made = _note(episode, "confirmed", occurred_at=at, by=by, at=at, stage=course.stage.id, value=criterion)
    _said(episode, "isolation_criterion", [made], by=by, at=at)
    return made


@transaction.atomic
def review(episode: Episode, *, said: str, by: str, at: int) -> Note:
    """Enter a review of the stay by the house itself; `said` is why it goes on. :raises Refusal: no_reason, not_entered."""
    course = _begin(episode, at)
    if not said.strip():
        raise Refusal(
            "no_reason", Text("写明为什么继续；没有理由就解除", "say why it goes on; without a reason it ends")
        )
    if course.stage is None:
        raise Refusal("not_entered", Text("尚未进入任何阶段", "no stage has been entered"))
    made = _note(episode, "reviewed", occurred_at=at, by=by, at=at, stage=course.stage.id, reason=said)
    _said(episode, "isolation_reviewed", [made], by=by, at=at)
    return made


@transaction.atomic
def decide_outside(episode: Episode, *, value: str, reason: str, by: str, body: str, at: int) -> Note:
    """
    Enter the decision of somebody from outside the facility; `body` is the organisation in whose name. To continue needs
    clinical proof of infectiousness or exposure, which is the reason.

    :raises Refusal: unknown_value, no_reason, own_order, not_entered.
    """
    course = _begin(episode, at)
    if value not in OUTSIDE:
        raise Refusal("unknown_value", Text(f"没有 {value}", f"no {value}; {', '.join(OUTSIDE)}"))
    if not reason.strip():
        raise Refusal(
            "no_reason", Text("写明依据：传染性或接触的临床证据", "give the proof: infectiousness or exposure")
        )
    if by[:60] in (episode.ordered_by, episode.opened_by):
        raise Refusal("own_order", Text("下达决定的人不能作外部复核", "who ordered it does not review it from outside"))
    if course.stage is None:
        raise Refusal("not_entered", Text("尚未进入任何阶段", "no stage has been entered"))
    made = _note(
        episode,
        "outside",
        occurred_at=at,
        by=by,
        at=at,
        stage=course.stage.id,
        value=value,
        reason=reason,
        source=f"body:{body}",
    )
    _said(episode, "isolation_decided_outside", [made], by=by, at=at)
    return made


@transaction.atomic
def clear(episode: Episode, *, to: Place | None, by: str, at: int, override: str = "") -> Episode:
    """
    End an episode whose criteria are met, and move the person `to` his room. With `override`, a named person ends it
    before, with that reason; a decision from outside to clear needs no other.

    :raises Refusal: what is not met, no_place, wrong_place, and what the registry refuses.
    """
    course = _begin(episode, at)
    cleared_outside = any(n.kind == "outside" and n.value == "clear" for n in course.notes)
    refusal, extra = course.refusal(), []
    if refusal is not None and not cleared_outside:
        if not override.strip():
            raise refusal
        extra.append(_note(episode, "override", occurred_at=at, by=by, at=at, value=refusal.code, reason=override))
    outcome = "criteria_met" if refusal is None else "decision"
    return _close(course, outcome, to=to, by=by, at=at, remark=override, extra=extra)


@transaction.atomic
def withdraw(episode: Episode, *, reason: str, by: str, at: int) -> Episode:
    """Take back an episode that was never begun. :raises Refusal: no_reason, begun."""
    course = _begin(episode, at)
    if not reason.strip():
        raise Refusal("no_reason", _NO_REASON)
    if course.entered and not episode.earlier:
        raise Refusal("begun", Text("已经开始；请解除", "it has begun; end it instead"))
    return _close(course, "withdrawn", to=None, by=by, at=at, remark=reason)


@transaction.atomic
def became_case(episode: Episode, *, by: str, at: int, reason: str = "") -> Episode:
    """End a quarantine whose person turned out to be a case: his isolation is another episode."""
    course = _begin(episode, at)
    if episode.is_isolation:
        raise Refusal("is_isolation", Text("这是隔离治疗", "this is isolation already"))
    return _close(course, "case", to=None, by=by, at=at, remark=reason)


def finish(episode: Episode, outcome: str, *, by: str, at: int, remark: str = "") -> Episode:
    """End an episode because the person left the house (release, transfer, death); called with the movement."""
    return _close(_begin(episode, at), outcome, to=None, by=by, at=at, remark=remark)


def _close(
    course: Course,
    outcome: str,
    *,
    to: Place | None,
    by: str,
    at: int,
    remark: str = "",
    extra: list[Note] | None = None,
) -> Episode:
    episode, room = course.episode, course.room
    if room is not None and outcome in ("criteria_met", "decision"):
        stays = course.stage is not None and course.stage.placement in ("own_room", "ward")
        if to is None and not stays:
            raise Refusal("no_place", Text("写明回到哪个房间", "say to which room the person goes"))
        if to is not None and to.pk == room.place_id and not stays:
            raise Refusal("wrong_place", Text("隔离房间不是住处", "a room of isolation is no place to live"))
    changed: list[Note | Episode | Placement] = list(extra or [])
    for placement in course.placements:
        if placement.status in (Placement.OPEN, Placement.PLANNED):
            was_open = placement.status == Placement.OPEN
            placement.status, placement.ends = (
                (Placement.ENDED if was_open else Placement.CANCELLED),
                max(at, placement.starts),
            )
            placement.save(update_fields=["status", "ends"])
            changed.append(placement)
    if course.suspended is not None:
        note = course.suspended
        note.ends_at = max(at, note.occurred_at)
        note.save(update_fields=["ends_at"])
        changed.append(note)
    episode.ended_at, episode.ended_by, episode.outcome, episode.remark = at, by[:60], outcome, remark.strip()[:200]
    episode.save(update_fields=["ended_at", "ended_by", "outcome", "remark"])
    end_standing(episode, by=by, at=at)
    if to is not None and room is not None and to.pk != room.place_id:
        record_movement(Move(episode.person, "cell_move", at, to, reason=f"cleared {episode.number}"), by=by, at=at)
    if room is not None:
        to_be_disinfected(room.place, by=by, at=at)
    _said(episode, "isolation_ended", [episode, *changed], by=by, at=at)
    return episode
