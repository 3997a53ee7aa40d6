"""
Recording a movement: who, then which kind, then when and where to. One person or up to 500 at once, all or none.

Each step is a page of its own that needs no script; nothing is written before the last.
"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access
from lazaretto.apps.console.forms import Form
from lazaretto.apps.console.presenters import moving as words
from lazaretto.apps.console.presenters.person import may_enter
from lazaretto.apps.console.presenters.sections import READS_PEOPLE
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.registry import ledger, rooms
from lazaretto.apps.registry.models import Person
from lazaretto.apps.registry.movements import KINDS, Kind, Move, possible
from lazaretto.apps.registry.moving import courses, record_movements, refusals
from lazaretto.apps.registry.queries import HELD
from lazaretto.apps.registry.tables import RowError
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

MOST = 500
NO_PLACE = Text(
    "没有这个场所：写编号，或唯一的名称", "there is no such place: write its code, or a name that only it has"
)
NO_TIME = Text("看不懂时间，写作 2026-03-17 08:00", "cannot read the time; write 2026-03-17 08:00")


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, READS_PEOPLE, now)
    if asked.may.isdisjoint({Permission.MOVE_INSIDE, Permission.MOVE_ACROSS}):
        raise PermissionDenied
    given = request.POST if request.method == "POST" else request.GET
    people = _people(asked, given.getlist("person"))
    known = courses(people)
    kinds = _kinds(asked, known)
    kind = KINDS.get(given.get("kind", ""))
    if kind is not None and not may_enter(asked.may, kind.id):
        raise PermissionDenied
    context = access.frame(asked, "movements", now) | {
        "crumbs": [(gettext("Movements"), reverse("movements", args=[code])), (gettext("Record"), "")],
        "people": words.people(people, known, asked),
        "too_many": len(people) > MOST,
        "kinds": [(k.id, words.kind_name(k), words.kind_hint(k)) for k in kinds],
        "kind": kind,
        "kind_name": words.kind_name(kind) if kind else "",
        "single": len(people) == 1,
    }
    if not people or len(people) > MOST or kind is None:
        return render(request, "console/movements/choose.html", context, status=422 if len(people) > MOST else 200)
    form = words.form(kind, ledger.stayed_in(asked.facility) if kind.needs_place else [], asked.facility.zone, now)
    if request.POST.get("do") == "record":
        outcome = _record(request, asked, people, kind, form.fill(request.POST), now)
        if isinstance(outcome, HttpResponse):
            return outcome
        context |= outcome
    bad = form.bad or bool(context.get("refused"))
    return render(request, "console/movements/form.html", context | {"form": form}, status=422 if bad else 200)


def _people(asked: Asked, codes: list[str]) -> list[Person]:
    """:raises Http404: if there is somebody among them whom the asker may not know of."""
    wanted = list(dict.fromkeys(c.strip() for c in codes if c.strip()))[: MOST + 1]
    found = ledger.people_called(asked.facility, wanted)
    needed = {Permission.RESIDENTS_READ if p.base in HELD else Permission.STAFF_READ for p in found}
    if len(found) < len(wanted) or not needed <= asked.may:
        raise Http404
    return found


def _kinds(asked: Asked, known: Any) -> list[Kind]:
    """Return what all of them can do now, and the asker may enter."""
    shared = [set(possible(course.whereabouts)) for course in known.values()]
    return [k for k in KINDS.values() if shared and all(k in s for s in shared) and may_enter(asked.may, k.id)]


def _record(
    request: HttpRequest, asked: Asked, people: list[Person], kind: Kind, form: Form, now: int
) -> HttpResponse | dict[str, Any]:
    """Enter the movements and go on, or return what stands in the way."""
    try:
        moves = _moves(asked, people, kind, form, now)
    except RowError as error:
        form.refuse(error)
        return {}
    no = refusals(asked.facility, moves, at=now)
    if no:
        return {"refused": words.refused(people, no, asked)}
    full = rooms.crowded(asked.facility, moves, at=now)
    if full and request.POST.get("anyway") != "1":
        return {"crowded": words.crowded(full)}
    user: Any = request.user
    try:
        made = record_movements(asked.facility, moves, by=user.ref, at=now)
    except Refusal as refusal:
        form.refuse(refusal)
        return {}
    said = ngettext("%(n)s movement is recorded.", "%(n)s movements are recorded.", len(made)) % {"n": len(made)}
    messages.success(request, said)
    return (
        redirect("person", asked.facility.code, people[0].code)
        if len(people) == 1
        else redirect("movements", asked.facility.code)
    )


def _moves(asked: Asked, people: list[Person], kind: Kind, form: Form, now: int) -> list[Move]:
    """:raises RowError: by the field that cannot be taken."""
    zone, values = asked.facility.zone, {f.name: f.value for f in form}
    at = access.moment_of(values["when"], zone, now)
    if at is None:
        raise RowError("when", NO_TIME)
    place = None
    if kind.needs_place:
        place = ledger.place_called(asked.facility, values.get("place", ""))
        if place is None:
            raise RowError("place", NO_PLACE)
    back_by = None
    if values.get("back_by"):
        back_by = access.moment_of(values["back_by"], zone, now)
        if back_by is None or back_by <= at:
            raise RowError("back_by", Text("应返时间须晚于离开", "due back must be after leaving"))
    return [
        Move(p, kind.id, at, place, values.get("counterpart", ""), values.get("reason", ""), back_by) for p in people
    ]
