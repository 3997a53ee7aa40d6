"""From an address to a facility that the asker may see: else 404, and 403 where only the permission is missing."""

import time
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import queries
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.web.dates import clock, day_of_week, local


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


def day_of(text: str) -> date:
    """:raises Http404: if there is no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None


def frame(found: queries.Asked, section: str, now: int) -> dict[str, Any]:
    """Return what the frame around a facility's page needs: where we are, and the time there."""
    zone = found.facility.zone
    return {
        "section": section,
        "here": {"code": found.facility.code, "name": in_language(found.facility.organisation)},
        "clock": f"{day_of_week(local(now, zone).date())} {clock(now, zone)}",
    }
