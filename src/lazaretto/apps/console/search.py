"""Search over all that the asker may see: people by name, sound, initials or code; rooms and places; facilities."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.actions.looks import record_reads
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import permissions_in
from lazaretto.apps.console import access, queries
from lazaretto.apps.console.presenters import sections
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.apps.registry import queries as registry
from lazaretto.apps.registry.models import Facility, Person, Place
from lazaretto.protocol.clock import local_day

_P = Permission
FINDS = (_P.RESIDENTS_READ, _P.STAFF_READ, _P.PLACES_READ)
#: So many of each sort are shown in a facility; more words narrow it.
MOST = 20


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    now = access.clock_now()
    text = " ".join(access.given(request.GET, ["q"])["q"].split())
    user: Any = request.user
    found = [one for f in queries.facilities(user, FINDS, now) if (one := _in(f, user, text, now))] if text else []
    houses = _facilities(user, text, now) if text else []
    for one in found:
        _remember(one, user, now)
    n = len(houses) + sum(len(one["people"]) + len(one["places"]) for one in found)
    said = ngettext("%(n)s found for “%(text)s”.", "%(n)s found for “%(text)s”.", n) % {"n": n, "text": text}
    context = {"section": "search", "q": text, "found": found, "houses": houses, "sentence": said if text else ""}
    return render(request, "console/search.html", context)


def _in(facility: Facility, user: Any, text: str, now: int) -> dict[str, Any] | None:
    """Return what answers to a text in one facility, None if nothing does."""
    may = permissions_in(user, facility.organisation, local_day(facility.zone, now))
    people = list(_people(registry.people(facility, may), text)[: MOST + 1])
    places = list(_places(facility, text)[: MOST + 1]) if _P.PLACES_READ in may else []
    if not people and not places:
        return None
    where = registry.whereabouts(people, now) if _P.PLACES_READ in may else {}
    return {
        "facility": facility, "name": in_language(facility.organisation),
        "people": [
            {"code": p.code, "name": p.name or gettext("name unknown"), "place": in_language(where[p.pk].place) if p.pk in where else "", "ref": p.ref}
            for p in people[:MOST]
        ],
        "places": [{"code": p.code, "name": in_language(p), "around": in_language(p.parent) if p.parent else ""} for p in places[:MOST]],
        "more": len(people) > MOST or len(places) > MOST,
    }  # fmt: skip


def _people(known: QuerySet[Person], text: str) -> QuerySet[Person]:
    return registry.matching(known, text).order_by("sort", "code")


def _places(facility: Facility, text: str) -> QuerySet[Place]:
    named = Q(code__icontains=text) | Q(name_zh__icontains=text) | Q(name_en__icontains=text)
    rows = Place.objects.filter(named, facility=facility).exclude(kind__in=("bed", "bunk"))
    return rows.select_related("parent").order_by("code")


def _facilities(user: Any, text: str, now: int) -> list[dict[str, str]]:
    """Return the facilities in the asker's scope whose name or code answers to a text."""
    wanted = text.lower()
    return [
        {"name": in_language(a.facility.organisation), "code": a.facility.code,
         "url": sections.first_page(a.facility.code, a.may)}
        for a in queries.open_facilities(user, now)
        if any(wanted in said.lower() for said in (a.facility.code, a.facility.organisation.name_zh, a.facility.organisation.name_en))
    ]  # fmt: skip


def _remember(one: dict[str, Any], user: Any, now: int) -> None:
    """Names that were shown for a search are a look at those people's files."""
    refs = [p["ref"] for p in one["people"]]
    record_reads(log=one["facility"].log, subjects=refs, fields=["name"], where="search", by=user.ref, at=now)
