"""The journal of a facility: its entries, the proof that one of them is in it, and whether all of it still holds."""

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, queries
from lazaretto.apps.console.presenters import record as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.journal import proofs, verifying
from lazaretto.apps.journal.actions import salted_leaf
from lazaretto.apps.journal.keys import KeyMissing
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.rounds.models import Fact
from lazaretto.protocol.clock import instant
from lazaretto.web import files

OPENS = [Permission.JOURNAL_READ]
PAGE = 50
#: More rows than this are not listed; each can still be asked for by its number.
MOST_ROWS = 20
JSON = "application/json"


@require_safe
def journal(request: HttpRequest, code: str) -> HttpResponse:
    """The entries, newest first, by kind and day."""
    now = access.clock_now()
    asked = access.asked(request, code, OPENS, now)
    given = access.given(request.GET, ("kind", "first", "last", "page"))
    page = Paginator(_entries(asked, given), PAGE).get_page(given["page"])
    log, zone = asked.facility.log, asked.facility.zone
    kinds = log.entries.order_by("kind").values_list("kind", flat=True).distinct()
    context = access.frame(asked, "journal", now) | {
        "crumbs": [(gettext("Journal"), "")], "given": given, "page": page, "size": log.size, "epoch": log.epoch,
        "link": Query(given).turns(page), "kinds": [(kind, words.kind(kind)) for kind in kinds],
        "lines": [words.line(e, zone, asked.today) for e in page.object_list],
        "filtered": any(said for name, said in given.items() if name != "page"),
        "check": words.check(verifying.latest(log), zone, asked.today),
        "point": words.point(log.checkpoints.order_by("-pk").first(), zone, asked.today),
    }  # fmt: skip
    return render(request, "console/journal/list.html", context)


def _entries(asked: queries.Asked, given: dict[str, str]) -> QuerySet[Entry]:
    found = asked.facility.log.entries.order_by("-seq")
    if given["kind"]:
        found = found.filter(kind=given["kind"])
    first, last = access.date_of(given["first"]), access.date_of(given["last"])
    if first:
        found = found.filter(recorded_at__gte=instant(asked.facility.zone, first, 0))
    if last:
        found = found.filter(recorded_at__lt=instant(asked.facility.zone, last, 24 * 60))
    return found


@require_safe
def find(request: HttpRequest, code: str) -> HttpResponse:
    """Go to the entry that was asked for: by its number, its digest, or the id of a record."""
    asked = access.asked(request, code, OPENS, access.clock_now())
    said = request.GET.get("q", "").replace("\x00", "").strip()[:64]
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 16 else -1
    named = asked.facility.log.entries.filter(Q(seq=number) | Q(digest=said.lower())).first()
    if named is not None:
        return redirect("journal-entry", code, named.seq)
    fact = Fact.objects.filter(facility=asked.facility, id=said).select_related("entry").first()
    if fact is None:
        messages.warning(request, gettext("No entry and no record goes by that. Nothing is shown."))
        return redirect("journal", code)
    row = _position(fact)
    return redirect(reverse("journal-entry", args=[code, fact.entry.seq]) + (f"?row={row}#row" if row >= 0 else ""))


def _position(fact: Fact) -> int:
    """Return which of its entry's leaves a record is, -1 if they cannot be told apart any more."""
    every = proofs.leaves(fact.entry) or []
    leaf = salted_leaf(fact.salt, fact.record())
    return every.index(leaf) if leaf in every else -1


def _entry(asked: queries.Asked, seq: int) -> Entry:
    found = asked.facility.log.entries.filter(seq=seq).select_related("log").first()
    if found is None:
        raise Http404
    return found


def _row(request: HttpRequest, entry: Entry) -> int | None:
    """:raises Http404: if there is no such row."""
    said = access.given(request.GET, ["row"])["row"]
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and int(said) < entry.n):
        raise Http404
    return int(said)


@require_safe
def entry(request: HttpRequest, code: str, seq: int) -> HttpResponse:
    """One entry: what it says, the digests of its rows, and the proof that it is in the log."""
    now = access.clock_now()
    asked = access.asked(request, code, OPENS, now)
    found = _entry(asked, seq)
    row = _row(request, found)
    try:
        proof: dict[str, Any] | None = proofs.prove(found, row)
    except (KeyMissing, IndexError):
        proof = None
    every = proofs.leaves(found) if found.n > 1 else []
    context = access.frame(asked, "journal", now) | {
        "crumbs": [(gettext("Journal"), reverse("journal", args=[code])), (f"{seq}", "")],
        "entry": words.entry(found, asked.facility.zone, asked.today), "proof": proof, "row": row,
        "rows": [(n, leaf.hex()) for n, leaf in enumerate((every or [])[:MOST_ROWS])], "n_rows": found.n,
        "gone": every is None, "more": max(len(every or []) - MOST_ROWS, 0), "last": asked.facility.log.size - 1,
    }  # fmt: skip
    return render(request, "console/journal/entry.html", context)


@require_safe
def proof(request: HttpRequest, code: str, seq: int) -> HttpResponse:
    """The proof as a file: `lazaretto proof FILE --keys KEYS` checks it anywhere."""
    asked = access.asked(request, code, OPENS, access.clock_now())
    found = _entry(asked, seq)
    row = _row(request, found)
    try:
        made = proofs.prove(found, row)
    except (KeyMissing, IndexError):
        raise Http404 from None
    name = f"{code}-{seq}.proof.json" if row is None else f"{code}-{seq}-{row}.proof.json"
    return files.answer(json.dumps(made, indent=1).encode(), JSON, name)


@require_POST
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Begin to verify the journal, or read the next part of it: each request reads a bounded number of entries."""
    now = access.clock_now()
    asked = access.asked(request, code, OPENS, now)
    under_way = verifying.latest(asked.facility.log)
    if under_way is None or under_way.ended_at is not None or request.POST.get("again"):
        verifying.begin(asked.facility.log, by=access.by(request), at=now)
    else:
        verifying.go_on(under_way, at=now)
    return redirect(reverse("journal", args=[code]) + "#check")
