"""The measures of the protocol at work: rounds, samples, isolation, quarantine, the end of stays (steps 6 to 10 of the day)."""

import math
from dataclasses import dataclass

import numpy as np

from lazaretto.twin.arrays import AWAY, COHORT, NEVER, ORDINARY, SINGLE, Floats, Whole
from lazaretto.twin.flow import CASE, CONTACT, FREE, INTAKE, PRE_RELEASE, duty_state
from lazaretto.twin.scenario import Scenario, StageRule
from lazaretto.twin.state import State
from lazaretto.twin.streams import FALSE_READING, FALSE_SWAB, READING, REPORT, SWAB, draws
from lazaretto.twin.tables import normal_cdf, normal_quantiles

_GRID = np.linspace(35.0, 42.0, 141)
NOBODY = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Told:
    """What readings make of a true temperature, worked out once: the chance per slot, and of a false alarm in a day."""

    per_slot: Floats
    false_residents: float
    slots: list[int]


def prepare(state: State) -> Told:
    """Work out what a reading finds."""
    rules, reading = state.scenario.rules, state.scenario.reading
    if rules.screen is None:
        return Told(np.zeros(len(_GRID)), 0.0, [])
    confirm = rules.confirm if rules.confirm is not None else rules.screen
    first = _at_least(_GRID, rules.screen, reading.first_error)
    second = _at_least(_GRID, confirm, reading.second_error)
    per_slot = first * second * state.scenario.practice.compliance
    usual = reading.normal_mean + reading.normal_sd * normal_quantiles()
    by_person = np.interp(usual, _GRID, per_slot)
    false = float(np.mean(1 - (1 - by_person) ** len(rules.slots_residents)))
    return Told(per_slot, false, list(rules.slots_residents))


def _at_least(true: Floats, threshold: float, error: float) -> Floats:
    """Return the chance that a reading of these temperatures is at or over the threshold."""
    if error == 0:
        return (true >= threshold).astype(float)
    return normal_cdf((true - threshold) / error)


# -- step 6 -----------------------------------------------------------------------------------------------------------


def rounds(state: State, day: int, told: Told) -> Whole:
    """Return who is suspected today: by a temperature at one of the slots, or because he said so."""
    scenario, found = state.scenario, [NOBODY]
    ill = state.active[state.onset[state.active] <= day] if len(state.active) else NOBODY
    ill = ill[(state.symptomatic[ill] == 1) & (state.detected[ill] == NEVER)]
    ill = ill[(state.where[ill] != AWAY) | (state.people.staff[ill] == 1)]
    if len(ill) and scenario.switches.temperature and told.slots:
        found.append(_by_temperature(state, day, told, ill[state.people.staff[ill] == 0]))
    if scenario.switches.reporting:
        found.append(_by_word(state, day, ill))
    if scenario.switches.temperature and told.false_residents:
        here = np.flatnonzero(state.where[: state.people.residents] == ORDINARY).astype(np.int32)
        false = here[draws(state.key, here, day, FALSE_READING) < told.false_residents]
        false = false[(state.infected[false] < 0) | (state.ends[false] <= day)]
        state.add(day, false_alarms=len(false))
        _isolate_briefly(state, day, false)
    return np.concatenate(found)


def _by_temperature(state: State, day: int, told: Told, ill: Whole) -> Whole:
    chance = np.interp(state.fever[ill], _GRID, told.per_slot)
    chance[state.fever[ill] < 0] = 0.0
    u = draws(state.key, ill, day, READING)
    # The first slot that shows it is geometric: the k-th with 1 − (1 − chance)^k > u.
    k = np.log1p(-u) / np.log1p(-np.clip(chance, 1e-9, 1 - 1e-9))
    slot = np.where(chance <= 0, len(told.slots), np.minimum(k, len(told.slots))).astype(int)
    seen = slot < len(told.slots)
    if seen.any() and math.isnan(state.first_detected):
        state.first_detected = day + min(told.slots[k] for k in slot[seen]) / 1440
    found: Whole = ill[seen]
    return found


def _by_word(state: State, day: int, ill: Whole) -> Whole:
    """Each symptomatic person says so on the first day, or never."""
    practice = state.scenario.practice
    new = ill[state.onset[ill] == day]
    share = np.where(state.people.staff[new] == 1, practice.staff_report, practice.reports_symptoms)
    found: Whole = new[draws(state.key, new, 0, REPORT) < share]
    return found


def _isolate_briefly(state: State, day: int, false: Whole) -> None:
    """A false alarm is cleared by its test: one sample, and a day in isolation."""
    rule = state.scenario.rules.isolation
    if rule is None or not state.scenario.switches.isolation or not len(false):
        return
    state.add(day, tests=len(false))
    _place(state, day, false, CASE, StageRule(days=max(1, state.scenario.rules.turnaround), single=rule.single))


# -- step 7 -----------------------------------------------------------------------------------------------------------


