"""What a superior body received: the page, the same as Excel, taking a bundle in, and telling a key."""

import json
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import measure_titles
from lazaretto.apps.console import access, queries
from lazaretto.apps.console.presenters import submissions as words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.reporting import envelopes, overview, trust
from lazaretto.apps.reporting import submissions as receiving
from lazaretto.apps.reporting.wording import judged_lines
from lazaretto.protocol.refusal import Refusal
from lazaretto.web import files
from lazaretto.web.dates import chinese, day_of_week


class _Seen(NamedTuple):
    superior: queries.Superior
    rows: list[overview.Row]
    now: int


@require_safe
def submissions(request: HttpRequest) -> HttpResponse:
    """Lead to the body whose facilities the reader watches."""
    found = queries.superiors(request.user, access.clock_now())  # type: ignore[arg-type]
    if not found:
        raise PermissionDenied
    return redirect("submissions", found[0].code)


@require_safe
def below(request: HttpRequest, code: str) -> HttpResponse:
    seen = _seen(request, code)
    given = {name: request.GET.get(name, "").strip()[:60] for name in ("state", "q", "sort")}
    shown = list(overview.chosen(seen.rows, state=given["state"], text=given["q"], sort=given["sort"]))
    on = seen.superior.on
    said = {
        "section": "submissions", "superior": {"code": code, "name": in_language(seen.superior.organisation)}, "on": on,
        "title_day": day_of_week(on), "sentence": words.sentence(seen.rows, on), "asked": given,
        "groups": words.rows(shown, _titles(seen.rows)), "shown": len(shown), "every": len(seen.rows),
        "totals": words.totals(shown), "filters": words.filters(), "helps": words.help_lines(seen.rows),
        "numbers": words.strip(seen.rows), "heads": [words.count_word(n) for n in overview.COUNTS],
        "may_receive": Permission.SUBMISSIONS_RECEIVE in seen.superior.may,
        "tops": [{"code": s.code, "name": in_language(s.organisation)} for s in queries.superiors(request.user, seen.now)],  # type: ignore[arg-type]
    }  # fmt: skip
    return render(request, "console/submissions.html", said)


@require_safe
def excel(request: HttpRequest, code: str) -> HttpResponse:
    seen = _seen(request, code)
    return files.excel(words.sheet(seen.rows, _titles(seen.rows)), f"{code}-{seen.superior.on}-submissions.xlsx")


def _seen(request: HttpRequest, code: str) -> _Seen:
    now = access.clock_now()
    superior = _superior(request, code, Permission.SUBMISSIONS_READ, now)
    given = request.GET.get("on", "")
    if given:
        superior = superior._replace(on=access.day_of(given))
    return _Seen(superior, overview.overview(superior.facilities, superior.on, now), now)


def _superior(request: HttpRequest, code: str, permission: Permission, now: int) -> queries.Superior:
    """:raises Http404: outside the asker's scope. :raises PermissionDenied: without the permission there."""
    found = queries.superior(request.user, code, now)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    if permission not in found.may:
        raise PermissionDenied
    return found


def _titles(rows: list[overview.Row]) -> Any:
    marks = {line["digest"] for row in rows if row.document for line in row.document["protocol"]}
    return measure_titles(sorted(marks))


@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: HttpRequest, code: str) -> HttpResponse:
    """Take bundle files in; what is refused says why, and nothing of it is kept."""
    now = access.clock_now()
    superior = _superior(request, code, Permission.SUBMISSIONS_RECEIVE, now)
    context: dict[str, Any] = {
        "section": "submissions", "superior": {"code": code, "name": in_language(superior.organisation)}
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "console/receive.html", context)
    language = "zh" if chinese() else "en"
    results = []
    for file in request.FILES.getlist("file")[:50]:
        results.append(_take(file, superior, access.by(request), now, language))
    if not results:
        context["empty"] = True
    bad = not results or any(r["refused"] for r in results)
    return render(request, "console/receive.html", context | {"results": results}, status=422 if bad else 200)


def _take(file: Any, superior: queries.Superior, by: str, now: int, language: str) -> dict[str, Any]:
    name = (file.name or "")[:100]
    data = file.read() if file.size <= envelopes.MAX_BYTES else b"x" * 2
    try:
        taken = receiving.receive(data=data, by=by, at=now, among=superior.receives)
    except Refusal as refusal:
        return {"name": name, "refused": title(refusal.words), "lines": []}
    lines = []
    for one in taken:
        b = one.bundle
        word = gettext("taken in") if one.new else gettext("here already; nothing was changed")
        head = (
            gettext("%(code)s, %(on)s, no. %(n)s: ") % {"code": b.organisation.code, "on": b.on, "n": b.number} + word
        )
        said = [title(line) for line in judged_lines(one.judged)]
        lines.append({"head": head, "said": said, "loud": bool(one.judged.contradictions)})
    return {"name": name, "refused": "", "lines": lines}


@require_http_methods(["GET", "HEAD", "POST"])
def trusted_keys(request: HttpRequest, code: str) -> HttpResponse:
    """List the keys by which facilities are believed; tell one: first its fingerprint, then the act."""
    now = access.clock_now()
    superior = _superior(request, code, Permission.SUBMISSIONS_RECEIVE, now)
    below_ = {o.code: o for o in superior.facilities if o.pk in superior.receives}
    context: dict[str, Any] = {
        "section": "submissions", "superior": {"code": code, "name": in_language(superior.organisation)},
        "rows": _key_rows(superior), "choices": [(o.code, in_language(o)) for o in below_.values()],
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "console/keys.html", context)
    try:
        wanted = request.POST.get("organisation", "")
        if wanted not in below_:
            raise Http404
        told = _told(request, wanted)
        if request.POST.get("compared") != "yes":
            marks = [envelopes.fingerprint(k["public"]) for k in told]
            context |= {"marks": marks, "told": json.dumps({"keys": told}), "organisation": wanted}
            context["replaces"] = bool(trust.trusted_rows(below_[wanted]))
            return render(request, "console/keys.html", context)
        trust.trust(
            organisation=below_[wanted], keys=told, reason=request.POST.get("reason", ""), at=now,
            by=access.by(request),
        )  # fmt: skip
    except Refusal as refusal:
        context["refused"] = title(refusal.words)
        return render(request, "console/keys.html", context, status=422)
    messages.success(request, gettext("%(code)s is believed by this key from now on.") % {"code": wanted})
    return redirect("trusted-keys", code)


def _told(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    file = request.FILES.get("file")
    content: bytes = file.read(1_000_000) if file is not None else request.POST.get("told", "").encode()
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        document = None
    return trust.told_keys(document, code)


def _key_rows(superior: queries.Superior) -> list[dict[str, Any]]:
    return [
        {
            "name": in_language(o), "code": o.code, "mark": envelopes.fingerprint(key.public), "how": key.how,
            "at": key.trusted_at, "reason": key.reason,
        }
        for o in superior.facilities
        for key in trust.trusted_rows(o)
    ]  # fmt: skip
