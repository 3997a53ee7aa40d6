"""The kiosk's page and what it asks for: the list, and the door for the steps that it kept."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.console import access
from lazaretto.apps.console.passage.kiosk import assets, data
from lazaretto.apps.passage import kiosk
from lazaretto.protocol.clock import utc_text
from lazaretto.web.limits import Limit

JAVASCRIPT = "text/javascript; charset=utf-8"
ASKS, MOST, LONGEST = Limit(120, 60_000), 100, 4000
FIELDS = ("id", "key", "point", "iv", "text")


@require_safe
def shell(request: HttpRequest, code: str) -> HttpResponse:
    """The page itself: words and files, nothing about anybody. The service worker keeps it for a start without network."""
    access.asked(request, code, kiosk.MAY, access.clock_now())
    return render(request, "console/kiosk/shell.html", assets.shell(code))


@require_safe
def worker(request: HttpRequest, code: str) -> HttpResponse:
    access.asked(request, code, kiosk.MAY, access.clock_now())
    response = render(request, "console/ward/worker.js", assets.worker(code), content_type=JAVASCRIPT)
    response.headers["Cache-Control"] = "no-cache"
    return response


@never_cache
@require_safe
def listed(request: HttpRequest, code: str) -> JsonResponse:
    """What stands in the gate now, who is signed in, and the key to which steps are sealed."""
    now = access.clock_now()
    asked = access.asked(request, code, kiosk.MAY, now)
    device = _device(request.GET.get("device", ""))
    if not device or not ASKS.allows(access.by(request), now):
        return JsonResponse({"error": "device"}, status=422 if not device else 429)
    user: Any = request.user
    return JsonResponse(data.listed(asked.facility, user, device, now) | {"csrf": get_token(request)})


@never_cache
@require_POST
def steps(request: HttpRequest, code: str) -> JsonResponse:
    """Take sealed steps in their order; a receipt for each. Sending the same again changes nothing."""
    now = access.clock_now()
    asked = access.asked(request, code, kiosk.MAY, now)
    try:
        said = json.loads(request.body)
        device, records = _device(said["device"]), [_record(r) for r in said["records"][:MOST]]
    except (ValueError, KeyError, TypeError):
        device, records = "", []
    if not device:
        return JsonResponse({"error": "records"}, status=422)
    user: Any = request.user
    receipts = kiosk.take(asked.facility, records, device=device, vouching=user, at=now)
    return JsonResponse({"receipts": [_receipt(r) for r in receipts], "at": now})


def _device(text: Any) -> str:
    plain = isinstance(text, str) and 8 <= len(text) <= 60 and text.isascii() and text.replace("-", "").isalnum()
    return text if plain else ""


def _record(said: dict[str, Any]) -> dict[str, str]:
    """:raises ValueError: if it is no sealed record."""
    found = {name: said[name] for name in FIELDS}
    if not all(isinstance(value, str) and len(value) <= LONGEST for value in found.values()) or len(found["id"]) > 64:
        raise ValueError("record")
    return found


def _receipt(receipt: kiosk.Receipt) -> dict[str, Any]:
    words = receipt.words
    return {
        "id": receipt.id, "outcome": receipt.fate, "zh": words.zh if words else "", "en": words.en if words else "",
        "possible": receipt.possible_at, "possible_at": None if receipt.possible_at is None else utc_text(receipt.possible_at),
        "run": receipt.run,
    }  # fmt: skip
