"""
Wall-clock instants of a facility, on a nominal day of 24 hours.

A wall-clock time that does not exist (spring) becomes the first that does; an ambiguous one (autumn) is its first
occurrence. Source: contract, rule 2.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
FOREVER_AGO = -(10**15)
FOREVER = 10**15

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_WALL = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Duration:
    """
    An ISO 8601 duration of whole days and seconds. `P1D` is a calendar day, `PT24H` is 24 elapsed hours.
    """

    days: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """:raises ValueError: if `text` is not of the form PnW, PnD or PnDTnHnMnS."""
        found = _DURATION.fullmatch(text.strip())
        if not found or not any(found.groups()) or text.strip().endswith("T"):
            raise ValueError(text)
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return cls(weeks * 7 + days, hours * 3600 + minutes * 60 + seconds)

    @property
    def nominal_ms(self) -> int:
        """Length in milliseconds, a day counted as 24 hours."""
        return (self.days * 86_400 + self.seconds) * 1000

    def __str__(self) -> str:
        if self.days and self.days % 7 == 0 and not self.seconds:
            return f"P{self.days // 7}W"
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        parts = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        day = f"{self.days}D" if self.days else ""
        return f"P{day}T{parts}" if parts else f"P{day or 'T0M'}"


def minute_of_day(text: str) -> int:
    """Return the minutes since 00:00 of `HH:MM`; `24:00` is 1440. :raises ValueError: if it is no such time."""
    found = _WALL.fullmatch(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else MINUTES_A_DAY + 1
    if minutes > MINUTES_A_DAY:
        raise ValueError(text)
    return minutes


def to_ms(moment: datetime) -> int:
    """Return an aware datetime as milliseconds, rounded down."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def to_datetime(ms: int) -> datetime:
    """Return milliseconds as an aware datetime in UTC."""
    return _EPOCH + timedelta(milliseconds=ms)


def utc_text(ms: int) -> str:
    """Return an instant as canonical text, `2026-03-17T09:00:00.000Z`."""
    day, rest = divmod(ms, 86_400_000)
    seconds, thousandths = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_utc_date(day)}T{hour:02d}:{minute:02d}:{second:02d}.{thousandths:03d}Z"


@lru_cache(maxsize=4096)
def _utc_date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).strftime("%Y-%m-%d")


@lru_cache(maxsize=200_000)
def instant(zone: str, day: date, minute: int) -> int:
    """
    Return the instant at which the clocks of `zone` show `minute` of `day`; 1440 is 00:00 of the next day.
    """
    tz = ZoneInfo(zone)
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    first = wall.replace(tzinfo=tz, fold=0)
    if first.astimezone(UTC).astimezone(tz).replace(tzinfo=None) == wall:
        return to_ms(first)
    return _end_of_gap(tz, wall)


def _end_of_gap(tz: ZoneInfo, wall: datetime) -> int:
    before, after = (wall.replace(tzinfo=tz, fold=fold) for fold in (1, 0))
    low, high = to_ms(before.astimezone(UTC)), to_ms(after.astimezone(UTC))
    offset_after = to_datetime(high).astimezone(tz).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if to_datetime(middle).astimezone(tz).utcoffset() == offset_after:
            high = middle
        else:
            low = middle
    return high


def local(zone: str, ms: int) -> datetime:
    """Return an instant as the facility's clocks show it."""
    return to_datetime(ms).astimezone(ZoneInfo(zone))


def local_minute(zone: str, ms: int) -> int:
    """Return the minutes since 00:00 that the facility's clocks show at an instant, rounded down."""
    shown = local(zone, ms)
    return shown.hour * 60 + shown.minute


def local_day(zone: str, ms: int) -> date:
    """Return the date that the facility's calendar shows at an instant."""
    return local(zone, ms).date()


def plus(zone: str, ms: int, duration: Duration) -> int:
    """Return an instant `duration` later: days by the calendar, the rest as elapsed time."""
    if not duration.days:
        return ms + duration.seconds * 1000
    shown = local(zone, ms)
    rest = ms - instant(zone, shown.date(), shown.hour * 60 + shown.minute)
    if not 0 <= rest < 60_000:  # the second occurrence of an ambiguous minute, or a zone with odd seconds
        rest = shown.second * 1000 + shown.microsecond // 1000
    day = shown.date() + timedelta(days=duration.days)
    return instant(zone, day, shown.hour * 60 + shown.minute) + rest + duration.seconds * 1000


def parse_moment(text: str, zone: str) -> int:
    """
    Return the instant that `text` names: ISO 8601 with an offset, or else in the time of `zone`.

    :raises ValueError: if it cannot be read.
    """
    clean = (
        re.sub(r"(\d)[年月/.](?=\d{1,2}(?!\d))", r"\1-", text.strip(), count=2).replace("日", " ").replace("：", ":")
    )
    clean = " ".join(clean.split())
    clean = re.sub(r"^(\d{4})-(\d{1,2})-(\d{1,2})\b", lambda m: f"{m[1]}-{int(m[2]):02d}-{int(m[3]):02d}", clean)
    clean = re.sub(r"([T ])(\d):", r"\g<1>0\2:", clean)
    moment = datetime.fromisoformat(clean)
    if moment.tzinfo is not None:
        return to_ms(moment.astimezone(UTC))
    minute = instant(zone, moment.date(), moment.hour * 60 + moment.minute)
    return minute + moment.second * 1000 + moment.microsecond // 1000
