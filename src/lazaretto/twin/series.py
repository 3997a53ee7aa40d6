"""
The curve of an outbreak from a file: `date,cases`, checked row by row. The format is docs/how-to/rehearse.md.

What the rows say of time is kept as spans: an incident count belongs to the days since the row before (one day, or the
even spacing of the table), a cumulative one to the days since the last row with a number; people in bed are counted on
the day itself. A blank is unknown, never zero.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from lazaretto.protocol.text import Text

Kind = Literal["incident", "cumulative", "prevalence"]
_DATE = ("date", "dates", "day", "onset", "日期", "天", "发病日期")
_CASES = {
    "cases": "", "i": "incident", "incident": "incident", "onsets": "incident", "new_cases": "incident", "病例": "",
    "新增": "incident", "cumulative": "cumulative", "total": "cumulative", "累计": "cumulative",
    "prevalence": "prevalence", "in_bed": "prevalence", "ill": "prevalence", "在床": "prevalence", "现患": "prevalence",
}  # fmt: skip
_POPULATION, _KIND = ("population", "人数"), ("kind", "类型")
_KINDS = {
    "incident": "incident", "新增": "incident", "cumulative": "cumulative", "累计": "cumulative",
    "prevalence": "prevalence", "in_bed": "prevalence", "in bed": "prevalence", "现患": "prevalence", "在床": "prevalence",
}  # fmt: skip
LONGEST = 3660


class Mistake(NamedTuple):
    """What is wrong with a row (the first line of the file is 1), and what to do."""

    line: int
    column: str
    message: Text


class BadSeries(ValueError):
    """A file that cannot be fitted, with every mistake found."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(f"line {m.line}, {m.column}: {m.message.en}" for m in mistakes))
        self.mistakes = tuple(mistakes)


class Seen(NamedTuple):
    """A number and the days it speaks of: (start, end], in days since the first row; prevalence: at `end`."""

    start: int
    end: int
    value: int


@dataclass(frozen=True, slots=True)
class Series:
    """The curve. `first` is None where the file counts days; `population` None where it is not known."""

    kind: Kind
    first: date | None
    seen: tuple[Seen, ...]
    population: int | None

    @property
    def days(self) -> int:
        return self.seen[-1].end + 1

    @property
    def total(self) -> int:
        return max(s.value for s in self.seen) if self.kind == "prevalence" else sum(s.value for s in self.seen)


def read(
    text: str, *, kind: str = "", population: int | None = None, gaps: Literal["unknown", "zero"] = "unknown"
) -> Series:
    """Return the curve of a table. :raises BadSeries: with each mistake, its line and column."""
    rows, heads = _rows(text)
    day_column = _column(heads, _DATE)
    case_column = next((h for h in heads if h in _CASES), None)
    missing = [
        Mistake(1, name, Text(f"缺少列 {name}", f"the column {name} is missing; the first line names the columns"))
        for name, found in (("date", day_column), ("cases", case_column)) if found is None
    ]  # fmt: skip
    if missing or day_column is None or case_column is None:
        raise BadSeries(missing)
    mistakes: list[Mistake] = []
    points: dict[int, tuple[int, int | None]] = {}
    said_kind, said_population, first = kind, population, None
    numbered = None
    for line, row in rows:
        day, is_date = _day(row.get(day_column, ""), line, day_column, mistakes)
        value = _number(row.get(case_column, ""), line, case_column, mistakes)
        if day is None:
            continue
        if numbered is not None and numbered == is_date:
            mistakes.append(
                Mistake(line, day_column, Text("同一列里日期与天数混用", "dates and day numbers are mixed"))
            )
            continue
        numbered = not is_date
        if day in points:
            mistakes.append(
                Mistake(
                    line, day_column, Text(f"与第 {points[day][0]} 行同日", f"the same day as line {points[day][0]}")
                )
            )
            continue
        points[day] = (line, value)
        said_kind, said_population = _said(row, heads, line, said_kind, said_population, mistakes, kind, population)
    chosen = _KINDS.get((said_kind or _CASES[case_column] or "incident").strip().lower())
    if chosen is None:
        mistakes.append(Mistake(1, "kind", Text("类型须为 incident、cumulative 或 prevalence", "kind must be incident, cumulative or prevalence")))  # fmt: skip
        raise BadSeries(mistakes)
    seen = _spans(points, chosen, gaps, mistakes)
    known = [s for s in seen if s.value]
    if not mistakes and (len(seen) < 4 or len(known) < 2):
        mistakes.append(Mistake(1, case_column, Text("至少要 4 个数，其中 2 个大于 0", "at least 4 numbers are needed, 2 of them above 0")))  # fmt: skip
    if not mistakes and seen[-1].end > LONGEST:
        mistakes.append(Mistake(1, day_column, Text(f"跨度超过 {LONGEST} 天", f"it spans more than {LONGEST} days")))
    series = Series(chosen, first, tuple(seen), said_population)  # type: ignore[arg-type]
    if not mistakes and said_population is not None and series.total > said_population:
        mistakes.append(
            Mistake(1, "population", Text(f"病例 {series.total} 多于人数 {said_population}", f"{series.total} cases in a population of {said_population}"))
        )  # fmt: skip
    if mistakes:
        raise BadSeries(sorted(mistakes))
    start = min(points)
    return Series(chosen, None if numbered else date.fromordinal(start), series.seen, said_population)  # type: ignore[arg-type]


