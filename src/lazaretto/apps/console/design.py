"""Every component in every state, drawn by the partials that the pages use, in either language and theme."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import everything
from lazaretto.apps.console import access
from lazaretto.apps.console.presenters import samples
from lazaretto.protocol.clock import local_day
from lazaretto.web import language
from lazaretto.web.shell import THEMES, theme


def may_see(user: Any) -> bool:
    """Say whether somebody looks after the machine: who does, may see how its pages are made."""
    return Permission.USERS_MANAGE in everything(user, local_day("UTC", access.clock_now()))


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """:raises PermissionDenied: for all but administrators."""
    if not may_see(request.user):
        raise PermissionDenied
    tongue, look = request.GET.get("language", ""), request.GET.get("theme", "")
    tongue = tongue if tongue in language.CODES else translation.get_language()
    look = look if look in THEMES else theme(request)
    with translation.override(tongue):
        context: dict[str, Any] = samples.everything() | {
            "section": "design", "theme": look, "ways": samples.ways(tongue, look),
        }  # fmt: skip
        return render(request, "console/design/page.html", context)
