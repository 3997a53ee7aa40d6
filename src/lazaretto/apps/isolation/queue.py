"""What waits for somebody: orders, rooms, hand-overs, reviews, decisions from outside, exits, notices, visits. Worst first."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple

from django.urls import reverse

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.clinic.medicines import gaps
from lazaretto.apps.clinic.models import Visit
from lazaretto.apps.clinic.queries import last_visits
from lazaretto.apps.isolation.board import without_room
from lazaretto.apps.isolation.care import ESCALATED_MS, OVERDUE_MS
from lazaretto.apps.isolation.courses import Course
from lazaretto.apps.isolation.models import Placement
from lazaretto.apps.isolation.placing import needs_signatures, signed_by_file
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.clock import instant, local_day, plus
from lazaretto.protocol.text import Text
from lazaretto.web.picture import Alert, Number

#: What an item is, the most urgent first.
KINDS = (
    "no_room", "silence", "medicine_gap", "lawful_release", "to_carry_out", "to_order", "visit_overdue", "medicine_late", "test_overdue", "past_criteria", "outside_review",
    "near_limit", "review", "to_tell", "to_sign", "next_stage", "test_due",
)  # fmt: skip
_SEVERE = frozenset({"no_room", "silence", "medicine_gap", "visit_overdue"})
_DAY = 86_400_000


class Item(NamedTuple):
    """Something that waits: of which kind, about whom, since or until when; `late` says that its time is over."""

    kind: str
    course: Course
    at: int
    late: bool

    @property
    def severe(self) -> bool:
        return self.kind in _SEVERE


def queue(known: Sequence[Course], at: int) -> list[Item]:
    """Return what waits at an instant for the open episodes, the most urgent first."""
    visits = last_visits((c.episode.person_id for c in known if c.room is not None), at)
    found = [item for course in known if course.episode.ended_at is None for item in _of(course, visits, at)]
    found += _medicines([c for c in known if c.episode.ended_at is None and c.room is not None], at)
    return sorted(found, key=lambda i: (KINDS.index(i.kind), not i.late, i.at, i.course.episode.pk))


def _medicines(inside: Sequence[Course], at: int) -> list[Item]:
    """Return whose regular medicine was not given: late by a dose, or missed by more."""
    if not inside:
        return []
    by_person = {c.episode.person_id: c for c in inside}
    since = {pk: c.entered[0].at for pk, c in by_person.items()}
    return [
        Item("medicine_gap" if gap.calls else "medicine_late", by_person[gap.person], gap.since, True)
        for gap in gaps(inside[0].episode.facility, since, at)
    ]


def _of(course: Course, visits: dict[int, Visit], at: int) -> list[Item]:
    found: list[Item] = []

    def add(kind: str, when: int, late: bool | None = None) -> None:
        found.append(Item(kind, course, when, when <= at if late is None else late))

    episode, room, plan = course.episode, course.room, course.planned
    tomorrow = instant(course.zone, local_day(course.zone, at) + timedelta(days=1), 0)
    if course.suspended is None and room is None and plan is None:
        add("no_room", episode.opened_at)
    if plan is not None and plan.starts < tomorrow:
        signed = (plan.sent_by or signed_by_file(course)) and plan.received_by
        add("to_sign" if needs_signatures(course, plan) and not signed else "to_carry_out", plan.starts)
    if not episode.ordered_by:
        add("to_order", episode.opened_at)
    if room is None:
        return found
    _add_reviews(course, at, tomorrow, add)
    if course.legal_at is not None and course.legal_at <= at + 3 * _DAY:
        add("lawful_release", course.legal_at)
    if course.met_at is not None:
        add("past_criteria", course.met_at)
    elif plan is None and course.next_stage is not None and course.refusal(leaving=False) is None:
        add("next_stage", course.may_end_at(leaving=False) or at)
    if episode.told_at is None:
        add("to_tell", room.starts + 3_600_000)
    seen = visits.get(episode.person_id)
    since = max(seen.seen_at, room.starts) if seen else room.starts
    if at - since > OVERDUE_MS:
        add("visit_overdue", since + (ESCALATED_MS if at - since > ESCALATED_MS else OVERDUE_MS), True)
    for test in course.tests():
        if not test.taken and test.at < tomorrow:
            missed = local_day(course.zone, test.at) < local_day(course.zone, at)
            add("test_overdue" if missed else "test_due", test.at, missed)
    return found


def _add_reviews(course: Course, at: int, tomorrow: int, add) -> None:  # type: ignore[no-untyped-def]
    stage = course.stage
    assert stage is not None
    if course.silence is not None:
        add("silence", at, True)
    for review in course.reviews(max(tomorrow, at + 2 * _DAY)):
        if review.outside and course.silence is None:
            add("outside_review", review.at)
        elif not review.outside and review.at < tomorrow:
            add("review", review.at)
    if stage.warn is not None and not any(r.outside for r in course.reviews(at + 2 * _DAY)):
        warned = plus(course.zone, course.entered[-1].at, stage.warn)
        decided = any(n.kind == "outside" and n.occurred_at >= course.entered[-1].at for n in course.notes)
        if warned <= at and not decided and course.silence is None:
            add("near_limit", warned, False)


def rooms_wanted(facility: Facility, at: int, may: Collection[str]) -> list[Number]:
    """Return for the operating picture how many have no room yet (`no_room`), in one query."""
    if Permission.ISOLATION_READ not in may:
        return []
    n = without_room(facility).count()
    return [Number("no_room", Text("等隔离房间", "Waiting for a room"), n, loud=True)]


def medicines_missed(facility: Facility, at: int, may: Collection[str]) -> list[Alert]:
    """Return for the operating picture in which rooms somebody misses his regular medicine: the room and no name."""
    if Permission.HEALTH_READ not in may:
        return []
    rows = Placement.objects.filter(episode__facility=facility, episode__ended_at=None)
    rows = rows.filter(status__in=(Placement.OPEN, Placement.ENDED), starts__lte=at).order_by("starts")
    since: dict[int, int] = {}
    room: dict[int, tuple[str, int]] = {}
    for person, starts, code, number, status in rows.values_list(
        "episode__person_id", "starts", "place__code", "episode__number", "status"
    ):
        since.setdefault(person, starts)
        if status == Placement.OPEN:
            room[person] = code, number
    said = Text("隔离中长期用药漏给超过一次", "Regular medicine missed more than once in isolation")
    return [
        Alert("alert", room[g.person][0], g.since, said, Text("医务人员今天给药", "A clinician gives it today"),
              reverse("isolation-episode", args=[facility.code, room[g.person][1]]))
        for g in gaps(facility, {p: s for p, s in since.items() if p in room}, at)
        if g.calls
    ]  # fmt: skip
