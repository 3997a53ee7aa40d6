"""
Pathogens as data: one record per pathogen and validity period, with incubation, infectious period, quarantine, and the
class of notification under the law of the time.

Source: domain §2.5 and §2.6. `checked` says of each record which of its figures were checked and which are from memory;
it is shown wherever a figure is.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from lazaretto.protocol.clock import Duration
from lazaretto.protocol.text import Text

_MOMENT = re.compile(r"([a-z_]+?)(?:([+-]\d+))?")
_CLUSTER = re.compile(r"(?:>=)?(\d+)(?: (similar|linked))? (?:cases?|in (\d+) (h|d))(?: (same unit))?")
_LOGNORMAL = re.compile(r"lognormal\((?:median=([\d.]+)|meanlog=([\d.]+),sdlog=([\d.]+))\)")


class Moment(NamedTuple):
    """A moment of a course of disease: an event (onset, rash, treatment…), moved by whole days."""

    event: str
    days: int = 0


class ClusterRule(NamedTuple):
    """How many cases within how long (None: at any time) are a cluster; in the same unit, linked, or anywhere."""

    at_least: int
    within: Duration | None
    same_unit: bool
    linked: bool


class Incubation(NamedTuple):
    """Days from infection to onset: least, typical, most (None: not known), and its log-normal where published."""

    least: Decimal | None
    typical: Decimal | None
    most: Decimal | None
    meanlog: Decimal | None = None
    sdlog: Decimal | None = None
    median: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pathogen:
    """
    One record. The infectious period runs from `infectious_from` to the first of `infectious_to`. `report_hours` is the
    time from diagnosis to the report card (None: not statutory; for `see_rule` 2, the shortest, until confirmed).
    The class holds on [valid_from, valid_to]; an open end is None.
    """

    id: str
    title: Text
    hant: str
    agent: str
    routes: tuple[str, ...]
    incubation: Incubation
    infectious_from: tuple[Moment, ...]
    infectious_to: tuple[Moment, ...]
    look_back: Duration | None
    quarantine: Duration | None
    release_basis: str
    isolation_rule: str
    cn_class: str
    report_hours: int | None
    valid_from: date | None
    valid_to: date | None
    cluster: ClusterRule | None
    checked: str

    def in_force(self, on: date) -> bool:
        """Say whether the record's class holds on a day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


def read(text: str) -> dict[str, Pathogen]:
    """
    Return the pathogens of a CSV table by id.

    :raises ValueError: naming the line and the column of a value that cannot be read, or an id given twice.
    """
    found: dict[str, Pathogen] = {}
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        pathogen = _pathogen(row, number)
        if pathogen.id in found:
            raise ValueError(f"line {number}: id {pathogen.id} is given twice")
        found[pathogen.id] = pathogen
    return found


def in_force(pathogens: Iterable[Pathogen], on: date) -> Iterator[Pathogen]:
    """Return the records whose class holds on a day."""
    return (p for p in pathogens if p.in_force(on))


def _pathogen(row: dict[str, str], line: int) -> Pathogen:
    column = ""
    try:
        column = "incub_dist"
        incubation = _incubation(row)
        column = "infectious_start_rel"
        starts = _moments(row[column])
        column = "infectious_end_rel"
        ends = _moments(row[column])
        column = "contact_lookback_d"
        look_back = _days(row[column])
        column = "quarantine_d"
        quarantine = _days(row[column])
        column = "cn_report_hours"
        hours = 2 if row[column] == "see_rule" else int(row[column]) if row[column] else None
        column = "cn_valid_from"
        valid_from = date.fromisoformat(row[column]) if row[column] else None
        column = "cn_valid_to"
        valid_to = date.fromisoformat(row[column]) if row[column] else None
        column = "cluster_rule"
        cluster = _cluster(row[column])
    except (KeyError, ValueError, ArithmeticError) as error:
        raise ValueError(f"line {line}, {column}: {row.get(column)!r} cannot be read") from error
    return Pathogen(
        row["id"], Text(row["zh_hans"], row["en"]), row["zh_hant"], row["agent"], tuple(row["route"].split(";")),
        incubation, starts, ends, look_back, quarantine, row["release_basis"], row["isolation_rule"], row["cn_class"],
        hours, valid_from, valid_to, cluster, row["checked"],
    )  # fmt: skip


def _incubation(row: dict[str, str]) -> Incubation:
    least, typical, most = (
        Decimal(row[c]) if row[c] else None for c in ("incub_min_d", "incub_typical_d", "incub_max_d")
    )
    text = row["incub_dist"]
    if text in ("", "years"):  # "years" says that the right tail is open, as for tuberculosis
        return Incubation(least, typical, most)
    found = _LOGNORMAL.fullmatch(text)
    if found is None:
        raise ValueError(text)
    median, meanlog, sdlog = (Decimal(part) if part else None for part in found.groups())
    return Incubation(least, typical, most, meanlog, sdlog, median)


def _moments(text: str) -> tuple[Moment, ...]:
    """Return the moments of which the first to come counts; none where there is no such moment."""
    if text in ("none", "unknown"):
        return ()
    found = []
    for part in text.split("_or_"):
        match = _MOMENT.fullmatch(part)
        if match is None:
            raise ValueError(text)
        found.append(Moment(match[1], int(match[2] or 0)))
    return tuple(found)


def _days(text: str) -> Duration | None:
    return Duration(days=int(text)) if text else None


def _cluster(text: str) -> ClusterRule | None:
    if not text:
        return None
    found = _CLUSTER.fullmatch(text)
    if found is None:
        raise ValueError(text)
    n, linked, span, unit, same = found.groups()
    within = None
    if span:
        within = Duration(days=int(span)) if unit == "d" else Duration(seconds=int(span) * 3600)
    return ClusterRule(int(n), within, bool(same), linked == "linked")
