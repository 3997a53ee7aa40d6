"""Arrival batches: the list with its filters, one batch with its members, and who starts again from when and why."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.isolation import words
from lazaretto.apps.console.isolation.board import remember
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.isolation import cohorts as batches
from lazaretto.apps.isolation.cohorts import Member
from lazaretto.apps.isolation.models import Cohort
from lazaretto.apps.isolation.risks import SHARED, length_of
from lazaretto.apps.registry.ledger import people_called
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.dates import moment

_P = Permission
STATES = {
    "open": gettext_lazy("open to newcomers"), "closed": gettext_lazy("closed to newcomers"),
    "restarted": gettext_lazy("started again"), "ended": gettext_lazy("ended"),
}  # fmt: skip


@require_safe
def cohorts(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_READ], now)
    context: dict[str, Any] = access.frame(asked, "isolation", now)
    try:
        known = batches.quarantines(asked.facility, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    given = access.given(request.GET, ("state", "measure", "q", "page"))
    rows = batches.cohorts_of(asked.facility, state=given["state"], measure=given["measure"], text=given["q"])
    page = Paginator(rows, 50).get_page(given["page"] or 1)
    titles = {p.id: title(p.title) for p in known}
    context |= {
        "crumbs": [(gettext("Isolation board"), reverse("isolation", args=[code])), (gettext("Batches"), "")],
        "rows": [_line(c, titles, asked.facility.zone) for c in page],
        "page": page,
        "link": Query(given).turns(page),
        "given": given,
        "states": [(s, STATES[s]) for s in batches.STATES],
        "measures": sorted(titles.items()),
        "may_order": _P.ISOLATION_ORDER in asked.may,
    }
    return render(request, "console/isolation/cohorts.html", context)


def _line(cohort: Any, titles: dict[str, str], zone: str) -> dict[str, Any]:
    return {
        "pk": cohort.pk, "code": cohort.code, "measure": titles.get(cohort.measure, cohort.measure), "n": cohort.n,
        "ever": cohort.ever, "restarts": cohort.restarts, "opened": moment(cohort.opened_at, zone),
        "restarted": moment(cohort.restarted_at, zone) if cohort.restarted_at else "", "state": _state(cohort),
    }  # fmt: skip


def _state(cohort: Cohort) -> str:
    return str(STATES["ended" if cohort.ended_at else "closed" if cohort.closed_at else "open"])


def cohort_in(asked: Asked, pk: int) -> Cohort:
    """:raises Http404: if the facility has no such batch."""
    found = batches.cohort_of(asked.facility, pk)
    if found is None:
        raise Http404
    return found


@require_safe
def cohort(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_READ], now)
    one, zone = cohort_in(asked, pk), asked.facility.zone
    found = batches.members(one, now)
    remember(request, asked, [m.course.episode.person.ref for m in found], now)
    health = _P.HEALTH_READ in asked.may
    open_ = [m for m in found if m.course.episode.ended_at is None]
    pathway = next((m.course.pathway for m in found), None)
    context: dict[str, Any] = access.frame(asked, "isolation", now) | {
        "crumbs": [
            (gettext("Isolation board"), reverse("isolation", args=[code])),
            (gettext("Batches"), reverse("isolation-cohorts", args=[code])), (one.code, ""),
        ],
        "cohort": one, "state": _state(one), "pathway": title(pathway.title) if pathway else one.measure,
        "opened": moment(one.opened_at, zone), "closed": moment(one.closed_at, zone) if one.closed_at else "",
        "restarted": moment(one.restarted_at, zone) if one.restarted_at else "",
        "members": [_member(m, health) for m in found], "n_open": len(open_),
        "outlook": _outlook(len(open_), length_of(pathway) if pathway else None),
        "may_order": _P.ISOLATION_ORDER in asked.may and one.ended_at is None,
    }  # fmt: skip
    return render(request, "console/isolation/cohort.html", context)


def _outlook(n: int, days: int | None) -> str:
    """Say how long so many people together must expect to wait; the more, the longer."""
    if not n or not days:
        return ""
    found = batches.outlook(n, days, SHARED[2])
    said = ngettext(
        "%(n)s person together: mean wait %(mean)s days for %(days)s clean ones, at %(h)s a day for each.",
        "%(n)s people together: mean wait %(mean)s days for %(days)s clean ones, at %(h)s a day for each.",
        n,
    )
    return said % {"n": n, "mean": f"{found.mean_days:.1f}", "days": days, "h": f"{SHARED[2]:.1%}"}


def _member(member: Member, health: bool) -> dict[str, Any]:
    course, episode = member.course, member.course.episode
    outcome = words.OUTCOMES.get(episode.outcome, "")
    return {
        "number": episode.number, "code": episode.person.code, "name": words.name(course),
        "room": course.room.place.code if course.room else "", "day": words.day_word(course),
        "end": words.end_word(course) if episode.ended_at is None else "", "open": episode.ended_at is None,
        "outcome": outcome if health or episode.outcome != "case" else gettext("ended"),
        "again": [_again(a, course.zone, health) for a in member.again],
    }  # fmt: skip


def _again(again: batches.Again, zone: str, health: bool) -> str:
    when = moment(again.at, zone)
    kind, _, number = again.source.partition(":")
    if kind == "episode" and health:
        return gettext("from %(when)s: number %(n)s left it as a case") % {"when": when, "n": number}
    if kind == "breach":
        return gettext("from %(when)s: breach %(n)s") % {"when": when, "n": number}
    if kind == "episode":
        return gettext("from %(when)s: %(why)s") % {"when": when, "why": gettext("a new exposure")}
    said = again.reason if health and again.reason else gettext("ordered by a named person")
    return gettext("from %(when)s: %(why)s") % {"when": when, "why": said}


@require_POST
def begin(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_ORDER], now)
    given = access.given(request.POST, ("code", "measure"))
    try:
        made = batches.open_cohort(
            asked.facility, code=given["code"], measure=given["measure"], by=access.by(request), at=now
        )
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
        return redirect("isolation-cohorts", code)
    messages.success(request, gettext("Opened. Now say who is in it."))
    return redirect("isolation-cohort", code, made.pk)


@require_POST
def act(request: HttpRequest, code: str, pk: int, what: str) -> HttpResponse:
    """Let people in, close, say that one is a case, or end the batch; what a rule refuses changes nothing."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_ORDER], now)
    if what not in ("join", "close", "case", "end"):
        raise Http404
    one, by = cohort_in(asked, pk), access.by(request)
    try:
        messages.success(request, _do(request, asked, one, what, by, now))
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    return redirect("isolation-cohort", code, pk)


