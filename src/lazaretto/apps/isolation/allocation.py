"""
Who goes into which room: an assignment by CP-SAT that respects type, size, sex, cohort, separation, security and vulnerability
and moves as few people as possible. Every plan is verified by `checking.faults`, which shares no code with it, before it is
shown; what cannot be done is said in words, with what would help.

`ortools` (extra `planning`) is imported when first asked. Seeds and workers are fixed, so the same question has the same answer.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lazaretto.apps.isolation.checking import faults
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

SEED = 20_260_317
#: What it costs to move somebody, and to leave somebody without a room.
MOVE, WITHOUT = 1, 1_000
#: A large plan this near to its bound is good enough: the rest is people who stay where they are or not.
NEAR = 0.02


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who needs a room. `now` is where he is (a room that counts), `alone` whether he needs it for himself."""

    id: int
    type: str
    alone: bool = False
    sex: str = ""
    cohort: int | None = None
    security: str = ""
    vulnerable: bool = False
    now: int | None = None


@dataclass(frozen=True, slots=True)
class Bedroom:
    """A room that takes people: of which types, how many, who is in it already and stays (`fixed`)."""

    id: int
    types: frozenset[str]
    holds: int = 1
    security: frozenset[str] = frozenset()
    fixed: tuple[Guest, ...] = ()


@dataclass(frozen=True)
class Question:
    """Who needs a room, which rooms there are, and which two people must never share one."""

    guests: tuple[Guest, ...]
    rooms: tuple[Bedroom, ...]
    apart: frozenset[tuple[int, int]] = frozenset()


class Answer(NamedTuple):
    """A room for each guest who has one, with who has none; the cost and the least it could have been by the solver's bound."""

    rooms: dict[int, int]
    without: tuple[int, ...]
    cost: float
    bound: float
    optimal: bool

    @property
    def gap(self) -> float:
        return 0.0 if not self.cost else (self.cost - self.bound) / self.cost


@dataclass
class _Model:
    model: Any
    stays: dict[tuple[int, int], Any] = field(default_factory=dict)
    without: dict[int, Any] = field(default_factory=dict)
    costs: list[Any] = field(default_factory=list)


def allocate(question: Question, *, seconds: float = 10.0) -> Answer:
    """
    Return the best plan found. Large questions are first shared out by type and wing-sized groups of like rooms.

    :raises Refusal: no_solver (the extra `planning` is not installed), faulty (a plan that the checker does not pass).
    """
    answer = (
        _large(question, seconds) if len(question.guests) * len(question.rooms) > 60_000 else _whole(question, seconds)
    )
    found = faults(question, answer.rooms)
    if found:
        raise Refusal("faulty", Text("排房方案未通过核对，不予采用", f"the plan did not pass the check: {found[0]}"))
    return answer


def _solver() -> Any:
    try:
        from ortools.sat.python import cp_model
    except ImportError:
        raise Refusal(
            "no_solver", Text("未安装排房组件（planning）", "the extra `planning` is not installed")
        ) from None
    return cp_model


def fits(guest: Guest, room: Bedroom) -> bool:
    """Say whether a room is one that a guest may have by itself: type, security, and who is in it already."""
    if guest.type not in room.types or (room.security and guest.security not in room.security):
        return False
    if len(room.fixed) >= room.holds or (room.fixed and (guest.alone or any(f.alone for f in room.fixed))):
        return False
    return all(_alike(guest, other) for other in room.fixed)


def _alike(one: Guest, other: Guest) -> bool:
    return (
        one.type == other.type and one.cohort == other.cohort and (one.sex == other.sex or not (one.sex and other.sex))
    )


def _whole(question: Question, seconds: float, *, hint: Mapping[int, int] | None = None) -> Answer:
    cp = _solver()
    built = _build(cp, question)
    if hint:
        for (guest, room), var in built.stays.items():
            built.model.add_hint(var, hint.get(guest) == room)
    solver = cp.CpSolver()
    solver.parameters.random_seed, solver.parameters.num_workers = SEED, 1
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(built.model)
    if status not in (cp.OPTIMAL, cp.FEASIBLE):
        return Answer({}, tuple(g.id for g in question.guests), WITHOUT * len(question.guests), 0.0, False)
    rooms = {guest: room for (guest, room), var in built.stays.items() if solver.value(var)}
    without = tuple(g.id for g in question.guests if g.id not in rooms)
    return Answer(rooms, without, solver.objective_value, solver.best_objective_bound, status == cp.OPTIMAL)


