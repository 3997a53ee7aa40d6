"""A comparison of protocols as rows: what changes, which way, and what it means for people's days."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from lazaretto import packs
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.rounds.preview import Preview
from lazaretto.protocol.diff import Change
from lazaretto.protocol.load import Loaded, Problem
from lazaretto.protocol.wording.change import before_and_after, name

#: Parts of a measure that say where it comes from and what it is called, not what is done.
WORDS = {"source", "filled", "assumption", "note", "title", "tags", "effort"}
STATES = {"added": "done", "removed": "missed", "changed": "late"}


def choices(chosen: str) -> list[dict[str, Any]]:
    """Return the shipped packs to compare with."""
    documents = ((pack, packs.shipped(pack).document) for pack in packs.names())
    return [{"id": pack, "title": title(d.title), "selected": pack == chosen} for pack, d in documents]


def mistakes(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [{"where": f"{p.file}:{p.line}", "path": p.path, "said": title(p.message)} for p in problems]


def comparison(look: Preview, other: Loaded, *, every: bool, inside: bool) -> dict[str, Any]:
    """Return the context of a comparison; work and rooms are for those inside the facility only."""
    return differences(look.changes, other, every=every) | {
        "other": {"title": title(other.document.title), "version": other.document.version, "id": other.document.id},
        "refusals": mistakes(look.activation.refusals),
        "notices": mistakes(look.activation.notices),
        "refused": [title(text) for text in look.refused],
        "inside": inside,
        "on": look.on,
        "duties": [_duty(d) for d in look.duties if d.acts[0] != d.acts[1]] if inside else [],
        "hours": [_hours(owner, span, other) for owner, span in look.hours_by_owner().items()] if inside else [],
        "rooms": look.rooms if inside else (),
    }


def differences(found: Sequence[Change], other: Loaded, *, every: bool) -> dict[str, Any]:
    """Return changes value by value; without `every` those of titles, sources and words are only counted."""
    changes = [c for c in found if every or _is_done(c)]
    return {
        "changes": [_row(change, other) for change in changes],
        "hidden": len(found) - len(changes),
        "stricter": sum(c.direction == "stricter" for c in found),
        "looser": sum(c.direction == "looser" for c in found),
    }


def _is_done(change: Change) -> bool:
    return change.measure is not None and (not change.path or change.path[0] not in WORDS)


def _row(change: Change, other: Loaded) -> dict[str, Any]:
    before, after = before_and_after(change, other.document)
    signs = {"added": gettext("new"), "removed": gettext("gone"), "changed": gettext("changed")}
    ways = {"stricter": gettext("stricter"), "looser": gettext("looser"), "other": ""}
    return {
        "name": title(name(change, other.document)),
        "sign": signs[change.sign],
        "before": title(before),
        "after": title(after),
        "way": ways[change.direction],
        "looser": change.direction == "looser",
        "whole": not change.path,
    }


def _duty(duty: Any) -> dict[str, Any]:
    return {"name": title(duty.title), "acts": duty.acts, "wakings": duty.wakings if any(duty.wakings) else None}


def _hours(owner: str, span: tuple[Decimal, Decimal], other: Loaded) -> dict[str, Any]:
    posts = {post.id: title(post.title) for post in other.document.posts}
    return {"name": posts.get(owner, owner or "—"), "before": f"{span[0]:.1f}", "after": f"{span[1]:.1f}"}
