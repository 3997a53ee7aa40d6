"""The ledger of care: who is owed what today, what was given; entering it for a room in one go."""

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.clinic.actions import visit
from lazaretto.apps.clinic.models import WELLBEING
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.isolation import carewords, words
from lazaretto.apps.console.isolation.board import episode_in, remember
from lazaretto.apps.isolation.care import care_on
from lazaretto.apps.work import ledger
from lazaretto.protocol.clock import instant, local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import day

_P = Permission


@require_safe
def care(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_READ], now)
    zone, today = asked.facility.zone, local_day(asked.facility.zone, now)
    on = access.date_of(request.GET.get("on", "")) or today
    context: dict[str, Any] = access.frame(asked, "isolation", now)
    if on > today:
        raise Http404
    try:
        found = care_on(asked.facility, on, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    remember(request, asked, [c.episode.person.ref for c in found.courses.values()], now)
    here = reverse("isolation-care", args=[code])
    context |= {
        "crumbs": [(gettext("Isolation board"), reverse("isolation", args=[code])), (gettext("Care"), "")],
        "rows": carewords.summary_rows(found, now), "people": carewords.people(found, now), "on": on,
        "on_word": day(on), "is_today": on == today,
        "earlier": f"{here}?on={on - timedelta(days=1)}", "later": f"{here}?on={on + timedelta(days=1)}" if on < today else "",
        "may_record": _P.CARE_RECORD in asked.may, "may_visit": _P.HEALTH_READ in asked.may and _P.FACT_RECORD in asked.may,
        "token": str(uuid4()), "zone": zone,
    }  # fmt: skip
    return render(request, "console/isolation/care.html", context)


@require_POST
def give(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Enter what was given to one person: all that is still missing at once, or one good with its amount or reason."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.CARE_RECORD], now)
    episode = episode_in(asked, number)
    given = access.given(request.POST, ("on", "good", "amount", "outcome", "reason", "token"))
    on = access.date_of(given["on"]) or local_day(asked.facility.zone, now)
    lines = [line for line in care_on(asked.facility, on, now).lines if line.person == episode.person_id and line.short]
    at = min(now, instant(asked.facility.zone, on, 23 * 60 + 59))
    wanted = [line for line in lines if given["good"] in ("", f"{line.measure.id}/{line.good.id}")]
    try:
        amount = Decimal(given["amount"].replace(",", ".")) if given["amount"] else None
    except InvalidOperation:
        messages.error(request, gettext("The amount cannot be read. Write 1 or 0.5."))
        return redirect("isolation-care", code)
    entries = [
        ledger.Entry(
            episode.person, f"{given['token'] or uuid4()}:{line.measure.id}:{line.good.id}"[-80:], line.measure.id, line.good.id,
            amount if amount is not None else line.short, at, given["outcome"] or "given", given["reason"],
        )
        for line in wanted
        if given["good"] or line.measure.id != "isolation.clinician"
    ]  # fmt: skip
    try:
        ledger.give(asked.facility, entries, by=access.by(request), at=now)
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Recorded."))
    return redirect(f"{reverse('isolation-care', args=[code])}?on={on}")


@require_POST
def seen(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Enter a clinician's visit."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.HEALTH_READ], now)
    episode = episode_in(asked, number)
    given = access.given(request.POST, ("wellbeing", "token"))
    if given["wellbeing"] not in WELLBEING:
        messages.error(request, gettext("Say how the person was."))
        return redirect("isolation-care", code)
    visit(
        person=episode.person, ref=f"{given['token'] or uuid4()}:{number}"[-40:], seen_at=now, wellbeing=given["wellbeing"],
        note=request.POST.get("note", "")[:500], by=access.by(request), at=now,
    )  # fmt: skip
    messages.success(request, gettext("The visit is recorded, and counts as care of the day."))
    return redirect("isolation-care", code)