def samples(state: State, day: int, told: Told) -> Whole:
    """Take today's samples, and return who is found by the results that come today."""
    scenario = state.scenario
    rules, switches = scenario.rules, scenario.switches
    if switches.testing and rules.test_every and day % rules.test_every == 0:
        _take(state, day, np.flatnonzero(state.where != AWAY).astype(np.int32), rules.pool)
    if switches.pathway_tests and state.anybody_held:
        _take(state, day, _due_on_pathways(state, day), 1)
    _staff_tests(state, day)
    due = state.results.pop(day, None)
    if due is None:
        return NOBODY
    found = np.concatenate(due)
    return found[state.detected[found] == NEVER]


def _due_on_pathways(state: State, day: int) -> Whole:
    rules = state.scenario.rules
    due = []
    spans: list[tuple[int, StageRule | None, int]] = [
        (CONTACT, rules.quarantine, 0),
        (PRE_RELEASE, rules.pre_release, 0),
    ]
    offset = 0
    for part in rules.intake:
        spans.append((INTAKE, part, offset))
        offset += part.days
    for held, stage, start in spans:
        if stage is not None and stage.tests:
            days = [start + d for d in stage.tests]
            due.append(np.flatnonzero((state.held == held) & np.isin(day - state.since, days)))
    return np.unique(np.concatenate([NOBODY, *due])).astype(np.int32)


def _staff_tests(state: State, day: int) -> None:
    """Samples of standby. With a turnaround of 0 a positive never goes in."""
    scenario = state.scenario
    rotation = scenario.rules.rotation
    if rotation is None or not scenario.switches.rotation or not scenario.switches.pathway_tests:
        return
    for group in range(int(state.people.duty.max(initial=-1)) + 1):
        where, since = duty_state(scenario, group, day)
        if where == "standby" and since in rotation.standby_tests:
            own = np.flatnonzero((state.people.duty == group) & ~state.removed).astype(np.int32)
            _take(state, day, own, 1)


