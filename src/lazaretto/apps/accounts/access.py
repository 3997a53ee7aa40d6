"""The edge of the pages about accounts: the moment, who asks, and what he still owes before he goes on."""

import time
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from lazaretto.apps.accounts import queries
from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.rules import Refused
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.text import Text

#: What calls for a second factor where a deployment asks it of `roles`.
STRONG = frozenset(
    {
        Permission.REPORT_SIGN,
        Permission.OVERRIDE_APPROVE,
        Permission.HEALTH_READ,
        Permission.USERS_MANAGE,
        Permission.SUBMISSIONS_RECEIVE,
    }
)

NO_DAY = Text("日期写作 2026-03-17。没有改动。", "Write a date as 2026-03-17. Nothing was changed.")


def clock_now() -> int:
    """Return the moment in milliseconds. Time enters these pages here and nowhere below."""
    return int(time.time() * 1000)


def asker(request: HttpRequest) -> User:
    """Return who is signed in."""
    return cast(User, request.user)


def today(request: HttpRequest) -> date:
    """Return the day by the calendar where the asker belongs."""
    return local_day(queries.zone_for(asker(request)), clock_now())


def check_anywhere(request: HttpRequest, permission: Permission) -> date:
    """Return the day. :raises PermissionDenied: if the asker has the permission nowhere."""
    on = today(request)
    if not queries.organisations_where(asker(request), [permission], on):
        raise PermissionDenied
    return on


def needs_factor(user: User) -> bool:
    """Say whether this deployment asks a second factor of a user."""
    if settings.SECOND_FACTOR == "roles":
        return bool(queries.everything(user, local_day("UTC", clock_now())) & STRONG)
    return bool(settings.SECOND_FACTOR == "required")


def owes(user: User) -> str:
    """Return the name of the page that a user must go through before any other, or nothing."""
    if user.once_until is not None:
        return "change-password"
    if settings.SECOND_FACTOR != "optional" and not is_mfa_enabled(user, [Authenticator.Type.TOTP]):
        return "mfa_activate_totp" if needs_factor(user) else ""
    return ""


class Factor(NamedTuple):
    """What a user has beside his password."""

    code: bool
    since: date | None
    codes_left: int


def factor(user: User) -> Factor:
    """Return whether a user has a second factor, since when, and how many recovery codes are left."""
    kept = {a.type: a for a in queries.authenticators(user)}
    code, codes = kept.get(Authenticator.Type.TOTP), kept.get(Authenticator.Type.RECOVERY_CODES)
    left = len(codes.wrap().get_unused_codes()) if codes else 0
    return Factor(code is not None, code.created_at.date() if code else None, left)


def day_or_none(text: str) -> date | None:
    """Return a day as a date field sends it, or None if it is empty or none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def day_given(text: str) -> date | None:
    """Return a day that somebody typed, or None if he typed nothing. :raises Refused: if it is no day."""
    found = day_or_none(text)
    if text.strip() and found is None:
        raise Refused(NO_DAY)
    return found


def query_of(chosen: Mapping[str, str]) -> str:
    """Return a filter as it stands in an address."""
    return urlencode({name: value for name, value in chosen.items() if value})


def links(user: User) -> list[dict[str, Any]]:
    """Return the pages of this app for the side bar, as far as the user's roles open them."""
    has = queries.everything(user, local_day("UTC", clock_now()))
    wide = has & {Permission.USERS_MANAGE, Permission.SUBMISSIONS_READ, Permission.ACCESS_READ}
    found = [("account", "account", "person", gettext("My account"), True)]
    found += [("users", "users", "people", gettext("Users"), Permission.USERS_MANAGE in has)]
    found += [("organisations", "organisations", "tree", gettext("Organisations"), bool(wide))]
    found += [("backups", "backups", "download", gettext("Backups"), Permission.USERS_MANAGE in has)]
    found += [("design", "design", "theme", gettext("Components"), Permission.USERS_MANAGE in has)]
    return [{"section": s, "url": reverse(u), "icon": i, "name": n} for s, u, i, n, shown in found if shown]
