"""Who may do what where. Everything starts from the asker; what is not granted is denied."""

import hashlib
from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from lazaretto.apps.accounts.models import ApiToken, Grant, Organisation, User
from lazaretto.apps.accounts.permissions import HEALTH_CHAIN, POLICY, Permission


class NotAllowed(Exception):
    """The asker may not do this here."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(permission)
        self.permission = permission


def grants_in_force(user: User, on: date) -> QuerySet[Grant]:
    """Return the grants of a user that hold on a date."""
    return (
        Grant.objects.filter(user=user)
        .filter(Q(starts_on__isnull=True) | Q(starts_on__lte=on))
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
    )


def organisations_where(user: User, permissions: Iterable[Permission], on: date) -> set[int]:
    """Return the ids of the organisations in which a user has any of `permissions`: those granted and all below them."""
    wanted = set(permissions)
    commanded: set[int] = set()
    advised: set[int] = set()
    if user.is_active:
        for role, organisation in grants_in_force(user, on).values_list("role", "organisation_id"):
            if POLICY.get(role, frozenset()) & wanted:
                (advised if role in HEALTH_CHAIN else commanded).add(organisation)
    return _below(commanded, "command_parent") | _below(advised, "health_parent")


def _below(tops: set[int], parent: str) -> set[int]:
    found, edge = set(tops), set(tops)
    while edge:
        edge = set(Organisation.objects.filter(**{f"{parent}__in": edge}).values_list("id", flat=True)) - found
        found |= edge
    return found


def may(user: User, permission: Permission, organisation_id: int, on: date) -> bool:
    """Say whether a user may do something in an organisation on a date."""
    return organisation_id in organisations_where(user, [permission], on)


def user_called(name: str) -> User | None:
    """Return the user of that name, for somebody at the machine itself."""
    return User.objects.filter(username=name).first()


def granting(user: User, permission: Permission, organisation: Organisation, on: date) -> list[Organisation]:
    """Return where, of `organisation` and those above it, a user has a role with `permission`, the nearest first."""
    if not user.is_active:
        return []
    held = {
        (role in HEALTH_CHAIN, place)
        for role, place in grants_in_force(user, on).values_list("role", "organisation_id")
        if permission in POLICY.get(role, frozenset())
    }
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
    if not user.is_active:
        return frozenset()
    held: dict[tuple[bool, int], set[Permission]] = {}
    for role, place in grants_in_force(user, on).values_list("role", "organisation_id"):
        held.setdefault((role in HEALTH_CHAIN, place), set()).update(POLICY.get(role, frozenset()))
    found: set[Permission] = set()
    for health in (False, True):
        at: Organisation | None = organisation if any(chain == health for chain, _ in held) else None
        while at is not None:
            found |= held.get((health, at.pk), set())
            at = at.health_parent if health else at.command_parent
    return frozenset(found)


def check_may(user: User, permission: Permission, organisation_id: int, on: date) -> None:
    """:raises NotAllowed: if the user may not."""
    if not may(user, permission, organisation_id, on):
        raise NotAllowed(permission)


def user_of_token(secret: str, at: int) -> User | None:
    """Return whom an API token speaks for, or None if it is unknown or has ended."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    token = ApiToken.objects.select_related("user").filter(digest=digest, ends_at__gt=at, user__is_active=True).first()
    return token.user if token else None
