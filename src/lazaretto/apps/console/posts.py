"""Who answers for what: the posts that the protocol demands, named and ended here."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.posts import DEPUTY, responsibilities
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.presenters import posts as words
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry import actions
from lazaretto.apps.registry import queries as registry
from lazaretto.protocol.refusal import Refusal


@require_safe
def posts(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.STAFF_READ], now)
    context: dict[str, Any] = access.frame(asked, "posts", now)
    try:
        found = responsibilities(asked.facility, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    only_open = request.GET.get("show") == "open"
    context |= {
        "said": words.said(found), "only_open": only_open, "may_write": Permission.PEOPLE_WRITE in asked.may,
        "groups": [words.group(one, asked.facility.zone) for one in found if one.open or not only_open],
    }  # fmt: skip
    return render(request, "console/posts.html", context)


@require_POST
def name(request: HttpRequest, code: str) -> HttpResponse:
    """Give somebody a post, or make him its deputy, from now on."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PEOPLE_WRITE], now)
    key, unit = request.POST.get("key", ""), request.POST.get("unit", "")
    if not _is_asked(asked, key, unit, now):
        raise Http404
    person = registry.person(asked.facility, request.POST.get("person", "").strip(), asked.may)
    if person is None or person.base in registry.HELD:
        messages.error(
            request, gettext("Nobody was named: give the code of a member of staff or of an outside person.")
        )
        return redirect("posts", code)
    place = asked.facility.places.filter(code=unit).first() if unit else None
    try:
        actions.assign(
            person=person,
            kind="post",
            key=key,
            starts=now,
            ends=None,
            place=place,
            by=access.by(request),
            at=now,
        )
        if unit and place is None:
            actions.assign(person=person, kind="group", key=unit, starts=now, ends=None, by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, title(refusal.words))
    else:
        messages.success(request, gettext("Named, from now on."))
    return redirect("posts", code)


def _is_asked(asked: Asked, key: str, unit: str, now: int) -> bool:
    """Say whether the protocol in force has that post in that unit: nothing else can be named here."""
    try:
        found = responsibilities(asked.facility, now)
    except NoProtocol:
        return False
    return (key.removesuffix(DEPUTY), unit) in {(line.key, line.unit) for one in found for line in one.lines}


@require_POST
def end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Somebody holds a post no longer, from now on."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PEOPLE_WRITE], now)
    item = asked.facility.assignments.select_related("person", "place", "facility__log").filter(pk=pk).first()
    if item is None:
        raise Http404
    try:
        actions.end_assignment(item=item, ends=now, by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, title(refusal.words))
    else:
        messages.success(request, gettext("Ended, from now on. Name the next one."))
    return redirect("posts", code)
