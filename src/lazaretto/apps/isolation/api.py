"""Isolation over HTTP: the episodes with their clocks, rooms free by day, what waits; planning a room and entering care."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest, JsonResponse
from ninja import Router, Schema
from ninja.errors import ValidationError

from lazaretto.apps.accounts.access import asker, clock_now
from lazaretto.apps.accounts.actions.looks import record_reads
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.isolation.board import board
from lazaretto.apps.isolation.courses import Course, courses, episode_of
from lazaretto.apps.isolation.placing import plan_placement
from lazaretto.apps.isolation.queue import queue
from lazaretto.apps.registry.ledger import place_called
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.queries import open_facility, person
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.apps.work import ledger
from lazaretto.protocol.clock import local_day, parse_moment, utc_text
from lazaretto.protocol.refusal import Refusal

router = Router()
_P = Permission
ERRORS: dict[Any, Any] = {401: Any, 403: Any, 404: Any, 409: Any, 422: Any}


class EpisodeOut(Schema):
    """One episode. `ground` and `pathogen` are there only for those who may read health information."""

    number: int
    person: str
    purpose: str
    measure: str
    stage: str | None
    stage_day: int
    room: str | None
    opened_at: str
    may_end_at: str | None
    expected_end: str | None
    lawful_release: str | None
    days_alone: int
    ordered: bool
    told: bool
    ground: str = ""
    pathogen: str = ""
    waits: list[str]


class FreeOut(Schema):
    """Free rooms of a type on a day; below zero, so many more are needed."""

    type: str
    on: date
    rooms: int
    used: int
    wanted: int
    free: int


class IsolationOut(Schema):
    """Where isolation and quarantine stand at an instant."""

    facility: str
    at: str
    episodes: list[EpisodeOut]
    forecast: list[FreeOut]


class PlanIn(Schema):
    """A room for an episode from a moment on."""

    room: str
    starts: str
    stage: str = ""
    reason: str = ""


class CareIn(Schema):
    """Something owed that was given, declined, or not given. The same `ref` again changes nothing."""

    ref: str
    person: str
    measure: str
    good: str
    amount: Decimal
    given_at: str
    outcome: Literal["given", "declined", "not_given"] = "given"
    reason: str = ""


class Done(Schema):
    """What came of it."""

    id: str


def _refused(refusal: Refusal) -> JsonResponse:
    body = {
        "type": refusal.code, "title": refusal.words.en, "title_zh": refusal.words.zh, "status": 409,
        "possible_at": None if refusal.possible_at is None else utc_text(refusal.possible_at),
    }  # fmt: skip
    return JsonResponse(body, status=409, content_type="application/problem+json")


@router.get("/facilities/{code}/isolation", response={200: IsolationOut, **ERRORS}, url_name="isolation")
def get_isolation(request: HttpRequest, code: str, days: int = 14) -> JsonResponse:
    """Return the open episodes with their clocks and what waits, and free rooms by type and day. The look is kept."""
    now = clock_now()
    user = asker(request)
    facility, may = open_facility(user, code, [_P.ISOLATION_READ], now)
    found = board(facility, local_day(facility.zone, now), days, now)
    open_ = courses(facility, now)
    waits: dict[int, list[str]] = {}
    for item in queue(open_, now):
        waits.setdefault(item.course.episode.pk, []).append(item.kind)
    refs = [c.episode.person.ref for c in open_]
    record_reads(log=facility.log, subjects=refs, fields=["isolation"], where="api", by=user.ref, at=now)
    health = _P.HEALTH_READ in may
    return JsonResponse(
        {
            "facility": facility.code, "at": utc_text(now),
            "episodes": [_episode(c, waits.get(c.episode.pk, []), health) for c in open_],
            "forecast": [
                {"type": k.type, "on": d.on.isoformat(), "rooms": d.rooms, "used": d.used, "wanted": d.wanted, "free": d.free}
                for k in found.kinds
                for d in k.days
            ],
        }
    )  # fmt: skip


def _episode(course: Course, waits: list[str], health: bool) -> dict[str, Any]:
    episode = course.episode
    return {
        "number": episode.number, "person": episode.person.code, "purpose": episode.purpose, "measure": episode.measure,
        "stage": course.stage.id if course.stage else None, "stage_day": course.stage_day,
        "room": course.room.place.code if course.room else None, "opened_at": utc_text(episode.opened_at),
        "may_end_at": _text(course.may_end_at()), "expected_end": _text(course.expected_end),
        "lawful_release": course.legal_on.isoformat() if course.legal_on else None, "days_alone": course.days_alone,
        "ordered": bool(episode.ordered_by), "told": episode.told_at is not None,
        "ground": episode.ground if health else "", "pathogen": episode.pathogen if health else "", "waits": waits,
    }  # fmt: skip


def _text(at: int | None) -> str | None:
    return None if at is None else utc_text(at)


@router.post("/facilities/{code}/isolation/{number}/plan", response={200: Done, **ERRORS}, url_name="isolation-plan")
def post_plan(request: HttpRequest, code: str, number: int, body: PlanIn) -> JsonResponse:
    """Plan a room. What a rule refuses comes back as a problem with the moment from which it will be possible."""
    now = clock_now()
    user = asker(request)
    facility, _ = open_facility(user, code, [_P.ISOLATION_CARRY_OUT], now)
    episode, place = episode_of(facility, number), place_called(facility, body.room[:60])
    if episode is None or place is None:
        raise NothingThere
    try:
        made = plan_placement(
            episode,
            place=place,
            starts=_moment(facility, body.starts),
            stage=body.stage[:64],
            reason=body.reason,
            by=user.ref,
            at=now,
        )
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse({"id": str(made.pk)})


@router.post("/facilities/{code}/care", response={200: list[Done], **ERRORS}, url_name="care")
def post_care(request: HttpRequest, code: str, body: list[CareIn]) -> JsonResponse:
    """Enter what was given to people, all or none."""
    now = clock_now()
    user = asker(request)
    facility, may = open_facility(user, code, [_P.CARE_RECORD], now)
    entries = []
    for item in body[:1000]:
        who = person(facility, item.person, may)
        if who is None:
            raise NothingThere
        at = _moment(facility, item.given_at)
        entries.append(ledger.Entry(who, item.ref, item.measure, item.good, item.amount, at, item.outcome, item.reason))
    try:
        made = ledger.give(facility, entries, by=user.ref, at=now)
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse([{"id": g.ref} for g in made], safe=False)


def _moment(facility: Facility, text: str) -> int:
    try:
        return parse_moment(text[:40], facility.zone)
    except (ValueError, OverflowError):
        error = {"type": "value_error", "loc": ["body"], "msg": "看不懂时间 / cannot read the time"}
        raise ValidationError([error]) from None
