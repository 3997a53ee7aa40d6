"""A person's temperatures as a drawing and as a table. A day without a reading is hatched: it is unknown, never zero."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.rounds.course import Course, Reading
from lazaretto.protocol.clock import instant, local_day
from lazaretto.web.dates import day, local
from lazaretto.web.words import state_word

WIDTH, HEIGHT = 640, 230
LEFT, TOP, BOTTOM = 40, 12, 24
#: How far a person's usual temperature swings: twice what single readings differ by (domain handbook §4.3).
BAND = Decimal("0.35")
STEP = Decimal("0.5")
DAY_MS = 86_400_000


class Chart:
    """Draws `days` days up to `today` in a facility's zone; `here` are the days on which the person was there at all."""

    def __init__(self, course: Course, zone: str, today: date, days: int, here: Iterable[date]) -> None:
        self.course, self.zone, self.today = course, zone, today
        self.span = [today - timedelta(days=days - 1 - n) for n in range(days)]
        self.here = set(here)
        self.start = instant(zone, self.span[0], 0)
        self.end = instant(zone, today, 24 * 60)
        values = [r.value for r in course.readings if r.value is not None] + [course.screen or Decimal(37)]
        self.low = min(Decimal("35.5"), *(v // STEP * STEP for v in values))
        self.high = max(Decimal("38.5"), *(-(-v // STEP) * STEP for v in values))

    def drawn(self) -> dict[str, Any]:
        course = self.course
        usual = course.usual
        return {
            "width": WIDTH, "height": HEIGHT, "left": LEFT, "top": TOP, "floor": HEIGHT - BOTTOM,
            "tall": HEIGHT - BOTTOM - TOP, "lines": self._lines(), "ticks": self._ticks(), "days": self._days(),
            "points": [self._point(r) for r in course.readings if r.value is not None],
            "paths": self._paths(), "screen": self._level(course.screen),
            "band": None if usual is None else {"y": self._y(usual + BAND), "height": self._y(usual - BAND) - self._y(usual + BAND)},
            "label": self.sentence(), "usual": "" if usual is None else f"{usual:.1f} ± {BAND}",
        }  # fmt: skip

    def sentence(self) -> str:
        """Return what the drawing shows, for those who do not see it."""
        values = [r.value for r in self.course.readings if r.value is not None]
        unknown = len(self.silent())
        gaps = ngettext("%(n)s day without a reading", "%(n)s days without a reading", unknown) % {"n": unknown}
        if not values:
            return gettext("No reading in %(days)s days; %(gaps)s.") % {"days": len(self.span), "gaps": gaps}
        said = gettext("%(n)s readings in %(days)s days, %(low)s to %(high)s °C; %(gaps)s.")
        return said % {
            "n": len(values), "days": len(self.span), "low": min(values), "high": max(values), "gaps": gaps,
        }  # fmt: skip

    def silent(self) -> list[date]:
        """Return the days on which the person was there and no temperature is known."""
        known = {local_day(self.zone, r.at) for r in self.course.readings if r.value is not None}
        return [on for on in self.span if on in self.here and on not in known]

    def rows(self) -> list[dict[str, Any]]:
        """Return day by day, the newest first, what is known: readings, why there is none, or that nothing is known."""
        by_day: dict[date, list[Reading]] = {on: [] for on in self.span}
        for reading in self.course.readings:
            by_day.setdefault(local_day(self.zone, reading.at), []).append(reading)
        return [
            {
                "day": day(on), "readings": [self._said(r) for r in by_day[on]], "away": on not in self.here,
                "unknown": on in self.here and not by_day[on],
            }
            for on in reversed(self.span)
        ]  # fmt: skip

    def _said(self, reading: Reading) -> dict[str, Any]:
        screen = self.course.screen
        return {
            "time": f"{local(reading.at, self.zone):%H:%M}", "value": "" if reading.value is None else f"{reading.value}",
            "high": reading.value is not None and screen is not None and reading.value >= screen,
            "why": _why(reading) if reading.value is None else "", "site": reading.site,
        }  # fmt: skip

    def _x(self, at: int) -> float:
        return round(LEFT + (at - self.start) / (self.end - self.start) * (WIDTH - LEFT - 6), 2)

    def _y(self, value: Decimal) -> float:
        share = float((value - self.low) / (self.high - self.low))
        return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 2)

    def _lines(self) -> list[Mapping[str, Any]]:
        n = int((self.high - self.low) / STEP)
        every = max(n // 7, 1)
        return [{"y": self._y(self.low + STEP * k), "text": f"{self.low + STEP * k:.1f}"} for k in range(0, n + 1, every)]  # fmt: skip

    def _ticks(self) -> list[Mapping[str, Any]]:
        every = max(len(self.span) // 7, 1)
        return [
            {"x": self._x(instant(self.zone, on, 12 * 60)), "text": f"{on.month}-{on.day:02d}"}
            for on in self.span[::every]
        ]

    def _days(self) -> list[Mapping[str, Any]]:
        """Return the bands of days that stand out: unknown is hatched, away is grey; today has still to come."""
        silent = set(self.silent()) - {self.today}
        kinds = [(on, "nothing" if on in silent else "away" if on not in self.here else "") for on in self.span]
        return [
            {"kind": kind, "x": self._x(instant(self.zone, on, 0)),
             "width": round(self._x(instant(self.zone, on, 24 * 60)) - self._x(instant(self.zone, on, 0)), 2)}
            for on, kind in kinds if kind
        ]  # fmt: skip

    def _point(self, reading: Reading) -> Mapping[str, Any]:
        said = self._said(reading)
        x, y = self._x(reading.at), self._y(reading.value or Decimal(0))
        title = f"{day(local_day(self.zone, reading.at))} {said['time']}: {reading.value} °C"
        return {"x": x, "y": y, "high": said["high"], "title": title}

    def _paths(self) -> list[str]:
        """Return lines between readings; over a day of which nothing is known no line is drawn."""
        found: list[list[str]] = [[]]
        last: int | None = None
        for r in self.course.readings:
            if r.value is None:
                continue
            if last is not None and self._gap(last, r.at):
                found.append([])
            found[-1].append(f"{self._x(r.at)},{self._y(r.value)}")
            last = r.at
        return [" ".join(points) for points in found if len(points) > 1]

    def _gap(self, one: int, other: int) -> bool:
        first, last = local_day(self.zone, one), local_day(self.zone, other)
        return (last - first).days > 1

    def _level(self, value: Decimal | None) -> Mapping[str, Any] | None:
        return None if value is None else {"y": self._y(value), "text": f"{value:.1f}"}


def _why(reading: Reading) -> str:
    word = state_word("refused") if reading.outcome == "refused" else gettext("not taken")
    return f"{word} · {reading.reason}" if reading.reason else word


def days_here(stays: Sequence[Any], zone: str, first: date, last: date, now: int) -> set[date]:
    """Return the days on which a person was on site for any time, from his stays."""
    found: set[date] = set()
    for stay in stays:
        start = local_day(zone, stay.starts) if stay.starts is not None else first
        end = local_day(zone, min(stay.ends, now) - 1) if stay.ends is not None else local_day(zone, now)
        on = max(start, first)
        while on <= min(end, last):
            found.add(on)
            on += timedelta(days=1)
    return found
