"""The tree of organisations, as far as the asker may see it."""

from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from lazaretto.apps.accounts.models import Organisation, User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries.scope import organisations_where

#: The zone of moments where nothing says another.
NOWHERE = "UTC"


class Branch(NamedTuple):
    """An organisation with how deep it stands below the top of what the asker sees."""

    organisation: Organisation
    depth: int


def called(code: str) -> Organisation | None:
    """Return the organisation of that code."""
    return Organisation.objects.filter(code=code).first()


def visible(user: User, on: date) -> QuerySet[Organisation]:
    """Return the organisations in which the asker may do anything at all."""
    return Organisation.objects.filter(pk__in=organisations_where(user, Permission, on))


def managed(user: User, on: date) -> QuerySet[Organisation]:
    """Return the organisations whose users the asker manages."""
    return Organisation.objects.filter(pk__in=organisations_where(user, [Permission.USERS_MANAGE], on))


def tree(user: User, on: date) -> list[Branch]:
    """Return what the asker sees as a tree by the command parent, each followed by those below it, in order of code."""
    rows = (
        visible(user, on)
        .select_related("command_parent", "health_parent")
        .annotate(
            n_users=Count(
                "grants__user", filter=Q(grants__ended_at__isnull=True) & _holds("grants__", on), distinct=True
            )
        )
        .order_by("code")
    )
    children: dict[int | None, list[Organisation]] = {}
    seen = {row.pk for row in rows}
    for row in rows:
        parent = row.command_parent_id if row.command_parent_id in seen else None
        children.setdefault(parent, []).append(row)
    found: list[Branch] = []

    def walk(parent: int | None, depth: int) -> None:
        for row in children.get(parent, []):
            found.append(Branch(row, depth))
            walk(row.pk, depth + 1)

    walk(None, 0)
    return found


def _holds(prefix: str, on: date) -> Q:
    """Return the condition that a grant's dates hold on a date."""
    starts = Q(**{f"{prefix}starts_on__isnull": True}) | Q(**{f"{prefix}starts_on__lte": on})
    ends = Q(**{f"{prefix}ends_on__isnull": True}) | Q(**{f"{prefix}ends_on__gt": on})
    return starts & ends


def everywhere() -> QuerySet[Organisation]:
    """Return all organisations, for somebody who sits at the machine itself."""
    return Organisation.objects.select_related("command_parent", "health_parent").order_by("code")


def zone_for(user: User) -> str:
    """
    Return the time zone in which moments are told to a user: that of the facility where he belongs or has a role, else
    of one directly below it, else UTC.

    The zone is the facility's, a table of an app above; it is asked for by its name.
    """
    places = Organisation.objects.filter(Q(pk=user.organisation_id) | Q(grants__user=user)).values("pk")
    for scope in (Q(pk__in=places), Q(command_parent__in=places) | Q(health_parent__in=places)):
        zone = (
            Organisation.objects.filter(scope, facility__isnull=False)
            .order_by("code")
            .values_list("facility__zone", flat=True)
            .first()
        )
        if zone:
            return str(zone)
    return NOWHERE
