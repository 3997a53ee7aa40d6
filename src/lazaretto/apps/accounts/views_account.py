"""A user's own account: roles, history of signing in, second factor, tokens, password."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.mfa.totp.views import ActivateTOTPView
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lazaretto.apps.accounts import access, actions, presenters, queries
from lazaretto.apps.accounts.rules import Refused

DAY_MS = 86_400_000
MOST_DAYS = 366


@require_safe
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    user, now, on = access.asker(request), access.clock_now(), access.today(request)
    zone = queries.zone_for(user)
    said = {
        "section": "account",
        "grants": presenters.grant_lines(queries.grants_of(user), on, zone),
        "history": presenters.sign_in_lines(queries.last_sign_ins(user), zone),
        "tokens": [presenters.token_line(t, now, zone) for t in queries.tokens_of(user)],
        "may_make_tokens": bool(queries.everything(user, on)),
        "factor": access.factor(user),
        "needs_factor": access.needs_factor(user),
        "zone": zone,
    }
    return render(request, "accounts/account.html", said)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def change_password(request: HttpRequest) -> HttpResponse:
    """Ask for the old password and a new one twice. The other sessions of the user end."""
    user = access.asker(request)
    said: dict[str, object] = {"section": "account", "once": user.once_until is not None, "errors": {}}
    if request.method == "POST":
        said["errors"] = errors = _password_errors(request)
        if not errors:
            actions.change_password(user=user, password=request.POST["new"], at=access.clock_now())
            update_session_auth_hash(request, user)
            messages.success(request, gettext("The password is changed. Your other sessions have ended."))
            return redirect("account")
    return render(request, "accounts/change_password.html", said, status=422 if said["errors"] else 200)


def _password_errors(request: HttpRequest) -> dict[str, list[str]]:
    user, new = access.asker(request), request.POST.get("new", "")
    errors: dict[str, list[str]] = {}
    try:
        if not get_adapter(request).reauthenticate(user, request.POST.get("old", "")):
            errors["old"] = [gettext("The password is not right. Nothing was changed; this is recorded.")]
    except ValidationError as error:
        errors["old"] = error.messages
    try:
        validate_password(new, user)
    except ValidationError as error:
        errors["new"] = error.messages
    if not errors and new == request.POST.get("old"):
        errors["new"] = [gettext("The new password is the old one. Choose another.")]
    if new != request.POST.get("again", ""):
        errors["again"] = [gettext("The two do not agree. Type the new password again.")]
    return errors


@method_decorator(never_cache, name="dispatch")
@method_decorator(reauthentication_required(app="allauth.mfa"), name="dispatch")
class ReplaceFactor(ActivateTOTPView):  # type: ignore[misc]
    """Set up a new key in place of the old one, which holds until a code of the new one is right."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not access.factor(access.asker(request)).code:
            return redirect("mfa_activate_totp")
        answer: HttpResponseBase = super(ActivateTOTPView, self).dispatch(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "replacing": True}

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        user = access.asker(self.request)
        actions.drop_factor(user=user, at=access.clock_now())
        super().form_valid(form)
        messages.success(self.request, gettext("The new key holds. The old one opens nothing any more."))
        return redirect("account")


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End the user's sessions on all machines but this one."""
    user = access.asker(request)
    actions.end_other_sessions(user=user, at=access.clock_now())
    update_session_auth_hash(request, user)
    messages.success(request, gettext("Your other sessions have ended. This one goes on."))
    return redirect("account")


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(app="lazaretto")  # type: ignore[untyped-decorator]
@never_cache
def new_token(request: HttpRequest) -> HttpResponse:
    user, now, on = access.asker(request), access.clock_now(), access.today(request)
    given = request.POST
    chosen, label, days = given.getlist("scope"), given.get("label", "").strip()[:60], given.get("days", "90")
    refused = ""
    if request.method == "POST":
        code = given.get("organisation", "")
        place = queries.visible(user, on).filter(code=code).first() if code else None
        if not label:
            refused = gettext("Say what the token is for.")
        elif not (days.isdecimal() and 1 <= int(days) <= MOST_DAYS):
            refused = gettext("A token holds for 1 to 366 days.")
        elif code and place is None:
            raise Http404
        else:
            try:
                secret = actions.create_token(
                    user=user, label=label, scopes=chosen, ends_at=now + int(days) * DAY_MS, organisation=place,
                    by=user, at=now,
                )  # fmt: skip
                return render(request, "accounts/token_made.html", {"section": "account", "secret": secret})
            except Refused as no:
                refused = presenters.said(no.words)
    said = {
        "section": "account",
        "refused": refused,
        "label": label,
        "days": days,
        "chosen": chosen,
        "organisation": given.get("organisation", ""),
        "scopes": presenters.permission_words(queries.everything(user, on)),
        "places": [(o.code, presenters.name_of(o)) for o in queries.visible(user, on).order_by("code")],
    }
    return render(request, "accounts/token_new.html", said, status=422 if refused else 200)


@require_POST
def revoke_token(request: HttpRequest, number: int) -> HttpResponse:
    """End one of the user's own tokens. Another's is not found."""
    user = access.asker(request)
    token = queries.own_token(user, number)
    if token is None:
        raise Http404
    actions.revoke_token(token=token, by=user, at=access.clock_now())
    messages.success(request, gettext("The token is revoked; it opens nothing any more."))
    return redirect("account")
