"""Arrival batches over HTTP: who is in them, who starts again from when and why; opening, joining, closing, a case, the end."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Router, Schema

from lazaretto.apps.accounts.access import asker, clock_now
from lazaretto.apps.accounts.actions.looks import record_reads
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.isolation import cohorts
from lazaretto.apps.isolation.api import ERRORS, _moment, _refused, _text
from lazaretto.apps.isolation.cohorts import Member
from lazaretto.apps.isolation.models import Cohort
from lazaretto.apps.registry.ledger import people_called
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.queries import open_facility
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.refusal import Refusal

router = Router()
_P = Permission


class AgainOut(Schema):
    """That a clock started again: from when, and for what (`episode:3`, or a named person's reason)."""

    at: str
    source: str
    reason: str = ""


class MemberOut(Schema):
    """One of a batch with where he stands."""

    episode: int
    person: str
    stage: str | None
    room: str | None
    may_end_at: str | None
    expected_end: str | None
    outcome: str
    again: list[AgainOut]


class CohortOut(Schema):
    """A batch; `members` is there where one batch is asked for."""

    id: int
    code: str
    measure: str
    opened_at: str
    closed_at: str | None
    ended_at: str | None
    restarted_at: str | None
    restarts: int
    members: list[MemberOut] = []


class CohortIn(Schema):
    """A batch to be opened."""

    code: str
    measure: str


class JoinIn(Schema):
    """People who come into a batch: the ground, and when they were last exposed where the clock counts from it."""

    people: list[str]
    ground: str
    exposed_at: str = ""


class CaseIn(Schema):
    """The episode of the member who is a case."""

    episode: int


def _open(request: HttpRequest, code: str, permission: Permission) -> tuple[Facility, frozenset[Permission], int, str]:
    now, user = clock_now(), asker(request)
    facility, may = open_facility(user, code, [permission], now)
    return facility, frozenset(may), now, user.ref


def _cohort(facility: Facility, pk: int) -> Cohort:
    found = cohorts.cohort_of(facility, pk)
    if found is None:
        raise NothingThere
    return found


def _out(cohort: Cohort, members: list[Member] | None = None, *, health: bool = False) -> dict[str, Any]:
    out = {
        "id": cohort.pk, "code": cohort.code, "measure": cohort.measure, "opened_at": utc_text(cohort.opened_at),
        "closed_at": _text(cohort.closed_at), "ended_at": _text(cohort.ended_at),
        "restarted_at": _text(cohort.restarted_at), "restarts": cohort.restarts,
    }  # fmt: skip
    return out if members is None else out | {"members": [_member(m, health) for m in members]}


def _member(member: Member, health: bool) -> dict[str, Any]:
    course = member.course
    return {
        "episode": course.episode.number, "person": course.episode.person.code,
        "stage": course.stage.id if course.stage else None, "room": course.room.place.code if course.room else None,
        "may_end_at": _text(course.may_end_at()), "expected_end": _text(course.expected_end),
        "outcome": course.episode.outcome if health or course.episode.outcome != "case" else "ended",
        "again": [
            {"at": utc_text(a.at), "source": a.source if health else "", "reason": a.reason if health else ""}
            for a in member.again
        ],
    }  # fmt: skip


@router.get("/facilities/{code}/cohorts", response={200: list[CohortOut], **ERRORS}, url_name="cohorts")
def get_cohorts(request: HttpRequest, code: str, state: str = "", measure: str = "") -> JsonResponse:
    """Return the batches, the newest first; `state` is open, closed, restarted or ended."""
    facility, _, _, _ = _open(request, code, _P.ISOLATION_READ)
    rows = cohorts.cohorts_of(facility, state=state, measure=measure)[:500]
    return JsonResponse([_out(c) for c in rows], safe=False)


@router.get("/facilities/{code}/cohorts/{number}", response={200: CohortOut, **ERRORS}, url_name="cohort")
def get_cohort(request: HttpRequest, code: str, number: int) -> JsonResponse:
    """Return a batch with its members. The look is kept."""
    facility, may, now, ref = _open(request, code, _P.ISOLATION_READ)
    cohort = _cohort(facility, number)
    found = cohorts.members(cohort, now)
    refs = [m.course.episode.person.ref for m in found]
    record_reads(log=facility.log, subjects=refs, fields=["quarantine"], where="api", by=ref, at=now)
    return JsonResponse(_out(cohort, found, health=_P.HEALTH_READ in may))


@router.post("/facilities/{code}/cohorts", response={200: CohortOut, **ERRORS}, url_name="cohort-open")
def post_cohort(request: HttpRequest, code: str, body: CohortIn) -> JsonResponse:
    """Open a batch of a quarantine in force."""
    facility, _, now, ref = _open(request, code, _P.ISOLATION_ORDER)
    return _answer(
        lambda: cohorts.open_cohort(facility, code=body.code, measure=body.measure[:64], by=ref, at=now), _out
    )


@router.post("/facilities/{code}/cohorts/{number}/join", response={200: CohortOut, **ERRORS}, url_name="cohort-join")
def post_join(request: HttpRequest, code: str, number: int, body: JoinIn) -> JsonResponse:
    """Order the quarantine of people as members, all or none."""
    facility, may, now, ref = _open(request, code, _P.ISOLATION_ORDER)
    cohort, wanted = _cohort(facility, number), list(dict.fromkeys(body.people))[:500]
    found = people_called(facility, wanted)
    if len(found) != len(wanted):
        raise NothingThere
    exposed = (_moment(facility, body.exposed_at),) if body.exposed_at else ()
    return _answer(
        lambda: cohorts.join(cohort, found, ground=body.ground, exposures=exposed, by=ref, at=now),
        lambda _: _out(cohort, cohorts.members(cohort, now), health=_P.HEALTH_READ in may),
    )


@router.post("/facilities/{code}/cohorts/{number}/close", response={200: CohortOut, **ERRORS}, url_name="cohort-close")
def post_close(request: HttpRequest, code: str, number: int) -> JsonResponse:
    """Let nobody join any more."""
    facility, _, now, ref = _open(request, code, _P.ISOLATION_ORDER)
    cohort = _cohort(facility, number)
    return _answer(lambda: cohorts.close(cohort, by=ref, at=now), _out)


@router.post("/facilities/{code}/cohorts/{number}/case", response={200: CohortOut, **ERRORS}, url_name="cohort-case")
def post_case(request: HttpRequest, code: str, number: int, body: CaseIn) -> JsonResponse:
    """Say that a member is a case: his quarantine ends, and the others start again."""
    facility, may, now, ref = _open(request, code, _P.ISOLATION_ORDER)
    cohort = _cohort(facility, number)
    episode = cohort.episodes.select_related("facility__log", "person", "cohort").filter(number=body.episode).first()
    if episode is None:
        raise NothingThere
    return _answer(
        lambda: cohorts.turned_positive(episode, by=ref, at=now),
        lambda _: _out(_cohort(facility, number), cohorts.members(cohort, now), health=_P.HEALTH_READ in may),
    )


@router.post("/facilities/{code}/cohorts/{number}/end", response={200: CohortOut, **ERRORS}, url_name="cohort-end")
def post_end(request: HttpRequest, code: str, number: int) -> JsonResponse:
    """End a batch of which nobody is left."""
    facility, _, now, ref = _open(request, code, _P.ISOLATION_ORDER)
    cohort = _cohort(facility, number)
    return _answer(lambda: cohorts.end(cohort, by=ref, at=now), _out)


def _answer(act: Callable[[], Any], out: Callable[[Any], dict[str, Any]]) -> JsonResponse:
    try:
        return JsonResponse(out(act()))
    except Refusal as refusal:
        return _refused(refusal)
