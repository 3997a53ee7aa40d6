"""
Placements: planned in a room, signed where a stage is handed over, carried out. What is carried out writes the presence and
the standing in the registry, and says in the event's cascade that the person is isolated: first isolate, then treat.
"""

from django.db import transaction
from django.db.models import Q

from lazaretto.apps.isolation.courses import Course, course_of, pathways
from lazaretto.apps.isolation.models import Episode, Note, Placement
from lazaretto.apps.isolation.opening import check_open
from lazaretto.apps.isolation.recording import lock, remember
from lazaretto.apps.isolation.rooms import OWN, Request, Room, Rooms, others_inside, types_in
from lazaretto.apps.laboratory import actions as laboratory
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.registry.models import Facility, Place, Presence, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement
from lazaretto.apps.work import actions as work
from lazaretto.apps.work.models import Cascade
from lazaretto.apps.work.queries import owing
from lazaretto.protocol import pathway as rules
from lazaretto.protocol.clock import FOREVER
from lazaretto.protocol.pathway import Stage, persons_in, type_of
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text


def rooms_of(facility: Facility, at: int, *, since: int | None = None, until: int | None = None) -> Rooms:
    """Return the rooms of a facility with the stays that touch a span (by default everything from now on)."""
    known = {p.id: p for p in pathways(facility, at)}
    return Rooms(
        facility, types_in(known.values()), at=at, since=at - 7 * 86_400_000 if since is None else since,
        until=FOREVER if until is None else until, pathways=known,
    )  # fmt: skip


def request(course: Course, stage: Stage, starts: int, end: int | None, placement: int = 0) -> Request:
    """Return what a stage of an episode asks of a room."""
    episode = course.episode
    return Request(
        placement, episode.person_id, episode.purpose, type_of(course.pathway, stage), persons_in(stage), starts,
        FOREVER if end is None else end, episode.cohort_id, episode.person.sex, stage.placement in OWN,
    )  # fmt: skip


def end_of(course: Course, stage: Stage, starts: int) -> int | None:
    """Return until when a stage entered at `starts` lasts by its own clock, never beyond the lawful release."""
    if course.stage is stage:
        end = course.may_end_at(leaving=False)
    else:
        first = not course.entered
        rest = course.pathway.model_copy(
            update={"stages": [stage], "counts_from": course.pathway.counts_from if first else "entry"}
        )
        found = rules.plan(rest, course.start_if_begun(starts) if first else starts, course.zone)
        end = found[0].end if found else None
    if end is not None:
        end = max(end, starts + 3_600_000)
    if course.legal_at is not None and course.legal_at > starts:
        end = course.legal_at if end is None else min(end, course.legal_at)
    return end


def wanted_stage(course: Course) -> Stage | None:
    """Return the stage that the next placement would be for: the next one if the present is over, else the present."""
    if not course.entered:
        return course.pathway.stages[0]
    if course.next_stage is not None and course.refusal(leaving=False) is None:
        return course.next_stage
    return course.stage


@transaction.atomic
def plan_placement(
    episode: Episode, *, place: Place, starts: int, stage: str = "", reason: str = "", by: str, at: int,
    instead: Placement | None = None,
) -> Placement:  # fmt: skip
    """
    Plan that somebody comes into a room. A plan before it is replaced; one that was carried out is not.

    :raises Refusal: over, no_stage, and what `Rooms.refusal` says; needs_company; in_past.
    """
    lock(episode.facility)
    episode.refresh_from_db()
    check_open(episode)
    course = course_of(episode, at)
    wanted = course.pathway.stage(stage) if stage else wanted_stage(course)
    if wanted is None:
        raise Refusal("no_stage", Text("没有这个阶段", "there is no such stage"))
    if starts < at - 86_400_000:
        raise Refusal("in_past", Text("时间已过", "that moment is over"))
    before = [p for p in course.placements if p.status == Placement.PLANNED]
    end = end_of(course, wanted, starts)
    check_room(course, wanted, place, starts, end, at=at, besides=[p.pk for p in before], reason=reason)
    for old in before:
        old.status, old.ends = Placement.CANCELLED, max(old.starts, at)
        old.save(update_fields=["status", "ends"])
    made = Placement.objects.create(
        episode=episode, place=place, stage=wanted.id, starts=starts, planned_end=end, reason=reason.strip()[:200],
        by=by[:60], decided_at=at,
    )  # fmt: skip
    remember(episode.facility, "placement_planned", [*before, made], by=by, at=at, occurred_at=starts,
             subjects=[episode.person.ref])  # fmt: skip
    return made


def check_room(
    course: Course, stage: Stage, place: Place, starts: int, end: int | None, *, at: int, besides: list[int],
    reason: str = "",
) -> Room:  # fmt: skip
    """:raises Refusal: no_room, needs_company, and what `Rooms.refusal` says."""
    book = rooms_of(course.episode.facility, at)
    room = book.rooms.get(place.pk)
    if room is None:
        raise Refusal("no_room", Text(f"{place.code} 不是房间", f"{place.code} is no room"))
    for stays in book.rooms.values():
        stays.stays[:] = [s for s in stays.stays if s.placement not in besides]
    found = book.refusal(room, request(course, stage, starts, end))
    if found is not None:
        raise found
    if stage.placement == "single_room" and not reason.strip() and is_vulnerable(course.episode, starts):
        raise Refusal(
            "needs_company",
            Text(
                "重点人员不单独隔离：写明每日陪伴安排",
                "somebody vulnerable is not put alone: write down the daily plan of company",
            ),
        )
    return room


