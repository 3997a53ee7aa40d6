"""One person, one file: what is on record, as far as the one who looks may see it; each look at sensitive fields is kept."""

from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import granting, looks_at, roles_in
from lazaretto.apps.console import access, person_parts, queries, register
from lazaretto.apps.console.forms import in_words
from lazaretto.apps.console.presenters import looks
from lazaretto.apps.console.presenters import person as words
from lazaretto.apps.console.presenters.sections import READS_PEOPLE
from lazaretto.apps.registry import actions, files
from lazaretto.apps.registry import queries as registry
from lazaretto.apps.registry.models import Person
from lazaretto.protocol.clock import parse_moment
from lazaretto.protocol.refusal import Refusal

#: What is shown only to those who may see it, and to them only after they asked with a reason.
GUARDED = {"identity": Permission.IDENTITY_READ, "health": Permission.HEALTH_READ}


class Opened(NamedTuple):
    """Somebody's file in front of somebody: who asks, whose it is, when, and by which name it is found."""

    asked: queries.Asked
    person: Person
    now: int
    roles: list[str]


def opened(request: HttpRequest, code: str, person: str, *needed: Permission) -> Opened:
    """:raises Http404: if there is nobody of that code whom the asker may know of."""
    now = access.clock_now()
    asked = access.asked(request, code, READS_PEOPLE, now)
    found = registry.person(asked.facility, person, asked.may)
    if found is None:
        raise Http404
    if not set(needed) <= asked.may:
        raise PermissionDenied
    roles = roles_in(request.user, asked.facility.organisation, asked.today)  # type: ignore[arg-type]
    return Opened(asked, found, now, roles)


@require_safe
def person(request: HttpRequest, code: str, person: str) -> HttpResponse:
    return _page(request, opened(request, code, person))


@require_POST
def show(request: HttpRequest, code: str, person: str) -> HttpResponse:
    """Show what is guarded, once, to somebody who says why."""
    what, why = request.POST.get("what", ""), request.POST.get("why", "").strip()[:200]
    if what not in GUARDED:
        raise Http404
    seen = opened(request, code, person, GUARDED[what])
    if not why:
        return _page(request, seen, unasked=what)
    return _page(request, seen, shown=what, why=why)


def _page(request: HttpRequest, seen: Opened, *, shown: str = "", why: str = "", unasked: str = "") -> HttpResponse:
    asked, now, user = seen.asked, seen.now, request.user
    may = asked.may - {Permission.IDENTITY_READ, Permission.HEALTH_READ}
    if Permission.HEALTH_READ in asked.may and "clinician" in seen.roles:
        may |= {Permission.HEALTH_READ}
    if shown:
        may |= {GUARDED[shown]}
    file = files.open_file(seen.person, may, now)
    force = person_parts.force_at(asked, now)
    parts = person_parts.parts(asked, seen.person, file, may, now, force)
    file.shown.extend(field for field in parts.shown if field not in file.shown)
    accounts.record_reads(
        log=asked.facility.log, subjects=file.refs, fields=file.shown, where="person file", why=why,
        by=user.ref, at=now,  # type: ignore[union-attr]
    )  # fmt: skip
    reads_looks = _reads_looks(request, asked)
    context = access.frame(asked, "people", now) | {
        "crumbs": [(gettext("People"), reverse("people", args=[asked.facility.code])), (seen.person.code, "")],
        "person": seen.person,
        "unasked": unasked,
        "looks": looks.at_file(looks_at(file.refs), asked) if reads_looks else None,
        "may": words.may(asked),
        "parts": parts.said,
    }
    context |= words.page(
        file, seen, may, register.around(asked, seen.person, file, force.resolved.document if force else None)
    )
    response = render(request, "console/person/file.html", context, status=422 if unasked else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _reads_looks(request: HttpRequest, asked: queries.Asked) -> bool:
    """Only who may at the facility itself sees who looked; superiors see no names."""
    own = asked.facility.organisation
    return own in granting(request.user, Permission.ACCESS_READ, own, asked.today)  # type: ignore[arg-type]


@require_POST
def precaution(request: HttpRequest, code: str, person: str) -> HttpResponse:
    """Set a precaution until some time, or lift one."""
    seen = opened(request, code, person, Permission.PRECAUTION_SET)
    by = access.by(request)
    lifted = request.POST.get("lift", "")
    try:
        if lifted:
            standing = register.precaution(seen.person, lifted, seen.now)
            if standing is None:
                raise Http404
            actions.end_standing(standing=standing, ends=seen.now, by=by, at=seen.now)
            messages.success(request, gettext("The precaution is lifted and recorded."))
        else:
            until = request.POST.get("until", "").strip()
            ends = parse_moment(until, seen.asked.facility.zone) if until else None
            actions.set_precaution(person=seen.person, value=request.POST.get("value", ""), starts=seen.now, ends=ends,
                                   by=by, at=seen.now)  # fmt: skip
            messages.success(request, gettext("The precaution holds from now and is recorded."))
    except Refusal as refusal:
        messages.warning(request, gettext("Nothing was saved.") + " " + in_words(refusal.words))
    except ValueError:
        messages.warning(request, gettext("Nothing was saved. Write the time as 2026-03-17 08:00."))
    return redirect("person", code, seen.person.code)
