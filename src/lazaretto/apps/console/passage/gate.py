"""The gate today: who and what is inside now, who was not signed out, what waits with the time left, the day's visits."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.actions.looks import record_reads
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access
from lazaretto.apps.console.live.page import follow
from lazaretto.apps.console.passage import words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.passage import inside
from lazaretto.apps.passage.models import Party
from lazaretto.apps.passage.restricting import restrictions
from lazaretto.apps.passage.rings import KINDS, Rings
from lazaretto.apps.passage.ways import STREAMS
from lazaretto.web import files
from lazaretto.web.dates import moment

_P = Permission
FILTERS = ("q", "stream", "class", "on", "page")
PAGE = 30


@require_safe
def gate(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_READ], now)
    context: dict[str, Any] = access.frame(asked, "gate", now) | follow(asked, request.get_full_path())
    facility = asked.facility
    given = access.given(request.GET, FILTERS)
    known = words.class_words(facility, now)
    page = Paginator(_chosen(asked, given), PAGE).get_page(given["page"])
    found = list(page.object_list)
    passings = inside.passings(facility, found, now)
    late = inside.not_signed_out(facility, now)
    lines = inside.inside_now(facility)
    zones = {p.code: in_language(p) for p in Rings(facility, now).places.values()}
    query = Query(given)
    context |= {
        "crumbs": [(gettext("Gate"), "")],
        "page": page,
        "rows": [_row(v, passings[v.pk], asked, known, facility.zone) for v in found],
        "link": query.turns(page), "query": query.but(), "given": given,
        "filtered": any(given[k] for k in ("q", "stream", "class", "on")),
        "inside": [
            {"stream": words.STREAM_WORDS[line.stream], "of_class": known.get(line.of_class, line.of_class) or "—",
             "zone": zones.get(line.zone, "—"), "n": line.n}
            for line in lines
        ],
        "totals": [(words.STREAM_WORDS[s], sum(line.n for line in lines if line.stream == s)) for s in STREAMS[:3]],
        "late": [_late(p, asked) for p in late],
        "holds": [words.hold(s, now, asked.may) for s in inside.holds(facility, now)[:40]],
        "rings": rings(asked, now),
        "closed": _closed(asked, now),
        "streams": [(s, words.STREAM_WORDS[s]) for s in STREAMS],
        "may_record": _P.PASSAGE_RECORD in asked.may,
        "may_export": _P.TABLES_EXPORT in asked.may,
    }  # fmt: skip
    return render(request, "console/passage/gate.html", context)


def _chosen(asked: Asked, given: dict[str, str]) -> Any:
    on = access.date_of(given["on"]) if given["on"] else asked.today
    if given["q"] and not given["on"]:
        found = inside.visits(asked.facility)
    else:
        found = inside.visits_on(asked.facility, on or asked.today)
    names = _P.STAFF_READ in asked.may
    text = given["q"] if names or given["q"].isdigit() else ""
    return inside.matching(found, text=text, stream=given["stream"], of_class=given["class"])


def _row(visit: Any, parties: list[inside.Passing], asked: Asked, known: dict[str, str], zone: str) -> dict[str, Any]:
    return {
        "number": visit.number, "opened": moment(visit.opened_at, zone), "purpose": visit.purpose, "host": visit.host,
        "parties": [
            {"name": words.name(p.party, asked.may), "of_class": known.get(p.party.of_class, p.party.of_class),
             "word": words.STATES[p.state][0], "glyph": words.STATES[p.state][1]}
            for p in parties
        ],
    }  # fmt: skip


def _late(party: Party, asked: Asked) -> dict[str, Any]:
    assert party.inside_since is not None
    return {
        "visit": party.visit.number, "name": words.name(party, asked.may),
        "since": moment(party.inside_since, asked.facility.zone), "zone": in_language(party.zone) if party.zone else "",
    }  # fmt: skip


def rings(asked: Asked, now: int) -> list[dict[str, Any]]:
    """Return the gates, outermost first: what each opens, what comes before it, and who mans it."""
    found = Rings(asked.facility, now)
    names = _P.STAFF_READ in asked.may
    return [
        {
            "name": in_language(r.gate), "kind": title(KINDS[r.gate.kind]), "zone": in_language(r.zone) if r.zone else "",
            "needs": ", ".join(in_language(found.all[n].gate) for n in r.needs if n in found.all),
            "manned": ", ".join(r.manned) if names else len(r.manned) or "",
        }
        for r in found.all.values()
    ]  # fmt: skip


def _closed(asked: Asked, now: int) -> list[dict[str, Any]]:
    try:
        found = restrictions(asked.facility, now)
    except NoProtocol:
        return []
    gates = [c for c in found if c.measure.what in ("people", "vehicles", "goods", "visits", "zone")]
    return [
        {
            "title": title(c.measure.title), "order": c.order, "instead": title(c.instead),
            "review": moment(c.review_at, asked.facility.zone), "overdue": c.is_overdue(now),
            "exception": title(c.exception.title) if c.exception else "",
        }
        for c in gates
    ]  # fmt: skip


@require_safe
def muster(request: HttpRequest, code: str) -> HttpResponse:
    """The list for an assembly point: everybody inside by zone, to be ticked off on paper."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PASSAGE_READ], now)
    known = words.class_words(asked.facility, now)
    found = list(inside.inside(asked.facility))
    _remember(request, asked, found, now)
    zones: dict[str, list[dict[str, Any]]] = {}
    for party in found:
        assert party.inside_since is not None
        zone = in_language(party.zone) if party.zone else gettext("no zone")
        zones.setdefault(zone, []).append(
            {
                "name": words.name(party, asked.may), "of_class": known.get(party.of_class, party.of_class),
                "stream": words.STREAM_WORDS.get(party.stream, party.stream), "visit": party.visit.number,
                "since": moment(party.inside_since, asked.facility.zone), "host": party.visit.host,
            }
        )  # fmt: skip
    context = access.frame(asked, "gate", now) | {
        "crumbs": [(gettext("Gate"), ""), (gettext("Inside now"), "")], "zones": sorted(zones.items()), "n": len(found),
        "at": moment(now, asked.facility.zone),
    }  # fmt: skip
    return render(request, "console/passage/muster.html", context)


