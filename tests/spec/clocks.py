"""
Times as people write them, read and shown by the clocks of one place.

`08:00` is of the day of the table; `03-18 08:00` of another; `24:00` is the midnight that ends the day. Where the clocks
show a time twice, the abbreviation of the zone stands behind it (`01:30 EDT`).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from lazaretto.protocol.clock import FOREVER, FOREVER_AGO

_MOMENT = re.compile(r"(?:(\d\d)-(\d\d) )?(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?(?: (\S+))?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of a zone, read on one day. It reckons apart from the program, with the standard library alone."""

    zone: str
    day: date

    def at(self, text: str) -> int:
        """Return the instant that a text names, in milliseconds. :raises ValueError: if the clocks never show it."""
        found = _MOMENT.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"no time: {text!r}")
        month, day, hour, minute, second, milli, name = found.groups()
        on = date(self.day.year, int(month), int(day)) if month else self.day
        wall = datetime(on.year, on.month, on.day) + timedelta(
            hours=int(hour), minutes=int(minute), seconds=int(second or 0), milliseconds=int(milli or 0)
        )
        for fold in (0, 1):
            local = wall.replace(tzinfo=ZoneInfo(self.zone), fold=fold)
            moment = local.astimezone(UTC)
            shown = moment.astimezone(ZoneInfo(self.zone))
            if shown.replace(tzinfo=None) == wall and name in (None, shown.tzname()):
                return (moment - _EPOCH) // timedelta(milliseconds=1)
        raise ValueError(f"the clocks of {self.zone} do not show {text!r}")

    def show(self, ms: int) -> str:
        """Return an instant as text that `at` reads."""
        local = (_EPOCH + timedelta(milliseconds=ms)).astimezone(ZoneInfo(self.zone))
        date_ = "" if local.date() == self.day else f"{local:%m-%d} "
        seconds = f":{local:%S}" if local.second or local.microsecond else ""
        millis = f".{local.microsecond // 1000:03d}" if local.microsecond else ""
        return f"{date_}{local:%H:%M}{seconds}{millis}{_abbreviation(local)}"

    def in_utc(self, ms: int) -> str:
        """Return an instant as the clocks of UTC show it on the same page."""
        return Clocks("UTC", self.day).show(ms)

    def span(self, text: str) -> tuple[int, int]:
        """Return [start, end) of `always`, `from 08:00`, `until 12:00` or `08:00 to 12:00`."""
        words = text.strip()
        if words == "always":
            return FOREVER_AGO, FOREVER
        if words.startswith("from "):
            return self.at(words[5:]), FOREVER
        if words.startswith("until "):
            return FOREVER_AGO, self.at(words[6:])
        start, to, end = words.partition(" to ")
        if not to:
            raise ValueError(f"no span: {text!r}")
        return self.at(start), self.at(end)


def _abbreviation(local: datetime) -> str:
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    return f" {local.tzname()}" if twice and back.replace(tzinfo=None) == local.replace(tzinfo=None) else ""
