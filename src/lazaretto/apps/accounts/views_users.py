"""Users and their roles, for administrators. What is outside their scope is not found."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lazaretto.apps.accounts import access, actions, presenters, queries, rules
from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import ROLES, Permission
from lazaretto.apps.accounts.rules import Refused
from lazaretto.web import files

PAGE = 50
FILTERS = ("q", "role", "organisation", "state")


def _chosen(given: QueryDict) -> dict[str, str]:
    return {name: given.get(name, "").strip()[:60] for name in FILTERS}


def _rows(request: HttpRequest, on: date, chosen: dict[str, str]) -> Any:
    return queries.user_list(
        access.asker(request), on, text=chosen["q"], role=chosen["role"], organisation=chosen["organisation"],
        state=chosen["state"],
    )  # fmt: skip


@require_safe
def users(request: HttpRequest) -> HttpResponse:
    on = access.check_anywhere(request, Permission.USERS_MANAGE)
    chosen = _chosen(request.GET)
    page = Paginator(_rows(request, on, chosen), PAGE).get_page(request.GET.get("page"))
    said = {
        "section": "users",
        "page": page,
        "lines": [presenters.user_line(user, on) for user in page.object_list],
        "chosen": chosen,
        "query": access.query_of(chosen),
        "roles": presenters.role_choices(ROLES),
        "places": _places(request, on),
    }
    return render(request, "accounts/users.html", said)


@require_safe
def users_excel(request: HttpRequest) -> HttpResponse:
    """Return the list as filtered, all pages."""
    on = access.check_anywhere(request, Permission.USERS_MANAGE)
    heads = [gettext("user name"), gettext("name"), gettext("code"), gettext("belongs to"), gettext("roles"),
             gettext("state"), gettext("last sign-in")]  # fmt: skip
    lines = [
        [r["username"], r["name"], r["person_code"], r["home"], "; ".join(r["roles"]),
         gettext("active") if r["active"] else gettext("deactivated"), r["last"]]
        for r in (presenters.user_line(user, on) for user in _rows(request, on, _chosen(request.GET)))
    ]  # fmt: skip
    return files.excel([heads, *lines], f"users-{on}.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new_user(request: HttpRequest) -> HttpResponse:
    """Make a user who belongs to one of the asker's organisations. The one-time password is shown this once."""
    on = access.check_anywhere(request, Permission.USERS_MANAGE)
    given, by, refused = request.POST, access.asker(request), ""
    if request.method == "POST":
        place = queries.managed(by, on).filter(code=given.get("organisation", "")).first()
        if place is None:
            raise Http404
        try:
            user, password = actions.invite_user(
                username=given.get("username", "").strip(), organisation=place,
                name_zh=given.get("name_zh", "").strip()[:60], name_en=given.get("name_en", "").strip()[:60],
                person_code=given.get("person_code", "").strip()[:60], by=by, at=access.clock_now(),
            )  # fmt: skip
            return _password_page(request, user, password)
        except Refused as no:
            refused = presenters.said(no.words)
    said = {"section": "users", "given": given, "refused": refused, "places": _places(request, on)}
    return render(request, "accounts/user_new.html", said, status=422 if refused else 200)


@require_safe
@never_cache
def user(request: HttpRequest, ref: str) -> HttpResponse:
    on = access.check_anywhere(request, Permission.USERS_MANAGE)
    asker = access.asker(request)
    found, zone = _found(request, ref, on), queries.zone_for(asker)
    return render(request, "accounts/user.html", {
        "section": "users",
        "line": presenters.user_line(found, on),
        "grants": presenters.grant_lines(found.grants.all(), on, zone),
        "tokens": [presenters.token_line(t, access.clock_now(), zone) for t in queries.tokens_of(found)],
        "factor": access.factor(found),
        "locked": _why_not(asker, found, on),
        "is_self": found.pk == asker.pk,
        "may_end": {g.pk for g in found.grants.all() if _may_end(asker, g, on)},
        "roles": presenters.role_choices(ROLES),
        "controllers": rules.CONTROLLERS,
        "places": _places(request, on),
        "today": on,
        "zone": zone,
    })  # fmt: skip


