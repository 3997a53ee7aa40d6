"""Users, roles and tokens, for somebody who sits at the machine itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Annotated, Any

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import CONSOLE, language, say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="Users, roles and tokens. / 用户、角色与令牌。")
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Name = Annotated[str, typer.Argument(help="User name.")]
Role = Annotated[str, typer.Option(help="One of the fourteen roles.")]
Place = Annotated[str, typer.Option("--organisation", help="Code of the facility or bureau.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it is recorded.")]
DAY_MS = 86_400_000


@app.command("list")
def list_(
    role: Annotated[str, typer.Option(help="Only those who have this role.")] = "",
    at: Annotated[str, typer.Option("--organisation", help="Only those with a role there.")] = "",
    json: Json = False,
) -> None:
    """List the users of this node with their roles."""
    runtime.start()
    from lazaretto.apps.accounts import queries

    rows: list[dict[str, Any]] = []
    for user in queries.everybody():
        held = [g for g in user.grants.all() if g.ended_at is None]
        if (role and role not in {g.role for g in held}) or (at and at not in {g.organisation.code for g in held}):
            continue
        rows.append(
            {
                "username": user.username,
                "name": user.name_zh or user.name_en,
                "active": user.is_active,
                "one_time_password": user.once_until is not None,
                "second_factor": any(a.type == "totp" for a in queries.authenticators(user)),
                "roles": [
                    {
                        "role": g.role,
                        "organisation": g.organisation.code,
                        "from": _iso(g.starts_on),
                        "to": _iso(g.ends_on),
                    }
                    for g in held
                ],
            }
        )
    if json:
        runtime.print_json(rows)
    for row in [] if json else rows:
        roles = ", ".join(f"{g['role']}@{g['organisation']}" for g in row["roles"])
        shut = "" if row["active"] else say("（停用）", " (deactivated)")
        runtime.out.print(f"{row['username']:<20} {row['name']}{shut}  {roles}", markup=False, soft_wrap=True)


@app.command("create")
def create(
    username: Name,
    role: Role,
    at: Place,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    name: Annotated[str, typer.Option(help="Name to show.")] = "",
) -> None:
    """Make a user with a role, or set a new password and add the role. Safe to run again."""
    runtime.start()
    from django.db import transaction

    from lazaretto.apps.accounts import actions

    organisation, moment = _organisation(at), runtime.now()
    _check_role(role)
    _check_password(password)
    with _ruled(), transaction.atomic():
        user = actions.create_user(
            username=username, password=password, name_zh=name, organisation=organisation, by=CONSOLE, at=moment
        )
        actions.grant(user=user, role=role, organisation=organisation, by=CONSOLE, at=moment)
    runtime.out.print(say(f"{username} 现为 {at} 的 {role}。", f"{username} is {role} at {at}."))


@app.command("grant")
def grant(
    username: Name,
    role: Role,
    at: Place,
    first: Annotated[str, typer.Option("--from", help="First day, such as 2026-03-17; else from now.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day; else without end.")] = "",
) -> None:
    """Give a user a role. Safe to run again: what is there stays."""
    runtime.start()
    from lazaretto.apps.accounts import actions

    user, organisation = _user(username), _organisation(at)
    _check_role(role)
    ends_on = runtime.parse_day(last) + timedelta(days=1) if last else None
    starts_on = runtime.parse_day(first) if first else None
    with _ruled():
        actions.grant(
            user=user, role=role, organisation=organisation, starts_on=starts_on, ends_on=ends_on, by=CONSOLE,
            at=runtime.now(),
        )  # fmt: skip
    runtime.out.print(say(f"{username} 有了 {at} 的 {role}。", f"{username} has {role} at {at}."))


@app.command("revoke")
def revoke(username: Name, role: Role, at: Place, why: Why) -> None:
    """End a role of a user now. Safe to run again."""
    runtime.start()
    from lazaretto.apps.accounts import actions, queries

    held = [
        g for g in queries.grants_of(_user(username)) if g.role == role and g.organisation.code == at and not g.ended_at
    ]
    with _ruled():
        for one in held:
            actions.end_grant(grant=one, why=why, by=CONSOLE, at=runtime.now())
    runtime.out.print(
        say(f"{username} 不再是 {at} 的 {role}。", f"{username} is no longer {role} at {at}.")
        if held
        else say(
            f"{username} 没有 {at} 的 {role}，没有改动。", f"{username} is not {role} at {at}; nothing was changed."
        )
    )


@app.command("deactivate")
def deactivate(username: Name, why: Why) -> None:
    """Shut a user out: sessions and tokens end, roles stay on record. Safe to run again."""
    runtime.start()
    from lazaretto.apps.accounts import actions

    with _ruled():
        actions.deactivate(user=_user(username), why=why, by=CONSOLE, at=runtime.now())
    runtime.out.print(say(f"{username} 已停用。", f"{username} is deactivated."))


@app.command("reactivate")
def reactivate(username: Name, why: Why) -> None:
    """Let a user in again; earlier sessions and tokens stay ended. Safe to run again."""
    runtime.start()
    from lazaretto.apps.accounts import actions

    with _ruled():
        actions.reactivate(user=_user(username), why=why, by=CONSOLE, at=runtime.now())
    runtime.out.print(say(f"{username} 可以登录了。", f"{username} may sign in again."))


@app.command("password")
def password(username: Name, why: Why) -> None:
    """Give a user a one-time password: it holds three days, and the first sign-in changes it. It is printed this once."""
    runtime.start()
    from lazaretto.apps.accounts import actions

    with _ruled():
        made = actions.reset_password(user=_user(username), why=why, by=CONSOLE, at=runtime.now())
    runtime.out.print(made, markup=False)


@app.command("reset-factor")
def reset_factor(username: Name, why: Why) -> None:
    """Remove a lost second factor; the user's sessions end. Safe to run again."""
    runtime.start()
    from lazaretto.apps.accounts import actions

    with _ruled():
        gone = actions.reset_factor(user=_user(username), why=why, by=CONSOLE, at=runtime.now())
    runtime.out.print(
        say(f"{username} 的第二因素已去掉。", f"The second factor of {username} is removed.")
        if gone
        else say(f"{username} 没有第二因素，没有改动。", f"{username} had no second factor; nothing was changed.")
    )


