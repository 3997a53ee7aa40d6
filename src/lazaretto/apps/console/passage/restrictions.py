"""What is closed or denied, with its review; and what was refused."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.passage import words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.console.presenters.refusals import refusal_word
from lazaretto.apps.passage import inside, restricting
from lazaretto.protocol.clock import instant
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import moment

_P = Permission
PAGE = 50


@require_safe
def restrictions(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_READ], now)
    context = access.frame(asked, "gate-restrictions", now)
    try:
        found = restricting.restrictions(asked.facility, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    zone = asked.facility.zone
    context |= {
        "crumbs": [(gettext("Restrictions"), "")],
        "rows": [
            {
                "id": c.measure.id, "title": title(c.measure.title), "since": moment(c.since, zone),
                "denies": ", ".join(title(i.title) for i in c.measure.denies) or gettext("all"),
                "except_for": ", ".join(title(i.title) for i in c.measure.except_for), "zones": ", ".join(c.measure.zones),
                "order": c.order, "exception": title(c.exception.title) if c.exception else "", "instead": title(c.instead),
                "review": moment(c.review_at, zone), "overdue": c.is_overdue(now),
                "last": f"{moment(c.last.recorded_at, zone)} · {c.last.reason}" if c.last else "",
                "lift": c.last is not None and c.last.decision == "lift",
            }
            for c in found
        ],
        "may_check": _P.PASSAGE_CHECK in asked.may,
    }  # fmt: skip
    return render(request, "console/passage/restrictions.html", context)


@require_POST
def review(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_CHECK], now)
    given = access.given(request.POST, ("measure", "order", "decision", "next"))
    try:
        restricting.review(
            asked.facility, measure=given["measure"], order=given["order"], decision=given["decision"],
            reason=request.POST.get("reason", "").replace("\x00", "")[:200], next_on=access.date_of(given["next"]),
            by=access.by(request), at=now,
        )  # fmt: skip
    except (Refusal, NoProtocol) as no:
        said = (
            words.refused(no, asked.facility.zone) if isinstance(no, Refusal) else gettext("No protocol was adopted.")
        )
        messages.error(request, said)
    else:
        messages.success(request, gettext("Reviewed."))
    return redirect("gate-restrictions", code)


@require_safe
def refusals(request: HttpRequest, code: str) -> HttpResponse:
    """Everything that a rule refused, to learn from. Nobody is counted here."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_READ], now)
    given = access.given(request.GET, ("on", "page"))
    on = access.date_of(given["on"]) if given["on"] else None
    zone = asked.facility.zone
    span = (instant(zone, on, 0), instant(zone, on, 24 * 60)) if on else (None, None)
    page = Paginator(inside.refusals(asked.facility, *span), PAGE).get_page(given["page"])
    known = words.class_words(asked.facility, now)
    found = list(page.object_list)
    users: dict[str, Any] = users_called({r.by for r in found}) if _P.STAFF_READ in asked.may else {}
    context = access.frame(asked, "gate", now) | {
        "crumbs": [(gettext("Gate"), reverse("gate", args=[code])), (gettext("Refusals"), "")],
        "page": page, "link": Query(given).turns(page), "given": given,
        "rows": [
            {
                "when": moment(r.recorded_at, zone), "code": refusal_word(r.code), "what": r.step or "—", "measure": r.measure or "—",
                "of_class": known.get(r.of_class, r.of_class), "stream": words.STREAM_WORDS.get(r.stream, r.stream),
                "possible": moment(r.possible_at, zone) if r.possible_at else "", "told": r.told,
                "by": in_language(users[r.by]) if r.by in users else "",
            }
            for r in found
        ],
    }  # fmt: skip
    return render(request, "console/passage/refusals.html", context)
