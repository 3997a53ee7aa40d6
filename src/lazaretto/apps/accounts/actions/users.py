"""Users: made, given a password, deactivated, freed of a lost second factor."""

import secrets
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db import transaction

from lazaretto.apps.accounts import rules
from lazaretto.apps.accounts.actions.acting import Actor, node, ref_of, today
from lazaretto.apps.accounts.actions.grants import NO_REASON
from lazaretto.apps.accounts.actions.signing_in import record_sign_in
from lazaretto.apps.accounts.actions.tokens import revoke_token
from lazaretto.apps.accounts.models import ApiToken, Organisation, User
from lazaretto.apps.accounts.rules import Refused
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.protocol.text import Text

#: A password that an administrator gave is good for this long, and for one sign-in that changes it.
ONCE_MS = 3 * 86_400_000
#: Without letters and digits that are taken for each other when read aloud or copied by hand.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"

TAKEN = Text("用户名 {name} 已有人用。", "The user name {name} is taken.")
BAD_NAME = Text(
    "用户名 2 至 60 个字，不含空格和斜线。", "A user name has 2 to 60 characters, without spaces or slashes."
)


@transaction.atomic
def create_user(
    *,
    username: str,
    password: str,
    name_zh: str = "",
    name_en: str = "",
    person_code: str = "",
    organisation: Organisation | None = None,
    encoded: str = "",
    by: str,
    at: int,
) -> User:
    """
    Return the user of that name with this password, made if he is new. Hashing takes a fifth of a second: who makes
    many can hash before, beside other work (`encoded`, from `make_password`).
    """
    user = User.objects.filter(username=username).first()
    kind = "password_set" if user else "user_created"
    if user is None:
        user = User.objects.create_user(
            username, password, encoded=encoded, name_zh=name_zh, name_en=name_en, person_code=person_code,
            organisation=organisation,
        )  # fmt: skip
    else:
        _set_password(user, encoded or make_password(password), once_until=None)
    _record(kind, user, by, at)
    return user


@transaction.atomic
def invite_user(
    *,
    username: str,
    organisation: Organisation,
    name_zh: str = "",
    name_en: str = "",
    person_code: str = "",
    by: Actor,
    at: int,
) -> tuple[User, str]:
    """
    Return a new user and his one-time password, which is shown this once.

    :raises Refused: if the name is taken or no name, or `by` does not manage the users of the organisation.
    """
    on = today(by, at)
    if isinstance(by, User):
        rules.check_may_invite(by, organisation, on)
    if not 2 <= len(username) <= 60 or not username.isprintable() or any(c in username for c in " /\\"):
        raise Refused(BAD_NAME)
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(TAKEN.format(name=username))
    password = one_time_password()
    user = User.objects.create_user(
        username, password, name_zh=name_zh, name_en=name_en, person_code=person_code, organisation=organisation,
        once_until=at + ONCE_MS,
    )  # fmt: skip
    _record("user_created", user, ref_of(by), at)
    return user, password


@transaction.atomic
def reset_password(*, user: User, why: str, by: Actor, at: int) -> str:
    """Return a one-time password for a user; his sessions end. :raises Refused: by a rule, or without a reason."""
    _check(by, user, why, at)
    password = one_time_password()
    _set_password(user, make_password(password), once_until=at + ONCE_MS)
    _record("password_reset", user, ref_of(by), at, why)
    return password


@transaction.atomic
def change_password(*, user: User, password: str, at: int) -> None:
    """Set the password that a user chose himself; his other sessions end."""
    _set_password(user, make_password(password), once_until=None)
    _record("password_changed", user, user.ref, at)


@transaction.atomic
def deactivate(*, user: User, why: str, by: Actor, at: int) -> None:
    """Shut a user out: sessions and tokens end, roles stay as they are. :raises Refused: by a rule, or without a reason."""
    _check(by, user, why, at)
    if not user.is_active:
        return
    user.is_active = False
    user.session_epoch += 1
    user.save(update_fields=["is_active", "session_epoch"])
    for token in ApiToken.objects.filter(user=user, revoked_at__isnull=True, ends_at__gt=at):
        revoke_token(token=token, by=by, at=at)
    _record("user_deactivated", user, ref_of(by), at, why)


@transaction.atomic
def reactivate(*, user: User, why: str, by: Actor, at: int) -> None:
    """Let a user in again. Earlier sessions and tokens stay ended. :raises Refused: by a rule, or without a reason."""
    _check(by, user, why, at)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        _record("user_reactivated", user, ref_of(by), at, why)


@transaction.atomic
def reset_factor(*, user: User, why: str, by: Actor, at: int) -> bool:
    """
    Take a lost second factor and its recovery codes from a user; his sessions end. Returns whether there was one.

    :raises Refused: by a rule, or without a reason.
    """
    _check(by, user, why, at)
    gone, _ = Authenticator.objects.filter(user=user).delete()
    if gone:
        end_sessions(user)
        _record("second_factor_reset", user, ref_of(by), at, why)
    return bool(gone)


@transaction.atomic
def drop_factor(*, user: User, at: int) -> None:
    """Let go of a user's key, for another one that is set up in the same transaction. Recovery codes stay."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
    record_sign_in(kind="second_factor_removed", user=user, at=at)


@transaction.atomic
def end_other_sessions(*, user: User, at: int) -> None:
    """End the sessions of a user; the one in which he asks for it is renewed by its view."""
    end_sessions(user)
    _record("sessions_ended", user, user.ref, at)


def end_sessions(user: User) -> None:
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])


def one_time_password() -> str:
    """Return four groups of four letters and digits: 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def _set_password(user: User, encoded: str, *, once_until: int | None) -> None:
    user.password = encoded
    user.once_until = once_until
    user.session_epoch += 1
    user.save(update_fields=["password", "once_until", "session_epoch"])


def _check(by: Actor, user: User, why: str, at: int) -> None:
    if isinstance(by, User):
        rules.check_may_change(by, user, today(by, at))
    if not why.strip():
        raise Refused(NO_REASON)


def _record(kind: str, user: User, by: str, at: int, why: str = "") -> None:
    record: dict[str, Any] = {"username": user.username, "ref": user.ref, "is_active": user.is_active}
    if why:
        record["why"] = why.strip()[:200]
    journal.record(node(at), kind, [Version("user", user.ref, record)], by=by, at=at, subjects=[user.ref])
