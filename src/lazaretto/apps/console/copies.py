"""Everything on file about a person, for that person: as JSON and on paper. Each copy is recorded."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import register
from lazaretto.apps.console.person import opened
from lazaretto.apps.console.presenters.copy import as_paper
from lazaretto.apps.registry.files import copy_for, merged_into
from lazaretto.apps.registry.models import Person
from lazaretto.papers.pdf import set_paper
from lazaretto.web import files

ENDINGS = ("json", "pdf")


@require_safe
def copy(request: HttpRequest, code: str, person: str, ending: str) -> HttpResponse:
    if ending not in ENDINGS:
        raise Http404
    seen = opened(request, code, person, Permission.SUBJECT_EXPORT)
    user: Any = request.user
    content = made(seen.person, ending, by=user.ref, at=seen.now, language=get_language() or "zh")
    kind = "application/pdf" if ending == "pdf" else "application/json"
    return files.answer(content, kind, f"{code}-{seen.person.code}.{ending}")


def made(person: Person, ending: str, *, by: str, at: int, language: str) -> bytes:
    """Return a copy in one of `ENDINGS`, after recording that it was made: so it is itself on the list in it."""
    refs = [person.ref, *(p.ref for p in merged_into(person))]
    accounts.record_reads(
        log=person.facility.log, subjects=refs, fields=["everything"], where="copy for the person", by=by, at=at
    )
    copied = copy_for(person, at)
    if ending == "pdf":
        return set_paper(as_paper(copied, person.facility, language, register.document_of(person.facility, at)))
    return json.dumps(copied, ensure_ascii=False, indent=2).encode()
