"""
A rotation: groups of staff that pass through states of duty in a cycle, and what clears somebody to enter a state.

Source: design §2, domain §9.2 and §10, theme K of the requirements.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from lazaretto.protocol.bounds import ALL, FEWER, LONGER, MORE, YES
from lazaretto.protocol.cadence import Span, Strict, refuse
from lazaretto.protocol.clock import plus
from lazaretto.protocol.measures import Identifier, Item, Measure, Number, Whole
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

Where = Literal["inside", "standby", "home", "office", "other_site", "away"]


class DutyTest(Strict):
    """A panel whose result must be known before a state is entered, taken at most `valid_for` before."""

    id: Identifier
    panel: Identifier
    valid_for: Annotated[Span | None, FEWER] = None
    result: str = "negative"


class DutyState(Item):
    """
    A state of duty: where people are, for how many days, what they need to enter it. `separate` keeps its people from
    all other states, `alone` gives each a room; `min_strength` is the fewest that must be in it, `cycle: false` is a
    state outside the turn (an assignment elsewhere).
    """

    where: Where
    days: Annotated[Whole | None, FEWER] = None
    standby_days: Annotated[Whole | None, MORE] = None
    before: Annotated[list[DutyTest], ALL] = []
    separate: Annotated[bool, YES] = False
    alone: Annotated[bool, YES] = False
    place_class: str | None = None
    min_strength: Annotated[Whole | None, MORE] = None
    call_out: Annotated[Span | None, FEWER] = None
    cycle: bool = True


class Rotation(Measure):
    """
    Groups that pass through the states in order; the group at position i of the list starts in the i-th state on
    `anchor`. `leader_share` of the leaders are on site each day; `rest` follows a duty, and lasts at least as long as
    `rest_share` of it; `posts` need fixed people.
    """

    kind: Literal["rotation"]
    groups: list[Item] = []
    states: Annotated[list[DutyState], ALL] = Field(min_length=1)
    anchor: date | None = None
    leader_share: Annotated[Number | None, MORE] = Field(default=None, ge=0, le=1)
    leader_share_of: Annotated[tuple[Whole, Annotated[Whole, Field(gt=0)]] | None, MORE] = None
    rest: Annotated[Span | None, LONGER] = None
    rest_share: Annotated[Number | None, MORE] = None
    handover: Annotated[list[Item], ALL] = []
    reserve: Annotated[Whole | None, MORE] = None
    duty_levels: Annotated[list[Item], ALL] = []
    fixed: Annotated[list[Item], ALL] = []
    skills: Annotated[list[Item], ALL] = []
    everyone: Annotated[bool, YES] = False

    @model_validator(mode="after")
    def _turn_fits(self) -> "Rotation":
        turning = [s for s in self.states if s.cycle]
        if any(s.days == 0 for s in turning):
            raise refuse(
                "days", Text("轮换状态至少 1 天", "a state that takes turns lasts at least a day"), ("states",)
            )
        if self.groups and len(self.groups) != len(turning):
            message = Text(
                f"{len(self.groups)} 个组对不上 {len(turning)} 个轮换状态",
                f"{len(self.groups)} groups do not fit {len(turning)} states that take turns",
            )
            raise refuse("groups", message, ("groups",))
        return self

    @property
    def turning(self) -> list[DutyState]:
        """The states that take turns, in order."""
        return [s for s in self.states if s.cycle]

    @property
    def unfilled(self) -> bool:
        """Whether a number is missing without which no calendar can be made."""
        return not self.groups or self.anchor is None or any(s.days is None for s in self.turning)

    def share_met(self, on_site: int, leaders: int) -> bool:
        """Say whether enough of the leaders are on site; the share as a fraction where one is given (1/3, not 0.333)."""
        if self.leader_share_of is not None:
            part, whole = self.leader_share_of
            return on_site * whole >= leaders * part
        return self.leader_share is None or Decimal(on_site) >= self.leader_share * leaders


def state_on(rotation: Rotation, group: str, on: date) -> DutyState:
    """
    Return the state of a group on a day, before the anchor as well.

    :raises Refusal: no_number, if a length, the groups or the anchor are not filled in; unknown_group.
    """
    if rotation.unfilled:
        raise Refusal(
            "no_number", Text("轮换的天数、组别或起算日未填写", "the days, groups or anchor are not filled in")
        )
    names = [g.id for g in rotation.groups]
    if group not in names:
        raise Refusal("unknown_group", Text(f"没有组 {group}", f"there is no group {group}"))
    assert rotation.anchor is not None
    turning = rotation.turning
    lengths = [s.days or 0 for s in turning]
    offset = sum(lengths[: names.index(group)])
    day = ((on - rotation.anchor).days + offset) % sum(lengths)
    for state, length in zip(turning, lengths, strict=True):
        if day < length:
            return state
        day -= length
    raise AssertionError(group)


class Stint(NamedTuple):
    """A group in a state from a day up to but not including another."""

    group: str
    state: str
    start: date
    end: date


def calendar(rotation: Rotation, first: date, last: date) -> list[Stint]:
    """Return what each group does on the days [first, last], by group and day. :raises Refusal: as `state_on`."""
    found: list[Stint] = []
    for group in rotation.groups:
        day = first
        while day <= last:
            state, start = state_on(rotation, group.id, day).id, day
            while day <= last and state_on(rotation, group.id, day).id == state:
                day += timedelta(days=1)
            found.append(Stint(group.id, state, start, day))
    return found


class Fault(NamedTuple):
    """A day on which a calendar breaks the rotation: which rule, and what is wrong."""

    code: Literal["nobody_inside", "too_long", "no_standby", "two_states", "no_rest"]
    on: date
    words: Text


def faults(rotation: Rotation, stints: Sequence[Stint]) -> list[Fault]:
    """
    Return what is wrong with a calendar, whoever made it: nobody inside, a stint that is too long, duty without the
    standby that must come before it or the rest that must follow it, a group in two states at once.

    What was before the first day of the calendar and will be after the last is not known, and is no fault.
    """
    if not stints:
        return []
    states = {s.id: s for s in rotation.states}
    first, last = min(s.start for s in stints), max(s.end for s in stints)
    found: list[Fault] = []
    for day in (first + timedelta(days=i) for i in range((last - first).days)):
        held = [s for s in stints if s.start <= day < s.end]
        if any(s.where == "inside" for s in rotation.states) and not any(
            states[s.state].where == "inside" for s in held
        ):
            found.append(Fault("nobody_inside", day, Text("无人在岗", "nobody is on duty inside")))
        for group in {s.group for s in held}:
            if len({s.state for s in held if s.group == group}) > 1:
                found.append(Fault("two_states", day, Text(f"{group} 同时在两个状态", f"{group} is in two states")))
    for group in {s.group for s in stints}:
        found += _faults_of_group(rotation, states, _joined([s for s in stints if s.group == group]), first)
    return sorted(found, key=lambda f: (f.on, f.code))


def _joined(own: Sequence[Stint]) -> list[Stint]:
    """Return the stints of a group in order; those in one state that follow each other without a day between are one."""
    found: list[Stint] = []
    for stint in sorted(own, key=lambda s: (s.start, s.end)):
        before = found[-1] if found else None
        if before is not None and before.state == stint.state and stint.start <= before.end:
            found[-1] = before._replace(end=max(before.end, stint.end))
        else:
            found.append(stint)
    return found


def _faults_of_group(
    rotation: Rotation, states: Mapping[str, DutyState], own: Sequence[Stint], first: date
) -> list[Fault]:
    found = []
    for index, stint in enumerate(own):
        state = states[stint.state]
        length = (stint.end - stint.start).days
        if state.days is not None and length > state.days:
            words = Text(f"{stint.group} 连续 {length} 天", f"{stint.group} stays {length} days")
            found.append(Fault("too_long", stint.start + timedelta(days=state.days), words))
        if state.where != "inside":
            continue
        stood = _since("standby", states, own[:index], stint.start)
        if stood > first and (stint.start - stood).days < (state.standby_days or 0):
            words = Text(f"{stint.group} 备勤不足 {state.standby_days} 天", f"{stint.group} stood by too short")
            found.append(Fault("no_standby", stint.start, words))
        duty = stint.end - _since("inside", states, own[:index], stint.start)
        back = next((s for s in own[index + 1 :] if states[s.state].where != "home"), None)
        goes_on = back is not None and back.start == stint.end and states[back.state].where == "inside"
        if back is not None and not goes_on and back.start - stint.end < _rest_after(rotation, duty):
            words = Text(f"{stint.group} 执勤后休息不足", f"{stint.group} rests too short after duty")
            found.append(Fault("no_rest", back.start, words))
    return found


def _since(where: Where, states: Mapping[str, DutyState], before: Sequence[Stint], day: date) -> date:
    """Return since when a group had been `where` without a break on `day`; that day itself if it had not."""
    for stint in reversed(before):
        if stint.end != day or states[stint.state].where != where:
            break
        day = stint.start
    return day


def _rest_after(rotation: Rotation, duty: timedelta) -> timedelta:
    """Return how long somebody rests at home after so long a duty."""
    least = timedelta(days=rotation.rest.days, seconds=rotation.rest.seconds) if rotation.rest else timedelta()
    return max(least, duty * float(rotation.rest_share or 0))


class Held(NamedTuple):
    """A result that somebody has: which panel, when the sample was taken, what came out."""

    panel: str
    at: int
    result: str


def check_may_enter(
    rotation: Rotation,
    state: str,
    *,
    at: int,
    zone: str,
    results: Sequence[Held] = (),
    standby: int = 0,
    fit: bool = True,
) -> None:
    """
    Say why somebody may not enter a state of duty now. `standby` counts the days he has stood by; `fit` is the answer
    of the fit-for-duty check, without its reason.

    :raises Refusal: unknown_state, not_fit, standby_short, test_missing.
    """
    wanted = next((s for s in rotation.states if s.id == state), None)
    if wanted is None:
        raise Refusal("unknown_state", Text(f"没有状态 {state}", f"there is no state {state}"))
    if wanted.where == "inside" and not fit:
        raise Refusal("not_fit", Text("未通过上岗身体检查", "not fit for duty"))
    if standby < (wanted.standby_days or 0):
        raise Refusal(
            "standby_short",
            Text(f"备勤未满 {wanted.standby_days} 天", f"fewer than {wanted.standby_days} days of standby"),
        )
    for test in wanted.before:
        if not _clears(test, results, at, zone):
            raise Refusal("test_missing", Text(f"缺少有效的 {test.panel} 结果", f"no valid result of {test.panel}"))


def _clears(test: DutyTest, results: Sequence[Held], at: int, zone: str) -> bool:
    """Say whether the newest result of a panel is the wanted one, and not too old; an older one does not count."""
    known = [held for held in results if held.panel == test.panel and held.at <= at]
    newest = max((held.at for held in known), default=None)
    if newest is None or any(held.at == newest and held.result != test.result for held in known):
        return False
    return test.valid_for is None or plus(zone, newest, test.valid_for) >= at
