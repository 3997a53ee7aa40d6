"""How often something is owed, in a sentence (contract, rules 1, 2 and 4)."""

from datetime import date
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.web.dates import chinese, day

MINUTE = 60_000


def duration(ms: int) -> str:
    """Return `45 min`, `2 h`, `3 d` or what combines them; nothing is rounded."""
    days, rest = divmod(ms, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, MINUTE)
    parts = [
        text % {"n": n}
        for n, text in (
            (days, ngettext("%(n)s day", "%(n)s days", days)),
            (hours, ngettext("%(n)s hour", "%(n)s hours", hours)),
            (minutes, ngettext("%(n)s minute", "%(n)s minutes", minutes)),
            (rest // 1000, ngettext("%(n)s second", "%(n)s seconds", rest // 1000)),
        )
        if n
    ]
    return " ".join(parts) or gettext("0 minutes")


def how_often(cadence: Any) -> str:
    """Return the cadence without its window: `every 2 hours from 00:00`, `3 times a day between 08:00 and 20:00`."""
    return {
        "every": _every,
        "interval": _interval,
        "times": _times,
        "per_day": _per_day,
        "random": _random,
        "count": _count,
    }[cadence.form](cadence)


def _every(c: Any) -> str:
    text = gettext("every %(span)s, from %(start)s to %(end)s")
    return text % {"span": duration(c.every.nominal_ms), "start": c.starts or "00:00", "end": c.ends or "24:00"}


def _interval(c: Any) -> str:
    if c.every.days == 1:
        return gettext("every day at %(start)s") % {"start": c.starts or "00:00"}
    text = gettext("every %(span)s at %(start)s, counted from %(anchor)s")
    return text % {"span": duration(c.every.nominal_ms), "start": c.starts or "00:00", "anchor": _date(c.anchor)}


def _times(c: Any) -> str:
    n = len(c.times)
    text = ngettext("once a day, at %(times)s", "%(n)s times a day, at %(times)s", n)
    return text % {"n": n, "times": ("、" if chinese() else ", ").join(c.times)}


def _per_day(c: Any) -> str:
    start, end = c.between or ("00:00", "24:00")
    if c.per_day == 1:
        return gettext("once a day, between %(start)s and %(end)s") % {"start": start, "end": end}
    text = gettext("%(n)s times a day, evenly between %(start)s and %(end)s")
    return text % {"n": c.per_day, "start": start, "end": end}


def _random(c: Any) -> str:
    n = c.random.n
    if c.random.per == "day":
        text = ngettext(
            "once a day at a moment nobody knows before", "%(n)s times a day at moments nobody knows before", n
        )
    else:
        text = ngettext(
            "once a shift at a moment nobody knows before", "%(n)s times a shift at moments nobody knows before", n
        )
    return text % {"n": n}


def _count(c: Any) -> str:
    n = c.count.at_least
    text = ngettext("at least once within each %(span)s", "at least %(n)s times within each %(span)s", n)
    return text % {"n": n, "span": duration(c.count.within.nominal_ms)}


def _date(on: date | None) -> str:
    return f"{on.year}-{on.month:02d}-{on.day:02d}" if on else day(date(1970, 1, 5))


def window(cadence: Any) -> str:
    """Return from when to when a slot can be met on time."""
    if cadence.form == "count":
        return gettext("judged at the end of each span")
    early, grace = cadence.early_ms, cadence.grace_ms
    if grace is None:
        before = gettext("counts on time until the next one is due")
        return (
            before
            if not early
            else gettext("%(early)s before it is due, until the next one") % {"early": duration(early)}
        )
    text = (
        gettext("from %(early)s before to %(grace)s after it is due")
        if early
        else gettext("up to %(grace)s after it is due")
    )
    return text % {"early": duration(early), "grace": duration(grace)}


def night(cadence: Any, *, residents: bool) -> str:
    """Return what happens at night; without a policy residents are looked at and everything else goes on."""
    hours = cadence.night
    if hours is None or hours.start is None:
        return ""
    span = {"start": hours.start, "end": hours.end}
    policy = hours.policy or ("observe" if residents else "same")
    if policy == "skip":
        return gettext("%(start)s–%(end)s: not done") % span
    if policy == "observe":
        return gettext("%(start)s–%(end)s: looking in counts; nobody is woken who need not be") % span
    return ""
