"""The state of one run: who is where and infected since when, and what was counted day by day."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from lazaretto.twin.arrays import AWAY, COHORT, NEVER, ORDINARY, PLACES, SINGLE, STANDBY, Anything, Floats, Mask, Whole
from lazaretto.twin.population import LAYERS, Population, density
from lazaretto.twin.scenario import Scenario
from lazaretto.twin.tables import sensitivity, shed_days, tables

#: What is counted each day, in the order of the result's columns.
COUNTS = (
    "infections", "resident_infections", "staff_infections", "infectious", "onsets", "severe", "detections",
    "false_alarms", "isolated", "quarantined", "rooms", "rooms_short", "tests", "ppe", "staff_inside",
    "restricted", "alone", "alone_over_limit", "entitlements_unmet", "visits_lost", "duty_over_limit", "imported",
)  # fmt: skip


@dataclass(slots=True)
class State:
    """Everything that changes in a run, as arrays over people. Days are whole; NEVER is the day that does not come."""

    scenario: Scenario
    people: Population
    key: np.uint64
    threads: ThreadPoolExecutor | None = None
    where: Anything = field(init=False)
    infected: Anything = field(init=False)
    starts: Anything = field(init=False)
    ends: Anything = field(init=False)
    onset: Anything = field(init=False)
    symptomatic: Anything = field(init=False)
    severe: Anything = field(init=False)
    fever: Anything = field(init=False)
    shedding: Anything = field(init=False)
    susceptible: Anything = field(init=False)
    by: Whole = field(init=False)
    layer: Anything = field(init=False)
    detected: Anything = field(init=False)
    until: Anything = field(init=False)
    since: Anything = field(init=False)
    held: Anything = field(init=False)
    arrives: Anything = field(init=False)
    leaves: Anything = field(init=False)
    removed: Mask = field(init=False)
    active: Whole = field(init=False)
    results: dict[int, list[Whole]] = field(default_factory=lambda: defaultdict(list))
    first_detected: float = float("nan")
    anybody_held: bool = False
    rows: Anything = field(init=False)
    layers: tuple[Anything, ...] = field(init=False)
    sensitivity: Floats = field(init=False)

    def __post_init__(self) -> None:
        n, days = self.people.n, self.scenario.days
        self.where = np.full(n, ORDINARY, np.uint8)
        self.infected = np.full(n, -1, np.int16)
        for name in ("starts", "ends", "onset", "detected", "until"):
            setattr(self, name, np.full(n, NEVER, np.int16))
        self.until[:] = -1
        self.since = np.zeros(n, np.int16)
        self.held = np.zeros(n, np.uint8)
        self.symptomatic, self.severe, self.layer = (np.zeros(n, np.uint8) for _ in range(3))
        self.fever = np.full(n, -99.0, np.float32)
        self.shedding = np.ones(n, np.float32)
        self.susceptible = np.ones(n, np.float32)
        self.by = np.full(n, -1, np.int32)
        self.arrives, self.leaves = np.zeros(n, np.int16), np.full(n, NEVER, np.int16)
        self.removed = np.zeros(n, bool)
        self.active = np.empty(0, np.int32)
        self.rows = np.zeros((days, len(COUNTS)), np.int64)
        self.layers = contact_layers(self.scenario, self.people)
        self.sensitivity = sensitivity(self.scenario.disease.sensitivity)

    def add(self, day: int, **counts: int) -> None:
        for name, value in counts.items():
            self.rows[day, COUNTS.index(name)] += value

    @property
    def present(self) -> Mask:
        found: Mask = self.where != AWAY
        return found


def contact_layers(scenario: Scenario, people: Population) -> tuple[Anything, ...]:
    """Return what `kernels.spread` is told of the layers, the hazard scaled so that nothing done gives `r0`."""
    c, s, p = scenario.contacts, scenario.switches, scenario.practice
    everyone = np.array([c.room_everyone, 0, 0, 0, 0, 0, 0], np.uint8)
    met = np.array(
        [[c.room, 0], [c.floor, 0], [c.wing, 0], [c.work, 0], [c.meal, 0], [c.post_resident, c.post], [0, c.shift]]
    )
    weight = np.array([c.weight_room] + [c.weight_other] * 6)
    rate = weight * hazard_scale(scenario, people, met, weight)
    if scenario.air.quanta_per_hour:
        rate[0] = room_air(scenario)
    if s.masks:
        rate[1:] *= p.mask_factor
    if s.ventilation:
        rate[:2] *= p.ventilation_factor
    if s.disinfection:
        rate *= p.disinfection_factor
    return people.group, people.first, people.members, everyone, met, rate, mixing(scenario), density(scenario, people)


def hazard_scale(scenario: Scenario, people: Population, met: Floats, weight: Floats) -> float:
    """
    Return the hazard of a contact of weight 1: `r0` over the weighted contacts of a resident and his mean shedding.

    Taken for the institution as it is when full, so that fewer people or single cells change what follows, not the scale.
    """
    site, c = scenario.site, scenario.contacts
    per_cell = site.full_per_cell or site.per_cell
    room = (per_cell - 1) if c.room_everyone else c.room if per_cell > 1 else 0
    shares = np.array([1, 1, 1, site.workshop_share, 1, 1, 0])
    daily = float((met[:, 0] * weight * shares)[1:].sum() + room * weight[0])
    if not people.residents or daily == 0:
        return 0.0
    return scenario.disease.r0 / (daily * shed_days(scenario.disease))


def room_air(scenario: Scenario) -> float:
    """Return the hazard per room mate and day by Wells–Riley: q · p · t / Q, Q = air changes × volume (domain §7.2)."""
    air = scenario.air
    return air.quanta_per_hour * air.breathing * air.hours / (air.air_changes * air.volume)


def mixing(scenario: Scenario) -> Floats:
    """Return the share of contacts kept in each layer, by where somebody is. What is not complied with stays open."""
    leak = scenario.practice.leak
    table = np.zeros((len(LAYERS), PLACES))
    table[:, ORDINARY] = 1.0
    table[0, COHORT] = 1.0
    table[5, COHORT] = table[5, SINGLE] = leak
    table[0, SINGLE] = 0.0
    table[6, STANDBY] = leak
    open_ = 1 - scenario.practice.compliance
    table[:, (COHORT, SINGLE)] = np.maximum(table[:, (COHORT, SINGLE)], open_)
    return table


def course_tables(scenario: Scenario) -> tuple[tuple[Anything, ...], Floats]:
    """Return what `kernels.infect` draws from."""
    d = scenario.disease
    incubation, sick, shed, fever = tables(d)
    shares = np.array([1 - d.asymptomatic_share, d.severe_share, d.fever_share, d.before_onset, d.latent])
    return (incubation, sick, shed, fever), shares
