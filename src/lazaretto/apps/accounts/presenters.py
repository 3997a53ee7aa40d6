"""Users, roles and tokens in words."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.apps.accounts.models import ApiToken, Grant, Organisation, OrganisationKind, Role, SignIn, User
from lazaretto.apps.accounts.permissions import ROLES, WORDS, Permission
from lazaretto.protocol.text import Text
from lazaretto.web.dates import chinese, local
from lazaretto.web.traditional import written

#: What a user's own history says, and the shape beside it.
SIGN_INS = {
    "signed_in": ("on_time", _("signed in")),
    "signed_out": ("excused", _("signed out")),
    "sign_in_refused": ("refused", _("refused: wrong password, or an account that is shut")),
    "second_factor_refused": ("refused", _("refused: right password, wrong code")),
    "confirmation_refused": ("refused", _("not confirmed: wrong password or code")),
    "second_factor_added": ("on_time", _("second factor set up")),
    "second_factor_removed": ("late", _("second factor removed")),
    "recovery_codes_made": ("on_time", _("recovery codes made")),
    "recovery_codes_removed": ("excused", _("recovery codes removed")),
    "recovery_code_used": ("late", _("a recovery code was used up")),
}
TOKEN_STATES = {"active": _("active"), "ended": _("ended"), "revoked": _("revoked")}


def said(words: Text) -> str:
    """Return a sentence in the language of the page."""
    return written(words.zh) if chinese() else words.en


def role_name(role: str) -> str:
    zh, _slash, en = Role(role).label.partition(" / ") if role in Role.values else (role, "", role)
    return str(zh if chinese() else en)


def kind_name(kind: str) -> str:
    zh, _slash, en = OrganisationKind(kind).label.partition(" / ")
    return str(zh if chinese() else en)


def name_of(organisation: Organisation) -> str:
    pair = (organisation.name_zh, organisation.name_en)
    first, second = pair if chinese() else reversed(pair)
    return first or second or organisation.code


def user_name(user: User) -> str:
    first, second = (user.name_zh, user.name_en) if chinese() else (user.name_en, user.name_zh)
    return first or second or user.username


def role_choices(roles: Iterable[str]) -> list[dict[str, str]]:
    return [{"id": role, "name": role_name(role), "sentence": said(ROLES[role])} for role in roles]


def permission_words(permissions: Iterable[str]) -> list[dict[str, str]]:
    """Return permissions with their words, in the order of the policy."""
    wanted = set(permissions)
    return [{"id": p.value, "words": said(WORDS[p])} for p in Permission if p in wanted]


def period(starts_on: date | None, ends_on: date | None) -> str:
    """Return from when until when, both days included."""
    last = ends_on - timedelta(days=1) if ends_on else None
    if starts_on and last:
        return gettext("from %(first)s to %(last)s") % {"first": starts_on, "last": last}
    if starts_on:
        return gettext("from %(first)s on") % {"first": starts_on}
    return gettext("until %(last)s") % {"last": last} if last else gettext("without end")


def instant(ms: int | None, zone: str) -> str:
    return f"{local(ms, zone):%Y-%m-%d %H:%M}" if ms is not None else ""


def grant_line(grant: Grant, on: date, zone: str) -> dict[str, Any]:
    """Return a role of a user in plain words; `state` is now, later or over."""
    over = grant.ended_at is not None or (grant.ends_on is not None and grant.ends_on <= on)
    later = grant.starts_on is not None and grant.starts_on > on
    ended = gettext("ended %(moment)s") % {"moment": instant(grant.ended_at, zone)} if grant.ended_at else ""
    return {
        "id": grant.pk,
        "role": grant.role,
        "name": role_name(grant.role),
        "sentence": said(ROLES[grant.role]) if grant.role in ROLES else "",
        "where": name_of(grant.organisation),
        "code": grant.organisation.code,
        "period": period(grant.starts_on, grant.ends_on),
        "ended": ended,
        "state": "over" if over else "later" if later else "now",
    }


def grant_lines(grants: Iterable[Grant], on: date, zone: str) -> list[dict[str, Any]]:
    """Return the roles of a user: those that hold, those to come, those that are over."""
    lines = [grant_line(grant, on, zone) for grant in grants]
    return sorted(lines, key=lambda line: ("now", "later", "over").index(line["state"]))


def sign_in_lines(history: Iterable[SignIn], zone: str) -> list[dict[str, Any]]:
    lines = []
    for item in history:
        shape, words = SIGN_INS.get(item.kind, ("due", item.kind))
        row = gettext("%(n)s in a row") % {"n": item.in_a_row} if item.in_a_row > 1 else ""
        lines.append({"shape": shape, "words": words, "moment": instant(item.occurred_at, zone), "row": row})
    return lines


def token_line(token: ApiToken, now: int, zone: str) -> dict[str, Any]:
    state = "revoked" if token.revoked_at is not None else "ended" if token.ends_at <= now else "active"
    return {
        "id": token.pk,
        "label": token.label,
        "scopes": permission_words(token.scopes),
        "where": name_of(token.organisation) if token.organisation else "",
        "ends": instant(token.ends_at, zone),
        "created": instant(token.created_at, zone),
        "used": token.last_used_on.isoformat() if token.last_used_on else "",
        "state": state,
        "state_word": TOKEN_STATES[state],
    }


def user_line(user: User, on: date) -> dict[str, Any]:
    """Return a row of the list of users; only the roles that are not over are named."""
    grants = [g for g in user.grants.all() if g.ended_at is None and (g.ends_on is None or g.ends_on > on)]
    return {
        "ref": user.ref,
        "username": user.username,
        "name": user_name(user),
        "person_code": user.person_code,
        "home": name_of(user.organisation) if user.organisation else "",
        "home_code": user.organisation.code if user.organisation else "",
        "roles": [f"{role_name(g.role)} · {name_of(g.organisation)}" for g in grants],
        "active": user.is_active,
        "once": user.once_until is not None,
        "last": user.last_login.strftime("%Y-%m-%d") if user.last_login else "",
    }


def organisation_line(organisation: Any, depth: int, on: date) -> dict[str, Any]:
    closed = organisation.closed_on is not None and organisation.closed_on <= on
    health = organisation.health_parent
    return {
        "code": organisation.code,
        "name": name_of(organisation),
        "kind": kind_name(organisation.kind),
        "depth": min(depth, 6),
        "command": name_of(organisation.command_parent) if organisation.command_parent else "",
        "health": name_of(health) if health else "",
        "period": period(organisation.opened_on, organisation.closed_on),
        "closed": closed,
        "users": organisation.n_users,
    }
