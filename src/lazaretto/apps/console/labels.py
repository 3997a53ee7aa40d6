"""Labels for doors, beds, wristbands and devices: chosen on a page, printed on sheets, read by the ward client."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts.actions import record_taken_out
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access
from lazaretto.apps.console.papers import PDF
from lazaretto.apps.console.presenters import labels as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry import queries as registry
from lazaretto.apps.registry.models import Asset, Person, Place
from lazaretto.papers.labels import Label, labels_pdf
from lazaretto.web import files
from lazaretto.web.dates import chinese

#: 25 sheets; a larger house prints ward by ward.
MOST = 600
BEDS = ("bed", "bunk")
FILTERS = ("what", "under", "q", "names")
_P = Permission


class Chosen(NamedTuple):
    """The labels that were asked for, and how many there are beyond those that one file holds."""

    labels: list[Label]
    more: int
    people: list[Person]


def kinds(asked: Asked) -> list[str]:
    """Return what the asker may print labels for."""
    people = not asked.may.isdisjoint({_P.RESIDENTS_READ, _P.STAFF_READ})
    return ["rooms", "beds", *(["people"] if people else []), "devices"]


def chosen(asked: Asked, given: Mapping[str, str], now: int) -> Chosen:
    """Return the labels of a kind, under a place, with a text in code or name. Names of people are taken out on record."""
    here, under = asked.facility, Place.objects.filter(facility=asked.facility, code=given["under"]).first()
    inside = registry.below(here, under) if under else None
    if given["what"] == "people":
        found = registry.matching(registry.people(here, asked.may), given["q"]).order_by("code")
        found = registry.within(found, under, now) if under else registry.inside(found, now)
        people = list(found[:MOST])
        named = given["names"] == "1" and _P.TABLES_EXPORT in asked.may
        return Chosen([words.person(p, named=named) for p in people], max(found.count() - MOST, 0), people if named else [])  # fmt: skip
    rows: Any = Asset.objects.filter(facility=here).order_by("code")
    if given["what"] != "devices":
        rows = Place.objects.filter(facility=here).select_related("parent").order_by("code")
        rows = rows.filter(kind__in=BEDS) if given["what"] == "beds" else rows.exclude(kind__in=BEDS)
    if inside is not None:
        rows = rows.filter(place__in=inside) if given["what"] == "devices" else rows.filter(pk__in=inside)
    text = given["q"].casefold()
    every = [r for r in rows if not text or text in f"{r.code} {r.name_zh} {r.name_en}".casefold()]
    make = words.device if given["what"] == "devices" else words.place
    return Chosen([make(r) for r in every[:MOST]], max(len(every) - MOST, 0), [])


def _given(request: HttpRequest, asked: Asked) -> dict[str, str]:
    given = access.given(request.GET, FILTERS)
    return given | {"what": given["what"] if given["what"] in kinds(asked) else "rooms"}


@require_safe
def labels(request: HttpRequest, code: str) -> HttpResponse:
    """Choose what is labelled, and see what will be printed."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PLACES_READ], now)
    given = _given(request, asked)
    found = chosen(asked, given | {"names": ""}, now)
    tops = Place.objects.filter(facility=asked.facility).exclude(kind__in=BEDS).order_by("code")
    context = access.frame(asked, "labels", now) | {
        "crumbs": [(gettext("Labels"), "")], "given": given, "labels": found.labels[:24], "n": len(found.labels),
        "more": found.more, "sheets": -(-len(found.labels) // 24), "query": Query(given).but(),
        "kinds": [(kind, words.KINDS[kind]) for kind in kinds(asked)],
        "places": [(p.code, words.name(p)) for p in tops if p.capacity is None],
        "may_name": given["what"] == "people" and _P.TABLES_EXPORT in asked.may,
    }  # fmt: skip
    return render(request, "console/labels.html", context)


@require_safe
def printed(request: HttpRequest, code: str) -> HttpResponse:
    """The sheets. Names of people on them are a register taken out, and kept as that."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PLACES_READ], now)
    given = _given(request, asked)
    found = chosen(asked, given, now)
    if found.people:
        record_taken_out(log=asked.facility.log, table="labels", rows=len(found.people), by=access.by(request), at=now)
    title = f"{asked.facility.code} · {words.KINDS[given['what']]}"
    made = labels_pdf(found.labels, title, "zh" if chinese() else "en", asked.today)
    return files.answer(made, PDF, f"{code}-{given['what']}-{asked.today}.pdf")
