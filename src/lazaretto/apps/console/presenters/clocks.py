"""Deadlines in words: by when, how long is left, how long it is over."""

from typing import NamedTuple

from django.utils.translation import gettext

from lazaretto.web.dates import day, local

MINUTE_MS = 60_000


class Clock(NamedTuple):
    """The instant that is looked from, in the time of a facility."""

    at: int
    zone: str

    def time(self, ms: int) -> str:
        """Return the time of day, and the date where it is another one."""
        then = local(ms, self.zone)
        same = then.date() == local(self.at, self.zone).date()
        return f"{then:%H:%M}" if same else f"{day(then.date())} {then:%H:%M}"

    def owed(self, due: int | None, opens: int | None) -> str:
        """Return what the clock says of something that is owed from `opens` on, by `due`."""
        if due is None:
            return gettext("no time is set")
        if self.at > due:
            return gettext("was due at %(time)s, %(n)s ago") % {"time": self.time(due), "n": span(self.at - due)}
        if opens is not None and opens > self.at:
            return gettext("from %(from)s to %(time)s") % {"from": self.time(opens), "time": self.time(due)}
        return gettext("by %(time)s, %(left)s left") % {"time": self.time(due), "left": span(due - self.at)}


def span(ms: int) -> str:
    """Return a stretch of time in hours and minutes, cut to the minute."""
    hours, minutes = divmod(max(ms, 0) // MINUTE_MS, 60)
    if hours:
        return gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return gettext("%(n)s min") % {"n": minutes}
