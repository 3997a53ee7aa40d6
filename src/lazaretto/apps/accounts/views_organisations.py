"""The tree of organisations, as far as the asker sees it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts import access, presenters, queries


@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    on = access.today(request)
    lines = [presenters.organisation_line(b.organisation, b.depth, on) for b in queries.tree(access.asker(request), on)]
    return render(request, "accounts/organisations.html", {"section": "organisations", "lines": lines})