def _remember(request: HttpRequest, asked: Asked, found: Iterable[Party], now: int) -> None:
    refs = sorted({p.person.ref for p in found if p.person is not None})
    if refs and _P.STAFF_READ in asked.may:
        record_reads(
            log=asked.facility.log, subjects=refs, fields=["passages"], where="muster", by=access.by(request), at=now
        )


@require_safe
def as_excel(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.TABLES_EXPORT], now)
    if _P.PASSAGE_READ not in asked.may:
        raise PermissionDenied
    given = access.given(request.GET, FILTERS)
    found = list(_chosen(asked, given)[:5000])
    passings = inside.passings(asked.facility, found, now)
    accounts.record_taken_out(log=asked.facility.log, table="visits", rows=len(found), by=access.by(request), at=now)
    return files.excel(_lines(asked, found, passings, now), f"{code}-visits-{asked.today}.xlsx")


def _lines(asked: Asked, found: list[Any], passings: dict[int, list[inside.Passing]], now: int) -> Iterable[list[Any]]:
    known, zone = words.class_words(asked.facility, now), asked.facility.zone
    yield [
        gettext("visit"), gettext("opened"), gettext("kind"), gettext("class"), gettext("name"), gettext("purpose"),
        gettext("host"), gettext("state"), gettext("in"), gettext("out"),
    ]  # fmt: skip
    for visit in found:
        for p in passings[visit.pk]:
            crossed = {c.direction: moment(c.at, zone) for c in p.party.crossings.all()}
            yield [
                visit.number, moment(visit.opened_at, zone), str(words.STREAM_WORDS[p.party.stream]),
                known.get(p.party.of_class, p.party.of_class), words.name(p.party, asked.may), visit.purpose, visit.host,
                str(words.STATES[p.state][0]), crossed.get("in", ""), crossed.get("out", ""),
            ]  # fmt: skip
