"""
Every page needs a sign-in unless it says otherwise; the API has its own authentication, also by default.

A ward device that was left alone is locked (`idle`): it leads to its own page, where the PIN is asked for. Who came in with a one-time password, or without the second factor that his roles ask for, goes through that page first.
"""

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from lazaretto.apps.accounts import access, idle

#: Pages that are open to somebody who still owes a password or a second factor.
ON_THE_WAY = frozenset(
    {
        "sign-out", "set-language", "set-theme", "change-password", "mfa_activate_totp", "account_reauthenticate",
        "mfa_reauthenticate",
    }
)  # fmt: skip
#: What a locked ward device may still ask for: itself, and to be opened or given up.
WHILE_LOCKED = frozenset(
    {
        "ward",
        "ward-worker",
        "ward-manifest",
        "ward-state",
        "ward-lock",
        "ward-unlock",
        "sign-out",
        "set-language",
        "set-theme",
    }
)
#: What an open page asks for by itself: it keeps nobody signed in.
UNATTENDED = frozenset({"events", "facility-events", "day-now"})
LOCKED = 423


class SignInMiddleware(LoginRequiredMiddleware):
    def process_view(self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:
        if request.path.startswith("/api/"):
            return None
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused is not None or not request.user.is_authenticated:
            return refused
        name = request.resolver_match.url_name if request.resolver_match else ""
        if request.method == "GET" and name not in UNATTENDED:  # streams ask anew: a role may end while they last
            access.asker(request).kept = {}
        if name not in WHILE_LOCKED and _is_locked(request, name or ""):
            return HttpResponse(status=LOCKED) if request.path.startswith("/ward/") else redirect("ward")
        if name in ON_THE_WAY:
            return None
        first = access.owes(access.asker(request))
        return redirect(first) if first else None


def _is_locked(request: Any, name: str) -> bool:
    request.locks_after_s = idle.IDLE_MS // 1000 if idle.is_shared(request.session) else 0
    return idle.touch(request.session, access.clock_now(), by_hand=name not in UNATTENDED)
