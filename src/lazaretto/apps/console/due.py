"""Due now: what a ward owes at this moment, and from there excusing with a reason and correcting with a reason."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.forms import Form
from lazaretto.apps.console.presenters import due as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds import sheets
from lazaretto.apps.rounds.due import DueList, Ward, due_now
from lazaretto.apps.rounds.mending import Mending, correct, excuse_slot, mending
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.apps.rounds.owed import actions_owed, second_readings
from lazaretto.apps.rounds.sight import OPENS, Sight
from lazaretto.protocol.refusal import Refusal

FILTERS = ("place", "measure", "state")


@require_safe
def due(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, OPENS, now)
    chosen = access.given(request.GET, FILTERS)
    places = sheets.places_to_choose(asked.facility)
    context = access.frame(asked, "due", now) | {
        "crumbs": [(gettext("Due now"), "")],
        "places": places,
        "chosen": chosen,
        "may_record": Permission.FACT_RECORD in asked.may,
    }
    if not chosen["place"]:
        context["filters"] = words.filters(places, (), chosen)[:1]
        return render(request, "console/due/list.html", context)
    try:
        found = due_now(asked.facility, Ward(chosen["place"]), now, done=chosen["state"] == "done")
    except NoProtocol:
        return render(request, "console/no_protocol.html", context)
    except NothingThere:
        raise Http404 from None
    context |= _listed(asked, found, places, chosen)
    return render(request, "console/due/list.html", context)


def _listed(asked: Asked, found: DueList, places: Any, chosen: Mapping[str, str]) -> dict[str, Any]:
    sight, query = Sight(asked.may, found.labels), Query(chosen)
    say = words.Words(found, sight, asked.facility.zone, query, chosen["place"])
    present = {ref: place for ref, place in found.present.items() if sight.knows(ref)}
    readings = say.readings(second_readings(asked.facility, present, found.at))
    posts = {p.id: title(p.title) for p in found.document.posts}
    actions = say.actions(actions_owed(asked.facility, present, found.at), lambda by: posts.get(by, by))
    sections = say.sections(chosen, Permission.FACT_RECORD in asked.may, Permission.EXCUSE_RECORD in asked.may)
    measures = {g.round.id: g.round.title for g in found.groups}
    return {
        "urgent": [*readings, *actions],
        "may_enter": Permission.FACT_RECORD in asked.may,
        "sections": sections,
        "filters": words.filters(places, measures.items(), chosen),
        "filtered": bool(chosen["measure"] or chosen["state"]),
        "query": query.but(),
        "all": Query({"place": chosen["place"]}).but(),
        "sentence": words.sentence(say.where(chosen["place"]), sections, len(readings) + len(actions)),
        "any": bool(found.groups),
    }


@require_http_methods(["GET", "POST"])
def excuse(request: HttpRequest, code: str) -> HttpResponse:
    """Say why one slot of somebody was not owed."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.EXCUSE_RECORD], now)
    given = {name: request.GET.get(name, "").replace("\x00", "")[:90] for name in ("subject", "slot", "due")}
    seen = _mending(asked, given["subject"], now, measure=given["slot"], due=given["due"])
    form = words.excuse_form(seen.document)
    if request.method == "POST":
        try:
            user: Any = request.user
            excuse_slot(
                asked.facility, seen, reason=form.fill(request.POST)["reason"].value, person=user.person_code,
                by=user.ref, at=now,
            )  # fmt: skip
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, gettext("Excused; the reason is kept."))
            return redirect(reverse("due", args=[code]) + _back(request))
    return _act(request, asked, seen, form, now, name=gettext("Excuse"), done=gettext("Excuse this round"))


@require_http_methods(["GET", "POST"])
def correction(request: HttpRequest, code: str) -> HttpResponse:
    """Correct what was entered: a fact that supersedes it, with the reason."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.FACT_RECORD], now)
    seen = _mending(asked, "", now, fact=request.GET.get("fact", "").replace("\x00", "")[:64])
    form = words.correction_form(seen.takes_value, seen.unit)
    if request.method == "POST":
        said = {f.name: f.value for f in form.fill(request.POST)}
        try:
            correct(
                asked.facility, seen, void=said["what"] == "void", value=said.get("value", ""), reason=said["reason"],
                by=access.by(request), at=now,
            )  # fmt: skip
        except (RowError, Refusal) as error:
            form.refuse(error)
        else:
            messages.success(request, gettext("Corrected; what was there before stays on record."))
            return redirect(reverse("due", args=[code]) + _back(request))
    return _act(request, asked, seen, form, now, name=gettext("Correct"), done=gettext("Save the correction"))


def _mending(asked: Asked, subject: str, now: int, **of: str) -> Mending:
    """Return what is to be mended, if the asker may know whom it is about. :raises Http404: if not, or there is none."""
    found = mending(asked.facility, now, subject=subject, **of)
    if found is None or not Sight(asked.may, found.labels).knows(found.subject):
        raise Http404
    return found


def _back(request: HttpRequest) -> str:
    return Query(access.given(request.GET, FILTERS)).but()


def _act(
    request: HttpRequest, asked: Asked, seen: Mending, form: Form, now: int, *, name: str, done: str
) -> HttpResponse:
    sight = Sight(asked.may, seen.labels)
    back = reverse("due", args=[asked.facility.code]) + _back(request)
    context = access.frame(asked, "due", now) | {
        "crumbs": [(gettext("Due now"), back), (name, "")],
        "name": name,
        "done": done,
        "back": back,
        "form": form,
        "said": words.about(seen, sight, asked.facility.zone),
    }
    return render(request, "console/due/act.html", context, status=422 if form.bad else 200)
