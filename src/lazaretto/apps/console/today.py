"""Today: what a ward owes over the day, by the hour; what is overdue, due now, and coming, with one button each."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access, handover, today_list
from lazaretto.apps.console.live.page import follow
from lazaretto.apps.console.presenters import due as due_words
from lazaretto.apps.console.presenters import today as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.rounds import sheets
from lazaretto.apps.rounds.due import DueList
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.apps.rounds.owed import actions_owed, second_readings
from lazaretto.apps.rounds.sight import OPENS, Sight
from lazaretto.web.dates import chinese, day_of_week

#: A place with more rooms than this is shown by building.
MOST_ROOMS = 40


@require_safe
def today(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, OPENS, now)
    user: Any = request.user
    own, top = today_list.own_ward(asked, user), today_list.top(asked)
    place = access.given(request.GET, ["place"])["place"] or own or top
    again = reverse("today", args=[code]) + (f"?{request.GET.urlencode()}" if request.GET else "")
    context = follow(asked, again) | access.frame(asked, "today", now)
    context |= {"crumbs": [(gettext("Today"), "")], "place": place, "day": day_of_week(asked.today)}
    if not place:
        return render(request, "console/today/none.html", context)
    try:
        found = today_list.due_today(asked, place, now)
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    except NothingThere:
        raise Http404 from None
    context["handover"] = handover.shown(asked, place, user, now)
    return render(request, "console/today/page.html", context | _said(asked, found, place, own, top))


def _said(asked: Asked, found: DueList, place: str, own: str, top: str) -> dict[str, Any]:
    here, sight = asked.facility, Sight(asked.may, found.labels)
    may_enter = Permission.FACT_RECORD in asked.may
    say = words.Words(found, sight, here.zone, here.code, place, may_enter=may_enter)
    urgent = _urgent(asked, found, sight, place)
    sections = say.sections()
    places = sheets.places_to_choose(here)
    names = {code: (zh if chinese() else en) or code for code, zh, en in places}
    rooms = today_list.rooms(asked, place, found)
    many = place == top and len(rooms) > MOST_ROOMS
    floors = say.houses(today_list.houses(asked, place, rooms)) if many else say.tiles(rooms, names)
    return {
        "where": names.get(place, place), "own": own, "top": top, "places": places,
        "choices": [{"code": c, "name": f"{names[c]} · {c}", "on": c == place} for c in names],
        "urgent": urgent, "ruler": say.ruler(), "sections": sections, "floors": floors,
        "sentence": words.sentence(sections, len(urgent)), "n_people": len(found.present), "n_rooms": len(rooms),
        "may_enter": may_enter, "as_of": say.clock.time(found.at),
    }  # fmt: skip


def _urgent(asked: Asked, found: DueList, sight: Sight, place: str) -> list[dict[str, Any]]:
    """Return what an event made urgent here, in the words of the due list."""
    say = due_words.Words(found, sight, asked.facility.zone, Query({"place": place}), place)
    present = {ref: at for ref, at in found.present.items() if sight.knows(ref)}
    posts = {p.id: title(p.title) for p in found.document.posts}
    readings = say.readings(second_readings(asked.facility, present, found.at))
    return [*readings, *say.actions(actions_owed(asked.facility, present, found.at), lambda by: posts.get(by, by))]
