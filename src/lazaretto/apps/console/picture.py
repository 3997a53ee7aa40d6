"""The operating picture: how the facility stands, on the desk and on the wall of the command room."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.console import access, queries, steps
from lazaretto.apps.console.alerts import Waiting, waiting
from lazaretto.apps.console.live.page import follow
from lazaretto.apps.console.presenters import curve
from lazaretto.apps.console.presenters import picture as words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.console.situation import Situation, situation
from lazaretto.apps.rounds.fever_list import begun
from lazaretto.protocol.clock import instant, local_day
from lazaretto.web.dates import clock, day_of_week, moment
from lazaretto.web.picture import Beside, filled

OPENS = (Permission.REPORT_READ,)
DAYS = 28
#: How wide the plan is drawn: the wall is wide, and nobody scrolls it.
WIDTHS = {"picture": 760, "wall": 940}
LEGEND = ("alert", "missed", "late", "due", "unknown", "hold")


@require_safe
def picture(request: HttpRequest, code: str) -> HttpResponse:
    return _page(request, code, "picture")


@require_safe
def wall(request: HttpRequest, code: str) -> HttpResponse:
    """The same for a screen that everybody in the room can read: places, no names, nothing to press."""
    return _page(request, code, "wall")


@require_safe
def now_waiting(request: HttpRequest, code: str) -> HttpResponse:
    """What waits, alone: asked for on every news of a fever, and never slower than the reading of a few rows."""
    now = access.clock_now()
    asked = access.asked(request, code, OPENS, now)
    try:
        found = situation(asked, now)
    except NoProtocol:
        return HttpResponse(status=204)
    context = _now(asked, found, waiting(asked, found, now), now) | {"wall": request.GET.get("wall") == "1"}
    return render(request, "console/picture/now.html", context | {"here": {"code": code}})


def _page(request: HttpRequest, code: str, page: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, OPENS, now)
    again = reverse(page, args=[code]) + (f"?{request.GET.urlencode()}" if request.GET else "")
    context = follow(asked, again) | access.frame(asked, "picture", now)
    try:
        found = situation(asked, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    waits = waiting(asked, found, now)
    context |= _now(asked, found, waits, now) | _evidence(asked, found, waits, request, now, WIDTHS[page])
    context |= steps.shown(asked, now)
    context["rings"] = words.rings(found, code, asked.today, 112 if page == "wall" else 78)
    context |= {"crumbs": [(gettext("Operating picture"), "")], "wall": page == "wall",
                "alerts_src": reverse("picture-now", args=[code]) + ("?wall=1" if page == "wall" else "")}  # fmt: skip
    return render(request, f"console/picture/{page}.html", context)


def _now(asked: queries.Asked, found: Situation, waits: list[Waiting], now: int) -> dict[str, Any]:
    more = filled("numbers", asked.facility, now, asked.may)
    return {
        "sentence": words.sentence(found, waits),
        "numbers": words.numbers(found, waits, more, asked.facility.code),
        "alerts": words.alerts(found, waits, asked.facility.zone, now),
    }


def _evidence(
    asked: queries.Asked, found: Situation, waits: list[Waiting], request: HttpRequest, now: int, width: int
) -> dict[str, Any]:
    here = asked.facility
    chosen = access.given(request.GET, ["measure"])["measure"]
    if found.of(chosen) is None:
        chosen = ""
    force = in_force(here, now)
    declared = force.declaration
    levels = {level.id: level for level in force.resolved.document.levels}
    return {
        "drawing": _drawing(found, waits, filled("beside", here, now, asked.may), chosen, here.code, width),
        "measures": [{"id": m.id, "name": title(m.round.title), "on": m.id == chosen} for m in found.measures],
        "chosen": chosen,
        "legend": LEGEND,
        "as_of": clock(found.at, here.zone),
        "curve": _curve(asked, now),
        "superior": in_language(here.organisation.command_parent) if here.organisation.command_parent else "",
        "level": title(levels[declared.level].title) if declared and declared.level in levels else "",
        "review": moment(declared.review_at, here.zone) if declared and declared.review_at else "",
        "date": day_of_week(asked.today),
        "time": clock(now, here.zone),
    }


class Drawing(NamedTuple):
    """The plan as it stands in a page, and the table that says the same."""

    plan: str
    table: str


def _drawing(
    found: Situation, waits: list[Waiting], beside: list[Beside], chosen: str, code: str, width: int
) -> Drawing:
    """Return the drawn plan, which is the same for all who look at the same situation."""
    key = (get_language(), chosen, width, repr(waits), repr(beside))
    if key not in found.drawn:
        said = {"plan": words.site_plan(found, waits, beside, chosen, code, width), "wall": width == WIDTHS["wall"]}
        found.drawn[key] = Drawing(
            *(render_to_string(f"console/picture/{part}.html", said) for part in ("plan", "plan_table"))
        )
    drawn: Drawing = found.drawn[key]
    return drawn


def _curve(asked: queries.Asked, now: int) -> dict[str, Any]:
    """Return the fevers of the last four weeks by the day on which they began."""
    here, on = asked.facility, asked.today
    opened = here.log.entries.order_by("seq").values_list("recorded_at", flat=True).first() or now
    began = local_day(here.zone, opened)
    span = [on - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    since = instant(here.zone, span[0], 0)
    confirmed, others = begun(here, since, now)
    signed = queries.signed_days([here], span[0], on)[here.pk]
    by_day = {day: [0, 0] for day in span}
    for n, moments in enumerate((confirmed, others)):
        for at in moments:
            day = local_day(here.zone, at)
            if day in by_day:
                by_day[day][n] += 1
    days = [curve.Day(day, by_day[day][0], by_day[day][1], day in signed or day == on or day < began) for day in span]
    rows = [
        {"on": d.on, "known": d.known, "before": d.on < began, "confirmed": d.confirmed, "suspected": d.suspected}
        for d in days
    ]
    return curve.drawn(days) | {"rows": rows[::-1], "unknown": sum(not d.known for d in days),
                                "confirmed": len(confirmed), "suspected": len(others)}  # fmt: skip
