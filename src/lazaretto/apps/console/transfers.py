"""Handing people over and taking them in: everything is shown before anything is written."""

import base64
import binascii
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lazaretto.apps.accounts.actions import record_reads
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, queries
from lazaretto.apps.console.presenters import transfers as words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.reporting import arrivals, bundles, handover
from lazaretto.apps.reporting import transfers as handing
from lazaretto.apps.reporting.arrivals import Choices
from lazaretto.apps.reporting.transfers import Order
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.refusal import Refusal
from lazaretto.web import files

JSON = "application/json"
MOST = 3_000_000


@require_safe
def transfers(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, access.TRANSFERS, now)
    listed = words.rows(queries.transfers(asked), asked.facility.zone, now)
    said = {"rows": listed, "sentence": words.sentence(listed), "may_send": Permission.TRANSFER in asked.may}
    return render(request, "console/transfers.html", access.frame(asked, "transfers", now) | said)


@require_safe
def transfer(request: HttpRequest, code: str, ref: str) -> HttpResponse:
    """Show what went with a person, as far as the reader may see it; the look is recorded."""
    now = access.clock_now()
    asked = access.asked(request, code, access.TRANSFERS, now)
    found = queries.transfer(asked, ref)
    if found is None:
        raise Http404
    sees = _sees(asked)
    record_reads(
        log=asked.facility.log, subjects=[found.person.ref], fields=words.shown(found.document, **sees),
        where="transfer", by=access.by(request), at=now,
    )  # fmt: skip
    said = {
        "row": words.rows([found], asked.facility.zone, now)[0], "parts": words.parts(found.document, **sees),
        "is_out": found.direction == "out", "may_send": Permission.TRANSFER in asked.may,
        "has_receipt": hasattr(found, "receipt"), "digest": found.digest, "health": sees["health"],
    }  # fmt: skip
    return render(request, "console/transfer.html", access.frame(asked, "transfers", now) | said)


def _sees(asked: queries.Asked) -> dict[str, bool]:
    return {"health": Permission.HEALTH_READ in asked.may, "identity": Permission.IDENTITY_READ in asked.may}


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("passphrase", "again")
def send(request: HttpRequest, code: str) -> HttpResponse:
    """Choose the person, see what goes along, and send: the answer is the file."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.TRANSFER], now)
    given = request.POST if request.method == "POST" else request.GET
    wanted = given.get("person", "").strip()[:60]
    person = queries.person_to_send(asked, wanted) if wanted else None
    context = access.frame(asked, "transfers", now) | {
        "wanted": wanted, "person": person, "not_found": bool(wanted) and person is None, "given": given,
        "others": [(o.code, in_language(o)) for o in queries.other_facilities(asked)],
    }  # fmt: skip
    if person is not None:
        draft, sees = _draft(asked, person, now), _sees(asked)
        context["parts"] = words.parts(draft, **sees)
        record_reads(
            log=asked.facility.log, subjects=[person.ref], fields=words.shown(draft, **sees), where="transfer",
            by=access.by(request), at=now,
        )  # fmt: skip
    if request.method != "POST" or person is None:
        return render(request, "console/transfer_send.html", context, status=422 if request.method == "POST" else 200)
    try:
        if request.POST.get("passphrase", "") != request.POST.get("again", ""):
            context["refused"] = gettext("The two passphrases differ.")
            return render(request, "console/transfer_send.html", context, status=422)
        order = Order(
            person, given.get("to", "").strip(), given.get("reason", ""), given.get("passphrase", ""),
            given.get("plain", ""),
        )  # fmt: skip
        made, content = handing.send(order, by=access.by(request), at=now)
    except Refusal as refusal:
        context["refused"] = title(refusal.words)
        return render(request, "console/transfer_send.html", context, status=422)
    return files.answer(content, JSON, f"transfer-{code}-{made.counterpart}-{made.ref[:8]}.json")


def _draft(asked: queries.Asked, person: Any, now: int) -> dict[str, Any]:
    """Return what would go along, unsigned; the parts that are decided later are empty."""
    nobody = {"code": "…", "name_zh": "", "name_en": ""}
    fixed = {"from": handing.party(asked.facility), "to": nobody, "left_at": utc_text(now), "reason": "…"}
    return fixed | handover.of_person(person, now)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("passphrase")
def receive(request: HttpRequest, code: str) -> HttpResponse:
    """Open a file and show everything; then, asked again with the passphrase, take the person in."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.TRANSFER], now)
    context = access.frame(asked, "transfers", now) | {"rooms": queries.rooms(asked), "given": request.POST}
    if request.method != "POST":
        return render(request, "console/transfer_receive.html", context)
    data, given = _data(request), request.POST
    choices = Choices(
        given.get("place", "")[:60], given.get("code", "").strip()[:60], given.get("existing", "").strip()[:60],
        given.get("population", "").strip()[:60],
    )  # fmt: skip
    done = given.get("act") == "take_in"
    act = arrivals.take_in if done else arrivals.look
    try:
        found = act(
            facility=asked.facility, data=data, passphrase=given.get("passphrase", ""), choices=choices,
            by=access.by(request), at=now,
        )  # fmt: skip
    except Refusal as refusal:
        context["refused"] = title(refusal.words)
        context["sealed"] = base64.b64encode(data).decode() if data else ""
        return render(request, "console/transfer_receive.html", context, status=422)
    if done:
        name = found.transfer.person.code
        text = gettext("%(code)s was taken in before; nothing was changed.") if found.again else gettext("%(code)s is taken in. Hand the receipt back.")  # fmt: skip
        messages.success(request, text % {"code": name})
        return redirect("transfer", code, found.transfer.ref)
    context |= {
        "sealed": base64.b64encode(data).decode(), "parts": words.parts(found.transfer.document, **_sees(asked)),
        "alike": words.alike(found.alike), "notes": [title(n) for n in found.notes],
        "new_code": found.transfer.person.code, "again": found.again,
    }  # fmt: skip
    return render(request, "console/transfer_receive.html", context)


def _data(request: HttpRequest) -> bytes:
    file = request.FILES.get("file")
    if file is not None:
        return bytes(file.read(MOST))
    try:
        return base64.b64decode(request.POST.get("sealed", ""), validate=True)
    except binascii.Error:
        return b""


@require_POST
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """Take the other side's receipt in."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.TRANSFER], now)
    file = request.FILES.get("file")
    try:
        kept, _ = handing.accept_receipt(
            facility=asked.facility, data=file.read(MOST) if file else b"", by=access.by(request), at=now
        )  # fmt: skip
    except Refusal as refusal:
        messages.warning(request, gettext("The receipt was refused: ") + title(refusal.words))
        return redirect("transfers", code)
    there = kept.transfer.counterpart
    messages.success(request, gettext("%(there)s has received %(code)s.") % {"there": there, "code": kept.transfer.person.code})  # fmt: skip
    return redirect("transfer", code, kept.transfer.ref)


@require_safe
def receipt_file(request: HttpRequest, code: str, ref: str) -> HttpResponse:
    asked = access.asked(request, code, [Permission.TRANSFER], access.clock_now())
    found = queries.transfer(asked, ref)
    if found is None or not hasattr(found, "receipt"):
        raise Http404
    return files.answer(bundles.file_of(found.receipt.document), JSON, f"receipt-{ref[:8]}.json")
