"""Pairs of files that may be of one person: side by side, then merged with a reason, or said not to be the same."""

from typing import Any

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
    if done == "not_same":
        user: Any = request.user
        merging.say_not_same(one.person, two.person, by=user.ref, at=one.now)
        messages.success(request, gettext("Noted: they are two people. The pair is not shown again."))
        return redirect("duplicates", code)
    if done == "merge":
        kept = _merge(request, one, two, form.fill(request.POST))
        if kept is not None:
            messages.success(
                request, gettext("The files are merged into %(code)s. They can be parted again.") % {"code": kept.code}
            )
            return redirect("person", code, kept.code)
    document = register.document(one.asked, one.now)
    listing = register.Listing(one.asked, [one.person, two.person], one.now, document)
    context = access.frame(one.asked, "duplicates", one.now) | {
        "crumbs": [
            (gettext("Possible duplicates"), reverse("duplicates", args=[code])),
            (f"{one.person.code} · {two.person.code}", ""),
        ],
        "one": one.person,
        "two": two.person,
        "rows": words.compared(listing, register.beside(one.person, two.person)),
        "form": form,
        "keep": request.POST.get("keep", ""),
        "why": words.why(register.reason_of(one.asked, one.person, two.person)),
    }
    return render(request, "console/duplicates/pair.html", context, status=422 if form.bad else 200)


def _merge(request: HttpRequest, one: Any, two: Any, form: Form) -> Any:
    people = {one.person.code: one.person, two.person.code: two.person}
    keep = people.get(request.POST.get("keep", ""))
    if keep is None:
        form.problems.append(gettext("Choose which file stays."))
        return None
    absorb = two.person if keep is one.person else one.person
    user: Any = request.user
    try:
        return merging.merge(keep=keep, absorb=absorb, reason=form["reason"].value, by=user.ref, at=one.now)
    except Refusal as refusal:
        form.refuse(refusal)
        return None
