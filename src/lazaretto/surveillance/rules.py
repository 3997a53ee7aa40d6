"""
Single cases, clusters and silence: the rules that come before any chart. They need no history and no statistics.

A rule is data: which pathogens or syndromes, how many, within how long, in a place of which level, linked or not. The same
figures serve a single case (n = 1). Times are instants in milliseconds, as everywhere; a window of 72 h holds two events that
are exactly 72 h apart.

Nothing reported is not nothing happened: a unit from which neither a reading nor a nil report came in a whole cycle is found by
`silent`, and clusters say nothing of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lazaretto.protocol.text import Text
from lazaretto.surveillance.distributions import poisson_tail
from lazaretto.surveillance.series import Flags, Floats, Whole, demand

HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Rule:
    """
    `n` cases of one of `about` within `within` milliseconds in one place of level `level`. `about` empty: whatever it is.

    `linked`: only cases that share a link (a contact, a room, a shift) count together. `each` says whether the kinds in `about`
    are counted one by one (two of influenza A) or all together (two of any kind of fever).
    """

    id: str
    title: Text
    about: frozenset[str]
    n: int
    within: int
    level: str
    linked: bool = False
    each: bool = True
    source: str = ""

    def __post_init__(self) -> None:
        demand(self.n >= 1 and self.within >= 0, "a rule asks for one case or more, within no negative time")


class Events(NamedTuple):
    """
    One case each (not one reading), all `[n_events]`.

    at     instant in milliseconds
    kind   pathogen or syndrome
    unit   index of the smallest unit the case belongs to
    link   number of what it is linked by, −1 if it is linked to nothing
    """

    at: Whole
    kind: Sequence[str]
    unit: Whole
    link: Whole


class Cluster(NamedTuple):
    """
    A run of cases that fulfil a rule: its first case, when the rule was fulfilled, its last case and how many there are.

    `raised_at` is when the alarm was due; later cases belong to the same alarm for as long as the rule stays fulfilled.
    """

    rule: str
    kind: str
    place: int
    link: int
    first_at: int
    raised_at: int
    last_at: int
    n_cases: int


def clusters(rule: Rule, events: Events, place_of: Callable[[str], Whole]) -> list[Cluster]:
    """
    Return what a rule finds, in order of `raised_at`; `place_of(level)` gives for each unit the index of its place there, −1
    where it has none (such cases are in no place, and fulfil no rule of that level).
    """
    place = place_of(rule.level)[events.unit]
    kinds, kind = np.unique(np.asarray(events.kind, dtype=str), return_inverse=True)
    counted = (place >= 0) & ((events.link >= 0) | (not rule.linked))
    if rule.about:
        counted &= np.isin(kinds, sorted(rule.about))[kind]
    rows = np.flatnonzero(counted)
    group = np.stack([place[rows], kind[rows] * rule.each, events.link[rows] * rule.linked])
    order = np.lexsort((events.at[rows], *group[::-1]))
    rows, group = rows[order], group[:, order]
    found = [_cluster(rule, events, place, rows[a:b]) for a, b in _runs(events.at[rows], group, rule)]
    return sorted(found, key=lambda one: (one.raised_at, one.place, one.kind, one.link))


def _runs(at: Whole, group: Whole, rule: Rule) -> list[tuple[int, int]]:
    """Return the runs of events, sorted by group and time, in which every event completes n within the window or leads to it."""
    back = rule.n - 1
    full = np.zeros(at.size, dtype=bool)
    if at.size > back:
        together = (group[:, back:] == group[:, : at.size - back]).all(axis=0)
        full[back:] = together & (at[back:] - at[: at.size - back] <= rule.within)
    follows = np.zeros(at.size, dtype=bool)
    if at.size > 1:
        follows[1:] = full[:-1] & (group[:, 1:] == group[:, :-1]).all(axis=0) & (back > 0)
    starts = np.flatnonzero(full & ~follows)
    ends = np.flatnonzero(full & ~np.append((full & follows)[1:], False))
    return [(int(a) - back, int(b) + 1) for a, b in zip(starts, ends, strict=True)]


def _cluster(rule: Rule, events: Events, place: Whole, rows: Whole) -> Cluster:
    at = events.at[rows]
    first = int(rows[0])
    return Cluster(
        rule.id,
        str(events.kind[first]) if rule.each else "",
        int(place[first]),
        int(events.link[first]) if rule.linked else -1,
        int(at[0]),
        int(at[rule.n - 1]),
        int(at[-1]),
        int(rows.size),
    )


def silent(report_at: Whole, report_unit: Whole, cycles: Whole, expected: Flags) -> Flags:
    """
    Return who reported nothing, `[n_units, n_cycles]`.

    `cycles` are the bounds of the cycles `[n_cycles + 1]`, each from its start up to but not including the next. `expected`
    `[n_units, n_cycles]` says who owed a report at all: a unit that is closed is not silent. A reading is a report, and so is a
    nil report.
    """
    n_units, n_cycles = expected.shape
    demand(cycles.size == n_cycles + 1 and bool((np.diff(cycles) > 0).all()), "cycles follow one another")
    cycle = np.searchsorted(cycles, report_at, side="right") - 1
    inside = (cycle >= 0) & (cycle < n_cycles)
    heard = np.zeros((n_units, n_cycles), dtype=bool)
    heard[report_unit[inside], cycle[inside]] = True
    return expected & ~heard


def false_alarms_a_year(rule: Rule, cases_a_day: Floats | float, *, units: float = 1) -> float:
    """
    Return how many cases a year complete a rule by chance alone, if they come one by one at `cases_a_day` in a unit.

    For a case at rate λ there are n − 1 others in the window before it with the Poisson's chance. Several that complete one run
    are one alarm, so that this is an upper bound.
    """
    rate = np.asarray(cases_a_day, dtype=np.float64)
    return float(365 * units * np.sum(rate * poisson_tail(rule.n - 1, rate * rule.within / DAY)))


def _rule(id_: str, zh: str, en: str, about: str, n: int, within: int, **more: object) -> Rule:
    level, linked, each = str(more.get("level", "unit")), bool(more.get("linked", False)), bool(more.get("each", True))
    return Rule(
        id_, Text(zh, en), frozenset(about.split()), n, within, level, linked, each, str(more.get("source", ""))
    )


#: Rules to begin with; local values replace them. Where a source says "from memory", check it before use.
USUAL = (
    _rule(
        "single_case",
        "一例疑似即报警",
        "one suspected case",
        "covid19 measles pulmonary_tb meningococcal cholera plague sars diphtheria mpox unexplained_death unexplained_severe_pneumonia",
        1,
        0,
        level="facility",
        source="domain practice; COVID-19 while zero tolerance holds",
    ),
    _rule(
        "influenza_72h",
        "同一单元 72 小时内 2 例流感",
        "2 of influenza in one unit within 72 h",
        "influenza_a influenza_b influenza",
        2,
        72 * HOUR,
        each=False,
        source="CDC interim guidance for long-term care, a 2024 summary",
    ),
    _rule(
        "ari_5d",
        "5 天内 2 例有关联的急性呼吸道感染",
        "2 linked acute respiratory infections within 5 days",
        "ari ili covid19 covid19_omicron influenza_a influenza_b",
        2,
        5 * DAY,
        linked=True,
        each=False,
        source="UKHSA care homes and prisons; the 5 days from memory",
    ),
    _rule(
        "scabies_8w",
        "8 周内 2 例有关联的疥疮",
        "2 linked of scabies within 8 weeks",
        "scabies",
        2,
        56 * DAY,
        linked=True,
        level="facility",
        source="UKHSA",
    ),
    _rule(
        "gastroenteritis_48h",
        "同一单元 48 小时内 2 例呕吐或腹泻",
        "2 with vomiting or diarrhoea in one unit within 48 h",
        "gastroenteritis norovirus vomiting diarrhoea",
        2,
        48 * HOUR,
        each=False,
        source="from memory; the same meal is a unit, too",
    ),
    _rule(
        "staff_shift_72h",
        "同一班组 72 小时内 2 名工作人员因同一症状缺勤",
        "2 staff of one shift absent with the same syndrome within 72 h",
        "",
        2,
        72 * HOUR,
        level="shift",
        source="domain practice",
    ),
)
