"""The gate over HTTP: who and what is inside, what waits; visits, their steps and crossings. Everything may be sent twice."""

from typing import Any, Literal

from django.http import HttpRequest, JsonResponse
from ninja import Field, Router, Schema
from ninja.errors import ValidationError

from lazaretto.apps.accounts.access import asker, clock_now
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.passage import doing, inside, visiting
from lazaretto.apps.passage.models import Party
from lazaretto.apps.passage.passing import party_of
from lazaretto.apps.registry.ledger import place_called
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.queries import open_facility, person
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.apps.work.running import RunState, chain_of, states
from lazaretto.protocol.clock import parse_moment, utc_text
from lazaretto.protocol.refusal import Refusal

router = Router()
_P = Permission
ERRORS: dict[Any, Any] = {401: Any, 403: Any, 404: Any, 409: Any, 422: Any}


class NextOut(Schema):
    """A step that can be done next, by whom, and from when on."""

    step: str
    does: str
    by: str | None
    possible_from: str


class RunOut(Schema):
    """A chain under way. `released_at` is from when on its last step may be done, if all others were."""

    id: int
    measure: str
    subject: str
    stream: str
    direction: str
    of_class: str
    opened_at: str
    done: list[str]
    next: list[NextOut]
    released_at: str | None
    outcome: str


class InsideOut(Schema):
    """How many of a class are in a zone."""

    stream: str
    of_class: str
    zone: str
    n: int


class GateOut(Schema):
    """The gate at an instant."""

    facility: str
    at: str
    inside: list[InsideOut]
    not_signed_out: list[str]
    runs: list[RunOut]


class PartyIn(Schema):
    """One of a visit: by a file on record (`person`), or by name, plate or description."""

    stream: Literal["person", "vehicle", "goods", "food"]
    of_class: str = Field("", max_length=64)
    name: str = Field("", max_length=120)
    person: str = Field("", max_length=60)
    identity_number: str = Field("", max_length=40)
    origin: str = Field("", max_length=120)
    note: str = Field("", max_length=200)


class VisitIn(Schema):
    """What comes together. The same `ref` again changes nothing."""

    ref: str = Field(min_length=1, max_length=80)
    parties: list[PartyIn] = Field(min_length=1, max_length=visiting.MOST)
    purpose: str = Field("", max_length=200)
    host: str = Field("", max_length=120)
    sender: str = Field("", max_length=200)
    gate: str = Field("", max_length=60)
    starts: str = ""
    ends: str = ""
    opened_at: str = ""
    source: Literal["", "offline", "paper"] = ""


class VisitOut(Schema):
    """A visit with the chains that its parties owe."""

    number: int
    runs: list[RunOut]


class StepIn(Schema):
    """A step that was done. One entered later says so in `source`. The same `ref` again changes nothing."""

    ref: str = Field(min_length=1, max_length=80)
    step: str = Field(max_length=64)
    result: str = Field("", max_length=64)
    second: str = Field("", max_length=60)
    values: dict[str, str | float | bool] = {}
    done_at: str = ""
    source: Literal["", "offline", "paper"] = ""


class CrossIn(Schema):
    """A party (`visit:12/party:1`) goes out, or in where no chain is owed; with a `gate`, through an inner gate."""

    ref: str = Field(min_length=1, max_length=80)
    subject: str = Field(max_length=80)
    direction: Literal["in", "out"]
    gate: str = Field("", max_length=60)
    done_at: str = ""
    source: Literal["", "offline", "paper"] = ""


class CrossedOut(Schema):
    """Since when the party is inside (None: it is not), and what it owes on its way."""

    inside_since: str | None
    runs: list[RunOut]


def _refused(refusal: Refusal) -> JsonResponse:
    body = {
        "type": refusal.code, "title": refusal.words.en, "title_zh": refusal.words.zh, "status": 409,
        "possible_at": None if refusal.possible_at is None else utc_text(refusal.possible_at),
    }  # fmt: skip
    return JsonResponse(body, status=409, content_type="application/problem+json")


def _run(found: RunState) -> dict[str, Any]:
    run = found.run
    return {
        "id": run.pk, "measure": run.measure, "subject": run.subject, "stream": run.stream, "direction": run.direction,
        "of_class": run.of_class, "opened_at": utc_text(run.opened_at), "done": [d.step for d in found.done],
        "next": [{"step": s.id, "does": s.does, "by": s.by, "possible_from": utc_text(at)} for s, at in found.next],
        "released_at": None if found.released_at is None else utc_text(found.released_at), "outcome": run.outcome,
    }  # fmt: skip