@require_POST
def give_role(request: HttpRequest, ref: str) -> HttpResponse:
    on = access.check_anywhere(request, Permission.USERS_MANAGE)
    found, by, given = _found(request, ref, on), access.asker(request), request.POST
    place = queries.managed(by, on).filter(code=given.get("organisation", "")).first()
    if place is None or given.get("role") not in ROLES:
        raise Http404
    try:
        last = access.day_given(given.get("last", ""))
        actions.grant(
            user=found, role=given["role"], organisation=place, starts_on=access.day_given(given.get("first", "")),
            ends_on=last + timedelta(days=1) if last else None, by=by, at=access.clock_now(),
        )  # fmt: skip
        messages.success(request, gettext("The role is given and recorded."))
    except Refused as no:
        messages.warning(request, presenters.said(no.words))
    return redirect("user", ref)


@require_POST
def end_role(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    on = access.check_anywhere(request, Permission.USERS_MANAGE)
    found, by = _found(request, ref, on), access.asker(request)
    grant = queries.grant_of(found, number)
    if grant is None or not queries.managed(by, on).filter(pk=grant.organisation_id).exists():
        raise Http404
    try:
        last = access.day_given(request.POST.get("last", ""))
        ends_on = last + timedelta(days=1) if last else None
        actions.end_grant(grant=grant, why=request.POST.get("why", ""), ends_on=ends_on, by=by, at=access.clock_now())
        messages.success(request, gettext("The end of the role is recorded."))
    except Refused as no:
        messages.warning(request, presenters.said(no.words))
    return redirect("user", ref)


@require_POST
@never_cache
def change_user(request: HttpRequest, ref: str) -> HttpResponse:
    """Deactivate or reactivate a user, reset password or second factor: as `do` says, each with a reason."""
    on = access.check_anywhere(request, Permission.USERS_MANAGE)
    found, do = _found(request, ref, on), request.POST.get("do", "")
    given: Any = {
        "user": found, "why": request.POST.get("why", ""), "by": access.asker(request), "at": access.clock_now(),
    }  # fmt: skip
    try:
        if do == "password":
            return _password_page(request, found, actions.reset_password(**given))
        if do == "deactivate":
            actions.deactivate(**given)
            messages.success(request, gettext("The user is deactivated. Sessions and tokens have ended."))
        elif do == "reactivate":
            actions.reactivate(**given)
            messages.success(request, gettext("The user is active again. Earlier sessions and tokens stay ended."))
        elif do == "factor":
            if actions.reset_factor(**given):
                messages.success(request, gettext("The second factor is removed. The user's sessions have ended."))
            else:
                messages.warning(request, gettext("The user had no second factor. Nothing was changed."))
        else:
            raise Http404
    except Refused as no:
        messages.warning(request, presenters.said(no.words))
    return redirect("user", ref)


def _password_page(request: HttpRequest, found: User, password: str) -> HttpResponse:
    said = {"section": "users", "made": found, "name": presenters.user_name(found), "password": password}
    return render(request, "accounts/password_once.html", said)


def _found(request: HttpRequest, ref: str, on: date) -> User:
    found = queries.user_seen_by(access.asker(request), ref, on)
    if found is None:
        raise Http404
    return found


def _places(request: HttpRequest, on: date) -> list[tuple[str, str]]:
    return [(o.code, presenters.name_of(o)) for o in queries.managed(access.asker(request), on).order_by("code")]


def _why_not(asker: User, found: User, on: date) -> str:
    """Return why the asker may not change an account, or nothing."""
    try:
        rules.check_may_change(asker, found, on)
    except Refused as no:
        return presenters.said(no.words)
    return ""


def _may_end(asker: User, grant: Any, on: date) -> bool:
    try:
        rules.check_may_end(asker, grant, on)
    except Refused:
        return False
    return True
