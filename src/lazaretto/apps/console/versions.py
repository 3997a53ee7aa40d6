"""The versions of a facility's protocol: since when each held, what two of them differ in, and the next one by two people."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import users_called
from lazaretto.apps.command import proposals
from lazaretto.apps.command.models import Adoption
from lazaretto.apps.command.queries import protocol
from lazaretto.apps.console import access, compare
from lazaretto.apps.console.presenters import comparison
from lazaretto.apps.console.presenters import versions as words
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.queries import Asked
from lazaretto.protocol.activation import NotActivated
from lazaretto.protocol.diff import diff
from lazaretto.protocol.load import Loaded, ProtocolError
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.resolve import resolve

_P = Permission
DECISIONS = ("adopted", "declined", "withdrawn")


@require_safe
def versions(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PROTOCOL_READ], now)
    return _page(request, asked, now)


def _page(request: HttpRequest, asked: Asked, now: int, **more: Any) -> HttpResponse:
    """Return the list, with what waits for approval, and the form for whoever may propose."""
    here, user = asked.facility, request.user
    adoptions = list(Adoption.objects.filter(facility=here).order_by("-starts"))
    asked_for = proposals.proposals(here)
    people = users_called({p.by for p in asked_for} | {p.decided_by for p in asked_for})
    rows = words.versions(adoptions, asked_for, {a.document_id: protocol(a.document_id) for a in adoptions}, people, here.zone, now)  # fmt: skip
    open_ = next((p for p in asked_for if p.state == "open"), None)
    context = access.frame(asked, "protocol", now) | {
        "crumbs": [(gettext("Protocol"), reverse("protocol", args=[here.code])), (gettext("Versions"), "")],
        "rows": rows, "may_propose": _P.OVERRIDE_REQUEST in asked.may and open_ is None,
        "choices": comparison.choices(""), "others": words.decided(asked_for, people, here.zone),
        "first": rows[1]["document"] if len(rows) > 1 else "", "second": rows[0]["document"] if rows else "",
    } | more  # fmt: skip
    if open_ is not None:
        own = open_.by == user.ref  # type: ignore[union-attr]
        context["waiting"] = words.proposal(open_, protocol(open_.document), people, here.zone) | {
            "own": own, "may_decide": not own and _P.OVERRIDE_APPROVE in asked.may,
        }  # fmt: skip
    return render(request, "console/versions/page.html", context, status=422 if more else 200)


@require_safe
def between(request: HttpRequest, code: str) -> HttpResponse:
    """What differs between two versions that this facility adopted or that somebody proposed here."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.PROTOCOL_READ], now)
    known = set(Adoption.objects.filter(facility=asked.facility).values_list("document_id", flat=True))
    known |= {p.document for p in proposals.proposals(asked.facility)}
    first, second = (request.GET.get(name, "") for name in ("first", "second"))
    if first not in known or second not in known:
        raise Http404
    one, other, every = protocol(first), protocol(second), bool(request.GET.get("every"))
    changes = diff(resolve(one), resolve(other))
    context = access.frame(asked, "protocol", now) | {
        "crumbs": [
            (gettext("Protocol"), reverse("protocol", args=[code])),
            (gettext("Versions"), reverse("protocol-versions", args=[code])), (gettext("Difference"), ""),
        ],
        "one": words.named(one), "two": words.named(other), "first": first, "second": second, "every": every,
    } | comparison.differences(changes, other, every=every)  # fmt: skip
    return render(request, "console/versions/between.html", context)


@require_POST
def propose(request: HttpRequest, code: str) -> HttpResponse:
    """Propose a shipped protocol or a file of one's own, with the reason."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.OVERRIDE_REQUEST], now)
    user: Any = request.user
    try:
        proposals.propose(
            facility=asked.facility, loaded=_chosen(request), reason=request.POST.get("reason", "").replace("\x00", ""),
            by=user, at=now,
        )  # fmt: skip
    except ProtocolError as error:
        return _page(request, asked, now, mistakes=comparison.mistakes(error.problems))
    except NotActivated as error:
        return _page(request, asked, now, mistakes=comparison.mistakes(error.problems))
    except Refusal as refusal:
        return _page(request, asked, now, problem=title(refusal.words))
    messages.success(request, gettext("Proposed. It holds as soon as somebody else approves it."))
    return redirect("protocol-versions", code)


def _chosen(request: HttpRequest) -> Loaded:
    """:raises ProtocolError: with every mistake of a file, also if nothing was chosen."""
    return compare.shipped(request.POST.get("with", "")[:100]) or compare.handed_in(request)


@require_POST
def decide(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Approve, decline or withdraw a proposal."""
    now = access.clock_now()
    asked = access.asked(request, code, [_P.OVERRIDE_APPROVE, _P.OVERRIDE_REQUEST], now)
    state, user = request.POST.get("do", ""), request.user
    if state not in DECISIONS:
        raise PermissionDenied
    try:
        proposals.decide(
            facility=asked.facility, number=number, state=state, by=user, at=now,  # type: ignore[arg-type]
            answer=request.POST.get("answer", "").replace("\x00", ""),
        )  # fmt: skip
    except NotActivated as error:
        return _page(request, asked, now, mistakes=comparison.mistakes(error.problems))
    except Refusal as refusal:
        return _page(request, asked, now, problem=title(refusal.words))
    said = {
        "adopted": gettext("Approved. It is in force from now on."), "declined": gettext("Declined, with your reason."),
        "withdrawn": gettext("Withdrawn."),
    }  # fmt: skip
    messages.success(request, said[state])
    return redirect("protocol-versions", code)
