"""The door for what phones kept sealed. It needs no sign-in: each record inside says whose it is, and proves it."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, JsonResponse
from ninja import Router, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from lazaretto.apps.accounts.access import clock_now
from lazaretto.apps.registry.queries import facility_of
from lazaretto.apps.rounds import outbox
from lazaretto.apps.rounds.lines import told
from lazaretto.apps.rounds.receiving import skew_of
from lazaretto.protocol.clock import parse_moment
from lazaretto.web.limits import Limit

router = Router()
#: A phone sends after a round and when it is looked at; a ward's phones may share one address.
BY_DEVICE, BY_ADDRESS = Limit(60, 60_000), Limit(600, 60_000)
MOST = 200
Short = Annotated[str, Field(min_length=1, max_length=64)]


class SealedIn(Schema):
    """One record as it lies on the phone. `key` is the facility's key, `point` the sender's; all but the id in base64url."""

    id: Short
    key: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    point: Annotated[str, Field(max_length=100)]
    iv: Annotated[str, Field(max_length=20)]
    text: Annotated[str, Field(max_length=4000)]


class OutboxIn(Schema):
    """`device` is the phone's own name, `device_now` what its clock shows."""

    device: Annotated[str, Field(min_length=8, max_length=60, pattern="^[0-9A-Za-z-]+$")]
    device_now: Annotated[str, Field(max_length=40)]
    records: Annotated[list[SealedIn], Field(max_length=MOST)]


class ReceiptOut(Schema):
    """What became of one record; `field` and the messages only where something is to be said."""

    id: str
    outcome: Literal["created", "skipped", "held", "failed", "waits", "unreadable"]
    field: str = ""
    message_zh: str = ""
    message_en: str = ""


class OutboxOut(Schema):
    """A receipt for each record, in their order, and by how much the phone's clock is behind ours."""

    receipts: list[ReceiptOut]
    skew_ms: int


@router.post(
    "/ward/{code}/outbox", auth=None, url_name="ward-outbox",
    response={200: OutboxOut, 404: Any, 409: Any, 413: Any, 422: Any, 429: Any, 503: Any},
)  # fmt: skip
def post_outbox(request: HttpRequest, code: str, body: OutboxIn) -> JsonResponse:
    """
    Take records that a ward phone sealed to the facility's key. Sending the same again changes nothing.

    The phone may forget a record after `created`, `skipped` or `held`. `waits`: its author's pass has ended; it is taken
    once he vouches with a new one (`Authorization: Bearer lf_…`). `failed`: a person has to look at it.
    """
    now = clock_now()
    if not (BY_DEVICE.allows(body.device, now) and BY_ADDRESS.allows(request.META.get("REMOTE_ADDR", ""), now)):
        raise HttpError(429, "一分钟内次数太多，一分钟后再试 / too often; try again in a minute")
    facility = facility_of(code)
    try:
        behind = now - parse_moment(body.device_now, facility.zone)
    except (ValueError, OverflowError):
        message = "write the time as 2026-03-17T08:00:00+08:00"
        raise ValidationError([{"type": "moment", "loc": ("body", "device_now"), "msg": message}]) from None
    vouching = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()[:80]
    receipts = outbox.take(
        facility, [r.dict() for r in body.records], device=body.device, skew=skew_of(now - behind, now),
        vouching=vouching, at=now,
    )  # fmt: skip
    said = [{"id": r.id, "outcome": r.fate, **(told(r.why) if r.why else {})} for r in receipts]
    return JsonResponse({"receipts": said, "skew_ms": behind})
