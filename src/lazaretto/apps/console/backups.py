"""Backups of the whole installation, for administrators: the list, a new one, reading one to its end."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from lazaretto import __version__
from lazaretto.apps.accounts.queries import zone_for
from lazaretto.apps.console import access
from lazaretto.apps.console.design import may_see as administers
from lazaretto.apps.console.presenters import backups as words
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.journal import backups as kept
from lazaretto.apps.journal.actions import open_log
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.limits import Limit

NODE = "node"
#: Each reads or writes everything there is.
OFTEN = Limit(6, 60_000)


def _check(request: HttpRequest, now: int) -> None:
    """:raises PermissionDenied: for all but administrators."""
    if not administers(request.user):
        raise PermissionDenied


@require_safe
def backups(request: HttpRequest) -> HttpResponse:
    now = access.clock_now()
    _check(request, now)
    user: Any = request.user
    context = {"section": "backups"} | words.page(kept.kept(), kept.last(), now, zone_for(user))
    return render(request, "console/backups.html", context)


@sensitive_post_parameters()
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    now = access.clock_now()
    _check(request, now)
    first, again = request.POST.get("passphrase", ""), request.POST.get("again", "")
    if first != again:
        messages.warning(request, gettext("The two passphrases differ. Nothing was made."))
    elif not OFTEN.allows(access.by(request), now):
        messages.warning(request, gettext("Too often. Try again in a minute."))
    else:
        try:
            name = kept.make(
                log=open_log(NODE, at=now), passphrase=first, version=__version__, by=access.by(request), at=now
            )
        except Refusal as refusal:
            messages.warning(request, title(refusal.words))
        else:
            messages.success(request, gettext("Made: %(name)s. Copy it to another machine.") % {"name": name})
    return redirect("backups")


@sensitive_post_parameters()
@require_POST
def check(request: HttpRequest, name: str) -> HttpResponse:
    now = access.clock_now()
    _check(request, now)
    if not OFTEN.allows(access.by(request), now):
        messages.warning(request, gettext("Too often. Try again in a minute."))
        return redirect("backups")
    try:
        wrong = kept.check(
            log=open_log(NODE, at=now), name=name, passphrase=request.POST.get("passphrase", ""),
            by=access.by(request), at=now,
        )  # fmt: skip
    except FileNotFoundError:
        raise Http404 from None
    except Refusal as refusal:
        messages.warning(request, title(refusal.words))
    else:
        if wrong is None:
            messages.success(request, gettext("%(name)s is whole.") % {"name": name})
        else:
            messages.warning(request, title(wrong))
    return redirect("backups")
