"""Who comes and goes, who is on duty, and how infection gets in from outside (steps 1 to 3 of the day)."""

import numpy as np

from lazaretto.twin.arrays import AWAY, COHORT, NEVER, ORDINARY, SINGLE, STANDBY, Whole
from lazaretto.twin.scenario import Scenario
from lazaretto.twin.state import State
from lazaretto.twin.streams import ARRIVAL, COMMUNITY, LEAK, SEED_CASES, VISIT, draws

#: What holds somebody where he is (`State.held`).
FREE, CASE, CONTACT, INTAKE, PRE_RELEASE = range(5)


def coming(scenario: Scenario) -> int:
    """Return how many arrive and are transferred in over the run."""
    flow = scenario.inflow
    return int((flow.arrivals_per_day + flow.transfers_per_day) * scenario.days)


def plan(state: State) -> None:
    """Say on which days people come and go, and who is immune."""
    scenario, people = state.scenario, state.people
    flow, days = scenario.inflow, scenario.days
    new = coming(scenario)
    here = people.residents - new
    if new:
        state.arrives[here : people.residents] = (np.arange(new) * days) // new
        state.where[here : people.residents] = AWAY
    leaving = min(int(flow.releases_per_day * days), here)
    if scenario.layout is not None and scenario.layout.release_in:
        state.leaves[:here] = [day if day >= 0 else NEVER for day in scenario.layout.release_in]
    elif leaving:
        order = np.argsort(draws(state.key, np.arange(here, dtype=np.int32), 0, LEAK), kind="stable")
        state.leaves[order[:leaving]] = (np.arange(leaving) * days) // leaving
    if scenario.immune_share:
        everybody = np.arange(people.n, dtype=np.int32)
        immune = draws(state.key, everybody, 1, SEED_CASES) < scenario.immune_share
        state.susceptible[immune] = 0.0


def first_cases(state: State) -> Whole:
    """Return who is infected at the start: the lowest draws of those of the right kind, the same in every scenario."""
    flow, people = state.scenario.inflow, state.people
    here = people.residents - coming(state.scenario)
    among = np.arange(here) if flow.first_at == "resident" else np.arange(people.residents, people.n)
    order = np.argsort(draws(state.key, among.astype(np.int32), 0, SEED_CASES), kind="stable")
    return among[order[: flow.first_cases]].astype(np.int32)


def come_and_go(state: State, day: int) -> None:
    """Let people in and out. Nothing keeps anybody beyond his lawful day."""
    scenario = state.scenario
    new = coming(scenario)
    here = state.people.residents - new
    if new and scenario.switches.intake and scenario.rules.intake:
        state.anybody_held = True
    if new:
        arriving = here + np.flatnonzero(state.arrives[here : here + new] == day)
        stages = scenario.rules.intake if scenario.switches.intake else []
        state.where[arriving] = ORDINARY
        if stages:
            state.held[arriving], state.since[arriving] = INTAKE, day
            state.where[arriving] = SINGLE if stages[0].single else COHORT
            state.until[arriving] = day + sum(stage.days for stage in stages)
    if not scenario.inflow.releases_per_day and not (scenario.layout and scenario.layout.release_in):
        return
    going = np.flatnonzero(state.leaves == day)
    state.where[going], state.held[going], state.until[going] = AWAY, FREE, -1
    rule = scenario.rules.pre_release
    if rule is not None and scenario.switches.pre_release:
        near = np.flatnonzero((state.leaves - day == rule.days) & (state.held == FREE) & (state.where == ORDINARY))
        state.anybody_held = True
        state.held[near], state.since[near], state.until[near] = PRE_RELEASE, day, NEVER
        state.where[near] = SINGLE if rule.single else COHORT


def duty_state(scenario: Scenario, group: int, day: int) -> tuple[str, int]:
    """Return the state of a group on a day and how many days it has been in it; the group at position i starts i states on."""
    rotation = scenario.rules.rotation
    if rotation is None or not scenario.switches.rotation:
        return "inside", day
    lengths = [days for _, days in rotation.states]
    offset = sum(lengths) * group // max(1, rotation.groups)
    at = (day + offset) % sum(lengths)
    for where, days in rotation.states:
        if at < days:
            return where, at
        at -= days
    raise AssertionError("the day is within the turn")


def change_over(state: State, day: int) -> None:
    """Put staff where their group is. Who was removed (tested positive, ill) stays at home until he has recovered."""
    people, scenario = state.people, state.scenario
    back = np.flatnonzero(state.removed & (state.until <= day))
    state.removed[back], state.held[back] = False, FREE
    for group in range(int(people.duty.max(initial=-1)) + 1):
        where, _ = duty_state(scenario, group, day)
        own = np.flatnonzero((people.duty == group) & ~state.removed)
        state.where[own] = {"inside": ORDINARY, "standby": STANDBY, "home": AWAY}[where]


def from_outside(state: State, day: int) -> Whole:
    """Return who is infected from outside today, susceptible or not."""
    scenario, people = state.scenario, state.people
    flow, switches = scenario.inflow, scenario.switches
    found = [np.empty(0, np.int32)]
    risk = flow.risk_on(day)
    if risk and switches.community:
        staff = np.arange(people.residents, people.n, dtype=np.int32)
        # Who is not in a closed rotation goes home every night.
        closed = scenario.rules.rotation is not None and switches.rotation
        exposed = staff[(state.where[staff] == AWAY)] if closed else staff
        found.append(exposed[draws(state.key, exposed, day, COMMUNITY) < risk])
    new = coming(scenario)
    if new:
        first = people.residents - new
        arriving = (first + np.flatnonzero(state.arrives[first : first + new] == day)).astype(np.int32)
        total = flow.arrivals_per_day + flow.transfers_per_day
        share = (
            flow.arrivals_per_day * flow.arrival_prevalence + flow.transfers_per_day * flow.transfer_prevalence
        ) / total
        found.append(arriving[draws(state.key, arriving, day, ARRIVAL) < share])
    chance = flow.goods_per_day * flow.goods_infect
    if not (scenario.rules.visits_closed and switches.visits):
        chance += flow.visits_per_day * flow.visit_infects
    if chance:
        here = np.arange(people.residents, dtype=np.int32)
        here = here[state.where[here] == ORDINARY]
        found.append(here[draws(state.key, here, day, VISIT) < chance / max(1, len(here))])
    return np.concatenate(found).astype(np.int32)