def is_vulnerable(episode: Episode, at: int) -> bool:
    rows = Standing.objects.filter(person=episode.person_id, key="vulnerable")
    return rows.filter(Q(starts=None) | Q(starts__lte=at)).filter(Q(ends=None) | Q(ends__gt=at)).exists()


@transaction.atomic
def cancel(placement: Placement, *, reason: str, by: str, at: int) -> Placement:
    """Take a plan back with a reason. :raises Refusal: no_reason, carried_out."""
    lock(placement.episode.facility)
    placement.refresh_from_db()
    if placement.status != Placement.PLANNED:
        raise Refusal("carried_out", Text("已经执行，不能撤销", "it was carried out; it cannot be taken back"))
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明原因", "say why"))
    placement.status, placement.reason, placement.ends = (
        Placement.CANCELLED,
        reason.strip()[:200],
        max(placement.starts, at),
    )
    placement.save(update_fields=["status", "reason", "ends"])
    remember(placement.episode.facility, "placement_cancelled", [placement], by=by, at=at,
             subjects=[placement.episode.person.ref])  # fmt: skip
    return placement


@transaction.atomic
def sign(placement: Placement, *, side: str, by: str, at: int) -> Placement:
    """
    Sign a hand-over as the one who sends or the one who receives. :raises Refusal: same_person, no_side, carried_out.
    """
    lock(placement.episode.facility)
    placement.refresh_from_db()
    if placement.status != Placement.PLANNED:
        raise Refusal("carried_out", Text("这次安排已不能签收", "this placement can no longer be signed"))
    if side not in ("sent", "received"):
        raise Refusal("no_side", Text("写明是移交还是接收", "say whether you send or receive"))
    other = placement.received_by if side == "sent" else placement.sent_by
    if other == by[:60]:
        raise Refusal("same_person", Text("移交和接收须由两人签", "two different people sign: one sends, one receives"))
    setattr(placement, f"{side}_by", by[:60])
    setattr(placement, f"{side}_at", at)
    placement.save(update_fields=[f"{side}_by", f"{side}_at"])
    remember(placement.episode.facility, "placement_signed", [placement], by=by, at=at,
             subjects=[placement.episode.person.ref])  # fmt: skip
    return placement


def needs_signatures(course: Course, placement: Placement) -> bool:
    """Say whether a placement begins a stage that follows one which is handed over."""
    stage = course.stage
    return stage is not None and stage.handover and placement.stage != stage.id


def signed_by_file(course: Course) -> bool:
    """Say whether the sender signed by a transfer between facilities: its file came signed, and nothing was entered here yet."""
    return course.episode.source.startswith("transfer:") and len(course.entered) == len(course.episode.earlier)


@transaction.atomic
def carry_out(placement: Placement, *, by: str, at: int) -> Placement:
    """
    Say that the person is in the room now: the move, the presence and the standing are written.

    :raises Refusal: not_planned, not_signed, not_ordered (quarantine needs its order first; isolation of a fever does not
        wait for it), others_inside, what keeps the person in the stage before, and what registry or room refuse.
    """
    episode = placement.episode
    lock(episode.facility)
    placement.refresh_from_db()
    episode.refresh_from_db()
    check_open(episode)
    if placement.status != Placement.PLANNED:
        raise Refusal("not_planned", Text("没有这项计划", "this is no plan any more"))
    course = course_of(episode, at)
    stage = course.pathway.stage(placement.stage)
    assert stage is not None
    if not episode.is_isolation and not episode.ordered_by:
        raise Refusal("not_ordered", Text("先由医务人员下达观察决定", "a clinician orders the quarantine first"))
    _check_stage(course, placement, at)
    end = end_of(course, stage, at)
    room = check_room(
        course, stage, placement.place, at, end, at=at, besides=[placement.pk], reason=placement.reason or "-"
    )
    if stage.placement == "single_room" and others_inside(room, episode.person_id, at):
        raise Refusal(
            "others_inside", Text(f"{placement.place.code} 里还有别人", f"others are still in {placement.place.code}")
        )
    previous = course.room
    placement.status, placement.starts, placement.planned_end = Placement.OPEN, at, end
    changed: list[Placement | Note | Episode] = [placement]
    if previous is not None:
        previous.status, previous.ends = Placement.ENDED, max(at, previous.starts)
        previous.save(update_fields=["status", "ends"])
        changed.append(previous)
    placement.save(update_fields=["status", "starts", "planned_end"])
    changed += _leave_quarantine(episode, by=by, at=at)
    _move(placement, by=by, at=at)
    for old in (p for p in changed if isinstance(p, Placement) and p is not placement):
        to_be_disinfected(old.place, by=by, at=at)
    if previous is None or previous.stage != placement.stage:
        registry.set_standing(
            subject=episode.person, key=episode.standing, value=stage.id, starts=at, source="isolation", by=by, at=at
        )
        _order_tests(course_of(episode, at), by=by, at=at)
    remember(episode.facility, "placement_carried_out", changed, by=by, at=at, subjects=[episode.person.ref])
    say_isolated(episode, by=by, at=at)
    return placement