def _take(state: State, day: int, people: Whole, pool: int) -> None:
    """Sample people. A pooled sample has to be found twice: in the tube, and again singly."""
    if not len(people):
        return
    scenario = state.scenario
    obey = scenario.practice.compliance
    infected = people[(state.infected[people] >= 0) & (day < state.ends[people])]
    age = np.minimum(day - state.infected[infected], len(state.sensitivity) - 1)
    chance = state.sensitivity[age] * obey
    chance = chance * state.sensitivity[age] if pool > 1 else chance
    positive = infected[draws(state.key, infected, day, SWAB) < chance]
    false_share = (1 - scenario.disease.specificity) ** (2 if pool > 1 else 1) * obey
    false = people[draws(state.key, people, day, FALSE_SWAB) < false_share] if false_share > 0 else NOBODY
    false = false[(state.infected[false] < 0) | (state.ends[false] <= day)]
    used = round(len(people) * obey)
    tubes = used if pool == 1 else -(-used // pool) + pool * min(len(positive), -(-used // pool))
    state.add(day, tests=tubes, false_alarms=len(false))
    state.results[day + scenario.rules.turnaround].append(positive.astype(np.int32))
    _isolate_briefly(state, day, false[state.people.staff[false] == 0])


# -- step 8 -----------------------------------------------------------------------------------------------------------


def respond(state: State, day: int, told: Told, found: Whole) -> None:
    """Isolate first; then those who shared the room. A case found late in the day is moved `isolate_within` days later."""
    if not len(found):
        return
    found = np.unique(found)
    if math.isnan(state.first_detected):
        state.first_detected = day + 0.5
    state.detected[found] = day
    state.add(day, detections=len(found))
    staff = found[state.people.staff[found] == 1]
    obey = draws(state.key, staff, day, REPORT) < state.scenario.practice.sick_leave
    staff = staff[obey]
    state.removed[staff], state.where[staff] = True, AWAY
    state.until[staff] = np.maximum(day + 1, state.ends[staff])
    rules, switches = state.scenario.rules, state.scenario.switches
    cases = found[(state.people.staff[found] == 0) & (state.where[found] != AWAY)]
    if switches.isolation and rules.isolation is not None:
        _place(state, day, cases, CASE, rules.isolation)
    if switches.quarantine and rules.quarantine is not None and len(cases):
        _place(state, day, _room_mates(state, cases), CONTACT, rules.quarantine)


def _room_mates(state: State, cases: Whole) -> Whole:
    cells = np.unique(state.people.cell[cases])
    mates = np.flatnonzero(np.isin(state.people.cell[: state.people.residents], cells[cells >= 0]))
    mates = mates[(state.detected[mates] == NEVER) & (state.where[mates] != AWAY) & (state.held[mates] != CASE)]
    return mates.astype(np.int32)


def _place(state: State, day: int, people: Whole, held: int, rule: StageRule) -> None:
    """Put people on a pathway, in single rooms while there are any; the others stay together in their own room."""
    if not len(people):
        return
    wanted = people[state.where[people] != SINGLE] if rule.single else NOBODY
    free = _free_rooms(state)
    alone = wanted[: max(0, free)]
    state.add(day, rooms_short=len(wanted) - len(alone))
    stays = state.where[people] == SINGLE
    state.where[people[~stays]] = COHORT
    state.where[alone] = SINGLE
    state.held[people], state.since[people] = held, day
    state.anybody_held = True
    # A case stays as long as he sheds; whoever shared a room, until the clock that starts again with each new case ends.
    least = day + max(1, rule.days)
    known = held == CASE and rule.days >= 1
    ends = np.where((state.infected[people] >= 0) & known, np.minimum(state.ends[people], NEVER), least)
    state.until[people] = np.maximum(least, np.where(ends == NEVER, least, ends))


def _free_rooms(state: State) -> int:
    scenario = state.scenario
    if not scenario.switches.finite_rooms:
        return state.people.n
    taken = int((state.where[: state.people.residents] == SINGLE).sum())
    return scenario.site.single_rooms - taken


# -- steps 9 and 10 ---------------------------------------------------------------------------------------------------


def end_stays(state: State, day: int, told: Told) -> None:
    """End what is over. A stay alone is looked at from outside on its day; without a decision people go back to their room mates."""
    if not state.anybody_held:
        return
    held = (state.held > FREE) & (state.where != AWAY)
    limit = _review_day(state.scenario)
    if limit is not None and state.scenario.switches.limits:
        over = np.flatnonzero(held & (state.where == SINGLE) & (day - state.since >= limit) & (state.held != CASE))
        state.where[over] = COHORT
    done = np.flatnonzero(held & (state.until <= day) & (state.people.staff == 0))
    state.where[done], state.held[done] = ORDINARY, FREE
    _next_stage(state, day)


def _next_stage(state: State, day: int) -> None:
    """Move newcomers to the placement of the stage they are in."""
    start = 0
    for stage in state.scenario.rules.intake:
        if start:
            entering = np.flatnonzero((state.held == INTAKE) & (day - state.since == start))
            state.where[entering] = SINGLE if stage.single else COHORT
        start += stage.days


def _review_day(scenario: Scenario) -> int | None:
    days = [s.outside_review for s in (scenario.rules.quarantine, *scenario.rules.intake) if s and s.outside_review]
    days += [scenario.rules.days_alone_limit] if scenario.rules.days_alone_limit else []
    return min(days) if days else None


def count(state: State, day: int, told: Told) -> None:
    """Add up the day: infection above, human cost below."""
    scenario, residents = state.scenario, state.people.residents
    where, held = state.where[:residents], state.held[:residents]
    counts = np.bincount(where, minlength=5) if state.anybody_held else np.zeros(5, int)
    restricted = int(counts[SINGLE] + counts[COHORT])
    active = state.active
    limit = scenario.rules.days_alone_limit or 15
    alone = ((where == SINGLE) & (day - state.since[:residents] > limit)).sum() if state.anybody_held else 0
    staff_where = state.where[residents:]
    inside = int((staff_where != AWAY).sum())
    owed = restricted * scenario.rules.daily_owed_in_isolation
    given = min(restricted, scenario.practice.care_capacity) * scenario.rules.daily_owed_in_isolation
    closed = scenario.rules.visits_closed and scenario.switches.visits
    on_the_way = np.bincount(held, minlength=5) if state.anybody_held else np.zeros(5, int)
    isolated = int(on_the_way[CASE])
    state.add(
        day,
        infectious=int(((state.starts[active] <= day) & (state.ends[active] > day)).sum()),
        onsets=int(((state.onset[active] == day) & (state.symptomatic[active] == 1)).sum()),
        severe=int(((state.onset[active] == day) & (state.severe[active] == 1)).sum()),
        isolated=isolated,
        quarantined=int(on_the_way[CONTACT:].sum()),
        rooms=int(counts[SINGLE]),
        ppe=2 * isolated + int(counts[SINGLE]),
        staff_inside=inside,
        restricted=restricted,
        alone=int(counts[SINGLE]),
        alone_over_limit=int(alone),
        entitlements_unmet=round(owed - given),
        visits_lost=round(scenario.inflow.visits_per_day) if closed else 0,
        duty_over_limit=_over_duty(scenario, day, staff_where, state.people.duty[residents:]),
    )


def _over_duty(scenario: Scenario, day: int, where: Whole, duty: Whole) -> int:
    """Return how many of staff are inside for longer than the protocol lets them."""
    limit, over = scenario.rules.duty_days_limit, 0
    if limit is None:
        return 0
    for group in range(int(duty.max(initial=-1)) + 1):
        state, since = duty_state(scenario, group, day)
        if state == "inside" and scenario.rules.rotation is not None and since >= limit:
            over += int(((duty == group) & (where == ORDINARY)).sum())
    return over
