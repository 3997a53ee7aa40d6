"""The register of places: the tree to the last bed, what is in service, how many are there; adding and correcting."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, rooms
from lazaretto.apps.console.forms import Form, in_words
from lazaretto.apps.console.presenters import rooms as words
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry import actions
from lazaretto.apps.registry.imports import PlaceImporter
from lazaretto.apps.registry.tables import RowError
from lazaretto.protocol.refusal import Refusal


@require_safe
def places(request: HttpRequest, code: str) -> HttpResponse:
    """The tree, beds folded into their rooms; `under` opens one part of it to the last bed."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PLACES_READ], now)
    tree = rooms.Tree(asked.facility, now)
    under = tree.by_code.get(request.GET.get("under", ""))
    if request.GET.get("under") and under is None:
        raise Http404
    crumbs = [(gettext("Places"), reverse("places", args=[code]) if under else "")]
    context = access.frame(asked, "places", now) | {
        "crumbs": [*crumbs, (words.name(under), "")] if under else crumbs,
        "rows": words.rows(tree, under, asked),
        "under": under,
        "sentence": words.sentence(tree),
        "may_write": Permission.PLACES_WRITE in asked.may,
        "reads_people": Permission.RESIDENTS_READ in asked.may,
    }
    return render(request, "console/places/list.html", context)


@require_http_methods(["GET", "POST"])
def place(request: HttpRequest, code: str, place: str) -> HttpResponse:
    """One place: what it is, its service over time, and its correction."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PLACES_READ], now)
    tree = rooms.Tree(asked.facility, now)
    found = tree.by_code.get(place)
    if found is None:
        raise Http404
    writes = Permission.PLACES_WRITE in asked.may
    form = words.form(tree, found) if writes else None
    if request.method == "POST":
        access.asked(request, code, [Permission.PLACES_WRITE], now)
        assert form is not None
        if _save(request, asked, form.fill({**request.POST.dict(), "code": found.code}), now):
            messages.success(request, gettext("The place is corrected and recorded."))
            return redirect("place", code, found.code)
    context = access.frame(asked, "places", now) | {
        "crumbs": [(gettext("Places"), reverse("places", args=[code])), (words.name(found), "")],
        "place": found,
        "head": words.head(tree, found),
        "services": words.services(rooms.services(found), asked, now),
        "choices": words.service_choices(),
        "form": form,
        "reads_people": Permission.RESIDENTS_READ in asked.may,
    }
    return render(request, "console/places/place.html", context, status=422 if form is not None and form.bad else 200)


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PLACES_WRITE], now)
    form = words.form(rooms.Tree(asked.facility, now), None, parent=request.GET.get("under", ""))
    if request.method == "POST":
        form.fill(request.POST)
        if form["code"].value and rooms.taken(asked, form["code"].value):
            form["code"].error = gettext("The code is taken.")
        elif _save(request, asked, form, now):
            messages.success(request, gettext("The place is on file."))
            return redirect("place", code, form["code"].value)
    context = access.frame(asked, "places", now) | {
        "crumbs": [(gettext("Places"), reverse("places", args=[code])), (gettext("New place"), "")],
        "form": form,
    }
    return render(request, "console/places/new.html", context, status=422 if form.bad else 200)


def _save(request: HttpRequest, asked: Asked, form: Form, now: int) -> bool:
    """Take the place as a row of its table: the same checks, the same record."""
    importer = PlaceImporter(asked.facility, now=now)
    user: Any = request.user
    try:
        importer.take(form.row())
    except RowError as error:
        form.refuse(error)
        return False
    importer.flush(by=user.ref, at=now)
    return True


@require_POST
def service(request: HttpRequest, code: str, place: str) -> HttpResponse:
    """Put a place out of service, say that it is being disinfected, or put it back."""
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PLACES_WRITE], now)
    found = rooms.place_of(asked, place)
    value = request.POST.get("value", "")
    if found is None or value not in dict(words.SERVICES):
        raise Http404
    ends = (
        access.moment_of(request.POST.get("until", ""), asked.facility.zone, now) if request.POST.get("until") else None
    )
    user: Any = request.user
    if request.POST.get("until") and (ends is None or ends <= now):
        messages.warning(
            request, gettext("Nothing was saved. The end must be a time to come, such as 2026-03-17 08:00.")
        )
        return redirect("place", code, found.code)
    try:
        actions.set_standing(
            subject=found, key="service", value=value, starts=now, ends=ends, source="console", by=user.ref, at=now
        )
    except Refusal as refusal:
        messages.warning(request, gettext("Nothing was saved.") + " " + in_words(refusal.words))
    else:
        messages.success(request, gettext("It holds from now and is recorded."))
    return redirect("place", code, found.code)
