"""Pages for what did not happen: each says what, why, and what to do next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Nothing is there, or it belongs to a facility outside the asker's scope: the two are not told apart."""
    return render(request, "web/not_found.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "web/forbidden.html", status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer without touching the session or the database, either of which may be what broke."""
    return HttpResponse(render_to_string("web/broken.html"), status=500)


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that came without its token: the page was open too long, or another site sent it."""
    return render(request, "web/csrf_refused.html", status=403)