def _check_stage(course: Course, placement: Placement, at: int) -> None:
    if course.stage is None or placement.stage != course.stage.id:
        rules.check_may_enter(course.pathway, placement.stage, course.way, at=at, zone=course.zone)
        extended = course.extended_to
        if course.entered and extended is not None and at < extended:
            raise Refusal("extended", Text("已延长", "it was extended"), extended)
    sent = bool(placement.sent_by) or signed_by_file(course)
    if needs_signatures(course, placement) and not (sent and placement.received_by):
        raise Refusal(
            "not_signed",
            Text("移交方和接收方都签字后才能转段", "both the sender and the receiver sign before the stage begins"),
        )


def _leave_quarantine(episode: Episode, *, by: str, at: int) -> list[Placement | Note | Episode]:
    """Somebody who falls ill in quarantine leaves it: its clock stands still until he is known to be no case."""
    if not episode.is_isolation:
        return []
    changed: list[Placement | Note | Episode] = []
    others = Episode.objects.filter(person=episode.person_id, ended_at=None).exclude(pk=episode.pk)
    for other in others:
        for room in other.placements.filter(status__in=[Placement.OPEN, Placement.PLANNED]).select_related(
            "place", "episode"
        ):
            was_open = room.status == Placement.OPEN
            room.status, room.ends = (Placement.ENDED if was_open else Placement.CANCELLED), max(at, room.starts)
            room.save(update_fields=["status", "ends"])
            changed.append(room)
        end_standing(other, by=by, at=at)
        if not other.notes.filter(kind="suspended", ends_at=None).exists():
            changed.append(
                Note.objects.create(
                    episode=other, kind="suspended", occurred_at=at, by=by[:60], recorded_at=at, source=f"episode:{episode.number}"
                )
            )  # fmt: skip
    return changed


def end_standing(episode: Episode, *, by: str, at: int) -> None:
    rows = Standing.objects.filter(person=episode.person_id, key=episode.standing, source="isolation", ends=None)
    for row in rows.select_related("facility__log", "person"):
        if row.start_ms < at:
            registry.end_standing(standing=row, ends=at, by=by, at=at)


def _move(placement: Placement, *, by: str, at: int) -> None:
    """Write the move into the register, unless the person is there already."""
    person = placement.episode.person
    here = Presence.objects.filter(person=person, layer="record", ends=None).first()
    if here is None:
        raise Refusal(
            "not_inside",
            Text(
                f"{person.code} 不在所内；先登记收押或返回",
                f"{person.code} is not inside; record the admission or return first",
            ),
        )
    if here.place_id != placement.place_id:
        record_movement(
            Move(person, "cell_move", at, placement.place, reason=f"placement {placement.pk}"), by=by, at=at
        )


def to_be_disinfected(place: Place, *, by: str, at: int) -> None:
    """Close a room after its last occupant left, until somebody says that it was disinfected."""
    if Presence.objects.filter(place=place, layer="record", ends=None).exists():
        return
    held = Standing.objects.filter(place=place, key="service", ends=None).order_by("starts").last()
    if held is not None and (held.value != "in" or held.start_ms >= at):
        return
    registry.set_standing(subject=place, key="service", value="cleaning", starts=at, source="isolation", by=by, at=at)


def disinfected(place: Place, *, by: str, at: int) -> Standing:
    """Say that a room was disinfected and takes the next person. :raises Refusal: not_waiting."""
    held = Standing.objects.filter(place=place, key="service", value="cleaning", ends=None).first()
    if held is None:
        raise Refusal("not_waiting", Text(f"{place.code} 没有待消毒", f"{place.code} does not wait for disinfection"))
    return registry.set_standing(
        subject=place, key="service", value="in", starts=max(at, held.start_ms + 1), source="isolation", by=by, at=at
    )


def _order_tests(course: Course, *, by: str, at: int) -> None:
    """Order what the stage asks for on its days."""
    wanted = [laboratory.Wanted(t.panel, t.test, t.at) for t in course.tests() if not t.taken]
    if wanted:
        stage = course.entered[-1].stage
        laboratory.order(
            person=course.episode.person,
            wanted=wanted,
            by=by,
            at=at,
            source=f"episode:{course.episode.number}:{stage}"[:80],
        )


def say_isolated(episode: Episode, *, by: str, at: int) -> None:
    """Say in the cascade that started an episode that the action which asks for it is done: what waits for it may begin."""
    for cascade in Cascade.objects.filter(facility=episode.facility_id, source=episode.source, ended_at=None):
        for action in owing(cascade, at).actions:
            if action.action.starts == episode.measure and action.state in ("open", "overdue"):
                work.do(cascade, action.action.id, done_at=at, by=by, at=at)
