"""Who looked at whose sensitive fields: codes and times for the auditor, never what was seen."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import granting, looks_in
from lazaretto.apps.console import access, register
from lazaretto.apps.console.presenters.person import look_line

MOST = 200


@require_safe
def looks(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.ACCESS_READ], now)
    own = asked.facility.organisation
    if own not in granting(request.user, Permission.ACCESS_READ, own, asked.today):  # type: ignore[arg-type]
        raise PermissionDenied
    person = access.given(request.GET, ["person"])["person"]
    refs = register.refs_called(asked, person) if person else None
    found = looks_in(asked.facility.log_id, refs=refs, most=MOST)
    codes = register.codes_of(asked, (look.subject for look in found))
    context = access.frame(asked, "looks", now) | {
        "crumbs": [(gettext("Who looked"), "")],
        "rows": [look_line(look, asked) | {"code": codes.get(look.subject, "—")} for look in found],
        "person": person,
        "full": len(found) == MOST,
        "most": MOST,
    }
    return render(request, "console/looks.html", context)
