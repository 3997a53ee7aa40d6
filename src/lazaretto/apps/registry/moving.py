"""
Movements of people: each act goes into the register and makes presence true, in one transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry.hearing import tell_movements
from lazaretto.apps.registry.models import Facility, Movement, Person, Presence
from lazaretto.apps.registry.movements import AWAY_EXITS, KINDS, WHEREABOUTS, Move, Whereabouts, possible
from lazaretto.apps.registry.rooms import Rooms
from lazaretto.apps.registry.versions import version
from lazaretto.protocol.clock import local
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: How far ahead of our clock a movement may claim to have happened: two clocks, not two days.
AHEAD_MS = 120_000
_BATCH = 400


@dataclass(slots=True)
class Course:
    """Where a person is and since when: `open` is the presence that has not ended, `last` the one that began last."""

    open: Presence | None = None
    last: Presence | None = None
    latest: Movement | None = None

    @property
    def whereabouts(self) -> Whereabouts:
        if self.open is not None:
            return "inside"
        if self.latest is not None and (self.last is None or self.latest.occurred_at >= (self.last.ends or 0)):
            return KINDS[self.latest.kind].after
        return "away" if self.last is not None and self.last.exit in AWAY_EXITS else "gone"

    @property
    def changed_at(self) -> int | None:
        """The last moment at which anything about it changed; nothing may be entered before it."""
        moments = [self.latest.occurred_at] if self.latest else []
        if self.last is not None and self.last.starts is not None:
            moments.append(self.last.ends if self.last.ends is not None else self.last.starts)
        return max(moments, default=None)


def courses(people: Iterable[Person]) -> dict[int, Course]:
    """Return where people are, by the id of the person, in two queries for every few hundred of them."""
    found = {person.pk: Course() for person in people}
    ids = list(found)
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        for stay in Presence.objects.filter(person__in=part, layer="record").order_by("starts").select_related("place"):
            course = found[stay.person_id]
            course.last = stay
            course.open = stay if stay.ends is None else None
        moves = Movement.objects.filter(person__in=part, voided_at=None).order_by("occurred_at", "number")
        for movement in moves.select_related("opened", "closed", "place"):
            found[movement.person_id].latest = movement
    return found


def check_may_move(course: Course, move: Move, *, at: int) -> None:
    """:raises Refusal: merged, unknown_kind, in_future, out_of_order, not_possible, no_place, same_place, other_facility."""
    kind = KINDS.get(move.kind)
    if move.person.merged_into_id is not None:
        raise Refusal(
            "merged", Text(f"{move.person.code} 已并入另一份档案", f"{move.person.code} was merged into another file")
        )
    if kind is None:
        known = ", ".join(KINDS)
        raise Refusal(
            "unknown_kind", Text(f"没有变动类型 {move.kind}，有 {known}", f"no movement {move.kind}; {known}")
        )
    if move.occurred_at > at + AHEAD_MS:
        raise Refusal("in_future", Text("时间还没到", "that moment is still to come"), move.occurred_at)
    _check_order(course, move)
    if course.whereabouts not in kind.before:
        word, listed = WHEREABOUTS[course.whereabouts], possible(course.whereabouts)
        zh, en = "、".join(k.title.zh for k in listed), ", ".join(k.title.en for k in listed)
        raise Refusal(
            "not_possible",
            Text(
                f"{move.person.code} 现在{word.zh}，不能登记{kind.title.zh}；可登记：{zh}",
                f"{move.person.code} is {word.en}: no {kind.title.en}; possible: {en}",
            ),
        )
    if kind.needs_place and move.place is None:
        raise Refusal("no_place", Text("写明到哪个场所", "say to which place"))
    if move.place is not None and move.place.facility_id != move.person.facility_id:
        raise Refusal("other_facility", Text("场所属于另一机构", "the place is in another facility"))
    if kind.id == "cell_move" and course.open is not None and course.open.place_id == move.place.pk:  # type: ignore[union-attr]
        raise Refusal("same_place", Text("已经在那里", "is there already"))


def _check_order(course: Course, move: Move) -> None:
    last = course.changed_at
    if last is None or move.occurred_at > last:
        return
    if move.occurred_at == last and course.open is None:
        return  # back, or away again, at the very moment at which the stay before ended
    zone = move.person.facility.zone
    said = local(zone, last).strftime("%Y-%m-%d %H:%M:%S")
    raise Refusal(
        "out_of_order",
        Text(
            f"{move.person.code} 在 {said} 已有变动；要补登更早的，先从最后一笔起作废",
            f"{move.person.code} has a change at {said}; to enter an earlier one, make void from the last one back",
        ),
        last + 1,
    )


@transaction.atomic
def record_movement(move: Move, *, by: str, at: int) -> Movement:
    """Enter one movement. :raises Refusal: see `check_may_move`."""
    return record_movements(move.person.facility, [move], by=by, at=at)[0]


@transaction.atomic
def record_movements(facility: Facility, moves: Sequence[Move], *, by: str, at: int) -> list[Movement]:
    """
    Enter movements in the order given, all or none, as one entry in the journal.

    :raises Refusal: see `check_may_move` and `Rooms.check`.
    """
    Log.objects.select_for_update().get(pk=facility.log_id)
    known = courses(move.person for move in moves)
    rooms = Rooms(facility, moves)
    number = Movement.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0
    made: list[Movement] = []
    stays: dict[int, Presence] = {}
    for move in moves:
        course = known[move.person.pk]
        check_may_move(course, move, at=at)
        rooms.check(move)
        rooms.carry_out(move)
        number += 1
        movement = Movement(
            facility=facility, person=move.person, number=number, kind=move.kind, occurred_at=move.occurred_at,
            recorded_at=at, by=by, place=move.place, counterpart=move.counterpart[:120], reason=move.reason[:200],
            back_by=move.back_by,
        )  # fmt: skip
        for stay in _carry_out(course, movement):
            stays[id(stay)] = stay
        made.append(movement)
    _write(made, list(stays.values()))
    versions = [version("movement", m) for m in made] + [version("presence", s) for s in stays.values()]
    refs = sorted({m.person.ref for m in made})
    journal.record(
        facility.log, "movements_recorded", versions, by=by, at=at, occurred_at=max(m.occurred_at for m in made),
        subjects=refs if len(refs) <= 50 else (),
    )  # fmt: skip
    tell_movements(facility, made, by=by, at=at)
    return made


def refusals(facility: Facility, moves: Sequence[Move], *, at: int) -> dict[int, Refusal]:
    """Return what `record_movements` would refuse, by the id of the person; nothing is written."""
    known, rooms = courses(move.person for move in moves), Rooms(facility, moves)
    found: dict[int, Refusal] = {}
    for move in moves:
        course = known[move.person.pk]
        try:
            check_may_move(course, move, at=at)
            rooms.check(move)
        except Refusal as refusal:
            found[move.person.pk] = refusal
            continue
        rooms.carry_out(move)
        _carry_out(
            course,
            Movement(
                facility=facility, person=move.person, kind=move.kind, occurred_at=move.occurred_at, place=move.place
            ),
        )
    return found


@transaction.atomic
def enter_only(move: Move, *, by: str, at: int) -> Movement | None:
    """
    Enter a movement that presence already shows (both came from elsewhere), and change no presence; None if presence
    does not show it.
    """
    kind = KINDS[move.kind]
    stays = Presence.objects.filter(person=move.person, layer="record").select_related("place")
    opened = stays.filter(starts=move.occurred_at, place=move.place).first() if kind.after == "inside" else None
    closed = stays.filter(ends=move.occurred_at).first() if "inside" in kind.before else None
    if (kind.after == "inside" and opened is None) or (kind.before == ("inside",) and closed is None):
        return None
    if opened is None and closed is None:
        return None
    facility = move.person.facility
    number = (Movement.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0) + 1
    made = Movement.objects.create(
        facility=facility, person=move.person, number=number, kind=move.kind, occurred_at=move.occurred_at,
        recorded_at=at, by=by, place=move.place, counterpart=move.counterpart[:120], reason=move.reason[:200],
        back_by=move.back_by, opened=opened, closed=closed,
    )  # fmt: skip
    journal.record(
        facility.log, "movements_recorded", [version("movement", made)], by=by, at=at, occurred_at=move.occurred_at,
        subjects=[move.person.ref],
    )  # fmt: skip
    return made


def _carry_out(course: Course, movement: Movement) -> list[Presence]:
    """Change the course as the movement says; return the presences that it touched."""
    kind = KINDS[movement.kind]
    touched = []
    if course.open is not None:
        course.open.ends, course.open.exit = movement.occurred_at, kind.exit
        movement.closed = course.open
        touched.append(course.open)
        course.open = None
    if kind.after == "inside":
        assert movement.place is not None
        course.open = course.last = movement.opened = Presence(
            facility=movement.facility, person=movement.person, place=movement.place, starts=movement.occurred_at,
            source="movement", entry=kind.entry,
        )  # fmt: skip
        touched.append(course.open)
    course.latest = movement
    return touched


def _write(made: list[Movement], stays: list[Presence]) -> None:
    """Close presences first, then open the new ones, then the movements that point at them."""
    before = [s for s in stays if s.pk is not None]
    Presence.objects.bulk_update(before, ["ends", "exit"], batch_size=200)
    Presence.objects.bulk_create([s for s in stays if s.pk is None], batch_size=200)
    for movement in made:
        movement.closed, movement.opened = movement.closed, movement.opened  # they have their rows by now
    Movement.objects.bulk_create(made, batch_size=200)


@transaction.atomic
def void_movement(movement: Movement, *, reason: str, by: str, at: int) -> Movement:
    """
    Say that a movement did not happen, with the reason: presence is again what it was before it.

    :raises Refusal: no_reason, already_void, not_last (only the person's last movement can be made void).
    """
    Log.objects.select_for_update().get(pk=movement.facility.log_id)
    movement = Movement.objects.select_related("person", "facility", "place", "opened__place", "closed__place").get(
        pk=movement.pk
    )
    _check_may_void(movement, reason)
    versions: list[Version] = []
    opened, closed = movement.opened, movement.closed
    movement.opened = movement.closed = None
    movement.voided_at, movement.voided_by, movement.void_reason = at, by, reason.strip()[:200]
    movement.save(update_fields=["opened", "closed", "voided_at", "voided_by", "void_reason"])
    if opened is not None:
        key = version("presence", opened).key
        opened.delete()
        versions.append(Version("presence", key, {"removed": True, "movement": movement.number}))
    if closed is not None:
        closed.ends, closed.exit = None, ""
        closed.save(update_fields=["ends", "exit"])
        versions.append(version("presence", closed))
    journal.record(
        movement.facility.log, "movement_voided", [version("movement", movement), *versions], by=by, at=at,
        occurred_at=movement.occurred_at, subjects=[movement.person.ref],
    )  # fmt: skip
    return movement


def _check_may_void(movement: Movement, reason: str) -> None:
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明作废的理由", "say why it is void"))
    if movement.voided_at is not None:
        raise Refusal("already_void", Text("这一笔已作废", "it is void already"))
    course = courses([movement.person])[movement.person_id]
    last = course.latest
    own = {movement.opened_id, movement.closed_id}
    later = course.last is not None and course.last.pk not in own and (course.last.starts or 0) >= movement.occurred_at
    if last is None or last.pk != movement.pk or later:
        number = last.number if last else "—"
        raise Refusal(
            "not_last",
            Text(f"先作废后来的第 {number} 笔", f"make the later one, number {number}, void first"),
        )
