"""The access policy as a page for people: `docs/reference/access.md` is printed from it."""

from collections.abc import Iterator

from lazaretto.apps.accounts.access import STRONG
from lazaretto.apps.accounts.models import Role
from lazaretto.apps.accounts.permissions import HEALTH_CHAIN, POLICY, ROLES, WORDS, Permission
from lazaretto.apps.accounts.rules import CONTROLLERS, READERS

HEAD = """# Who may do what

*Printed from `src/lazaretto/apps/accounts/permissions.py`, which is the policy itself: what is not in the table is
denied. `make docs` prints it again.*

A grant is a user, a role, an organisation, and from when until when. It reaches the organisation and everything below
it; "below" follows the command parent, except for the roles marked *health*, whose scope follows the public-health
parent. An API token may do what its scopes and its user's roles have in common.

## Roles
"""
RULES = """
## Who manages whom

1. Nobody manages himself: no role, no password, no second factor.
2. The roles marked *from above* are given, and the accounts of those who have them changed, only by an administrator of
   an organisation that stands above, or at the machine itself.
3. A role marked *from above* is never in one hand with a role that reads names, identity numbers or health information
   ({readers}).
4. A role reaches no further than the administrator who gives it; and an account is changed only by somebody whose scope
   covers every place where that user has a role.

## Second factor

`LAZARETTO_SECOND_FACTOR=roles` (the default) asks one of those whose roles have any of {strong}; `required` asks
everybody, `optional` nobody.

## Permissions
"""


def reference() -> str:
    """Return the page."""
    return "\n".join([*_lines(), ""])


def _lines() -> Iterator[str]:
    yield HEAD
    yield "| role | | scope follows | given | second factor |"
    yield "|---|---|---|---|---|"
    for role in POLICY:
        zh, _, en = Role(role).label.partition(" / ")
        parent = "**health** parent" if role in HEALTH_CHAIN else "command parent"
        given = "**from above**" if role in CONTROLLERS else "by an administrator"
        factor = "asked" if POLICY[role] & STRONG else ""
        yield f"| `{role}` {en} {zh} | {ROLES[role].en} {ROLES[role].zh} | {parent} | {given} | {factor} |"
    readers = ", ".join(f"`{role}`" for role in POLICY if role in READERS)
    strong = ", ".join(f"`{p.value}`" for p in Permission if p in STRONG)
    yield RULES.format(readers=readers, strong=strong)
    yield "| permission | | roles |"
    yield "|---|---|---|"
    for permission in Permission:
        words = WORDS[permission]
        roles = ", ".join(f"`{role}`" for role in POLICY if permission in POLICY[role])
        yield f"| `{permission.value}` | {words.en} · {words.zh} | {roles} |"
    yield "\n## Permission × role\n"
    yield "| | " + " | ".join(_short(role) for role in POLICY) + " |"
    yield "|---" * (len(POLICY) + 1) + "|"
    for permission in Permission:
        marks = " | ".join("●" if permission in POLICY[role] else "" for role in POLICY)
        yield f"| `{permission.value}` | {marks} |"


def _short(role: str) -> str:
    return role.replace("_", " ")
