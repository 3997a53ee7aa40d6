"""
One day after the other. The steps of a day, in this order:

 1. arrivals, releases and transfers; people come into the intake pathway, and leave on their lawful day whatever it says
 2. staff change over: who is inside, in standby, at home; who was tested positive or is ill does not go in
 3. infection comes from outside: staff at home, new arrivals, transfers, visits, goods
 4. transmission inside, by the contacts of infectious people in each layer
 5. those hit begin their course; those who have recovered leave the list of infected people
 6. rounds: temperatures are read at the slots of the protocol, doubtful ones again; people report symptoms
 7. samples are taken: whole-population rounds, days of a pathway or of standby; results come after the turnaround
 8. who was found is isolated while rooms last; who shared the room is put in quarantine
 9. stays that are over end; what is owed on the way is judged
10. the day is counted

All draws come from streams keyed by (seed, run, agent, day, purpose): see `streams`.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from lazaretto.twin import flow, measures
from lazaretto.twin.arrays import Anything, Whole
from lazaretto.twin.kernels import infect, spread
from lazaretto.twin.population import Population, build
from lazaretto.twin.scenario import Scenario
from lazaretto.twin.state import COUNTS, State, course_tables
from lazaretto.twin.streams import run_key

#: Infected people whose contacts one thread works on at a time. The order of results does not depend on it.
BATCH = 4096
_NOBODY, _NOWHERE = np.empty(0, np.int32), np.empty(0, np.uint8)


@dataclass(slots=True)
class Run:
    """What one run came to: counts by day (columns `COUNTS`), and the truth about each infection."""

    counts: Anything
    infected: Anything
    onset: Anything
    by: Whole
    layer: Anything
    detected: Anything
    first_detected: float
    present: Anything

    def series(self, name: str) -> Anything:
        return self.counts[:, COUNTS.index(name)]

    def total(self, name: str) -> int:
        return int(self.series(name).sum())

    def offspring(self, cases: Whole) -> float:
        """Return the mean number that these cases infected."""
        return float(np.bincount(self.by[self.by >= 0], minlength=len(self.by))[cases].mean()) if len(cases) else 0.0


def simulate(scenario: Scenario, run: int = 0, *, threads: int = 1, population: Population | None = None) -> Run:
    """Return one run. The same for any number of threads."""
    people = population or build(scenario, flow.coming(scenario))
    with ThreadPoolExecutor(threads) as pool:
        state = State(scenario, people, run_key(scenario.seed, run), pool if threads > 1 else None)
        told = measures.prepare(state)
        begin(state)
        for day in range(scenario.days):
            step(state, day, told)
    return Run(state.rows, state.infected, state.onset, state.by, state.layer, state.detected, state.first_detected,
               state.present)  # fmt: skip


def begin(state: State) -> None:
    """Set up who comes and goes, who is immune, and the first cases."""
    flow.plan(state)
    first = flow.first_cases(state)
    _begin_course(state, 0, first, np.full(len(first), -1, np.int32), np.full(len(first), 255, np.uint8))
    state.add(0, imported=len(first))


def step(state: State, day: int, told: measures.Told) -> None:
    """Take one day's steps."""
    flow.come_and_go(state, day)  # 1
    flow.change_over(state, day)  # 2
    outside = flow.from_outside(state, day)  # 3
    hit, by, through = transmission(state, day)  # 4
    n = len(outside)
    hit, by = np.concatenate((outside, hit)), np.concatenate((np.full(n, -1, np.int32), by))
    through = np.concatenate((np.full(n, 255, np.uint8), through))
    new = _begin_course(state, day, hit, by, through)  # 5
    state.add(day, imported=int((state.by[new] < 0).sum()))
    state.active = state.active[state.ends[state.active] > day]
    found = measures.rounds(state, day, told)  # 6
    found = np.concatenate((found, measures.samples(state, day, told)))  # 7
    measures.respond(state, day, told, found)  # 8
    measures.end_stays(state, day, told)  # 9
    measures.count(state, day, told)  # 10


def transmission(state: State, day: int) -> tuple[Whole, Whole, Anything]:
    """Return who is hit, by whom, and in which layer: batches in the order of the infected, on as many threads as there are."""
    people = (state.where, state.people.staff, state.susceptible)
    course = (state.infected, state.starts, state.ends, state.symptomatic, state.shedding)
    disease = state.scenario.disease
    air = (np.array(disease.profile), disease.asymptomatic_shedding)

    def work(batch: Whole) -> tuple[Whole, Whole, Anything]:
        found: tuple[Whole, Whole, Anything] = spread(state.key, day, batch, state.layers, people, course, air)
        return found

    if not len(state.active):
        return _NOBODY, _NOBODY, _NOWHERE
    if len(state.active) <= BATCH or state.threads is None:
        return work(state.active)
    batches = [state.active[k : k + BATCH] for k in range(0, len(state.active), BATCH)]
    parts = list(state.threads.map(work, batches))
    hit, by, through = (np.concatenate([part[n] for part in parts]) for n in range(3))
    return hit, by, through


def _begin_course(state: State, day: int, hit: Whole, by: Whole, through: Anything) -> Whole:
    if not len(hit):
        return _NOBODY
    course = (
        state.infected,
        state.starts,
        state.ends,
        state.symptomatic,
        state.shedding,
        state.onset,
        state.severe,
        state.fever,
    )
    tables, shares = course_tables(state.scenario)
    new: Whole = infect(
        state.key, day, hit.astype(np.int32), by, through, course, (state.by, state.layer), tables, shares
    )
    state.active = np.concatenate((state.active, new))
    staff = int(state.people.staff[new].sum())
    state.add(day, infections=len(new), staff_infections=staff, resident_infections=len(new) - staff)
    return new
