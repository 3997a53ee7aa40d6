"""The journal in words: what each kind of entry tells of, when, and what a check of all of it found."""

import json
from datetime import date
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters import kinds
from lazaretto.apps.console.presenters import words as register
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.journal.models import Checkpoint, Entry, Verification
from lazaretto.protocol.text import Text
from lazaretto.web.dates import local
from lazaretto.web.figures import count


def kind(code: str) -> str:
    return title(kinds.WORDS[code]) if code in kinds.WORDS else code


def line(entry: Entry, zone: str, today: date) -> dict[str, Any]:
    """Return one entry as a row of the list."""
    return {
        "seq": entry.seq, "when": register.when(entry.recorded_at, zone, today), "kind": kind(entry.kind),
        "code": entry.kind, "n": count(entry.n), "digest": entry.digest[:16],
        "late": _late(entry, zone, today),
    }  # fmt: skip


def _late(entry: Entry, zone: str, today: date) -> str:
    """Return when it happened, where that is another minute than when it was recorded."""
    if entry.occurred_at // 60_000 == entry.recorded_at // 60_000:
        return ""
    return gettext("of %(moment)s") % {"moment": register.when(entry.occurred_at, zone, today)}


def entry(found: Entry, zone: str, today: date) -> dict[str, Any]:
    return line(found, zone, today) | {
        "happened": register.when(found.occurred_at, zone, today), "by": found.by or "—",
        "by_name": register.word(register.MACHINES, found.by) if found.by in register.MACHINES else "",
        "subjects": found.subjects, "protocol": found.protocol, "leaf": found.leaf, "whole": found.digest,
        "previous": found.previous, "rows": found.n,
        "detail": json.dumps(found.detail, ensure_ascii=False, indent=1, sort_keys=True) if found.detail else "",
        "exact": f"{local(found.recorded_at, zone):%Y-%m-%d %H:%M:%S}",
    }  # fmt: skip


def point(found: Checkpoint | None, zone: str, today: date) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "size": count(found.size), "root": found.root, "key_id": found.key_id,
        "when": register.when(found.made_at, zone, today),
    }  # fmt: skip


def check(found: Verification | None, zone: str, today: date) -> dict[str, Any]:
    """Return what the last check found, or how far it is."""
    if found is None:
        return {"state": "unknown", "said": gettext("Nobody has verified this journal from here yet.")}
    when = register.when(found.began_at, zone, today)
    if found.ended_at is None:
        said = gettext("%(seen)s of %(size)s entries read, begun %(moment)s.")
        return {
            "state": "due", "under_way": True, "seen": found.seen, "size": found.size,
            "said": said % {"seen": count(found.seen), "size": count(found.size), "moment": when},
        }  # fmt: skip
    if not found.faults:
        said = gettext("Intact: %(size)s entries, verified %(moment)s.")
        return {"state": "on_time", "said": said % {"size": count(found.size), "moment": when}}
    faults = ngettext("%(n)s fault, found %(moment)s.", "%(n)s faults, found %(moment)s.", len(found.faults))
    return {
        "state": "alert", "said": faults % {"n": count(len(found.faults)), "moment": when},
        "faults": [{"kind": f["kind"], "said": title(Text(f["zh"], f["en"]))} for f in found.faults[:50]],
        "more": max(len(found.faults) - 50, 0),
    }  # fmt: skip
