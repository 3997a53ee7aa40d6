"""The shell of the ward client, its service worker, and the few things that it asks for while there is a network."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts import idle
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access, queries
from lazaretto.apps.console.ward import assets, data
from lazaretto.apps.rounds import pairs
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.apps.rounds.sheets import places_to_choose
from lazaretto.apps.rounds.ward_list import ward_list
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.limits import Limit

View = Callable[..., HttpResponse]
JAVASCRIPT, MANIFEST = "text/javascript; charset=utf-8", "application/manifest+json"
#: A phone asks for its list when it is looked at; a PIN is typed by hand.
ASKS, TRIES = Limit(60, 60_000), Limit(10, 60_000)
NOT_FOUND, TOO_OFTEN, REFUSED, LOCKED = 404, 429, 409, 423


@login_not_required
@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    """The page itself: words and files, nothing about anybody. It is kept on the phone and opens without network."""
    return render(request, "console/ward/shell.html", assets.shell())


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    response = render(request, "console/ward/worker.js", assets.worker(), content_type=JAVASCRIPT)
    response.headers["Cache-Control"] = "no-cache"
    return response


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    return JsonResponse(assets.manifest(), content_type=MANIFEST)


@login_not_required
@never_cache
@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """Say who is signed in on this device, and whether the session is locked."""
    user: Any = request.user
    said: dict[str, Any] = {"csrf": get_token(request), "signed_in": user.is_authenticated, "now": access.clock_now()}
    if user.is_authenticated:
        said |= {"user": data.user(user), "locked": idle.touch(request.session, access.clock_now())}
        said["shared"] = idle.is_shared(request.session)
    return JsonResponse(said)


@require_safe
def enter(request: HttpRequest) -> HttpResponse:
    """Come here to sign in: whoever is through goes on to the client."""
    return redirect("ward")


def _limited(limit: Limit) -> Callable[[View], View]:
    def wrap(view: View) -> View:
        @never_cache
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not limit.allows(access.by(request), access.clock_now()):
                return JsonResponse({}, status=TOO_OFTEN)
            return view(request, *args, **kwargs)

        return wrapped

    return wrap


@require_safe
@_limited(ASKS)
def places(request: HttpRequest) -> HttpResponse:
    """The facilities in which the asker records facts, each with the places that one walks."""
    found = queries.facilities(request.user, [Permission.FACT_RECORD], access.clock_now())  # type: ignore[arg-type]
    return JsonResponse({"facilities": [data.choices(f, places_to_choose(f)) for f in found]})


@require_safe
@_limited(ASKS)
def listed(request: HttpRequest, code: str) -> HttpResponse:
    """A ward for a day: who is there, what is owed when, how it is measured, and to which key records are sealed."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.FACT_RECORD], now)
    place = request.GET.get("place", "").replace("\x00", "")[:60]
    try:
        found = ward_list(asked.facility, place, now)
    except NoProtocol:
        return JsonResponse({"error": "no_protocol"}, status=REFUSED)
    except NothingThere:
        return JsonResponse({"error": "not_found"}, status=NOT_FOUND)
    return JsonResponse(data.ward(asked, place, found, now, access.by(request)))


@require_POST
@_limited(ASKS)
def flush_pass(request: HttpRequest, code: str) -> HttpResponse:
    """Give a phone the pass by which the records of its user are known for three days."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.FACT_RECORD], now)
    device = _said(request).get("device", "")[:60]
    if len(device) < 8 or not device.replace("-", "").isalnum() or not device.isascii():
        return JsonResponse({"error": "device"}, status=422)
    user: Any = request.user
    secret = accounts.create_flush_token(user=user, organisation=asked.facility.organisation, device=device, at=now)
    return JsonResponse({"pass": secret, "ends": now + accounts.FLUSH_MS})


@require_POST
@_limited(ASKS)
def settle(request: HttpRequest, code: str) -> HttpResponse:
    """Say which of two records that differ is to count."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.FACT_RECORD], now)
    said = _said(request)
    try:
        pairs.settle(
            asked.facility, said.get("one", "")[:64], said.get("other", "")[:64], keeps=said.get("keeps", "")[:64],
            by=access.by(request), at=now,
        )  # fmt: skip
    except Refusal as refusal:
        return JsonResponse({"zh": refusal.words.zh, "en": refusal.words.en}, status=REFUSED)
    return JsonResponse({"settled": True})


@require_POST
@_limited(ASKS)
def device(request: HttpRequest) -> HttpResponse:
    """Make this session one of a shared device: from now on it locks when it is left alone."""
    digest = _said(request).get("digest", "")
    if len(digest) != 64:
        return JsonResponse({"error": "digest"}, status=422)
    idle.begin(request.session, digest, access.clock_now())
    return JsonResponse({"locks_after": idle.IDLE_MS})


@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    idle.lock(request.session)
    return JsonResponse({"locked": idle.is_shared(request.session)})


@require_POST
@_limited(TRIES)
def unlock(request: HttpRequest) -> HttpResponse:
    """Open a locked session with what the PIN opened on the device."""
    now = access.clock_now()
    if idle.unlock(request.session, _said(request).get("secret", "")[:100], now):
        return JsonResponse({"locked": False})
    return JsonResponse({"locked": True}, status=LOCKED)


def _said(request: HttpRequest) -> dict[str, str]:
    """Return what was sent, as far as it is plain text."""
    try:
        said = json.loads(request.body[:4000])
    except ValueError:
        return {}
    return {k: v.replace("\x00", "") for k, v in said.items() if isinstance(v, str)} if isinstance(said, dict) else {}