@app.command("token")
def token(
    username: Name,
    label: Annotated[str, typer.Option(help="What the token is for.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, such as fact.record; may be given more than once.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it holds.")] = 90,
    at: Annotated[
        str, typer.Option("--organisation", help="Only there and below; else wherever the roles reach.")
    ] = "",
) -> None:
    """Make an API token that acts for a user, within its scopes and his roles. It is printed this once."""
    runtime.start()
    from lazaretto.apps.accounts import actions
    from lazaretto.apps.accounts.permissions import Permission

    unknown = set(scope) - {p.value for p in Permission}
    if unknown:
        known, wrong = ", ".join(p.value for p in Permission), ", ".join(sorted(unknown))
        runtime.fail(Text(f"没有权限 {wrong}，有 {known}", f"there is no permission {wrong}; there are {known}"))
    user, moment = _user(username), runtime.now()
    with _ruled():
        secret = actions.create_token(
            user=user, label=label, scopes=scope, organisation=_organisation(at) if at else None,
            ends_at=moment + days * DAY_MS, by=CONSOLE, at=moment,
        )  # fmt: skip
    runtime.out.print(secret, markup=False)


@app.command("tokens")
def tokens(username: Name, json: Json = False) -> None:
    """List the tokens of a user, the newest first, with when each was last used."""
    runtime.start()
    from lazaretto.apps.accounts import queries

    now = runtime.now()
    rows: list[dict[str, Any]] = [
        {
            "number": t.pk,
            "label": t.label,
            "state": "revoked" if t.revoked_at is not None else "ended" if t.ends_at <= now else "active",
            "scopes": t.scopes,
            "organisation": t.organisation.code if t.organisation else None,
            "created_at": t.created_at,
            "ends_at": t.ends_at,
            "last_used_on": _iso(t.last_used_on),
        }
        for t in queries.tokens_of(_user(username))
    ]
    if json:
        runtime.print_json(rows)
    for row in [] if json else rows:
        scopes, used = ", ".join(row["scopes"]), row["last_used_on"] or say("没用过", "never used")
        line = f"{row['number']:>5}  {row['state']:<8} {row['label']}  {scopes}  {used}"
        runtime.out.print(line, markup=False, soft_wrap=True)


@app.command("token-revoke")
def token_revoke(
    username: Name, number: Annotated[int, typer.Argument(help="Its number, from `user tokens`.")]
) -> None:
    """End a token now. Safe to run again."""
    runtime.start()
    from lazaretto.apps.accounts import actions, queries

    found = queries.own_token(_user(username), number)
    if found is None:
        runtime.fail(Text(f"{username} 没有 {number} 号令牌", f"{username} has no token number {number}"))
    actions.revoke_token(token=found, by=CONSOLE, at=runtime.now())
    runtime.out.print(say(f"{number} 号令牌不再有效。", f"Token {number} opens nothing any more."))


def _iso(on: date | None) -> str | None:
    return on.isoformat() if on else None


def _user(username: str) -> Any:
    from lazaretto.apps.accounts.queries import user_called

    found = user_called(username)
    if found is None:
        runtime.fail(Text(f"没有用户 {username}", f"there is no user {username}"))
    return found


def _organisation(code: str) -> Any:
    from lazaretto.apps.accounts.queries import called

    found = called(code)
    if found is None:
        runtime.fail(Text(f"没有机构 {code}", f"there is no organisation {code}"))
    return found


def _check_role(role: str) -> None:
    from lazaretto.apps.accounts.models import Role as Roles

    if role not in Roles.values:
        known = ", ".join(Roles.values)
        runtime.fail(Text(f"没有角色 {role}，有 {known}", f"there is no role {role}; there are {known}"))


def _check_password(password: str) -> None:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.utils.translation import override

    try:
        with override("zh-hans" if language() == "zh" else "en"):
            validate_password(password)
    except ValidationError as error:
        runtime.fail(Text("；".join(error.messages), "; ".join(error.messages)))


@contextmanager
def _ruled() -> Iterator[None]:
    """End the command with the rule's own words if a rule says no."""
    from lazaretto.apps.accounts.rules import Refused

    try:
        yield
    except Refused as no:
        runtime.fail(no.words)
