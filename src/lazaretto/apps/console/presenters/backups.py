"""Backups in words: how old the last one is, and what is known of each file."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.journal.backups import Kept
from lazaretto.web.dates import moment

DAY_MS = 86_400_000
#: A record of a week without a backup is a warning, here as in `doctor`.
OLD_DAYS = 7


def page(found: Sequence[Kept], last: int | None, now: int, zone: str) -> dict[str, Any]:
    return {"rows": [_row(one, zone) for one in found], **_standing(last, now, zone)}


def _standing(last: int | None, now: int, zone: str) -> dict[str, Any]:
    if last is None:
        return {"state": "unknown", "said": gettext("No backup of this installation is known.")}
    days = (now - last) // DAY_MS
    said = gettext("Last backup %(moment)s.") % {"moment": moment(last, zone)}
    if days < OLD_DAYS:
        return {"state": "on_time", "said": said}
    old = ngettext("That is %(n)s day ago.", "That is %(n)s days ago.", days) % {"n": days}
    return {"state": "late", "said": f"{said} {old}"}


def _row(one: Kept, zone: str) -> dict[str, Any]:
    size = one.size / 2**20
    if one.checked_at is None:
        state, said = "unknown", gettext("never read to its end")
    elif one.said is None:
        state, said = "on_time", gettext("whole, read %(moment)s") % {"moment": moment(one.checked_at, zone)}
    else:
        state, said = "alert", title(one.said)
    return {
        "name": one.name, "size": f"{size:.1f} MB", "when": moment(one.made_at, zone), "state": state, "said": said,
        "open": not one.sealed,
    }  # fmt: skip
