"""Users: by name, by reference, and those whom an administrator looks after."""

from collections.abc import Iterable
from datetime import date

from allauth.mfa.models import Authenticator
from django.db.models import F, Prefetch, Q, QuerySet

from lazaretto.apps.accounts.models import Grant, SignIn, User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries.scope import organisations_where

STATES = ("active", "deactivated")
#: Grants that hold before those that were ended, the oldest first; engines differ on where they put what is not there.
IN_ORDER = (F("ended_at").desc(nulls_first=True), F("starts_on").asc(nulls_first=True), "role", "pk")


def user_called(name: str) -> User | None:
    """Return the user of that name, for somebody at the machine itself."""
    return User.objects.filter(username=name).first()


def everybody() -> QuerySet[User]:
    """Return all users with their grants, for somebody at the machine itself."""
    return User.objects.select_related("organisation").prefetch_related(_grants()).order_by("username")


def users_seen_by(asker: User, on: date) -> QuerySet[User]:
    """Return the users who belong, or have or had a role, where the asker manages users."""
    places = organisations_where(asker, [Permission.USERS_MANAGE], on)
    return User.objects.filter(
        Q(organisation__in=places) | Q(pk__in=Grant.objects.filter(organisation__in=places).values("user"))
    )


def user_list(
    asker: User, on: date, *, text: str = "", role: str = "", organisation: str = "", state: str = ""
) -> QuerySet[User]:
    """Return the users that the asker sees and that fit the filter, with their grants, in order of name."""
    found = users_seen_by(asker, on)
    if text:
        found = found.filter(
            Q(username__icontains=text)
            | Q(name_zh__icontains=text)
            | Q(name_en__icontains=text)
            | Q(person_code__icontains=text)
        )
    if role or organisation:
        wanted = Grant.objects.filter(_not_over(on))
        wanted = wanted.filter(role=role) if role else wanted
        wanted = wanted.filter(organisation__code=organisation) if organisation else wanted
        home = Q(organisation__code=organisation) if organisation and not role else Q(pk__in=[])
        found = found.filter(Q(pk__in=wanted.values("user")) | home)
    if state in STATES:
        found = found.filter(is_active=state == "active")
    return found.select_related("organisation").prefetch_related(_grants()).order_by("username")


def user_seen_by(asker: User, ref: str, on: date) -> User | None:
    """Return a user by reference, if the asker sees him."""
    found = users_seen_by(asker, on).filter(ref=ref)
    return found.select_related("organisation").prefetch_related(_grants()).first()


def _grants() -> Prefetch:  # type: ignore[type-arg]
    return Prefetch("grants", Grant.objects.select_related("organisation").order_by(*IN_ORDER))


def _not_over(on: date) -> Q:
    return Q(ended_at__isnull=True) & (Q(ends_on__isnull=True) | Q(ends_on__gt=on))


def grants_not_over(user: User, on: date) -> QuerySet[Grant]:
    """Return the grants of a user that hold on a date or will hold later."""
    return Grant.objects.filter(_not_over(on), user=user).select_related("organisation")


def grant_of(user: User, number: int) -> Grant | None:
    """Return a grant of the user's by its number."""
    return Grant.objects.filter(user=user, pk=number).select_related("organisation").first()


def grants_of(user: User) -> QuerySet[Grant]:
    """Return all grants of a user, those that are over too."""
    return Grant.objects.filter(user=user).select_related("organisation").order_by(*IN_ORDER)


def authenticators(user: User) -> list[Authenticator]:
    """Return what a user has beside his password."""
    return list(Authenticator.objects.filter(user=user))


def last_sign_ins(user: User, n: int = 20) -> list[SignIn]:
    """Return the user's own history of signing in, the latest first."""
    return list(SignIn.objects.filter(user=user).order_by("-occurred_at", "-id")[:n])


def users_called(refs: Iterable[str]) -> dict[str, User]:
    """Return users by their references; what is no user's (a command, an import) is not in it."""
    return {u.ref: u for u in User.objects.filter(ref__in={r for r in refs if r})}
