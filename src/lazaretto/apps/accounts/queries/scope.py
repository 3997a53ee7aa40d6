"""Who may do what where. Everything starts from the asker; what is not granted is denied."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Q, QuerySet

from lazaretto.apps.accounts.models import Grant, Organisation, User
from lazaretto.apps.accounts.permissions import HEALTH_CHAIN, POLICY, Permission


class NotAllowed(Exception):
    """The asker may not do this here."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(permission)
        self.permission = permission


def grants_in_force(user: User, on: date) -> QuerySet[Grant]:
    """Return the grants of a user that hold on a date."""
    return (
        Grant.objects.filter(user=user, ended_at__isnull=True)
        .filter(Q(starts_on__isnull=True) | Q(starts_on__lte=on))
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
    )


def _held(user: User, on: date) -> list[tuple[str, int, frozenset[Permission]]]:
    """Return role, organisation and permissions of each grant in force; a token's are narrowed to its scopes."""
    if not user.is_active:
        return []
    if user.kept is not None and on in user.kept:
        return list(user.kept[on])
    most = frozenset(Permission) if user.scope is None else user.scope.permissions
    rows = grants_in_force(user, on).values_list("role", "organisation_id")
    found = [(role, place, POLICY.get(role, frozenset()) & most) for role, place in rows]
    if user.kept is not None:
        user.kept[on] = found
    return found


def organisations_where(user: User, permissions: Iterable[Permission], on: date) -> set[int]:
    """Return the ids of the organisations in which a user has any of `permissions`: those granted and all below them."""
    wanted = set(permissions)
    commanded: set[int] = set()
    advised: set[int] = set()
    for role, place, may in _held(user, on):
        if may & wanted:
            (advised if role in HEALTH_CHAIN else commanded).add(place)
    found = below(commanded, "command_parent") | below(advised, "health_parent")
    return found & _within(user) if found and user.scope and user.scope.organisation else found


def below(tops: Iterable[int], parent: str) -> set[int]:
    """Return the organisations `tops` and all that stand below them by one of the two parents."""
    found = set(tops)
    edge = set(found)
    while edge:
        edge = set(Organisation.objects.filter(**{f"{parent}__in": edge}).values_list("id", flat=True)) - found
        found |= edge
    return found


def _within(user: User) -> set[int]:
    """Return where a token that is narrowed to an organisation counts."""
    assert user.scope is not None
    assert user.scope.organisation is not None
    top = {user.scope.organisation}
    return below(top, "command_parent") | below(top, "health_parent")


def may(user: User, permission: Permission, organisation_id: int, on: date) -> bool:
    """Say whether a user may do something in an organisation on a date."""
    return organisation_id in organisations_where(user, [permission], on)


def everything(user: User, on: date) -> frozenset[Permission]:
    """Return all that a user may do anywhere."""
    return frozenset().union(*(may for _, _, may in _held(user, on)))


def granting(user: User, permission: Permission, organisation: Organisation, on: date) -> list[Organisation]:
    """Return where, of `organisation` and those above it, a user has a role with `permission`, the nearest first."""
    held = {(role in HEALTH_CHAIN, place) for role, place, may in _held(user, on) if permission in may}
    if held and not _counts(user, organisation):
        return []
    found = []
    for health in (False, True):
        place: Organisation | None = organisation
        while place is not None:
            if (health, place.pk) in held and place not in found:
                found.append(place)
            place = place.health_parent if health else place.command_parent
    return found


def permissions_in(user: User, organisation: Organisation, on: date) -> frozenset[Permission]:
    """Return everything that a user may do in an organisation, by his roles there and above it."""
    held: dict[tuple[bool, int], set[Permission]] = {}
    for role, place, may in _held(user, on):
        held.setdefault((role in HEALTH_CHAIN, place), set()).update(may)
    if held and not _counts(user, organisation):
        return frozenset()
    found: set[Permission] = set()
    for health in (False, True):
        at: Organisation | None = organisation if any(chain == health for chain, _ in held) else None
        while at is not None:
            found |= held.get((health, at.pk), set())
            at = at.health_parent if health else at.command_parent
    return frozenset(found)


def _counts(user: User, organisation: Organisation) -> bool:
    return user.scope is None or user.scope.organisation is None or organisation.pk in _within(user)


def check_may(user: User, permission: Permission, organisation_id: int, on: date) -> None:
    """:raises NotAllowed: if the user may not."""
    if not may(user, permission, organisation_id, on):
        raise NotAllowed(permission)


def roles_in(user: User, organisation: Organisation, on: date) -> list[str]:
    """Return the roles that a user has in an organisation or above it, each once, in the order of the policy."""
    held: dict[tuple[bool, int], set[str]] = {}
    for role, place in grants_in_force(user, on).values_list("role", "organisation_id"):
        held.setdefault((role in HEALTH_CHAIN, place), set()).add(role)
    found: set[str] = set()
    for health in (False, True):
        at: Organisation | None = organisation
        while at is not None:
            found |= held.get((health, at.pk), set())
            at = at.health_parent if health else at.command_parent
    return [role for role in POLICY if role in found]


class Term(NamedTuple):
    """What a role gives in an organisation, from `starts_on` until before `ends_on`; None is open."""

    starts_on: date | None
    ends_on: date | None
    permissions: frozenset[Permission]


def terms_in(user: User, organisation: Organisation) -> list[Term]:
    """Return what a user's roles give him in an organisation: also those that are over by their date, or yet to come."""
    if not user.is_active or not _counts(user, organisation):
        return []
    above = {health: _upwards(organisation, health=health) for health in (False, True)}
    most = frozenset(Permission) if user.scope is None else user.scope.permissions
    rows = Grant.objects.filter(user=user, ended_at__isnull=True)
    found = []
    for role, place, starts_on, ends_on in rows.values_list("role", "organisation_id", "starts_on", "ends_on"):
        may = POLICY.get(role, frozenset()) & most
        if may and place in above[role in HEALTH_CHAIN]:
            found.append(Term(starts_on, ends_on, may))
    return found


def _upwards(organisation: Organisation, *, health: bool) -> set[int]:
    found: set[int] = set()
    at: Organisation | None = organisation
    while at is not None and at.pk not in found:
        found.add(at.pk)
        at = at.health_parent if health else at.command_parent
    return found
