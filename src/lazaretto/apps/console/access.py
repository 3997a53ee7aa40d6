"""From an address to a facility that the asker may see: else 404, and 403 where only the permission is missing."""

import time
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import zone_for
from lazaretto.apps.console import queries
from lazaretto.apps.console.presenters import sections
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.protocol.clock import local_day, parse_moment
from lazaretto.web.dates import clock, day_of_week, local

#: Either opens the list of transfers: handing people over, or reading what came with them.
TRANSFERS = frozenset({Permission.TRANSFER, Permission.HEALTH_READ})


def clock_now() -> int:
    """Return the moment in milliseconds. Time enters the pages here and nowhere below."""
    return int(time.time() * 1000)


def asked(request: HttpRequest, code: str, permissions: Iterable[Permission], now: int) -> queries.Asked:
    """:raises Http404: outside the asker's scope. :raises PermissionDenied: without any of `permissions`."""
    found = queries.facility(request.user, code, now)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    if not found.may & set(permissions):
        raise PermissionDenied
    return found


def by(request: HttpRequest) -> str:
    """Return the reference of the one who asks, as the journal keeps it."""
    return request.user.ref  # type: ignore[union-attr]


def day_of(text: str) -> date:
    """:raises Http404: if there is no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None


def date_of(text: str) -> date | None:
    """Return a date that was typed or picked, None if it cannot be read or is of no time that this can be about."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2200 else None


def given(query: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return what was asked for, cut to a length, without characters that no database takes."""
    return {name: query.get(name, "").replace("\x00", "").strip()[:60] for name in names}


def moment_of(text: str, zone: str, now: int) -> int | None:
    """
    Return a moment that was typed or picked, None if it cannot be read. Nothing said is now, and so is this minute: a
    field that knows no seconds must not put the present before the past.
    """
    if not text.strip():
        return now
    try:
        found = parse_moment(text, zone)
    except (ValueError, OverflowError):
        return None
    return now if found // 60_000 == now // 60_000 else found


def frame(found: queries.Asked, section: str, now: int) -> dict[str, Any]:
    """Return what the frame around a facility's page needs: where we are, and the time there."""
    zone = found.facility.zone
    return {
        "section": section,
        "here": {
            "code": found.facility.code,
            "name": in_language(found.facility.organisation),
            "nav": sections.open_to(found.facility.code, found.may),
            "reads_report": not found.may.isdisjoint(queries.READS_REPORT),
            "reads_protocol": Permission.PROTOCOL_READ in found.may,
        },
        "clock": f"{day_of_week(local(now, zone).date())} {clock(now, zone)}",
    }


def links(user: Any) -> list[dict[str, Any]]:
    """Return the pages that stand above a facility's, for the side bar: who looked, and what comes from below."""
    now = clock_now()
    found = []
    if queries.audits(user, local_day(zone_for(user), now)):
        found.append(
            {"section": "all-looks", "url": reverse("all-looks"), "icon": "eye", "name": gettext("Who looked")}
        )
    if queries.watches(user, now):
        found.append(
            {
                "section": "submissions",
                "url": reverse("all-submissions"),
                "icon": "tree",
                "name": gettext("Submissions"),
            }
        )
    return found
