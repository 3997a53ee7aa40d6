"""Signing in and out, and the two choices that go with a reader: language and theme."""

from allauth.account.utils import perform_login
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from lazaretto.apps.accounts import access, queries
from lazaretto.apps.accounts.actions import choose_language, record_sign_in
from lazaretto.web import language, shell

YEAR = 365 * 24 * 3600


def _next(request: HttpRequest, otherwise: str) -> str:
    """Return the address to go to after a form, if it lies on this server."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(otherwise)


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password. A second factor, where the user has one, is asked for on the next page."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(_next(request, "home"))
        return render(request, "accounts/sign_in.html", {"next": request.GET.get("next", "")})
    now = access.clock_now()
    form = AuthenticationForm(request, data=request.POST)
    if form.is_valid():
        user = form.get_user()
        if user.once_until is None or now < user.once_until:
            answer: HttpResponse = perform_login(request, user, redirect_url=_next(request, "home"))
            return answer
        refused = "once"
    else:
        refused = "wrong"
    known = queries.user_called(form.cleaned_data.get("username", ""))
    record_sign_in(kind="sign_in_refused", user=known, at=now)
    said = {"refused": refused, "username": request.POST.get("username", ""), "next": request.POST.get("next", "")}
    return render(request, "accounts/sign_in.html", said, status=422)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    user = access.asker(request)
    logout(request)
    record_sign_in(kind="signed_out", user=user, at=access.clock_now())
    return redirect("sign-in")


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in language.CODES:
        choose_language(request.user, chosen)
    return _remember(request, language.COOKIE, chosen, language.CODES)


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    return _remember(request, shell.THEME_COOKIE, request.POST.get("theme", ""), shell.THEMES)


def _remember(request: HttpRequest, cookie: str, value: str, allowed: tuple[str, ...]) -> HttpResponse:
    if value not in allowed:
        return HttpResponseBadRequest()
    response = HttpResponseRedirect(_next(request, "home"))
    response.set_cookie(cookie, value, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    return response
