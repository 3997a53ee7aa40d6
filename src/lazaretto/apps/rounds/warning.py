"""
Early warning at work: the cluster rules and charts of the protocol in force, on the fevers and symptoms of a facility.

Cases come from rounds: a confirmed fever is one of `fever`, a symptoms reading above zero one of `symptoms`; a person counts
once within a rule's window. A day on which too few were read is no day of zero cases: charts leave it out, and say nothing
where too many are missing. Farrington needs years of steady data and is for a bureau (`surveillance.farrington`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.fevers import CORRECTED
from lazaretto.apps.rounds.models import Fact, FeverEpisode
from lazaretto.apps.rounds.queries import DayEvidence
from lazaretto.apps.rounds.questions import Question, short
from lazaretto.apps.rounds.units import Units
from lazaretto.protocol.checks import ChartRule, ClusterRule
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.evidence import day_bounds
from lazaretto.protocol.fever import TEMPERATURE
from lazaretto.protocol.text import Text
from lazaretto.surveillance import rules
from lazaretto.surveillance.cusum import arl_poisson, poisson_cusum, reference_value
from lazaretto.surveillance.ears import ears
from lazaretto.surveillance.false_alarms import FalseAlarms, by_run_length, by_simulation
from lazaretto.surveillance.series import Chart, Floats, Whole

#: So many days before the day itself are the baseline, and so many people stand for all when it is asked whether a day was
#: observed at all.
DAYS, PANEL = 28, 100
_SEED = 20_260_317
_LEAST_RATE = 0.5 / DAYS
#: What can be on record as a case today.
KINDS = ("fever", "symptoms")


class Case(NamedTuple):
    """Somebody with something: when it was confirmed, what, who, and the fact that says so."""

    at: int
    kind: str
    person: str
    fact: str


def warnings(day: DayEvidence) -> list[Question]:
    """Return what the rules and charts of the protocol in force ask about a day."""
    checks = day.in_force[-1].resolved.document.checks
    if not checks.clusters and not checks.charts:
        return []
    return _Watch(day).run(checks.clusters, checks.charts)


class _Watch:
    def __init__(self, day: DayEvidence) -> None:
        self.day, self.facility = day, day.facts.facility
        self.start, self.end = day.evidence.start, day.evidence.end
        unit_of = Units(day)
        self.people = {s.ref.partition(":")[2]: s for s in day.institution.subjects if s.kind == "person"}
        self.unit = {code: unit_of(s, self.start) for code, s in self.people.items()}
        self.units = sorted({*self.unit.values()} - {""})

    def run(self, clusters: Sequence[ClusterRule], charts: Sequence[ChartRule]) -> list[Question]:
        reach = max([2 * c.within.nominal_ms for c in clusters] + [(DAYS + 1) * rules.DAY])
        known = cases(self.facility, self.start - reach, self.end, self.day.evidence.as_of)
        found = [question for rule in clusters for question in self._clusters(rule, known)]
        return [*found, *(question for rule in charts for question in self._charts(rule, known))]

    def _concerns(self, who: str, code: str) -> bool:
        subject = self.people.get(code)
        staff = subject is not None and subject.base != "resident"
        return subject is not None and (who == "everybody" or staff is (who == "staff"))

    # -- clusters --------------------------------------------------------------------------------------------------

    def _clusters(self, said: ClusterRule, known: Sequence[Case]) -> Iterator[Question]:
        of = [c for c in known if c.kind in said.about and self._concerns(said.who, c.person)]
        own = _once_each(of, said.within.nominal_ms)
        if not own:
            return
        rule = rules.Rule(
            said.id, said.title.text, frozenset(said.about), said.n, said.within.nominal_ms, said.level, each=said.each
        )
        number = {name: n for n, name in enumerate(self.units)}
        unit = np.array([number.get(self.unit[c.person], -1) for c in own], np.int64)
        at, links = np.array([c.at for c in own], np.int64), np.full(len(own), -1, np.int64)
        levels: dict[str, Whole] = {
            "unit": np.append(np.arange(len(self.units)), -1),
            "facility": np.zeros(len(self.units) + 1, np.int64),
        }
        found = rules.clusters(rule, rules.Events(at, [c.kind for c in own], unit, links), levels.__getitem__)
        chance = self._by_own_rate(rule, said, own)
        for cluster in found:
            if cluster.last_at < self.start:
                continue
            unit_name = self.units[cluster.place] if said.level == "unit" else ""
            about = f"unit:{unit_name}" if unit_name else f"facility:{self.day.institution.facility}"
            inside = [
                c for c, u in zip(own, unit.tolist(), strict=True)
                if cluster.first_at <= c.at <= cluster.last_at and (not unit_name or u == cluster.place)
                and (not said.each or c.kind == cluster.kind)
            ]  # fmt: skip
            numbers = {
                "title": {"zh": said.title.zh, "en": said.title.en}, "n": cluster.n_cases, "least": said.n,
                "hours": said.within.nominal_ms // rules.HOUR, "first": cluster.first_at, "last": cluster.last_at,
                "kind": cluster.kind, "rows": [{"at": c.at, "kind": c.kind} for c in inside[:12]],
            }  # fmt: skip
            facts = [c.fact for c in inside]
            yield Question(f"cluster.{said.id}", about, "", cluster.first_at, cluster.last_at, numbers, facts, chance)

    def _by_own_rate(self, rule: rules.Rule, said: ClusterRule, own: Sequence[Case]) -> FalseAlarms:
        """Reckon with the facility's own cases before the rule's window, spread over its units by their people."""
        until = self.start - said.within.nominal_ms
        before = sum(until - DAYS * rules.DAY <= c.at < until for c in own)
        share = np.ones(1)
        if said.level == "unit" and self.units:
            people = Counter(u for code, u in self.unit.items() if self._concerns(said.who, code))
            counted = np.array([people[unit] for unit in self.units], np.float64)
            share = counted / max(counted.sum(), 1)
        a_year = rules.false_alarms_a_year(rule, (before + 0.5) / DAYS * share)
        words = Text(
            "按本机构此前 {days} 天的 {n} 例，{units} 个单元，各例彼此无关",
            "from the {n} cases of the {days} days before, {units} units, cases independent of each other",
        )
        return FalseAlarms(a_year, words.format(days=DAYS, n=before, units=share.size))

    # -- charts ----------------------------------------------------------------------------------------------------

    def _charts(self, said: ChartRule, known: Sequence[Case]) -> Iterator[Question]:
        bounds = self._days()
        counts, seen = self._counts(said, known, bounds)
        observed = int((~np.isnan(counts[0, :-1])).sum())
        if observed < said.least_days or np.isnan(counts[0, -1]):
            return
        usual = max(float(np.nanmean(counts[0, :-3])) if not np.isnan(counts[0, :-3]).all() else 0.0, _LEAST_RATE)
        chart = _chart(said, usual)
        found = chart(counts)
        if not found.alarm[0, -1]:
            return
        column = [
            {"at": int(b), "n": None if np.isnan(c) else int(c), "read": int(s)}
            for b, c, s in zip(bounds[-12:-1], counts[0, -11:], seen[-11:], strict=True)
        ]
        numbers = {
            "title": {"zh": said.title.zh, "en": said.title.en}, "method": said.method, "who": said.who,
            "n": int(counts[0, -1]), "expected": short(float(found.expected[0, -1])),
            "above": short(float(found.upper[0, -1])), "statistic": short(float(found.statistic[0, -1])),
            "limit": f"{said.limit:f}", "days": observed, "rows": column,
        }  # fmt: skip
        facts = [
            c.fact
            for c in known
            if c.kind == "fever" and self.start <= c.at < self.end and self._concerns(said.who, c.person)
        ]
        about = f"facility:{self.day.institution.facility}"
        yield Question(f"chart.{said.id}", about, "", self.start, self.end, numbers, facts, _false_alarms(said, usual))

    def _days(self) -> Whole:
        """Return the bounds of the facility-days up to this one, `[DAYS + 2]`."""
        zone, on = self.day.institution.zone, local_day(self.day.institution.zone, self.end - 1)
        phases = [p.phase() for p in self.day.in_force]
        starts = [day_bounds(phases, zone, on - timedelta(days=n))[0] for n in range(DAYS, -1, -1)]
        return np.array([*starts, self.end], np.int64)

    def _counts(self, said: ChartRule, known: Sequence[Case], bounds: Whole) -> tuple[Floats, Whole]:
        """Return the fevers of each day, NaN where too few people were read, and how many of the panel were."""
        at = np.array([c.at for c in known if c.kind == "fever" and self._concerns(said.who, c.person)], np.int64)
        counts = np.histogram(at, bounds)[0].astype(np.float64)
        codes = [code for code in sorted(self.people) if self._concerns(said.who, code)]
        panel = codes[:: max(1, -(-len(codes) // PANEL))]
        seen, ever = _read(self.facility, panel, bounds, self.day.evidence.as_of)
        counts[seen < max(float(said.observed) * ever, 1)] = np.nan
        return counts[None, :], seen


def cases(facility: Facility, start: int, end: int, as_of: int) -> list[Case]:
    """Return the cases that rounds put on record in [start, end), in order of time."""
    fevers = FeverEpisode.objects.filter(facility=facility, confirmed_at__gte=start, confirmed_at__lt=end)
    rows = fevers.exclude(reason=CORRECTED).values_list("confirmed_at", "subject", "confirmed")
    found = [Case(at, "fever", person, fact) for at, person, fact in rows if at is not None]
    known = Fact.objects.filter(facility=facility, recorded_at__lte=as_of)
    told = known.filter(
        observation="symptoms", subject_kind="person", outcome="done", observed_at__gte=start, observed_at__lt=end
    )
    corrected = set(known.filter(supersedes__gt="").values_list("supersedes", flat=True)) if told.exists() else set()
    for at, person, fact, value in told.values_list("observed_at", "subject", "id", "value"):
        if fact not in corrected and _above_zero(value):
            found.append(Case(at, "symptoms", person, fact))
    return sorted(found)


def _above_zero(text: str) -> bool:
    return text.replace(".", "", 1).isdigit() and float(text) > 0


def _once_each(known: Iterable[Case], within: int) -> list[Case]:
    """Leave out what a person has again within the window of the last that counts."""
    last: dict[tuple[str, str], int] = {}
    kept = []
    for case in known:
        key = case.person, case.kind
        if key not in last or case.at - last[key] > within:
            kept.append(case)
            last[key] = case.at
    return kept


def _read(facility: Facility, panel: Sequence[str], bounds: Whole, as_of: int) -> tuple[Whole, int]:
    """Return how many of a panel were read on each day, and how many of them ever in these days."""
    days = [set[str]() for _ in range(len(bounds) - 1)]
    rows = Fact.objects.filter(
        facility=facility, subject_kind="person", subject__in=panel, observation=TEMPERATURE, outcome="done",
        observed_at__gte=int(bounds[0]), observed_at__lt=int(bounds[-1]), recorded_at__lte=as_of,
    )  # fmt: skip
    found = list(rows.values_list("subject", "observed_at"))
    column = np.searchsorted(bounds, [at for _, at in found], side="right") - 1
    for (person, _), day in zip(found, column.tolist(), strict=True):
        days[day].add(person)
    return np.array([len(d) for d in days], np.int64), len(set().union(*days))


def _chart(said: ChartRule, usual: float) -> Callable[[Floats], Chart]:
    limit = float(said.limit)
    if said.method == "cusum":
        k = reference_value(usual, float(said.rise) * usual)
        return lambda counts: poisson_cusum(counts, k=k, h=limit, reset=True)
    method = said.method
    return lambda counts: ears(counts, method, limit=limit, min_observed=5)


def _false_alarms(said: ChartRule, usual: float) -> FalseAlarms:
    if said.method == "cusum":
        k = reference_value(usual, float(said.rise) * usual)
        return by_run_length(arl_poisson(k, float(said.limit), usual), series=1)
    return by_simulation(_chart(said, usual), usual, seed=_SEED)
