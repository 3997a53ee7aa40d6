"""Versions of a protocol in words: since when, until when, who proposed and who approved."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.command.models import Adoption
from lazaretto.apps.command.proposals import Proposal
from lazaretto.apps.console.presenters.places import title
from lazaretto.protocol.load import Loaded
from lazaretto.web.dates import moment
from lazaretto.web.templatetags.lz import person_name


def named(loaded: Loaded) -> dict[str, str]:
    return {"title": title(loaded.document.title), "version": loaded.document.version, "id": loaded.document.id}


def versions(
    adoptions: Sequence[Adoption], asked: Sequence[Proposal], known: Mapping[str, Loaded], people: Mapping[str, Any],
    zone: str, now: int,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the versions that were adopted, the newest first; who and why where two people did it here."""
    agreed = {(p.document, p.decided_at): p for p in asked if p.state == "adopted"}
    rows, until = [], None
    for one in adoptions:
        by = agreed.get((one.document_id, one.recorded_at))
        rows.append(
            named(known[one.document_id]) | {
                "document": one.document_id, "digest": one.document_id[:8],
                "since": moment(one.starts, zone) if one.starts > 0 else gettext("the beginning"),
                "until": moment(until, zone) if until is not None else "",
                "holds": one.starts <= now and (until is None or now < until),
                "how": _how(by, people) if by else gettext("on the command line"), "reason": by.reason if by else "",
            }
        )  # fmt: skip
        until = one.starts
    return rows


def _how(found: Proposal, people: Mapping[str, Any]) -> str:
    said = gettext("proposed by %(one)s, approved by %(other)s")
    return said % {"one": _name(found.by, people), "other": _name(found.decided_by, people)}


def _name(ref: str, people: Mapping[str, Any]) -> str:
    return person_name(people[ref]) if ref in people else ref[:8]


def proposal(found: Proposal, loaded: Loaded, people: Mapping[str, Any], zone: str) -> dict[str, Any]:
    return named(loaded) | {
        "number": found.number, "document": found.document, "reason": found.reason, "by": _name(found.by, people),
        "when": moment(found.asked_at, zone),
    }  # fmt: skip


def decided(asked: Sequence[Proposal], people: Mapping[str, Any], zone: str) -> list[dict[str, str]]:
    """Return the proposals that came to nothing, with the reason."""
    return [
        {
            "when": moment(p.decided_at or p.asked_at, zone), "by": _name(p.by, people), "reason": p.reason,
            "answer": p.answer, "other": _name(p.decided_by, people),
            "what": gettext("declined") if p.state == "declined" else gettext("withdrawn"),
        }
        for p in asked if p.state in ("declined", "withdrawn")
    ][:10]  # fmt: skip
