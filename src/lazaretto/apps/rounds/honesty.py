"""
The honesty checks of a day: questions about how readings were taken and entered, with their evidence.

They ask, they do not accuse: each says what is on record and how often the same would come about by itself. Nothing reads
them for a score, a ranking or a penalty (design §8). Sources: domain handbook §4.3 (e); `surveillance.honesty`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from lazaretto.apps.rounds.bursts import bursts
from lazaretto.apps.rounds.columns import Whole
from lazaretto.apps.rounds.day_readings import DayReadings, day_readings
from lazaretto.apps.rounds.queries import DayEvidence
from lazaretto.apps.rounds.questions import ENTRIES, MOST_FACTS, MOST_ROWS, SILENCE, Question, degrees, short
from lazaretto.apps.rounds.timing import early_entries, two_places
from lazaretto.apps.rounds.units import Units, units
from lazaretto.protocol.checks import AlikeCheck, DigitCheck, HonestyChecks
from lazaretto.protocol.clock import parse_moment
from lazaretto.surveillance import honesty
from lazaretto.surveillance.false_alarms import FalseAlarms, by_chance
from lazaretto.surveillance.honesty import Digits


def honest(day: DayEvidence) -> list[Question]:
    """Return what the honesty checks of the protocol in force ask about a day."""
    checks = day.in_force[-1].resolved.document.checks.honesty
    unit_of = Units(day)
    found = [*_bursts(day), *_silent(day, unit_of, checks)]
    found += two_places(day, unit_of, checks.two_places) if checks.two_places else []
    found += early_entries(day, checks.early_entry) if checks.early_entry else []
    asks_values = checks.digits or checks.same_in_round or checks.copied or checks.same_for_person
    readings = day_readings(day, unit_of) if asks_values else None
    if readings:
        found += _Values(day, readings, checks).run()
    return found


def _bursts(day: DayEvidence) -> Iterator[Question]:
    """The contradiction of the same name, as a question: it stays in the report whatever is answered here."""
    for burst in bursts(day):
        numbers = {"n": burst["subjects"], "first": parse_moment(burst["from"], "UTC")}
        about, span = f"facility:{day.institution.facility}", (day.evidence.start, day.evidence.end)
        yield Question("burst_entry", about, burst["by"], *span, numbers, [], ENTRIES)


def _silent(day: DayEvidence, unit_of: Units, checks: HonestyChecks) -> Iterator[Question]:
    if not checks.silent_unit:
        return
    expected, reported = units(day, unit_of)
    for unit in sorted(expected - reported):
        numbers = {"n": len(expected), "silent": len(expected - reported)}
        yield Question("silent_unit", f"unit:{unit}", "", day.evidence.start, day.evidence.end, numbers, [], SILENCE)


class _Values:
    """The checks that look at what the thermometers showed."""

    def __init__(self, day: DayEvidence, readings: DayReadings, checks: HonestyChecks) -> None:
        self.start, self.end = day.evidence.start, day.evidence.end
        self.facility = day.institution.facility
        self.read, self.checks = readings, checks
        self.walk = readings.walk(checks.pause.nominal_ms)
        self.sheets = list(self._sheets())

    def run(self) -> list[Question]:
        checks = self.checks
        return [
            *(self._digits(checks.digits) if checks.digits else ()),
            *(self._same_in_round(checks.same_in_round) if checks.same_in_round else ()),
            *(self._copied(checks.copied) if checks.copied else ()),
            *(self._same_for_person(checks.same_for_person) if checks.same_for_person else ()),
        ]

    def _ask(
        self, rule: str, about: str, author: str, numbers: dict[str, Any], rows: Whole, chance: FalseAlarms
    ) -> Question:
        facts = self.read.ids_of(rows[:MOST_FACTS])
        return Question(rule, about, author, self.start, self.end, numbers, facts, chance)

    # -- digits ----------------------------------------------------------------------------------------------------

    def _digits(self, check: DigitCheck) -> Iterator[Question]:
        looked = [*self._digits_of("author", check), *self._digits_of("device", check)]
        n = sum(not np.isnan(digits.p) for _, _, digits in looked)
        for kind, number, digits in looked:
            if not (digits.p < float(check.alpha) and digits.excess >= float(check.excess)):
                continue
            rows = np.flatnonzero((getattr(self.read, kind) == number) & (self.read.steps % 10 == digits.digit))
            numbers = {
                "n": digits.n, "digit": digits.digit, "observed": digits.observed.tolist(),
                "expected": [f"{x:.1f}" for x in digits.expected], "p": short(digits.p), "excess": short(digits.excess),
            }  # fmt: skip
            chance = by_chance(float(check.alpha), series=n)
            of_author = kind == "author"
            about = f"facility:{self.facility}" if of_author else f"device:{self.read.devices[number]}"
            yield self._ask("digits", about, self.read.authors[number] if of_author else "", numbers, rows, chance)

    def _digits_of(self, kind: str, check: DigitCheck) -> Iterator[tuple[str, int, Digits]]:
        names = self.read.authors if kind == "author" else self.read.devices
        of = getattr(self.read, kind)
        for number in np.flatnonzero(np.bincount(of, minlength=len(names)) >= check.at_least).tolist():
            if names[number]:
                yield kind, number, honesty.last_digits(self.read.steps[of == number], at_least=check.at_least)

    # -- one round -------------------------------------------------------------------------------------------------

    def _same_in_round(self, check: AlikeCheck) -> Iterator[Question]:
        n_walks = int(self.walk.max()) + 1
        spread = honesty.typical_spread(self.read.steps, self.walk, at_least=check.at_least)
        found = honesty.alike(self.read.steps, self.walk, n_walks, spread, at_least=check.at_least)
        asked = np.flatnonzero(found.chance < float(check.alpha))
        first = np.full(n_walks, len(self.read))
        np.minimum.at(first, self.walk, np.arange(len(self.read)))
        chance = by_chance(float(check.alpha), series=int((~np.isnan(found.chance)).sum()))
        for (unit, author), walks in _grouped(asked, self.read.unit[first[asked]], self.read.author[first[asked]]):
            rows = [
                {
                    "at": int(self.read.at[first[w]]), "n": int(found.n[w]), "most": int(found.most[w]),
                    "value": degrees(int(found.value[w])), "chance": short(float(found.chance[w])),
                }
                for w in walks
            ]  # fmt: skip
            numbers = {"rounds": len(rows), "rows": rows[:MOST_ROWS], "spread": short(spread / 10)}
            facts = np.flatnonzero(np.isin(self.walk, walks) & (self.read.steps == found.value[self.walk]))
            yield self._ask(
                "same_in_round", f"unit:{self.read.units[unit]}", self.read.authors[author], numbers, facts, chance
            )

    # -- one person's day, and two rounds --------------------------------------------------------------------------

    def _sheets(self) -> Iterator[tuple[int, Whole, Any]]:
        """Yield for each unit its rows of readings, and its sheet: people by code, rounds by time, NaN where not read."""
        codes = np.array(self.read.people)
        place = np.argsort(np.argsort(codes)) if len(codes) else np.zeros(0, np.int64)
        for unit in np.unique(self.read.unit).tolist():
            rows = np.flatnonzero(self.read.unit == unit)
            people, row = np.unique(place[self.read.person[rows]], return_inverse=True)
            first_seen = {walk: n for n, walk in enumerate(dict.fromkeys(self.walk[rows].tolist()))}
            column = np.array([first_seen[w] for w in self.walk[rows].tolist()], np.int64)
            sheet = np.full((len(people), len(first_seen)), np.nan)
            sheet[row[::-1], column[::-1]] = self.read.steps[rows][::-1]  # the first of a person in a round stays
            yield unit, rows, sheet

    def _spread_of_persons(self, at_least: int) -> float:
        found = [honesty.spread_of_persons(sheet, at_least=at_least) for _, _, sheet in self.sheets]
        every = np.concatenate([np.zeros(0), *found])
        every = every[~np.isnan(every)]
        return max(float(np.median(every)), honesty.LEAST_SPREAD) if every.size else honesty.LEAST_SPREAD

    def _copied(self, check: AlikeCheck) -> Iterator[Question]:
        spread = self._spread_of_persons(check.at_least)
        found = [(*s, honesty.copies(s[2], spread, at_least=check.at_least)) for s in self.sheets]
        chance = by_chance(float(check.alpha), series=sum(len(pairs.n) for *_, pairs in found))
        for unit, rows, _, pairs in found:
            asked = np.flatnonzero(pairs.chance < float(check.alpha))
            if not asked.size:
                continue
            begins = [int(self.read.at[rows][self.walk[rows] == w][0]) for w in dict.fromkeys(self.walk[rows].tolist())]
            lines = [
                {
                    "first": begins[pairs.first[k]], "second": begins[pairs.second[k]], "n": int(pairs.n[k]),
                    "same": int(pairs.same[k]), "shift": degrees(int(pairs.shift[k])), "slip": int(pairs.slip[k]),
                    "expected": f"{pairs.expected[k]:.1f}", "chance": short(float(pairs.chance[k])),
                }
                for k in asked[np.argsort(pairs.chance[asked], kind="stable")][:MOST_ROWS].tolist()
            ]  # fmt: skip
            order = list(dict.fromkeys(self.walk[rows].tolist()))
            walks = [order[k] for k in {*pairs.first[asked].tolist(), *pairs.second[asked].tolist()}]
            facts = rows[np.isin(self.walk[rows], walks)]
            numbers = {"pairs": len(asked), "rows": lines, "spread": short(spread / 10)}
            yield self._ask("copied", f"unit:{self.read.units[unit]}", self._only_author(facts), numbers, facts, chance)

    def _only_author(self, rows: Whole) -> str:
        authors = np.unique(self.read.author[rows])
        return self.read.authors[int(authors[0])] if len(authors) == 1 else ""

    def _same_for_person(self, check: AlikeCheck) -> Iterator[Question]:
        spread = self._spread_of_persons(check.at_least)
        people = len(self.read.people)
        found = honesty.alike(self.read.steps, self.read.person, people, spread, at_least=check.at_least)
        asked = np.flatnonzero(found.chance < float(check.alpha))
        chance = by_chance(float(check.alpha), series=int((~np.isnan(found.chance)).sum()))
        for (unit,), persons in _grouped(asked, self.read.unit_of[asked]):
            kinds: dict[tuple[int, int, int], int] = {}
            for person in persons:
                key = int(found.value[person]), int(found.most[person]), int(found.n[person])
                kinds[key] = kinds.get(key, 0) + 1
            rows = [
                {"value": degrees(value), "most": most, "n": n, "people": times}
                for (value, most, n), times in sorted(kinds.items(), key=lambda item: -item[1])
            ]
            facts = np.flatnonzero(np.isin(self.read.person, persons))
            numbers = {"people": len(persons), "rows": rows[:MOST_ROWS], "spread": short(spread / 10)}
            about, author = f"unit:{self.read.units[unit]}", self._only_author(facts)
            yield self._ask("same_for_person", about, author, numbers, facts, chance)


def _grouped(things: Whole, *keys: Whole) -> Iterable[tuple[tuple[int, ...], list[int]]]:
    """Return things by their keys, in order of key."""
    found: dict[tuple[int, ...], list[int]] = {}
    for thing, key in zip(things.tolist(), zip(*(k.tolist() for k in keys), strict=True), strict=True):
        found.setdefault(key, []).append(thing)
    return sorted(found.items())
