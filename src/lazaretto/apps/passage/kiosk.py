"""
What a gate kiosk kept sealed, taken in: each step is opened, done as its author's by the pass inside it, and answered.

The pass says who was signed in at that kiosk, and is signed by this server; whoever sends the records on is not asked. What
a rule refuses is kept as a refusal by the engine, and shown to a person at the kiosk. Source: ADR 0010, reused.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from django.core import signing
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import permissions_in
from lazaretto.apps.journal import envelopes
from lazaretto.apps.passage import doing
from lazaretto.apps.passage.doing import Said
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.models import Run, StepDone
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: `skipped` was taken before; `refused`: a rule said no, and that is recorded; `waits`: its author must sign in again.
Fate = Literal["created", "skipped", "refused", "failed", "waits", "unreadable"]
SALT, SOURCE = "lazaretto.kiosk", "offline"
PASS_MS = 72 * 3_600_000
#: Who may do steps at a gate at all; each step then asks for its own role.
MAY = (Permission.GOODS_RECORD, Permission.MOVE_ACROSS)
#: What is younger than this was sent at once; older is what waited for the network.
AT_ONCE_MS = 60_000

_UNREADABLE = Text(
    "打不开：内容被改动，或密钥不在这台服务器", "it cannot be opened: changed, or the key is not on this server"
)
_SIGN_IN = Text(
    "办理人的凭证已过期，请本人在这台机登录再上传", "its author's pass has ended; once he signs in here, it is sent"
)
_NOTHING = Text("没有这个流程", "there is no such run")


class StepIn(BaseModel):
    """One step as the kiosk sealed it: no names, only references, what was measured, and when."""

    model_config = ConfigDict(extra="forbid")
    run: str = Field(max_length=80)
    step: str = Field(max_length=64)
    at: int
    result: str = Field("", max_length=64)
    second: str = Field("", max_length=60)
    values: dict[str, str | int | float | bool] = {}


class Receipt(NamedTuple):
    """What became of one record. After anything but `waits`, `failed` and `unreadable` the kiosk may forget it."""

    id: str
    fate: Fate
    words: Text | None = None
    possible_at: int | None = None
    run: str = ""


def pass_for(user: User, facility: Facility, device: str, at: int) -> str:
    """Return what says, inside each record, who did it at this kiosk."""
    return signing.dumps({"u": user.pk, "f": facility.code, "d": device, "t": at}, salt=SALT)


def context_of(facility: Facility, device: str, id_: str) -> str:
    """Return what is bound to a sealed record: moved to another facility, kiosk or id it does not open."""
    return f"lazaretto kiosk 1|{facility.code}|{device}|{id_}"


def take(
    facility: Facility, records: Sequence[Mapping[str, str]], *, device: str, vouching: User, at: int
) -> list[Receipt]:
    """Take sealed steps in their order, and return a receipt for each. `vouching` is who is signed in at the kiosk now."""
    return [_take(facility, record, device, vouching, at) for record in records]


def _take(facility: Facility, record: Mapping[str, str], device: str, vouching: User, at: int) -> Receipt:
    id_ = record["id"]
    try:
        said = json.loads(envelopes.opened(facility.log, record, context_of(facility, device, id_)))
        claim = StepIn.model_validate(said["step"])
        author = _author(str(said["pass"]), facility, device)
    except (envelopes.Unreadable, signing.BadSignature):
        return Receipt(id_, "unreadable", _UNREADABLE)
    except (ValueError, KeyError, TypeError, ValidationError):
        return Receipt(id_, "failed", _UNREADABLE)
    user, given_at = author
    if user is None or (at - given_at > PASS_MS and user.pk != vouching.pk):
        return Receipt(id_, "waits", _SIGN_IN)
    run = Run.objects.filter(facility=facility, ref=claim.run).select_related("facility__log").first()
    if run is None:
        return Receipt(id_, "failed", _NOTHING)
    return _do(run, claim, id_, user, at)


def _author(pass_: str, facility: Facility, device: str) -> tuple[User | None, int]:
    """:raises BadSignature: if this server did not give the pass, for this facility and kiosk."""
    said: Any = signing.loads(pass_, salt=SALT)
    if (said["f"], said["d"]) != (facility.code, device):
        raise signing.BadSignature
    return User.objects.filter(pk=said["u"], is_active=True).first(), int(said["t"])


def _do(run: Run, claim: StepIn, id_: str, user: User, at: int) -> Receipt:
    facility = run.facility
    if StepDone.objects.filter(facility=facility, ref=id_).exists():
        return Receipt(id_, "skipped", run=run.ref)
    if not _may(user, facility, at):
        return Receipt(id_, "waits", _SIGN_IN)
    late = at - claim.at > AT_ONCE_MS
    said = Said(
        claim.result,
        claim.values,
        claim.second,
        min(claim.at, at) if not late else claim.at,
        SOURCE if late else "kiosk",
    )
    try:
        doing.do(run, claim.step, said, ref=id_, user=user, at=at)
    except Refusal as refusal:
        return Receipt(id_, "refused", refusal.words, refusal.possible_at, run.ref)
    return Receipt(id_, "created", run=run.ref)


def _may(user: User, facility: Facility, at: int) -> bool:
    held = permissions_in(user, facility.organisation, local_day(facility.zone, at))
    return not held.isdisjoint(MAY)
