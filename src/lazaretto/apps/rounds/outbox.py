"""
What a phone kept sealed, taken in: each record is opened, sent as its author's by the flush token inside it, and answered.

Whoever hands the records over is not asked; who wrote them is, and what he might do then. An ended token still says whose
a record is: it then waits on the phone until its author signs in there and vouches for it with a new one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import TypeAdapter, ValidationError

from lazaretto.apps.accounts import queries as accounts
from lazaretto.apps.accounts.models import ApiToken
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.journal import envelopes
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.queries import NoSuchFacility, writing_in
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds.claims import FactIn
from lazaretto.apps.rounds.receiving import NOT_THEN, Delivery
from lazaretto.protocol.text import Text

#: `waits` is for the phone to keep: nothing is wrong with the record but that its author must sign in there.
Fate = Literal["created", "skipped", "held", "failed", "waits", "unreadable"]
SOURCE = "offline"

SIGN_IN = Text(
    "录入人的凭证已过期。请录入人在本机登录，再上传。",
    "The author's pass has ended. Once he signs in on this phone, it is sent.",
)
UNREADABLE = Text(
    "打不开：密钥不在这台服务器，或内容被改动。记录仍在手机上。",
    "It cannot be opened: the key is not on this server, or it was changed. It stays on the phone.",
)
NOT_A_FACT = Text("内容不是一条记录", "what was sealed is no record")


class Receipt(NamedTuple):
    """What became of one record. After `created`, `skipped` and `held` the phone may forget it."""

    id: str
    fate: Fate
    why: RowError | None = None


@dataclass(frozen=True, slots=True)
class _Opened:
    index: int
    token: str
    claim: FactIn


_CLAIM = TypeAdapter(FactIn)


def context_of(facility: Facility, device: str, id_: str) -> str:
    """Return what is bound to a sealed record: a record moved to another facility, phone or id does not open."""
    return f"lazaretto ward 1|{facility.code}|{device}|{id_}"


def take(
    facility: Facility, records: Sequence[Mapping[str, str]], *, device: str, skew: int, vouching: str, at: int
) -> list[Receipt]:
    """
    Take sealed records, and return a receipt for each in their order. `vouching` is the secret of a flush token that was
    given to this phone lately, or nothing.
    """
    receipts = [Receipt(r["id"], "failed", RowError("id", NOT_A_FACT)) for r in records]
    opened = [o for n, record in enumerate(records) if (o := _open(facility, record, n, device, receipts)) is not None]
    tokens = accounts.flush_tokens({o.token for o in opened} | {vouching}, device)
    by_author: dict[int, list[_Opened]] = {}
    for one in opened:
        token = tokens.get(one.token)
        if token is None or token.organisation_id != facility.organisation_id:
            receipts[one.index] = Receipt(one.claim["id"], "failed", RowError("token", NOT_THEN))
        elif not _sends(token, tokens.get(vouching), at):
            receipts[one.index] = Receipt(one.claim["id"], "waits", RowError("token", SIGN_IN))
        else:
            by_author.setdefault(token.user_id, []).append(one)
    for own in by_author.values():
        _deliver(facility, own, tokens[own[0].token], receipts, device=device, skew=skew, at=at)
    return receipts


def _open(
    facility: Facility, record: Mapping[str, str], n: int, device: str, receipts: list[Receipt]
) -> _Opened | None:
    id_ = record["id"]
    try:
        said = json.loads(envelopes.opened(facility.log, record, context_of(facility, device, id_)))
        claim = _CLAIM.validate_python({**said["fact"], "id": id_, "source": SOURCE})
    except envelopes.Unreadable:
        receipts[n] = Receipt(id_, "unreadable", RowError("id", UNREADABLE))
    except (ValueError, KeyError, TypeError, ValidationError):
        pass
    else:
        return _Opened(n, str(said.get("token", "")), claim)
    return None


def _sends(token: ApiToken, vouching: ApiToken | None, at: int) -> bool:
    if accounts.still_sends(token, at):
        return True
    return vouching is not None and vouching.user_id == token.user_id and accounts.still_sends(vouching, at)


def _deliver(
    facility: Facility,
    own: Sequence[_Opened],
    token: ApiToken,
    receipts: list[Receipt],
    *,
    device: str,
    skew: int,
    at: int,
) -> None:
    """Hand over the records of one author, as he is the one who writes."""
    user = token.user
    try:
        _, spans = writing_in(user, facility.code, Permission.FACT_RECORD, at)
    except (NoSuchFacility, accounts.NotAllowed):
        for one in own:
            receipts[one.index] = Receipt(one.claim["id"], "failed", RowError("observed_at", NOT_THEN))
        return
    claims: list[Any] = [one.claim | {"by": user.person_code or user.username} for one in own]
    answer = Delivery(facility, spans, by=user.ref, at=at, device=device, skew=skew).take(claims, at=at)
    for n, one in enumerate(own):
        receipts[one.index] = Receipt(one.claim["id"], answer.outcomes[n], answer.said.get(n))