def from_line_list(text: str, column: str, population: int | None = None) -> Series:
    """
    Return the curve of a list of one row per person: `column` holds the day of onset (a date or a whole day number; blank,
    0, NA or - : not ill). The population is the number of rows, if it is not given. A day on which nobody is listed is 0.
    """
    rows, heads = _rows(text)
    wanted = column.strip().lower()
    if wanted not in heads:
        raise BadSeries([Mistake(1, column, Text(f"缺少列 {column}", f"the column {column} is missing"))])
    mistakes: list[Mistake] = []
    days: Counter[int] = Counter()
    dated = False
    for line, row in rows:
        value = row.get(wanted, "").strip()
        if value.lower() in ("", "0", "na", "-", "nan"):
            continue
        day, is_date = _day(value, line, column, mistakes)
        dated = dated or is_date
        if day is not None:
            days[day] += 1
    if mistakes:
        raise BadSeries(mistakes)
    if len(days) < 2 or sum(days.values()) < 4:
        raise BadSeries([Mistake(1, column, Text("至少要 4 例、分布在 2 天", "at least 4 cases on 2 days are needed"))])
    first, last = min(days), max(days)
    seen = tuple(Seen(d - first - 1, d - first, days[d]) for d in range(first, last + 1))
    return Series("incident", date.fromordinal(first) if dated else None, seen, population or len(rows))


def _rows(text: str) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    lines = [(n, line) for n, line in enumerate(text.lstrip("﻿").splitlines(), start=1)]
    lines = [(n, line) for n, line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise BadSeries([Mistake(1, "date", Text("文件是空的", "the file is empty"))])
    head = lines[0][1]
    mark = max((";", "\t", ","), key=head.count)
    cells = list(csv.reader(io.StringIO("\n".join(line for _, line in lines)), delimiter=mark))
    heads = [h.strip().lower() for h in cells[0]]
    return [
        (n, dict(zip(heads, (c.strip() for c in row), strict=False)))
        for (n, _), row in zip(lines[1:], cells[1:], strict=False)
    ], heads


def _column(heads: Sequence[str], names: Sequence[str]) -> str | None:
    return next((h for h in heads if h in names), None)


def _day(value: str, line: int, column: str, mistakes: list[Mistake]) -> tuple[int | None, bool]:
    text = value.strip().replace("/", "-")
    if text.lstrip("-").isdigit() and len(text.lstrip("-")) <= 5:
        return int(text), False
    try:
        return date.fromisoformat("-".join(part.zfill(2) for part in text.split("T")[0].split("-"))).toordinal(), True
    except ValueError:
        shown = value or "blank"
        mistakes.append(Mistake(line, column, Text(f"“{value}”不是日期，写 2026-03-17 或第几天", f"{shown!r} is no date; write 2026-03-17 or a day number")))  # fmt: skip
        return None, False


def _number(value: str, line: int, column: str, mistakes: list[Mistake]) -> int | None:
    text = value.strip()
    if text.lower() in ("", "na", "nan", "-", "?", "未知"):
        return None
    try:
        number = float(text)
        if number < 0 or number != int(number):
            raise ValueError
    except (ValueError, OverflowError):
        mistakes.append(Mistake(line, column, Text(f"“{value}”不是非负整数；未知请留空", f"{value!r} is not a whole number of 0 or more; leave it blank if unknown")))  # fmt: skip
        return None
    return int(number)


def _said(
    row: dict[str, str], heads: Sequence[str], line: int, kind: str, population: int | None, mistakes: list[Mistake],
    fixed_kind: str, fixed_population: int | None,
) -> tuple[str, int | None]:  # fmt: skip
    """Take kind and population of a row; they must be the same in all rows, and an option stands above them."""
    column = _column(heads, _KIND)
    said = row.get(column, "") if column else ""
    if said and not fixed_kind:
        if kind and said != kind:
            mistakes.append(Mistake(line, "kind", Text("各行类型不同", "the kind differs from the rows before")))
        kind = said
    column = _column(heads, _POPULATION)
    number = _number(row.get(column, ""), line, column, mistakes) if column else None
    if number is not None and fixed_population is None:
        if population is not None and number != population:
            mistakes.append(
                Mistake(line, "population", Text("各行人数不同", "the population differs from the rows before"))
            )
        population = number
    return kind, population


def _spans(
    points: dict[int, tuple[int, int | None]], kind: str, gaps: str, mistakes: list[Mistake]
) -> list[Seen]:  # fmt: skip
    if not points:
        mistakes.append(Mistake(1, "date", Text("没有数据行", "there are no rows")))
        return []
    days = sorted(points)
    first = days[0]
    if kind == "prevalence":
        return [Seen(d - first - 1, d - first, v) for d in days if (v := points[d][1]) is not None]
    if kind == "cumulative":
        return _differences(points, days, first, mistakes)
    steps = {b - a for a, b in pairwise(days)}
    step = steps.pop() if len(steps) == 1 else 1
    found = [Seen(d - first - step, d - first, v) for d in days if (v := points[d][1]) is not None]
    if gaps == "zero":
        found += [Seen(d - first - 1, d - first, 0) for d in range(first, days[-1]) if d not in points]
    return sorted(found, key=lambda s: s.end)


def _differences(
    points: dict[int, tuple[int, int | None]], days: Sequence[int], first: int, mistakes: list[Mistake]
) -> list[Seen]:
    found, before, last = [], 0, first - 1
    for d in days:
        line, value = points[d]
        if value is None:
            continue
        if value < before:
            mistakes.append(Mistake(line, "cases", Text(f"累计数从 {before} 减到 {value}", f"a cumulative number falls from {before} to {value}")))  # fmt: skip
            continue
        found.append(Seen(last - first, d - first, value - before))
        before, last = value, d
    return found


def day_name(series: Series, day: int) -> str:
    """Return a day as the file has it."""
    return (series.first + timedelta(days=day)).isoformat() if series.first else str(day)
