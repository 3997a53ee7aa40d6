"""Comparing the protocol in force with another one, a shipped pack or a file, and what adopting it would change."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from lazaretto import packs
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, queries
from lazaretto.apps.console.presenters import comparison as words
from lazaretto.protocol.load import MAX_BYTES, Loaded, Problem, ProtocolError, load
from lazaretto.protocol.text import Text


@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Show what changes; a file that is handed in is checked and compared, and not kept."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PROTOCOL_READ], now)
    found = queries.protocol(asked, now)
    context: dict[str, Any] = access.frame(asked, "protocol", now)
    if found is None:
        return render(request, "console/no_protocol.html", context)
    may_try = Permission.OVERRIDE_REQUEST in asked.may
    given = request.POST if request.method == "POST" else request.GET
    name = given.get("with", "")[:100]
    context |= {
        "choices": words.choices(name),
        "may_try": may_try,
        "every": bool(given.get("every")),
        "asked_for": name,
    }
    try:
        other = handed_in(request) if request.method == "POST" and may_try else shipped(name)
    except ProtocolError as error:
        return render(
            request, "console/compare.html", context | {"mistakes": words.mistakes(error.problems)}, status=422
        )
    if other is not None:
        look = queries.preview(asked, other, now)
        inside = Permission.REPORT_READ in asked.may
        context |= words.comparison(look, other, every=context["every"], inside=inside)
    return render(request, "console/compare.html", context)


def shipped(name: str) -> Loaded | None:
    """:raises Http404: if there is no such pack."""
    if not name:
        return None
    if name not in packs.names():
        raise Http404
    return packs.shipped(name)


def handed_in(request: HttpRequest) -> Loaded:
    """Return the protocol of an uploaded file. :raises ProtocolError: with every mistake, also of the upload itself."""
    file = request.FILES.get("file")
    if file is None or file.size is None:
        raise ProtocolError([Problem("-", 1, "-", Text("请选择一个文件", "choose a file"))])
    name = (file.name or "file.yaml")[:100]
    if file.size > MAX_BYTES:
        raise ProtocolError([Problem(name, 1, "-", Text("文件超过 1 MB", "the file is larger than 1 MB"))])
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        message = Text("不是 UTF-8 文本；请另存为 UTF-8", "this is not UTF-8 text; save it as UTF-8")
        raise ProtocolError([Problem(name, 1, "-", message)]) from None
    return load(text, name, packs.read)