def _do(request: HttpRequest, asked: Asked, one: Cohort, what: str, by: str, now: int) -> str:
    if what == "join":
        return _join(request, asked, one, by, now)
    if what == "case":
        number = request.POST.get("episode", "")
        rows = one.episodes.select_related("facility__log", "person", "cohort")
        member = rows.filter(number=int(number)).first() if number.isdecimal() else None
        if member is None:
            raise Http404
        n = len(batches.turned_positive(member, by=by, at=now))
        return ngettext("%(n)s person starts again.", "%(n)s people start again.", n) % {"n": n}
    if what == "close":
        batches.close(one, by=by, at=now)
        return gettext("Closed: nobody joins any more.")
    batches.end(one, by=by, at=now)
    return gettext("Ended.")


def _join(request: HttpRequest, asked: Asked, one: Cohort, by: str, now: int) -> str:
    typed = request.POST.get("people", "")[:20_000].replace(",", " ").replace("，", " ").replace("、", " ")
    wanted = list(dict.fromkeys(typed.replace("\x00", "").split()))
    found = people_called(asked.facility, wanted)
    missing = sorted(set(wanted) - {p.code for p in found})
    if missing or not found:
        raise Refusal("nobody", words.nobody(missing))
    given = access.given(request.POST, ("ground", "exposed_at"))
    exposed = access.moment_of(given["exposed_at"], asked.facility.zone, now) if given["exposed_at"] else 0
    if exposed is None:
        raise Refusal("no_time", words.NO_TIME)
    n = len(batches.join(one, found, ground=given["ground"], exposures=(exposed,) if exposed else (), by=by, at=now))
    return ngettext("%(n)s person joined. Plan rooms next.", "%(n)s people joined. Plan rooms next.", n) % {"n": n}
