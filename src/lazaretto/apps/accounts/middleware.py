"""
Every page needs a sign-in unless it says otherwise; the API has its own authentication, also by default.

Who came in with a one-time password, or without the second factor that his roles ask for, goes through that page first.
"""

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.shortcuts import redirect

from lazaretto.apps.accounts import access

#: Pages that are open to somebody who still owes a password or a second factor.
ON_THE_WAY = frozenset(
    {
        "sign-out", "set-language", "set-theme", "change-password", "mfa_activate_totp", "account_reauthenticate",
        "mfa_reauthenticate",
    }
)  # fmt: skip


class SignInMiddleware(LoginRequiredMiddleware):
    def process_view(self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:
        if request.path.startswith("/api/"):
            return None
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused is not None or not request.user.is_authenticated:
            return refused
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name in ON_THE_WAY:
            return None
        first = access.owes(access.asker(request))
        return redirect(first) if first else None
