"""API tokens: made with scopes and an end, revoked, and when last used."""

import secrets
from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import Q

from lazaretto.apps.accounts import queries
from lazaretto.apps.accounts.actions.acting import Actor, node, ref_of, today
from lazaretto.apps.accounts.models import ApiToken, Organisation, User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.rules import Refused
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.protocol.text import Text

NOTHING = Text("选至少一项这个令牌可以做的事。", "Choose at least one thing that the token may do.")
TOO_MUCH = Text("令牌不能做用户自己不能做的事：{names}", "A token may not do what its user may not: {names}")
OVER = Text("止时必须在今后。", "It must end in the future.")


@transaction.atomic
def create_token(
    *,
    user: User,
    label: str,
    scopes: Iterable[str],
    ends_at: int,
    organisation: Organisation | None = None,
    by: Actor,
    at: int,
) -> str:
    """
    Return the secret of a new API token; it is shown this once.

    :raises Refused: without scopes, or with one that the user does not have (in `organisation`, where it is narrowed).
    """
    wanted = set(scopes)
    on = today(user, at)
    if not wanted:
        raise Refused(NOTHING)
    has = queries.everything(user, on) if organisation is None else queries.permissions_in(user, organisation, on)
    beyond = wanted - has
    if beyond:
        raise Refused(TOO_MUCH.format(names=", ".join(sorted(beyond))))
    if ends_at <= at:
        raise Refused(OVER)
    secret = "lz_" + secrets.token_urlsafe(32)
    made = ApiToken.objects.create(
        user=user,
        label=label,
        digest=queries.digest_of(secret),
        scopes=sorted(Permission(s).value for s in wanted),
        organisation=organisation,
        created_at=at,
        ends_at=ends_at,
    )
    _record("token_created", made, by, at)
    return secret


#: How long the records of a phone may be on their way without their author.
FLUSH_MS = 72 * 3_600_000


@transaction.atomic
def create_flush_token(*, user: User, organisation: Organisation, device: str, at: int) -> str:
    """
    Return the secret by which the sealed records of one phone are known as this user's: nothing but new facts, here, for
    `FLUSH_MS`. Signing out ends none, as what is still on its way is sent later.

    :raises Refused: if the user records no facts in `organisation`.
    """
    if Permission.FACT_RECORD not in queries.permissions_in(user, organisation, today(user, at)):
        raise Refused(TOO_MUCH.format(names=Permission.FACT_RECORD.value))
    secret = "lf_" + secrets.token_urlsafe(32)
    made = ApiToken.objects.create(
        user=user,
        label=f"ward {device[-8:]}",
        digest=queries.digest_of(secret),
        scopes=[Permission.FACT_RECORD.value],
        organisation=organisation,
        created_at=at,
        ends_at=at + FLUSH_MS,
        device=device,
    )
    _record("flush_token_created", made, user, at)
    return secret


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Actor, at: int) -> None:
    """End a token at once. One that has ended already stays as it is."""
    if token.revoked_at is None and token.ends_at > at:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        _record("token_revoked", token, by, at)


def note_use(*, token: ApiToken, on: date) -> None:
    """Remember on which day a token was last used: one write a day at most, and none in the journal."""
    if token.last_used_on != on:
        unknown = Q(last_used_on__isnull=True) | Q(last_used_on__lt=on)
        ApiToken.objects.filter(unknown, pk=token.pk).update(last_used_on=on)


def _record(kind: str, token: ApiToken, by: Actor, at: int) -> None:
    record = {
        "user": token.user.ref,
        "label": token.label,
        "scopes": token.scopes,
        "organisation": token.organisation.code if token.organisation else None,
        "ends_at": token.ends_at,
        "revoked_at": token.revoked_at,
    }
    version = Version("token", f"{token.user.ref}/{token.pk}", record)
    journal.record(node(at), kind, [version], by=ref_of(by), at=at, subjects=[token.user.ref])
