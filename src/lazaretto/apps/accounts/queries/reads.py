"""Who was shown sensitive fields of whose file."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Q, QuerySet

from lazaretto.apps.accounts.models import Organisation, SensitiveRead, User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries.scope import organisations_where
from lazaretto.apps.accounts.queries.users import users_called
from lazaretto.apps.journal.models import Log


def looks_in(
    logs: Log | QuerySet[Log],
    *,
    refs: Iterable[str] | None = None,
    subject: str = "",
    by: str = "",
    since: int | None = None,
    until: int | None = None,
) -> QuerySet[SensitiveRead]:
    """
    Return the looks kept in a log or in several, the latest first.

    `refs` are the references of whose files, `subject` one of them or its beginning; `by` a user's reference, or a part
    of his name; [since, until).
    """
    found = SensitiveRead.objects.filter(log__in=logs if isinstance(logs, QuerySet) else [logs])
    if refs is not None:
        found = found.filter(subject__in=list(refs))
    if subject:
        found = found.filter(subject__startswith=subject)
    if by:
        named = User.objects.filter(
            Q(ref=by) | Q(username__icontains=by) | Q(name_zh__icontains=by) | Q(name_en__icontains=by)
        )
        found = found.filter(by__in=named.values("ref"))
    if since is not None:
        found = found.filter(read_at__gte=since)
    if until is not None:
        found = found.filter(read_at__lt=until)
    return found.select_related("log").order_by("-read_at", "-id")


def logs_watched_by(user: User, on: date) -> QuerySet[Log]:
    """Return the logs of the facilities whose looks the asker may see. A facility's log has its organisation's code."""
    places = organisations_where(user, [Permission.ACCESS_READ], on)
    return Log.objects.filter(name__in=Organisation.objects.filter(pk__in=places).values("code"))


class Look(NamedTuple):
    """That somebody was shown sensitive fields: at whose file (its reference), who, when, which, where and why."""

    subject: str
    read_at: int
    username: str
    name_zh: str
    name_en: str
    fields: str
    where: str
    why: str


def looks_at(refs: Iterable[str]) -> list[Look]:
    """Return who was shown sensitive fields of files, the last look first."""
    return with_users(SensitiveRead.objects.filter(subject__in=list(refs)).order_by("-read_at", "-id"))


def with_users(rows: Iterable[SensitiveRead]) -> list[Look]:
    """Return looks, in the order given, with who looked by name."""
    found = list(rows)
    users = users_called(r.by for r in found)
    none = User(username="")
    return [
        Look(
            r.subject,
            r.read_at,
            (u := users.get(r.by, none)).username or r.by,
            u.name_zh,
            u.name_en,
            r.fields,
            r.where,
            r.why,
        )
        for r in found
    ]
