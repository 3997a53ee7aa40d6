"""
An invented outbreak written as facts into a sandbox facility, through the border that the facts of life pass.

The twin knows who is infected; the platform only sees readings. So how long the platform takes to find out can be measured.
Running it again with the same seed on the same days adds nothing: the ids of the facts are made from what they say.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lazaretto.apps.command import queries as command
from lazaretto.apps.registry.models import Facility, Place
from lazaretto.apps.rehearse.twin_export import layout_of, residents_inside
from lazaretto.apps.rounds import actions as rounds
from lazaretto.apps.rounds.facts import Border
from lazaretto.apps.rounds.models import FeverEpisode
from lazaretto.protocol.clock import instant, local_day, utc_text
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text
from lazaretto.twin.day import Run, simulate
from lazaretto.twin.rules import from_protocol
from lazaretto.twin.scenario import Inflow, Scenario, Site, Switches

#: What the code of a facility begins with into which an outbreak may be played.
SANDBOX = ("SANDBOX", "DEMO")
MINUTE, HOUR, SECOND_AFTER = 60_000, 3_600_000, 20
BY = "twin"


@dataclass(frozen=True, slots=True)
class Played:
    """What was written, and the truth. `delay_hours`: from the first fever that there was to the first one confirmed."""

    facts: int
    infections: int
    delay_hours: float | None
    truth: dict[str, Any]


def play(facility: Facility, *, days: int, seed: int, now: int) -> Played:
    """
    Play an outbreak over the last `days` days up to `now`.

    :raises Refusal: not_a_sandbox, nobody_inside, no_readings.
    """
    if not facility.code.startswith(SANDBOX):
        raise Refusal("not_a_sandbox", Text(f"{facility.code} 不是演练机构：编号须以 SANDBOX 或 DEMO 开头", f"{facility.code} is no sandbox: its code must begin with SANDBOX or DEMO"))  # fmt: skip
    today = local_day(facility.zone, now)
    first = today - timedelta(days=days - 1)
    start = instant(facility.zone, first, 0)
    inside = residents_inside(facility, now)
    if not inside:
        raise Refusal("nobody_inside", Text("没有在场人员", "nobody is inside"))
    resolved = command.in_force(facility, now).resolved
    rules = from_protocol(resolved, on=first, facility=facility.code, zone=facility.zone)
    if rules.screen is None or not rules.slots_residents:
        raise Refusal("no_readings", Text("在用规程不测体温", "the protocol in force reads no temperatures"))
    places = {p.pk: p for p in Place.objects.filter(facility=facility)}
    scenario = Scenario(
        name="play", days=days, seed=seed, rules=rules, layout=layout_of(facility, inside, places, now, 1),
        site=Site(residents=len(inside), staff=0, per_cell=4), inflow=Inflow(first_cases=max(1, len(inside) // 100)),
        # What is done about it is for the platform to show: the truth runs on without isolation.
        switches=Switches(isolation=False, quarantine=False, testing=False, rotation=False, intake=False),
    )  # fmt: skip
    run = simulate(scenario)
    fever_of = _Fevers(scenario, run, seed)
    border, written = Border(facility, resolved.document, now), 0
    for minute, claims in _claims(scenario, inside, fever_of, rules.slots_residents, start, now, facility.code):
        facts = [border.admit(claim) for claim in claims]
        written += rounds.record_facts(facility, facts, by=BY, at=minute).count("created")
    return _account(facility, run, inside, fever_of, start, written)


class _Fevers:
    """True temperatures of the run's people, the same each time they are asked for."""

    def __init__(self, scenario: Scenario, run: Run, seed: int) -> None:
        self.scenario, self.run, self.seed = scenario, run, seed

    def has(self, person: int, day: int) -> bool:
        run = self.run
        since = int(run.onset[person])
        feverish = random.Random(f"{self.seed}|fever|{person}").random() < self.scenario.disease.fever_share
        return run.infected[person] >= 0 and feverish and since <= day < since + 5

    def reading(self, person: int, day: int, minute: int, error: float) -> float:
        draw = random.Random(f"{self.seed}|{person}|{day}|{minute}|{error}")
        how = self.scenario.reading
        if self.has(person, day):
            own = random.Random(f"{self.seed}|height|{person}").gauss(self.scenario.disease.fever_mean, 0.3)
        else:
            own = random.Random(f"{self.seed}|{person}|{day}").gauss(how.normal_mean, how.normal_sd)
        return round(min(41.5, max(35.2, own + draw.gauss(0, error))), 1)


def _claims(
    scenario: Scenario,
    inside: list[tuple[str, int]],
    fevers: _Fevers,
    slots: list[int],
    start: int,
    now: int,
    code: str,
) -> Iterator[tuple[int, list[dict[str, str]]]]:
    """Yield what is handed in and when: each slot's readings a quarter of an hour later, second readings after those."""
    how, screen = scenario.reading, scenario.rules.screen or 99.0
    for day in range(scenario.days):
        for minute in slots:
            due = start + (day * 1440 + minute) * MINUTE
            if due + 40 * MINUTE > now:
                return
            firsts, seconds = [], []
            for n, (person, _) in enumerate(inside):
                value = fevers.reading(n, day, minute, how.first_error)
                firsts.append(_claim(person, value, due + (n % 600) * 1000, code, fevers.seed, "1"))
                if value >= screen:
                    again = fevers.reading(n, day, minute, how.second_error)
                    at = due + (SECOND_AFTER + 12) * MINUTE
                    seconds.append(_claim(person, again, at, code, fevers.seed, "2"))
            yield due + 15 * MINUTE, firsts
            if seconds:
                yield due + 40 * MINUTE, seconds


def _claim(person: str, value: float, at: int, code: str, seed: int, number: str) -> dict[str, str]:
    name = random.Random(f"{code}|{seed}|{person}|{at}|{number}").getrandbits(128)
    ward = {"method": "oral", "device": "T2"} if number == "2" else {"method": "infrared", "device": "T1"}
    return {
        "id": f"twin-{name:032x}", "observation": "temperature", "subject_kind": "person", "subject": person,
        "observed_at": utc_text(at), "value": f"{value:.1f}", "ucum": "Cel", "by": BY, "source": "twin", **ward,
    }  # fmt: skip


def _account(
    facility: Facility, run: Run, inside: list[tuple[str, int]], fevers: _Fevers, start: int, written: int
) -> Played:
    """Return the truth, and how long the platform took."""
    infected = [n for n in range(len(inside)) if run.infected[n] >= 0]
    onsets = [int(run.onset[n]) for n in infected if fevers.has(n, int(run.onset[n]))]
    ill = {inside[n][0] for n in infected}
    known = FeverEpisode.objects.filter(facility=facility, confirmed_at__gte=start, subject__in=ill)
    first = known.order_by("confirmed_at").values_list("confirmed_at", flat=True).first()
    delay = None
    if first is not None and onsets:
        delay = (first - start - min(onsets) * 24 * HOUR) / HOUR
    truth = {
        "seed": fevers.seed, "days": fevers.scenario.days, "digest": fevers.scenario.rules.digest,
        "infections": [
            {"subject": inside[n][0], "day": int(run.infected[n]), "onset": int(run.onset[n]),
             "by": inside[run.by[n]][0] if run.by[n] >= 0 else None, "found": inside[n][0] in set(known.values_list("subject", flat=True))}
            for n in infected
        ],
        "delay_hours": delay,
    }  # fmt: skip
    return Played(written, len(infected), delay, truth)
