"""Dates and times as people read them, in the time of a facility."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import get_language

from lazaretto.web.traditional import written

ZH_DAYS = "一二三四五六日"
EN_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def local(ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(ZoneInfo(zone))


def ms_of(text: str) -> int:
    """Return canonical text such as `2026-03-17T09:00:00.000Z` as milliseconds."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def day(on: date) -> str:
    """Return `3 月 17 日` or `17 Mar`."""
    return f"{on.month} 月 {on.day} 日" if chinese() else f"{on.day} {EN_MONTHS[on.month - 1]}"


def day_of_week(on: date) -> str:
    """Return `3 月 17 日 周二` or `Tue 17 Mar`."""
    weekday = on.weekday()
    return f"{day(on)} {written('周')}{ZH_DAYS[weekday]}" if chinese() else f"{EN_DAYS[weekday]} {day(on)}"


def month(on: date) -> str:
    return f"{on.year} 年 {on.month} 月" if chinese() else f"{EN_MONTHS[on.month - 1]} {on.year}"


def moment(ms: int, zone: str) -> str:
    """Return `3 月 17 日 16:42` or `17 Mar 16:42`."""
    at = local(ms, zone)
    return f"{day(at.date())} {at:%H:%M}"


def clock(ms: int, zone: str) -> str:
    return f"{local(ms, zone):%H:%M}"
