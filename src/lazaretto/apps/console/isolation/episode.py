"""One person's course: what was told, the stages with their dates, what happened, what comes next; and what may be done."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.isolation import episodewords, words
from lazaretto.apps.console.isolation.board import episode_in, remember
from lazaretto.apps.console.papers import PDF
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.isolation import cohorts, deciding, opening, placing
from lazaretto.apps.isolation.courses import course_of, pathways
from lazaretto.apps.isolation.models import Episode
from lazaretto.apps.isolation.placing import request as wanted
from lazaretto.apps.isolation.placing import rooms_of, wanted_stage
from lazaretto.apps.laboratory import actions as laboratory
from lazaretto.apps.laboratory import queries as tests
from lazaretto.apps.registry.ledger import people_called, place_called, stayed_in
from lazaretto.papers.pdf import typeset
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.web import files

_P = Permission
Act = Callable[[Asked, Episode, Any, str, int], object]


@require_safe
def episode(request: HttpRequest, code: str, number: int) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_READ], now)
    found = episode_in(asked, number)
    course = course_of(found, now)
    remember(request, asked, [found.person.ref], now)
    health = _P.HEALTH_READ in asked.may
    stage = wanted_stage(course)
    typed = {r.place.pk for r in rooms_of(asked.facility, now).typed()}
    rooms = []
    if stage is not None and found.ended_at is None and _P.ISOLATION_CARRY_OUT in asked.may:
        ask = wanted(course, stage, now, None, course.planned.pk if course.planned else 0)
        book = rooms_of(asked.facility, now)
        rooms = [(r.place.code, book.refusal(r, ask)) for r in book.typed(ask.type)]
    context = access.frame(asked, "isolation", now) | episodewords.page(course, rooms, health=health) | {
        "crumbs": [(gettext("Isolation board"), reverse("isolation", args=[code])), (words.name(course), "")],
        "may_order": _P.ISOLATION_ORDER in asked.may and found.ended_at is None,
        "may_carry": _P.ISOLATION_CARRY_OUT in asked.may and found.ended_at is None,
        "orders": episodewords.orders(tests.orders(asked.facility, [found.person_id])[found.person_id], asked.facility.zone) if health else [],
        "homes": [p for p in stayed_in(asked.facility) if p.pk not in typed],
        "today_iso": local_day(asked.facility.zone, now).isoformat(),
        "health": health,
    }  # fmt: skip
    return render(request, "console/isolation/episode.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, code: str) -> HttpResponse:
    """Order isolation or quarantine for somebody: the ground, the clock, the end that he will be told."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_ORDER], now)
    context = access.frame(asked, "isolation", now)
    try:
        known = pathways(asked.facility, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    given = access.given(
        request.POST or request.GET, ("person", "measure", "ground", "pathogen", "exposed_at", "onset_at")
    )
    context |= {
        "crumbs": [(gettext("Isolation board"), reverse("isolation", args=[code])), (gettext("Order"), "")],
        "given": given, "measures": [episodewords.pathway_choice(p, given["measure"]) for p in known],
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "console/isolation/begin.html", context)
    people = people_called(asked.facility, [given["person"]])
    exposed = access.moment_of(given["exposed_at"], asked.facility.zone, now) if given["exposed_at"] else None
    onset = access.moment_of(given["onset_at"], asked.facility.zone, now) if given["onset_at"] else None
    try:
        if not people:
            context["problem"] = gettext("Nobody on file has this number.")
            return render(request, "console/isolation/begin.html", context, status=422)
        ordered = opening.Ordered(
            given["measure"], given["ground"], given["pathogen"], (exposed,) if exposed else (), onset, source="order"
        )
        made = opening.open_episode(people[0], ordered, by=access.by(request), at=now)
    except Refusal as refusal:
        context["problem"] = words.refused(refusal, asked.facility.zone)
        return render(request, "console/isolation/begin.html", context, status=422)
    messages.success(request, gettext("Ordered. Now plan a room, and tell the person."))
    return redirect("isolation-episode", code, made.number)


# -- what may be done ------------------------------------------------------------------------------------------------


def _moment(asked: Asked, given: Any, name: str, now: int) -> int:
    found = access.moment_of(given.get(name, "")[:30], asked.facility.zone, now)
    if found is None:
        raise Refusal("no_time", words.NO_TIME)
    return found


def _carry_out(asked: Asked, found: Episode, given: Any, by: str, now: int) -> None:
    plan = course_of(found, now).planned
    if plan is None:
        raise Refusal("not_planned", episodewords.NO_PLAN)
    placing.carry_out(plan, by=by, at=now)


def _sign(asked: Asked, found: Episode, given: Any, by: str, now: int) -> None:
    plan = course_of(found, now).planned
    if plan is None:
        raise Refusal("not_planned", episodewords.NO_PLAN)
    placing.sign(plan, side=given.get("side", "")[:10], by=by, at=now)


def _cancel(asked: Asked, found: Episode, given: Any, by: str, now: int) -> None:
    plan = course_of(found, now).planned
    if plan is None:
        raise Refusal("not_planned", episodewords.NO_PLAN)
    placing.cancel(plan, reason=given.get("reason", ""), by=by, at=now)


def _clear(asked: Asked, found: Episode, given: Any, by: str, now: int) -> None:
    to = place_called(asked.facility, given.get("to", "")[:60]) if given.get("to") else None
    deciding.clear(found, to=to, override=given.get("override", "")[:200], by=by, at=now)


def _result(asked: Asked, found: Episode, given: Any, by: str, now: int) -> None:
    number = given.get("order", "")
    order = tests.order_of(asked.facility, int(number)) if number.isdigit() else None
    if order is None or order.person_id != found.person_id:
        raise Http404
    code, outcome = given.get("sample", "")[:40], given.get("outcome", "taken")[:10]
    specimen = laboratory.take(
        order=order, code=code or f"{order.number}", taken_at=_moment(asked, given, "taken_at", now), outcome=outcome,
        reason=given.get("reason", ""), by=by, at=now,
    )  # fmt: skip
    if given.get("result"):
        laboratory.report(specimen=specimen, result=given["result"][:12], reported_at=now, by=by, at=now)


ORDER, CARRY = _P.ISOLATION_ORDER, _P.ISOLATION_CARRY_OUT
ACTS: dict[str, tuple[Permission, Act]] = {
    "carry-out": (CARRY, _carry_out),
    "sign": (CARRY, _sign),
    "cancel": (CARRY, _cancel),
    "order": (ORDER, lambda a, e, g, by, now: opening.order(e, ground=g.get("ground", ""), pathogen=g.get("pathogen", ""), by=by, at=now)),
    "tell": (CARRY, lambda a, e, g, by, now: opening.tell(e, language=g.get("language", "zh")[:5], by=by, at=now)),
    "review": (ORDER, lambda a, e, g, by, now: deciding.review(e, said=g.get("reason", ""), by=by, at=now)),
    "confirm": (ORDER, lambda a, e, g, by, now: deciding.confirm(e, criterion=g.get("criterion", "")[:64], by=by, at=now)),
    "expose": (ORDER, lambda a, e, g, by, now: deciding.expose(e, exposed_at=_moment(a, g, "exposed_at", now), source="", reason=g.get("reason", ""), by=by, at=now)),
    "extend": (ORDER, lambda a, e, g, by, now: deciding.extend(e, until=_moment(a, g, "until", now), reason=g.get("reason", ""), by=by, at=now)),
    "symptoms": (ORDER, lambda a, e, g, by, now: deciding.symptoms(e, since=_moment(a, g, "since", now), by=by, at=now)),
    "resume": (ORDER, lambda a, e, g, by, now: deciding.resume(e, reason=g.get("reason", ""), by=by, at=now)),
    "case": (ORDER, lambda a, e, g, by, now: cohorts.turned_positive(e, by=by, at=now) if e.cohort_id else deciding.became_case(e, reason=g.get("reason", ""), by=by, at=now)),
    "clear": (ORDER, _clear),
    "withdraw": (ORDER, lambda a, e, g, by, now: deciding.withdraw(e, reason=g.get("reason", ""), by=by, at=now)),
    "result": (_P.HEALTH_READ, _result),
}  # fmt: skip


@require_POST
def act(request: HttpRequest, code: str, number: int, what: str) -> HttpResponse:
    """Do one thing on an episode; what a rule refuses is said in its words, and nothing changes."""
    now = access.clock_now()
    if what not in ACTS:
        raise Http404
    permission, function = ACTS[what]
    asked = access.asked(request, code, [permission], now)
    found = episode_in(asked, number)
    given = {k: v.replace("\x00", "").strip() for k, v in request.POST.items() if isinstance(v, str)}
    try:
        function(asked, found, given, access.by(request), now)
    except Refusal as refusal:
        messages.error(request, words.refused(refusal, asked.facility.zone))
    else:
        messages.success(request, gettext("Recorded."))
    return redirect("isolation-episode", code, number)


@require_safe
def notice(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The paper for the person: the reason, the expected end, what is owed, how to complain; in both languages."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.ISOLATION_READ], now)
    found = episode_in(asked, number)
    remember(request, asked, [found.person.ref], now)
    on = local_day(asked.facility.zone, now)
    health = _P.HEALTH_READ in asked.may
    paper = episodewords.notice(
        course_of(found, now), asked.facility.organisation, get_language() or "zh", health=health
    )
    return files.answer(typeset("notice.typ", paper, on), PDF, f"notice-{code}-{number}.pdf")