@router.get("/facilities/{code}/gate", response={200: GateOut, **ERRORS}, url_name="gate")
def get_gate(request: HttpRequest, code: str) -> JsonResponse:
    """Return who and what is inside by class and zone, who was not signed out, and the chains under way."""
    now = clock_now()
    facility, _ = open_facility(asker(request), code, [_P.PASSAGE_READ], now)
    return JsonResponse(
        {
            "facility": facility.code, "at": utc_text(now), "inside": [line._asdict() for line in inside.inside_now(facility)],
            "not_signed_out": [p.subject for p in inside.not_signed_out(facility, now)],
            "runs": [_run(s) for s in states(facility, now)],
        }
    )  # fmt: skip


@router.post("/facilities/{code}/gate/visits", response={200: VisitOut, **ERRORS}, url_name="gate-visits")
def post_visit(request: HttpRequest, code: str, body: VisitIn) -> JsonResponse:
    """Open a visit. What a restriction denies comes back as a problem that says what is offered instead."""
    now = clock_now()
    user = asker(request)
    facility, may = open_facility(user, code, [_P.PASSAGE_RECORD], now)
    wanted = []
    for item in body.parties:
        who = person(facility, item.person, may) if item.person else None
        if item.person and who is None:
            raise NothingThere
        called = item.name or (who.name or who.code if who else "")
        kind = "national_id" if item.identity_number else ""
        wanted.append(
            visiting.Wanted(item.stream, item.of_class, called, who, kind, item.identity_number, item.origin, item.note)
        )
    gate = place_called(facility, body.gate) if body.gate else None
    if body.gate and gate is None:
        raise NothingThere
    asked = visiting.Request(
        body.purpose, body.host, body.sender, gate, _moment(facility, body.starts), _moment(facility, body.ends)
    )
    try:
        made = visiting.open_visit(
            facility, parties=wanted, ref=body.ref, by=user.ref, at=now, request=asked,
            opened_at=_moment(facility, body.opened_at), source=body.source,
        )  # fmt: skip
    except Refusal as refusal:
        return _refused(refusal)
    subjects = [f"visit:{made.number}/party:{p.position}" for p in made.parties.all()]
    found = states(facility, now, open_only=False, subjects=subjects)
    return JsonResponse({"number": made.number, "runs": [_run(s) for s in found]})


@router.post("/facilities/{code}/gate/runs/{pk}/steps", response={200: RunOut, **ERRORS}, url_name="gate-steps")
def post_step(request: HttpRequest, code: str, pk: int, body: StepIn) -> JsonResponse:
    """Do a step in the token owner's roles. A refusal is kept, and comes back with from when on it is possible."""
    now = clock_now()
    user = asker(request)
    facility, may = open_facility(user, code, [_P.PASSAGE_RECORD, _P.PASSAGE_APPROVE], now)
    run = inside.run_of(facility, pk)
    if run is None:
        raise NothingThere
    chosen = chain_of(run, now).step(body.step)
    if (_P.PASSAGE_APPROVE if chosen is not None and chosen.does == "approve" else _P.PASSAGE_RECORD) not in may:
        return JsonResponse(
            {"type": "not_allowed", "title": "this step is for somebody else", "status": 403}, status=403
        )
    said = doing.Said(body.result, body.values, body.second, _moment(facility, body.done_at), body.source)
    try:
        doing.do(run, body.step, said, ref=body.ref, user=user, at=now)
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse(_run(inside.state_of(run, now)))


@router.post("/facilities/{code}/gate/crossings", response={200: CrossedOut, **ERRORS}, url_name="gate-crossings")
def post_crossing(request: HttpRequest, code: str, body: CrossIn) -> JsonResponse:
    """Let a party out, in without a chain, or through an inner gate."""
    now = clock_now()
    user = asker(request)
    facility, _ = open_facility(user, code, [_P.PASSAGE_RECORD], now)
    party = party_of(facility, body.subject)
    gate = place_called(facility, body.gate) if body.gate else None
    if party is None or (body.gate and gate is None):
        raise NothingThere
    try:
        _cross(party, gate, body, user.ref, now)
    except Refusal as refusal:
        return _refused(refusal)
    party.refresh_from_db()
    since = None if party.inside_since is None else utc_text(party.inside_since)
    return JsonResponse(
        {"inside_since": since, "runs": [_run(s) for s in states(facility, now, subjects=[body.subject])]}
    )


def _cross(party: Party, gate: Any, body: CrossIn, by: str, now: int) -> None:
    moment = _moment(party.facility, body.done_at)
    if gate is not None:
        visiting.cross(party, gate, direction=body.direction, ref=body.ref, by=by, at=now)
    elif body.direction == "in":
        visiting.register(party, ref=body.ref, by=by, at=now, done_at=moment, source=body.source)
    else:
        visiting.leave(party, ref=body.ref, by=by, at=now, done_at=moment, source=body.source)


def _moment(facility: Facility, text: str) -> int | None:
    if not text:
        return None
    try:
        return parse_moment(text[:40], facility.zone)
    except (ValueError, OverflowError):
        error = {"type": "value_error", "loc": ["body"], "msg": "看不懂时间 / cannot read the time"}
        raise ValidationError([error]) from None
