"""Signing a day's report and amending it: first a page that repeats what is signed, then the act."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, dayview, queries
from lazaretto.apps.console.presenters import signing as words
from lazaretto.apps.console.presenters import verdict
from lazaretto.apps.reporting import actions
from lazaretto.web.templatetags.lz import person_name

#: A page that was open longer than this shows what may no longer be so; it is shown again before anything is signed.
FRESH_MS = 15 * 60_000


@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, code: str, text: str) -> HttpResponse:
    return _page(request, code, text, amending=False)


@require_http_methods(["GET", "POST"])
def amend(request: HttpRequest, code: str, text: str) -> HttpResponse:
    return _page(request, code, text, amending=True)


def _page(request: HttpRequest, code: str, text: str, *, amending: bool) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.REPORT_SIGN], now)
    on = access.day_of(text)
    if request.method == "POST" and (as_of := _shown_at(request, now)):
        _act(request, asked, on, as_of, now, amending=amending)
        return redirect("day", code, text)
    seen = queries.day(asked, on, now)
    if seen.draft is None or bool(seen.signed) != amending or (amending and not seen.changes):
        messages.info(request, _nothing(seen))
        return redirect("day", code, text)
    known = dayview.Vocabulary(asked, seen, now)
    context: dict[str, Any] = access.frame(asked, "day", now) | dayview.head(asked, seen)
    context |= {
        "amending": amending,
        "number": len(seen.signed) + 1,
        "said": words.repeated(seen.draft),
        "status": seen.draft["status"],
        "button": gettext("Sign the amendment") if amending else verdict.sign_words(seen.draft["status"]),
        "changes": words.change_lines(seen.changes, known.measures),
        "as_of": now,
        "signer": person_name(request.user),
        "stale": request.method == "POST",
    }
    return render(request, "console/sign.html", context)


def _shown_at(request: HttpRequest, now: int) -> int | None:
    """Return the moment whose state the page repeated, if it is recent; what came later is then not signed unseen."""
    given = request.POST.get("as_of", "")
    moment = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0
    return moment if now - FRESH_MS <= moment <= now else None


def _act(request: HttpRequest, asked: queries.Asked, on: Any, as_of: int, now: int, *, amending: bool) -> None:
    who = {"by": access.by(request), "signer": person_name(request.user)}
    try:
        if amending:
            made = actions.amend(facility=asked.facility, on=on, at=now, **who)
            messages.success(request, gettext("Amendment no. %(n)s is signed and recorded.") % {"n": made.number})
        else:
            actions.sign(facility=asked.facility, on=on, at=now, as_of=as_of, **who)
            messages.success(request, gettext("The report is signed and recorded."))
    except actions.AlreadySigned:
        messages.warning(request, gettext("Not signed: the day already has a signed report. It can be amended."))
    except actions.NothingToAmend:
        messages.warning(request, gettext("Not amended: nothing differs from what was signed."))
    except actions.DayNotBegun:
        messages.warning(request, gettext("Not signed: the day has not begun."))


def _nothing(seen: queries.Day) -> str:
    if seen.draft is None:
        return gettext("There is nothing to sign for this day.")
    if seen.signed:
        return gettext("The day has a signed report, and nothing differs from it.")
    return gettext("The day has no signed report yet; it can be signed, not amended.")
