"""People handed over, in words: the list with its ages, and what a file says."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.presenters.submissions import duration
from lazaretto.apps.registry.merging import REASONS
from lazaretto.apps.reporting.handover_words import transfer_lines
from lazaretto.apps.reporting.transfers import STATES, state_of
from lazaretto.web.dates import chinese, moment

GLYPHS = {"received": "on_time", "not_received": "due", "void": "excused"}
#: After a day on the way, a transfer that nobody received is looked at.
LONG_MS = 86_400_000


def language() -> str:
    return "zh" if chinese() else "en"


def rows(found: Iterable[Any], zone: str, now: int) -> list[dict[str, Any]]:
    """Return the transfers with their state; those not received yet say for how long."""
    return [_row(t, zone, now) for t in found]


def _row(transfer: Any, zone: str, now: int) -> dict[str, Any]:
    state, age = state_of(transfer), now - transfer.made_at
    waits = state == "not_received"
    said = gettext("for %(time)s") % {"time": duration(max(age, 0))} if waits else ""
    return {
        "ref": transfer.ref, "name": transfer.person.name or transfer.person.code, "code": transfer.person.code,
        "way": gettext("out, to") if transfer.direction == "out" else gettext("in, from"),
        "counterpart": _party(transfer.document["to" if transfer.direction == "out" else "from"]),
        "at": moment(transfer.made_at, zone), "word": title(STATES[state]), "said": said,
        "glyph": "late" if waits and age > LONG_MS else GLYPHS[state],
    }  # fmt: skip


def _party(told: Mapping[str, Any]) -> str:
    first, second = (told["name_zh"], told["name_en"]) if chinese() else (told["name_en"], told["name_zh"])
    return str(first or second or told["code"])


def sentence(listed: list[dict[str, Any]]) -> str:
    waiting = sum(row["glyph"] in ("due", "late") for row in listed)
    if not listed:
        return gettext("Nobody was handed over yet.")
    if not waiting:
        return gettext("Everybody who was handed over was received.")
    return gettext("%(n)s sent and not received yet, as far as is known here.") % {"n": waiting}


def parts(document: Mapping[str, Any], *, health: bool, identity: bool) -> list[tuple[str, list[str]]]:
    """Return what a file says, part by part."""
    found = transfer_lines(document, health=health, identity=identity)
    return [(title(head), [title(line) for line in lines]) for head, lines in found]


def shown(document: Mapping[str, Any], *, health: bool, identity: bool) -> list[str]:
    """Return the sensitive fields that a reader was shown, to be remembered."""
    fields = ["identity_number"] if identity and document["person"]["identity_number"] else []
    if health:
        fields += ["temperature"] if document["temperatures"] else []
        fields += sorted({s["key"] for s in document["standings"] if s["health"]})
    return fields


def alike(found: Iterable[Any]) -> list[str]:
    """Return who on file may be the same person."""
    return [f"{c.one.code} · {c.other.code}: {title(REASONS[c.reason])}" for c in found]
