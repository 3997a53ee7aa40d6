"""
Pairs of files that may be of one person: side by side, then said not to be the same, or merged: with a reason, and
after a second look at what the merge will do.
"""

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, register
from lazaretto.apps.console.forms import Field, Form
from lazaretto.apps.console.person import opened
from lazaretto.apps.console.presenters import duplicates as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.registry import merging
from lazaretto.apps.registry.models import Person
from lazaretto.protocol.refusal import Refusal

PAGE = 25


@require_safe
def duplicates(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PEOPLE_WRITE], now)
    found = register.candidates_for(asked)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    pairs = [q for pair in page.object_list for q in (pair.one, pair.other)]
    listing = register.Listing(asked, pairs, now, register.document(asked, now))
    context = access.frame(asked, "duplicates", now) | {
        "crumbs": [(gettext("Possible duplicates"), "")],
        "page": page,
        "pairs": words.pairs(page.object_list, listing),
        "link": Query({}).turns(page),
        "sentence": words.sentence(len(found)),
    }
    return render(request, "console/duplicates/list.html", context)


@require_http_methods(["GET", "POST"])
def duplicate(request: HttpRequest, code: str, person: str, other: str) -> HttpResponse:
    """Two files side by side. What is decided here can be taken back: a merged file can be parted again."""
    one = opened(request, code, person, Permission.PEOPLE_WRITE)
    two = opened(request, code, other, Permission.PEOPLE_WRITE)
    if one.person.pk == two.person.pk or one.person.merged_into_id or two.person.merged_into_id:
        raise Http404
    form = Form([Field("reason", gettext("Reason"), hint=gettext("why they are one person"), required=True)])
    done = request.POST.get("do", "")
    merger = _merger(request, one, two, form) if done in ("merge", "confirm") else None
    if done == "not_same":
        user: Any = request.user
        merging.say_not_same(one.person, two.person, by=user.ref, at=one.now)
        messages.success(request, gettext("Noted: they are two people. The pair is not shown again."))
        return redirect("duplicates", code)
    if merger is not None and done == "confirm" and _merge(request, merger, one.now, form):
        messages.success(
            request,
            gettext("The files are merged into %(code)s. They can be parted again.") % {"code": merger.keep.code},
        )
        return redirect("person", code, merger.keep.code)
    context = _side_by_side(one, two) | {"form": form, "keep": request.POST.get("keep", "")}
    if merger is None or form.bad:
        return render(request, "console/duplicates/pair.html", context, status=422 if form.bad else 200)
    over = merging.carried(merger.keep, merger.absorb)
    context |= {"merger": merger, "consequences": words.consequences(merger.keep, merger.absorb, over)}
    return render(request, "console/duplicates/confirm.html", context)


def _side_by_side(one: Any, two: Any) -> dict[str, Any]:
    code = one.asked.facility.code
    listing = register.Listing(one.asked, [one.person, two.person], one.now, register.document(one.asked, one.now))
    return access.frame(one.asked, "duplicates", one.now) | {
        "crumbs": [
            (gettext("Possible duplicates"), reverse("duplicates", args=[code])),
            (f"{one.person.code} · {two.person.code}", ""),
        ],
        "one": one.person,
        "two": two.person,
        "rows": words.compared(listing, register.beside(one.person, two.person)),
        "why": words.why(register.reason_of(one.asked, one.person, two.person)),
    }


class Merger(NamedTuple):
    """Which file stays, which goes into it, and why."""

    keep: Person
    absorb: Person
    reason: str


def _merger(request: HttpRequest, one: Any, two: Any, form: Form) -> Merger | None:
    """Return the merge that was asked for if it may be done; else the form says what is wrong."""
    form.fill(request.POST)
    people = {one.person.code: one.person, two.person.code: two.person}
    keep = people.get(request.POST.get("keep", ""))
    if keep is None:
        form.problems.append(gettext("Choose which file stays."))
        return None
    merger = Merger(keep, two.person if keep is one.person else one.person, form["reason"].value)
    try:
        merging.check_may_merge(*merger)
    except Refusal as refusal:
        form.refuse(refusal)
        return None
    return merger


def _merge(request: HttpRequest, merger: Merger, now: int, form: Form) -> bool:
    user: Any = request.user
    try:
        merging.merge(keep=merger.keep, absorb=merger.absorb, reason=merger.reason, by=user.ref, at=now)
    except Refusal as refusal:  # somebody was faster
        form.refuse(refusal)
        return False
    return True
