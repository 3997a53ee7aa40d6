"""The strip of a month, and the sentence over a day."""

from calendar import monthrange
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.console.presenters.home import cell
from lazaretto.web.dates import day, local, ms_of
from lazaretto.web.words import state_word

Days = Mapping[date, tuple[str, int]]


def strip(signed: Days, shown: date, today: date) -> list[dict[str, Any]]:
    """Return the days of the month of `shown`; those after `today` have no status."""
    days = [date(shown.year, shown.month, n + 1) for n in range(monthrange(shown.year, shown.month)[1])]
    return [
        (cell(signed, on) if on <= today else {"on": on, "status": "", "amended": False, "title": day(on)})
        | {"is_shown": on == shown, "word": state_word(signed.get(on, ("unknown", 0))[0]) if on <= today else ""}
        for on in days
    ]


def neighbours(shown: date, today: date) -> dict[str, date | None]:
    """Return the last day of the month before and the first of the month after, if that has begun."""
    first = shown.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    return {"before": first - timedelta(days=1), "after": after if after <= today else None}


def period(document: Mapping[str, Any], zone: str) -> str:
    """Return what the report counts: `Counts 16 Mar 17:00 to 17 Mar 17:00.`"""
    start, end = (local(ms_of(document["day"][edge]), zone) for edge in ("from", "to"))
    said = {"start": f"{day(start.date())} {start:%H:%M}", "end": f"{day(end.date())} {end:%H:%M}"}
    if (end.hour, end.minute) == (0, 0):
        said["end"] = f"{day(end.date() - timedelta(days=1))} 24:00"
    return gettext("Counts %(start)s to %(end)s.") % said


def summary(cells: list[dict[str, Any]]) -> str:
    """Return the month in one sentence; unknown days are named apart, as they are not zero."""
    n = Counter(c["status"] for c in cells if c["status"])
    parts = [
        text % {"n": n[word]}
        for word, text in (
            ("complete", gettext("%(n)s complete")),
            ("incomplete", gettext("%(n)s incomplete")),
            ("contradictory", gettext("%(n)s contradictory")),
            ("unknown", gettext("%(n)s unknown (no signed report; not zero)")),
        )
        if n[word]
    ]
    return gettext("This month so far: ") + gettext(", ").join(parts) + gettext(".") if parts else ""
