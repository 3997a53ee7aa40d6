"""API tokens: whom one speaks for, and which a user has."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import QuerySet

from lazaretto.apps.accounts.models import ApiToken, Scope, User
from lazaretto.apps.accounts.permissions import Permission


class Bearer(NamedTuple):
    """
    Whom a token speaks for, and what it may do at most.

    `user` carries the same as his `scope`, so that every question about what he may do is answered for the token.
    """

    user: User
    scopes: frozenset[Permission]
    token: ApiToken


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def user_of_token(secret: str, at: int) -> Bearer | None:
    """Return whom an API token speaks for, or None if it is unknown, has ended or was revoked."""
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest_of(secret), ends_at__gt=at, revoked_at__isnull=True, user__is_active=True, device="")
        .first()
    )
    if token is None:
        return None
    scopes = frozenset(p for p in Permission if p.value in token.scopes)
    token.user.scope = Scope(scopes, token.organisation_id)
    return Bearer(token.user, scopes, token)


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """Return a user's tokens, the newest first; those that have ended too."""
    return ApiToken.objects.filter(user=user).select_related("organisation").order_by("-id")


def own_token(user: User, number: int) -> ApiToken | None:
    """Return a token of the user's by its number."""
    return ApiToken.objects.filter(user=user, pk=number).first()


def flush_tokens(secrets: Iterable[str], device: str) -> dict[str, ApiToken]:
    """
    Return the flush tokens of a phone by their secret, also those that have ended: they still say who wrote. Each user
    carries the token's scope.
    """
    asked = {digest_of(secret): secret for secret in secrets}
    rows = ApiToken.objects.select_related("user", "organisation").filter(digest__in=list(asked), device=device)
    found = {asked[token.digest]: token for token in rows if device}
    for token in found.values():
        token.user.scope = Scope(frozenset(p for p in Permission if p.value in token.scopes), token.organisation_id)
    return found


def still_sends(token: ApiToken, at: int) -> bool:
    """Say whether a flush token may send by itself: it has not ended, was not revoked, and its user is there."""
    return token.ends_at > at and token.revoked_at is None and token.user.is_active
