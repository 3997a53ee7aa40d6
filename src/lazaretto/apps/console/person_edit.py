"""Correcting a file, its unit and its names, with a reason that is kept; and parting files that were merged wrongly."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import population_words
from lazaretto.apps.console import access, register
from lazaretto.apps.console.forms import Field, Form
from lazaretto.apps.console.person import Opened, opened
from lazaretto.apps.console.presenters import people as words
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.apps.console.presenters.words import ALIASES, word
from lazaretto.apps.registry import actions, merging
from lazaretto.apps.registry import people as files
from lazaretto.apps.registry.exports import born
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.protocol.clock import instant
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

UNREADABLE = Text("日期写作 2026-03-17", "write the date as 2026-03-17")


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str, person: str) -> HttpResponse:
    seen = opened(request, code, person, Permission.PEOPLE_WRITE)
    if seen.person.merged_into_id is not None:
        raise Http404
    known = register.document(seen.asked, seen.now)
    forms = _forms(seen, register.choices(seen.asked, known))
    done = request.POST.get("do", "")
    if done == "remove":
        return _remove_name(request, seen)
    if done in forms:
        form = forms[done].fill(request.POST)
        try:
            said = _ACTS[done](request, seen, form, known)
        except (RowError, Refusal) as error:
            form.refuse(error)
        else:
            messages.success(request, said)
            return redirect("person", code, seen.person.code)
    context = access.frame(seen.asked, "people", seen.now) | {
        "crumbs": [
            (gettext("People"), reverse("people", args=[code])),
            (seen.person.code, reverse("person", args=[code, seen.person.code])),
            (gettext("Correct"), ""),
        ],
        "person": seen.person,
        "forms": forms,
        "aliases": [(a.pk, a.name, word(ALIASES, a.kind)) for a in register.aliases(seen.person)],
        "may_identify": Permission.IDENTITY_READ in seen.asked.may,
    }
    return render(
        request, "console/person/edit.html", context, status=422 if any(f.bad for f in forms.values()) else 200
    )


def _forms(seen: Opened, choices: dict[str, Any]) -> dict[str, Form]:
    person = seen.person
    fields = words.form(choices, new=False)
    fields.fill({
        "population": person.population, "name": person.name, "sex": person.sex, "birth_date": born(person),
        "identity_kind": person.identity_kind,
    })  # fmt: skip
    fields["identity_number"].hint = gettext("leave empty to keep the number on file")
    if Permission.IDENTITY_READ not in seen.asked.may:
        fields.fields = [f for f in fields if not f.name.startswith("identity_")]
    fields.fields.append(Field("reason", gettext("Reason"), hint=gettext("such as: identity card seen"), required=True))
    units = [(g.code, in_language(g)) for g in choices["units"]]
    unit = Form([
        Field("unit", gettext("Unit"), options=units, value=person.unit.code if person.unit else ""),
        Field("from", gettext("From"), kind="date", value=seen.asked.today.isoformat()),
    ])  # fmt: skip
    kinds = [(k, word(ALIASES, k)) for k in ALIASES if k != "code"]
    alias = Form([Field("alias", gettext("Other name"), required=True), Field("kind", gettext("Kind"), options=kinds)])
    return {"correct": fields, "unit": unit, "alias": alias}


def _correct(request: HttpRequest, seen: Opened, form: Form, known: Any) -> str:
    said = {f.name: f.value for f in form if f.name != "reason"}
    if not said.get("identity_number") and said.get("identity_kind") == seen.person.identity_kind:
        said.pop("identity_number", None), said.pop("identity_kind", None)
    populations = population_words(known) if known is not None else {}
    user: Any = request.user
    changed = files.correct(
        seen.person, Row(1, said), populations, reason=form["reason"].value, by=user.ref, at=seen.now
    )
    return (
        gettext("The file is corrected; the reason is kept.")
        if changed
        else gettext("Nothing differed; nothing was changed.")
    )


def _unit(request: HttpRequest, seen: Opened, form: Form, known: Any) -> str:
    unit = register.unit(seen.asked, form["unit"].value)
    if unit is None:
        raise Http404
    on = access.date_of(form["from"].value)
    if on is None:
        raise RowError("from", UNREADABLE)
    user: Any = request.user
    starts = seen.now if on == seen.asked.today else instant(seen.asked.facility.zone, on, 0)
    actions.set_unit(person=seen.person, unit=unit, starts=starts, by=user.ref, at=seen.now)
    return gettext("The unit holds from that day.")


def _alias(request: HttpRequest, seen: Opened, form: Form, known: Any) -> str:
    user: Any = request.user
    files.add_alias(seen.person, name=form["alias"].value, kind=form["kind"].value, by=user.ref, at=seen.now)
    return gettext("The name is on file.")


_ACTS = {"correct": _correct, "unit": _unit, "alias": _alias}


def _remove_name(request: HttpRequest, seen: Opened) -> HttpResponse:
    found = register.alias(seen.person, request.POST.get("alias", ""))
    if found is None:
        raise Http404
    user: Any = request.user
    files.remove_alias(found, by=user.ref, at=seen.now)
    messages.success(request, gettext("The name is taken off; the journal keeps that it was there."))
    return redirect("person-edit", seen.asked.facility.code, seen.person.code)


@require_http_methods(["GET", "POST"])
def part(request: HttpRequest, code: str, person: str) -> HttpResponse:
    """Say that a merged file was of somebody else after all."""
    seen = opened(request, code, person, Permission.PEOPLE_WRITE)
    into = seen.person.merged_into
    if into is None:
        raise Http404
    form = Form([Field("reason", gettext("Reason"), hint=gettext("why they are two people"), required=True)])
    if request.method == "POST":
        user: Any = request.user
        try:
            merging.part(seen.person, reason=form.fill(request.POST)["reason"].value, by=user.ref, at=seen.now)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, gettext("The files are two again. Record where the person is."))
            return redirect("person", code, seen.person.code)
    context = access.frame(seen.asked, "people", seen.now) | {
        "crumbs": [
            (gettext("People"), reverse("people", args=[code])),
            (seen.person.code, reverse("person", args=[code, seen.person.code])),
            (gettext("Part the files"), ""),
        ],
        "person": seen.person,
        "into": into,
        "form": form,
    }
    return render(request, "console/person/part.html", context, status=422 if form.bad else 200)
