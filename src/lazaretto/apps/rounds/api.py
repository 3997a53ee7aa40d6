"""
The one door for facts from programs and devices: idempotent by fact id, an answer for each row.
"""

import time
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router, Schema
from ninja.errors import ValidationError
from pydantic import ValidationError as Unfit

from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.queries import writing_in
from lazaretto.apps.rounds import claims, lines
from lazaretto.apps.rounds.receiving import Delivery, skew_of
from lazaretto.protocol.clock import parse_moment

router = Router()
NDJSON = "application/x-ndjson"


class FactRefused(Schema):
    """Why one row waits for a person, or was not taken."""

    index: int
    id: str
    outcome: Literal["held", "failed"]
    field: str
    message_zh: str
    message_en: str


class FactsOut(Schema):
    """What became of the rows; the four numbers add up to those sent."""

    created: int
    skipped: int
    held: int
    failed: int
    errors: list[FactRefused]


class Stream(Schema):
    """For `application/x-ndjson` only: what a batch in one piece says in its body."""

    facility: str = ""
    device: str = ""
    device_now: str = ""


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": claims.schema(batch=True)},
            NDJSON: {"schema": claims.schema(batch=False)},
        },
    }
}
_PROBLEMS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 503), Any)


@router.post("/facts", response={200: FactsOut, **_PROBLEMS}, url_name="facts", openapi_extra=_BODY)
def post_facts(request: HttpRequest, stream: Query[Stream]) -> Any:
    """
    Record facts. The good rows are taken even if others are refused; sending the same facts again changes nothing.

    A time that cannot be believed waits for a person (`held`). `application/x-ndjson` takes one fact a line, any number
    of lines, and answers with a line for each row that waits or was not taken, then one with the totals.
    """
    if request.content_type == NDJSON:
        return _lines(request, stream)
    try:
        batch = claims.read_batch(request.body)
    except Unfit as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationError([{**e, "loc": ("body", *e["loc"])} for e in found]) from None
    now = clock()
    delivery = _delivery(request, batch["facility"], batch.get("device", ""), batch.get("device_now", ""), now)
    answer = delivery.take(batch["facts"], at=now)
    count = answer.outcomes.count
    return {
        "created": count("created"), "skipped": count("skipped"), "held": count("held"), "failed": count("failed"),
        "errors": [
            {"index": n, "id": batch["facts"][n]["id"], "outcome": answer.outcomes[n], **lines.told(answer.said[n])}
            for n in sorted(answer.said)
        ],
    }  # fmt: skip


def _lines(request: HttpRequest, stream: Stream) -> HttpResponse | StreamingHttpResponse:
    limit = settings.FACTS_MAX_BYTES
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise lines.TooMuch(limit)
    delivery = _delivery(request, stream.facility, stream.device[:60], stream.device_now, clock())
    answers = lines.Answers()
    try:
        lines.take(lines.bounded(_reader(request), limit), delivery, clock, answers)
    except BaseException:
        answers.close()
        raise
    return StreamingHttpResponse(answers, content_type=NDJSON)


def _reader(request: HttpRequest) -> Any:
    """Return what reads the body: Django takes one that comes in chunks, without a length, for none."""
    if not request.META.get("CONTENT_LENGTH") and "wsgi.input" in request.META:
        return request.META["wsgi.input"].read
    return request.read


def _delivery(request: HttpRequest, code: str, device: str, device_now: str, now: int) -> Delivery:
    user = request.user
    assert isinstance(user, User)
    facility, spans = writing_in(user, code, Permission.FACT_RECORD, now)
    skew = _skew(facility, device_now, now) if device_now else 0
    return Delivery(facility, spans, by=user.ref, at=now, device=device, skew=skew)


def _skew(facility: Facility, device_now: str, now: int) -> int:
    try:
        return skew_of(parse_moment(device_now, facility.zone), now)
    except (ValueError, OverflowError):
        message = "write the time as 2026-03-17T08:00:00+08:00"
        raise ValidationError([{"type": "moment", "loc": ("body", "device_now"), "msg": message}]) from None


def clock() -> int:
    return int(time.time() * 1000)