def _build(cp: Any, question: Question) -> _Model:
    """A variable only for a room that a guest may have; sharing is decided by classes of guests who may be together."""
    built = _Model(cp.CpModel())
    by_room: dict[int, list[Guest]] = defaultdict(list)
    for guest in question.guests:
        own = [room for room in question.rooms if fits(guest, room)]
        for room in own:
            built.stays[guest.id, room.id] = built.model.new_bool_var("")
            by_room[room.id].append(guest)
        missing = built.without[guest.id] = built.model.new_bool_var("")
        built.model.add_exactly_one([missing, *(built.stays[guest.id, r.id] for r in own)])
        built.costs.append(WITHOUT * missing)
        if guest.now is not None:
            built.costs += [MOVE * built.stays[guest.id, r.id] for r in own if r.id != guest.now]
    for room in question.rooms:
        if by_room[room.id]:
            _share(built, room, by_room[room.id])
    _keep_apart(built, question, by_room)
    built.model.minimize(sum(built.costs))
    return built


def _share(built: _Model, room: Bedroom, guests: Sequence[Guest]) -> None:
    """A room holds its number of people, all of one class; somebody who needs it alone fills it."""
    stay = built.stays
    free = room.holds - len(room.fixed)
    if free == 1:
        built.model.add_at_most_one(stay[g.id, room.id] for g in guests)
        return
    built.model.add(sum((free if g.alone else 1) * stay[g.id, room.id] for g in guests) <= free)
    classes: dict[tuple[Any, ...], list[Guest]] = defaultdict(list)
    for guest in guests:
        classes[guest.type, guest.cohort, guest.sex].append(guest)
    if len(classes) > 1:
        chosen = {key: built.model.new_bool_var("") for key in classes}
        built.model.add_at_most_one(chosen.values())
        for key, members in classes.items():
            for guest in members:
                built.model.add_implication(stay[guest.id, room.id], chosen[key])


def _keep_apart(built: _Model, question: Question, by_room: Mapping[int, Sequence[Guest]]) -> None:
    sizes = {room.id: room.holds - len(room.fixed) for room in question.rooms}
    fixed = {room.id: {f.id for f in room.fixed} for room in question.rooms}
    for one, other in question.apart:
        for room, guests in by_room.items():
            here = {g.id for g in guests}
            if sizes[room] > 1 and one in here and other in here:
                built.model.add_at_most_one([built.stays[one, room], built.stays[other, room]])
            for guest, beside in ((one, other), (other, one)):
                if guest in here and beside in fixed[room]:
                    built.model.add(built.stays[guest, room] == 0)


# -- large questions -------------------------------------------------------------------------------------------------


def _large(question: Question, seconds: float) -> Answer:
    """
    Aggregate by type of room first: types do not compete, so each is a question of its own; within a type a quick plan by
    classes is found first and handed to the solver as its start. The bounds of the parts add up to the bound of the whole.
    """
    types = sorted({g.type for g in question.guests})
    weight = {t: sum(g.type == t for g in question.guests) for t in types}
    rooms, without, cost, bound, optimal = dict[int, int](), list[int](), 0.0, 0.0, True
    for type_ in types:
        guests = tuple(g for g in question.guests if g.type == type_)
        taken = set(rooms.values())
        own = tuple(r for r in question.rooms if type_ in r.types and r.id not in taken)
        ids = {g.id for g in guests} | {f.id for r in own for f in r.fixed}
        part = Question(guests, own, frozenset(p for p in question.apart if ids.issuperset(p)))
        found = _part(part, seconds * weight[type_] / len(question.guests), near=NEAR)
        rooms |= found.rooms
        without += found.without
        cost, bound, optimal = cost + found.cost, bound + found.bound, optimal and found.optimal
    return Answer(rooms, tuple(without), cost, bound, optimal)


