"""
Who may manage whom. Four rules, besides the scope of the permission itself:

1. Nobody manages himself: no role, no password, no second factor.
2. Whoever manages users, or watches who looked at what, is appointed and looked after from above only: by an
   administrator of an organisation that stands above theirs, or at the machine itself. So no administrator appoints
   his like, or the one who watches him.
3. Those two roles and the reading of names, identity numbers or health information are never in one hand.
4. A role reaches no further than the administrator who gives it; and an account is changed (password, second factor,
   deactivation) only by somebody whose scope covers every place where that user has a role.
"""

from datetime import date

from lazaretto.apps.accounts import queries
from lazaretto.apps.accounts.models import Grant, Organisation, User
from lazaretto.apps.accounts.permissions import HEALTH_CHAIN, POLICY, Permission
from lazaretto.protocol.text import Text

_P = Permission
#: Roles that manage users or watch who looked.
CONTROLLERS = frozenset(role for role, may in POLICY.items() if may & {_P.USERS_MANAGE, _P.ACCESS_READ})
#: Roles that read who somebody is or how he is.
READERS = frozenset(role for role, may in POLICY.items() if may & {_P.RESIDENTS_READ, _P.IDENTITY_READ, _P.HEALTH_READ})

SELF = Text("不能管理自己的账户和角色。请另一位管理员来做。", "You cannot manage your own account or roles. Ask another administrator.")  # fmt: skip
FROM_ABOVE = Text(
    "管理员和审计由上级机构的管理员任命和管理。请上级来做。",
    "Administrators and auditors are appointed and managed from above. Ask the administrator of the superior body.",
)
APART = Text(
    "管理用户或审计的人，不能同时看姓名或健康信息。先结束另一个角色。",
    "Whoever manages users or audits does not also read names or health information. End the other role first.",
)
BEYOND = Text(
    "这个角色管到的范围超出你的范围。请上级来做。",
    "This role reaches further than yours. Ask the administrator of the superior body.",
)
ELSEWHERE = Text(
    "这个用户在你管不到的机构也有角色。请上级来做。",
    "This user also has a role where you manage nobody. Ask the administrator of the superior body.",
)
CLOSED = Text("这个机构已经关闭，不再授予角色。", "This organisation is closed; no role is granted there.")
NOT_THERE = Text("你不管这个机构的用户。", "You do not manage the users of this organisation.")


class Refused(Exception):
    """A rule says no, in words for people."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


def check_may_invite(by: User, organisation: Organisation, on: date) -> None:
    """:raises Refused: if `by` does not manage the users of an organisation, or it is closed."""
    if organisation.pk not in _managed(by, on):
        raise Refused(NOT_THERE)
    if organisation.closed_on is not None and organisation.closed_on <= on:
        raise Refused(CLOSED)


def check_may_grant(by: User, user: User, role: str, organisation: Organisation, on: date) -> None:
    """:raises Refused: with the rule, if `by` may not give `user` this role here."""
    if by.pk == user.pk:
        raise Refused(SELF)
    _check_place(by, role, organisation, on)
    check_fits(user, role, organisation, on)
    parent = "health_parent" if role in HEALTH_CHAIN else "command_parent"
    if not queries.below([organisation.pk], parent) <= _managed(by, on):
        raise Refused(BEYOND)


def check_fits(user: User, role: str, organisation: Organisation, on: date) -> None:
    """:raises Refused: if the role cannot be held here, or together with another one that the user has or will have."""
    if organisation.closed_on is not None and organisation.closed_on <= on:
        raise Refused(CLOSED)
    others = {grant.role for grant in queries.grants_not_over(user, on)}
    if (role in CONTROLLERS and others & READERS) or (role in READERS and others & CONTROLLERS):
        raise Refused(APART)


def check_may_end(by: User, grant: Grant, on: date) -> None:
    """:raises Refused: with the rule, if `by` may not end a grant."""
    if by.pk == grant.user_id:
        raise Refused(SELF)
    _check_place(by, grant.role, grant.organisation, on)


def check_may_change(by: User, user: User, on: date) -> None:
    """:raises Refused: with the rule, if `by` may not change the account of `user`."""
    if by.pk == user.pk:
        raise Refused(SELF)
    places = _managed(by, on)
    held = list(queries.grants_not_over(user, on))
    if not {grant.organisation_id for grant in held} | ({user.organisation_id} - {None}) <= places:
        raise Refused(ELSEWHERE)
    for grant in held:
        if grant.role in CONTROLLERS and not _from_above(by, grant.organisation, on):
            raise Refused(FROM_ABOVE)


def _managed(by: User, on: date) -> set[int]:
    return queries.organisations_where(by, [Permission.USERS_MANAGE], on)


def _check_place(by: User, role: str, organisation: Organisation, on: date) -> None:
    if organisation.pk not in _managed(by, on):
        raise Refused(NOT_THERE)
    if role in CONTROLLERS and not _from_above(by, organisation, on):
        raise Refused(FROM_ABOVE)


def _from_above(by: User, organisation: Organisation, on: date) -> bool:
    """Say whether `by` manages users from an organisation that stands above this one."""
    return any(place != organisation for place in queries.granting(by, Permission.USERS_MANAGE, organisation, on))


def may_be_granted(by: User, organisation: Organisation, on: date) -> list[str]:
    """Return the roles that `by` may give to others in an organisation, in the order in which they are listed."""
    above = _from_above(by, organisation, on)
    return [role for role in POLICY if above or role not in CONTROLLERS]