def _part(question: Question, seconds: float, *, near: float = 0.0) -> Answer:
    """
    Fill rooms greedily by class; where the relaxed bound says that nothing better exists (or nothing better by more than the
    share `near`), that is the answer. Else the solver goes on from there.
    """
    rooms = _greedy(question)
    without = tuple(g.id for g in question.guests if g.id not in rooms)
    moved = sum(g.now is not None and rooms.get(g.id) not in (None, g.now) for g in question.guests)
    cost, bound = float(MOVE * moved + WITHOUT * len(without)), _bound(question)
    if cost - bound <= near * cost:
        return Answer(rooms, without, cost, bound, cost <= bound)
    found = _whole(question, seconds, hint=rooms)
    if not found.rooms or found.cost > cost:
        return Answer(rooms, without, cost, max(bound, found.bound), False)
    return found._replace(bound=max(found.bound, bound))


def _greedy(question: Question) -> dict[int, int]:
    """Return a plan that breaks nothing: those who stay first, then those who are alone, then class by class."""
    apart: dict[int, set[int]] = defaultdict(set)
    for one, other in question.apart:
        apart[one].add(other)
        apart[other].add(one)
    inside: dict[int, list[Guest]] = {room.id: list(room.fixed) for room in question.rooms}
    by_id = {room.id: room for room in question.rooms}
    found: dict[int, int] = {}

    def put(guest: Guest, rooms: Iterable[Bedroom]) -> bool:
        for room in rooms:
            here = inside[room.id]
            if len(here) >= room.holds or not fits(guest, room) or (here and (guest.alone or here[0].alone)):
                continue
            if all(_alike(guest, o) and o.id not in apart[guest.id] for o in here):
                here.append(guest)
                found[guest.id] = room.id
                return True
        return False

    single = sorted(question.rooms, key=lambda r: (r.holds, r.id))
    shared = sorted(question.rooms, key=lambda r: (-r.holds, r.id))
    for guest in question.guests:  # who needs a room alone comes first, or those who stay would take the small ones
        if guest.alone:
            put(guest, [*_own(guest, by_id), *single])
    for guest in question.guests:
        if not guest.alone and guest.now in by_id:
            put(guest, _own(guest, by_id))
    rest = [g for g in question.guests if g.id not in found and not g.alone]
    rest.sort(key=lambda g: (g.cohort is None, g.cohort or 0, g.sex, -len(apart[g.id]), g.id))
    for guest in rest:
        part_used = [r for r in shared if inside[r.id] and len(inside[r.id]) < r.holds]
        put(guest, [*part_used, *shared])
    return found


def _own(guest: Guest, rooms: Mapping[int, Bedroom]) -> list[Bedroom]:
    return [rooms[guest.now]] if guest.now is not None and guest.now in rooms else []


def _bound(question: Question) -> float:
    """Return what any plan costs at least: more guests than beds, more who need a room alone than rooms."""
    beds = sum(room.holds - len(room.fixed) for room in question.rooms)
    alone = sum(g.alone for g in question.guests)
    empty = sum(not room.fixed for room in question.rooms)
    over = max(len(question.guests) - beds, alone - empty, 0)
    known = {room.id for room in question.rooms}
    uprooted = sum(g.now is not None and g.now not in known for g in question.guests)
    return float(WITHOUT * over + MOVE * max(uprooted - over, 0))


# -- in words ----------------------------------------------------------------------------------------------------------


def explain(question: Question, answer: Answer) -> list[Text]:
    """Say why people have no room, and what would help, by type."""
    short = Counter(g.type for g in question.guests if g.id in set(answer.without))
    found = []
    for type_, n in sorted(short.items()):
        rooms = [r for r in question.rooms if type_ in r.types]
        alone = sum(g.alone for g in question.guests if g.type == type_)
        free = sum(not r.fixed for r in rooms)
        closed = sum(len(r.fixed) >= r.holds for r in rooms)
        zh = f"{type_}：缺 {n} 间；空房 {free} 间，须单间 {alone} 人，已满 {closed} 间。可选：加设 {n} 间此类房间；医务人员同意后同批合住；先解除条件已满足者。"
        en = f"{type_}: {n} short; {free} rooms are empty, {alone} people need one alone, {closed} rooms are full. Options: give {n} more rooms this type; people of one batch together, if a clinician agrees; clear those whose criteria are met first."
        found.append(Text(zh, en))
    return found
