"""
The evidence of one facility-day, row by row: slow, plain, and written apart from the evaluator that it checks.

For each measure, each subject, each slot, each fact. It shares with the evaluator the types of `record`, the field
values of a measure and nothing else; above all no reckoning of time. Source: contract, rules 1 to 9, as read by ADR
0002. Where both leave room, a comment that begins with "Choice" says what was taken.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lazaretto.protocol.measures import PlaceSelector, Selector
from lazaretto.protocol.record import (
    Evidence,
    Excuse,
    Fact,
    Fate,
    Institution,
    Phase,
    Shift,
    SlotResult,
    SlotState,
    Standing,
    Subject,
)
from lazaretto.protocol.round import Round

DAY = 24 * 60
DAY_MS = DAY * 60_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONDAY = date(1970, 1, 5)
NOT_SO = ("no", "false", "0")


# Step 1: wall clocks


@lru_cache(maxsize=2_000)
def minutes(text: str) -> int:
    """Return the minutes from 00:00 to `HH:MM`."""
    hours, rest = text.split(":")
    return int(hours) * 60 + int(rest)


@lru_cache(maxsize=500_000)
def instant(zone: str, day: date, minute: int) -> int:
    """Return when the clocks first show a minute of a nominal day, or the first minute after it that they do show."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    while True:
        moment = wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
        if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall:
            return (moment - EPOCH) // timedelta(milliseconds=1)
        wall += timedelta(minutes=1)


@lru_cache(maxsize=200_000)
def clock_face(zone: str, moment: int) -> datetime:
    """Return what the clocks show at an instant."""
    return (EPOCH + timedelta(milliseconds=moment)).astimezone(ZoneInfo(zone))


@lru_cache(maxsize=200_000)
def days_later(zone: str, due: int, days: int) -> int:
    """Return the same wall-clock time so many dates after `due`, which is a whole minute."""
    shown = clock_face(zone, due)
    return instant(zone, shown.date() + timedelta(days=days), shown.hour * 60 + shown.minute)


def facility_day(zone: str, timeline: Sequence[Phase], day: date) -> tuple[int, int]:
    """Return the facility-day [start, end) of a date."""

    def end_of(one: date) -> int:
        midnight = instant(zone, one, 0)
        # Choice: in a hole of the timeline the version that was in force last still says when the day ends.
        phases = sorted(timeline, key=lambda phase: phase.start)
        begun = [phase for phase in phases if phase.start <= midnight] or phases[:1]
        return instant(zone, one, minutes(begun[-1].day_ends) if begun else DAY)

    return end_of(day - timedelta(days=1)), end_of(day)


# Step 2: the nominal slots of one value of a measure on one nominal day


class Nominal(NamedTuple):
    """A slot before anyone asks whether it exists; `end` is that of a `per_day` slot, else its due instant."""

    due: int
    end: int


@lru_cache(maxsize=20_000)
def nominal_slots(facility: str, zone: str, measure: Round, shifts: tuple[Shift, ...], day: date) -> list[Nominal]:
    """Return the slots in wall-clock order; two may fall on one instant."""
    cadence = measure.cadence
    starts, ends = minutes(cadence.starts or "00:00"), minutes(cadence.ends or "24:00")
    if cadence.every and cadence.form == "every":
        return [point(zone, day, m) for m in range(starts, ends, cadence.every.seconds // 60)]
    if cadence.every:
        # Choice: an anchor fixes the beat in both directions; it is no beginning.
        due_today = ((day - (cadence.anchor or day)).days % cadence.every.days) == 0
        return [point(zone, day, starts)] if due_today else []
    if cadence.times:
        return [point(zone, day, m) for m in sorted(minutes(text) for text in cadence.times)]
    if cadence.per_day:
        a, b = (minutes(text) for text in cadence.between or ("00:00", "24:00"))
        edges = [a + i * (b - a) // cadence.per_day for i in range(cadence.per_day)] + [b]
        return [Nominal(instant(zone, day, m), instant(zone, day, n)) for m, n in pairwise(edges)]
    if cadence.random and cadence.random.per == "day":
        return [point(zone, day, m) for m in drawn_minutes(facility, measure, day, "", DAY)]
    if cadence.random:
        return [
            point(zone, day, minutes(shift.start) + m)
            for shift in shifts
            for m in drawn_minutes(facility, measure, day, shift.id, shift_minutes(shift))
        ]
    return []


def point(zone: str, day: date, minute: int) -> Nominal:
    due = instant(zone, day, minute)
    return Nominal(due, due)


def shift_minutes(shift: Shift) -> int:
    # Choice: a shift is as long as its wall-clock times say; one that ends as it starts lasts 24 hours.
    return (minutes(shift.end) - minutes(shift.start)) % DAY or DAY


def drawn_minutes(facility: str, measure: Round, day: date, shift: str, length: int) -> list[int]:
    """Return the minutes of a day or shift at which a random round is due. :raises ValueError: if they do not fit."""
    cadence = measure.cadence
    assert cadence.random is not None
    # Choice: the minutes are distinct, so the gap is one minute where early and grace are both nothing.
    gap = max(1, -(-(cadence.early_ms + (cadence.grace_ms or 0)) // 60_000))
    room = length - cadence.random.n * gap
    if room < 0:
        raise ValueError(f"{cadence.random.n} draws, {gap} min apart, do not fit in {length} min")
    draws = []
    for i in range(cadence.random.n):
        digest = sha256(f"{facility}|{measure.id}|{day.isoformat()}|{shift}|{i}".encode()).digest()
        draws.append(int.from_bytes(digest[:8], "big") % (room + 1))
    return [draw + i * gap for i, draw in enumerate(sorted(draws))]


@lru_cache(maxsize=20_000)
def count_windows(zone: str, measure: Round, day: date) -> list[tuple[int, int]]:
    """Return the windows [a, b) of a `count` that begin on a day."""
    count = measure.cadence.count
    if count is None:
        return []
    if count.within.days:
        if (day - (measure.cadence.anchor or MONDAY)).days % count.within.days:
            return []
        return [(instant(zone, day, 0), instant(zone, day + timedelta(days=count.within.days), 0))]
    # Choice: the tiles are cut by the wall clock, as slots are; one that falls into a gap of the clocks is none.
    edges = [*range(0, DAY, count.within.seconds // 60), DAY]
    tiles = [(instant(zone, day, m), instant(zone, day, n)) for m, n in pairwise(edges)]
    return [(a, b) for a, b in tiles if a < b]


# Step 3: the expectations that exist for one measure and subject


@dataclass(frozen=True)
class Expectation:
    """
    A slot with its window, or a window of a `count`, owed or not.

    `judged_at` is the instant at which the protocol, presence and excuses are asked, and its home: `due`, or for a
    `count` one millisecond before. [due, end) is the length of a `per_day` slot.
    """

    measure: Round
    subject: Subject
    due: int
    end: int
    judged_at: int
    opens: int
    closes: int
    grace_until: int
    observed_night: bool = False

    @property
    def counted(self) -> bool:
        return self.measure.cadence.count is not None


@dataclass(frozen=True)
class Segment:
    """A span [start, end) on which one value of a measure holds for a subject."""

    start: int
    end: int
    measure: Round
    shifts: tuple[Shift, ...]


def segments(timeline: Sequence[Phase], measure_id: str, subject: Subject) -> list[Segment]:
    found = []
    for phase in timeline:
        for measure in phase.measures:
            if measure.id != measure_id or measure.subject != subject.kind:
                continue
            edges = {edge for standing in subject.standings for edge in (standing.start, standing.end)}
            cuts = sorted({phase.start, phase.end} | {edge for edge in edges if phase.start < edge < phase.end})
            for start, end in pairwise(cuts):
                value = measure.under(standings_at(subject.standings, start))
                if subject.kind != "person" or any(names_population(s, subject) for s in value.applies_to):
                    found.append(Segment(start, end, value, phase.shifts))
    return found


def names_population(selector: Selector, subject: Subject) -> bool:
    return not selector.populations or bool({subject.population, subject.base} & set(selector.populations))


def standings_at(standings: Iterable[Standing], moment: int) -> frozenset[tuple[str, str]]:
    return frozenset((s.key, s.value) for s in standings if s.start <= moment < s.end)


def reach_days(measure: Round) -> int:
    """Return a number of days that no window of the measure exceeds on either side of its due instant."""
    cadence = measure.cadence
    return max(
        1,
        cadence.every.days if cadence.every else 0,
        cadence.count.within.days if cadence.count else 0,
        -(-cadence.early_ms // DAY_MS),
    )


def expectations(
    institution: Institution, timeline: Sequence[Phase], measure_id: str, subject: Subject, first: date, last: date
) -> list[Expectation]:
    """Return at least all that are due or hold a moment between two dates, in order of due."""
    zone = institution.zone
    found = segments(timeline, measure_id, subject)
    reach = max((reach_days(segment.measure) for segment in found), default=1)
    # What matters is due within `reach` of the dates; its window hangs on slots up to twice that away from it.
    margin = timedelta(days=reach + 1)
    dates = list(
        each_date(first - margin - timedelta(days=2 * reach + 1), last + margin + timedelta(days=2 * reach + 1))
    )
    slots: dict[int, Slot] = {}
    counts: list[Expectation] = []
    for segment in found:
        for day in overlapping(zone, dates, segment):
            for nominal in nominal_slots(institution.facility, zone, segment.measure, segment.shifts, day):
                if segment.start <= nominal.due < segment.end:
                    night = night_policy(zone, segment.measure, subject, nominal.due)
                    if night != "skip":
                        slots[nominal.due] = Slot(*nominal, segment.measure, night)  # of those on one instant the last
            for a, b in count_windows(zone, segment.measure, day):
                if segment.start <= b - 1 < segment.end:
                    counts.append(Expectation(segment.measure, subject, b, b, b - 1, a, b, b))
    span = instant(zone, first - margin, 0), instant(zone, last + margin, DAY)
    windows = with_windows(zone, subject, [slots[due] for due in sorted(slots)], span)
    return sorted([*windows, *counts], key=lambda e: e.due)


class Slot(NamedTuple):
    """A slot that exists, without its window."""

    due: int
    end: int
    measure: Round
    night: str


def each_date(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def overlapping(zone: str, dates: list[date], segment: Segment) -> list[date]:
    """Return the dates whose slots may be due in a segment: a shift or a window of days may end long after its date."""
    days = timedelta(days=1 + reach_days(segment.measure))
    return [
        day for day in dates if instant(zone, day, 0) < segment.end and segment.start < instant(zone, day + days, DAY)
    ]


def with_windows(zone: str, subject: Subject, slots: list[Slot], span: tuple[int, int]) -> list[Expectation]:
    """Return those due in a span, with their windows; `slots` are all of one measure and subject, in order of due."""
    made = []
    for i, slot in enumerate(slots):
        if not span[0] <= slot.due < span[1]:
            continue
        cadence = slot.measure.cadence
        closing = days_later(zone, slot.due, (cadence.every.days if cadence.every else 0) or 1)
        if i + 1 < len(slots):
            closing = min(closing, opening(slots, i + 1))
        # Choice: a grace or early of days is so many times 24 hours; only the closing follows the calendar.
        grace_until = slot.end if cadence.grace_ms is None else slot.due + cadence.grace_ms
        observed = slot.night == "observe"
        made.append(
            Expectation(
                slot.measure, subject, slot.due, slot.end, slot.due, opening(slots, i), closing, grace_until, observed
            )
        )
    return made


def opening(slots: list[Slot], i: int) -> int:
    """Return when slot number i opens: `early` before, but not before half-way from the slot before."""
    due = slots[i].due
    opens = due - slots[i].measure.cadence.early_ms
    if i == 0:
        return opens
    before = slots[i - 1].due
    return max(opens, before + (due - before) // 2)


def night_policy(zone: str, measure: Round, subject: Subject, due: int) -> str:
    """Return what happens to a slot because of the night; by day that is `same`."""
    night = measure.cadence.night
    if night is None or night.start is None:
        return "same"
    shown = clock_face(zone, due)
    if not night.covers(shown.hour * 60 + shown.minute):
        return "same"
    now = standings_at(subject.standings, due)
    if any(key == "wake_for_rounds" and value not in NOT_SO for key, value in now):
        return "same"
    return night.policy or ("observe" if subject.base == "resident" else "same")


# Step 4: who owes


def owes(institution: Institution, expectation: Expectation) -> bool:
    measure, subject = expectation.measure, expectation.subject
    if subject.kind != "person":
        return is_selected(institution, measure, subject, expectation.judged_at)
    if measure.presence == "assigned":
        # Choice: also for `per_day` and `count` the assignment is asked at one instant.
        return is_selected(institution, measure, subject, expectation.judged_at)
    start, end = (expectation.opens, expectation.closes) if expectation.counted else (expectation.due, expectation.end)
    if start == end:  # Choice: so is a `per_day` slot that the clocks have shrunk to nothing
        return is_selected(institution, measure, subject, expectation.judged_at)
    return 2 * selected_ms(institution, measure, subject, start, end) >= end - start


def selected_ms(institution: Institution, measure: Round, subject: Subject, start: int, end: int) -> int:
    """Return for how long in [start, end) a person is where the selector asks him to be."""
    edges = {edge for stay in subject.stays for edge in (stay.start, stay.end)}
    edges |= {edge for place in institution.places.values() for s in place.standings for edge in (s.start, s.end)}
    cuts = sorted({start, end} | {edge for edge in edges if start < edge < end})
    return sum(b - a for a, b in pairwise(cuts) if is_selected(institution, measure, subject, a))


def is_selected(institution: Institution, measure: Round, subject: Subject, moment: int) -> bool:
    """Say whether some selector of the measure finds the subject at an instant."""
    if subject.kind == "person":
        return any(finds_person(institution, measure, s, subject, moment) for s in measure.applies_to)
    if subject.kind == "place":
        return place_is_asked(institution, measure, subject, moment) and any(
            finds_place(institution, s.places, subject.ref, moment) for s in measure.applies_to
        )
    if subject.kind == "asset":
        return any(finds_around(institution, s.places, subject.place, moment) for s in measure.applies_to)
    return True


def finds_person(institution: Institution, measure: Round, selector: Selector, subject: Subject, moment: int) -> bool:
    if selector.populations and not {subject.population, subject.base} & set(selector.populations):
        return False
    if measure.presence == "assigned":
        return any(a.start <= moment < a.end for a in subject.assignments)
    place = place_of(subject, moment)
    return place is not None and finds_around(institution, selector.places, place, moment)


def place_is_asked(institution: Institution, measure: Round, subject: Subject, moment: int) -> bool:
    if ("service", "out") in place_standings(institution, subject.ref, moment):
        return False
    if not measure.occupied:
        return True
    return any(
        subject.ref in around(institution, place_of(other, moment))
        for other in institution.subjects
        if other.kind == "person"
    )


def place_of(subject: Subject, moment: int) -> str | None:
    """Return where a subject is at an instant; None if nowhere, or if it is no thing that is somewhere."""
    if subject.kind == "person":
        return next((stay.place for stay in subject.stays if stay.start <= moment < stay.end), None)
    return {"place": subject.ref, "asset": subject.place}.get(subject.kind)


def around(institution: Institution, place: str | None) -> list[str]:
    """Return a place and all that contain it."""
    chain: list[str] = []
    while place is not None and place not in chain:
        chain.append(place)
        known = institution.places.get(place)
        place = known.parent if known else None
    return chain


def place_standings(institution: Institution, place: str, moment: int) -> frozenset[tuple[str, str]]:
    known = institution.places.get(place)
    return standings_at(known.standings, moment) if known else frozenset()


def kind_of(institution: Institution, place: str) -> str:
    known = institution.places.get(place)
    return known.kind if known else ""


def finds_place(institution: Institution, wanted: PlaceSelector, place: str, moment: int) -> bool:
    """Say whether a place is of the kind and class itself, and inside one of the places."""
    return (
        (not wanted.kinds or kind_of(institution, place) in wanted.kinds)
        and (not wanted.classes or has_class(institution, place, wanted, moment))
        and (not wanted.within or any(f"place:{code}" in around(institution, place) for code in wanted.within))
    )


def finds_around(institution: Institution, wanted: PlaceSelector, place: str | None, moment: int) -> bool:
    """Say the same for whoever is in a place: each condition may hold for the place or another one around it."""
    chain = around(institution, place)
    return (
        (not wanted.kinds or any(kind_of(institution, ref) in wanted.kinds for ref in chain))
        and (not wanted.classes or any(has_class(institution, ref, wanted, moment) for ref in chain))
        and (not wanted.within or any(f"place:{code}" in chain for code in wanted.within))
    )


def has_class(institution: Institution, place: str, wanted: PlaceSelector, moment: int) -> bool:
    return any(("class", name) in place_standings(institution, place, moment) for name in wanted.classes)


# Step 5: corrections


def chains(facts: Iterable[Fact]) -> list[list[Fact]]:
    """Return the facts that `supersedes` links, also by way of one that has not arrived."""
    groups: list[tuple[set[str], list[Fact]]] = []
    for fact in facts:
        ids = {fact.id} | ({fact.supersedes} if fact.supersedes is not None else set())
        members = [fact]
        apart = []
        for other_ids, others in groups:
            if ids & other_ids:
                ids, members = ids | other_ids, members + others
            else:
                apart.append((other_ids, others))
        groups = [*apart, (ids, members)]
    return [members for _, members in groups]


def winner(chain: list[Fact]) -> tuple[Fact, bool]:
    """Return the fact of a chain that counts, and whether the corrections conflict."""
    superseded = {fact.supersedes for fact in chain}
    leaves = [fact for fact in chain if fact.id not in superseded]
    return max(leaves or chain, key=lambda fact: fact.id), len(leaves) != 1


# Step 6: what became of each expectation


def holds(institution: Institution, expectation: Expectation, fact: Fact) -> bool:
    """Say whether a fact of any outcome is a candidate for an expectation."""
    if not expectation.opens <= fact.observed_at < expectation.closes:
        return False
    measure, subject = expectation.measure, expectation.subject
    same_thing = fact.observation == measure.observation or (
        expectation.observed_night and fact.observation == "night_check"
    )
    from_above = measure.covers == "below" and subject.kind == "place"
    same_subject = fact.subject == subject.ref or (from_above and fact.subject in around(institution, subject.ref))
    return same_thing and same_subject


def excuse_of(institution: Institution, expectation: Expectation, as_of: int) -> Excuse | None:
    """Return the excuse that covers an expectation and was recorded first."""
    covering = [
        excuse
        for excuse in institution.excuses
        if excuse.recorded_at <= as_of < excuse.withdrawn_at
        and excuse.start <= expectation.judged_at < excuse.end
        and (excuse.measure is None or excuse.measure == expectation.measure.id)
        and in_scope(institution, expectation, excuse)
    ]
    return min(covering, key=lambda excuse: (excuse.recorded_at, excuse.id), default=None)


def in_scope(institution: Institution, expectation: Expectation, excuse: Excuse) -> bool:
    if excuse.scope == "subject":
        return excuse.subject == expectation.subject.ref
    if excuse.scope == "place":
        return excuse.subject in around(institution, place_of(expectation.subject, expectation.judged_at))
    if excuse.scope == "measure":
        return excuse.measure == expectation.measure.id
    return True


def settled(
    expectation: Expectation, held: list[Fact], excuse: Excuse | None, as_of: int
) -> tuple[SlotResult, set[str]]:
    """Return the result of an owed expectation and the ids of the facts it used."""
    if expectation.counted:
        return settled_count(expectation, held, excuse, as_of)

    def rank(fact: Fact) -> tuple[int, int, str]:
        excuses = fact.outcome in ("refused", "unable") and fact.reason
        return 0 if fact.outcome == "done" else 1 if excuses else 2, fact.observed_at, fact.id

    best = min(held, key=rank, default=None)
    used = {best.id} if best else set()
    if best and best.outcome == "done":
        state: SlotState = "on_time" if best.observed_at <= expectation.grace_until else "late"
        return result(expectation, state, best.id), used
    fact, reason = (best.id, best.reason) if best else (None, "")
    if best and rank(best)[0] == 1:  # Choice: what was found at the round goes before an excuse made elsewhere
        return result(expectation, "excused", fact, reason), used
    if excuse:
        late = excuse.recorded_at > expectation.grace_until
        return result(expectation, "excused", fact, excuse.reason, late), used
    # Choice: at the very instant of due + grace, or of the closing, the slot is missed.
    open_still = as_of < min(expectation.grace_until, expectation.closes)
    return result(expectation, "pending" if open_still else "missed", fact, reason), used


def settled_count(
    expectation: Expectation, held: list[Fact], excuse: Excuse | None, as_of: int
) -> tuple[SlotResult, set[str]]:
    count = expectation.measure.cadence.count
    assert count is not None
    done = sorted((f for f in held if f.outcome == "done"), key=lambda f: (f.observed_at, f.id))
    first = done[: count.at_least]  # Choice: used also if they are too few
    used = {fact.id for fact in first}
    if len(first) == count.at_least:
        return result(expectation, "on_time"), used
    if excuse:
        late = excuse.recorded_at > expectation.grace_until
        return result(expectation, "excused", None, excuse.reason, late), used
    return result(expectation, "pending" if as_of < expectation.closes else "missed"), used


def result(
    e: Expectation,
    state: SlotState,
    fact: str | None = None,
    reason: str = "",
    excused_late: bool = False,
) -> SlotResult:
    return SlotResult(
        e.measure.id,
        e.subject.ref,
        e.due,
        e.opens,
        e.closes,
        e.grace_until,
        state,
        fact,
        reason,
        excused_late,
    )


def is_entered_late(measure: Round, fact: Fact) -> bool:
    allowance = measure.entry_allowance
    allowed = allowance.offline if fact.source in ("offline", "paper") else allowance.online
    return fact.recorded_at - fact.observed_at > allowed.nominal_ms


# Step 7: the day


@dataclass
class Trace:
    """What happened to one fact: the homes of what held it, of what was owed and held it, and of what used it."""

    held_at: list[int] = field(default_factory=list)
    asked_at: list[int] = field(default_factory=list)
    used_at: list[int] = field(default_factory=list)


def oracle(institution: Institution, timeline: Sequence[Phase], day: date, as_of: int) -> Evidence:
    """Return what the facility-day `day` owed and got, as known at `as_of`."""
    start, end = facility_day(institution.zone, timeline, day)
    known = [fact for fact in institution.facts if fact.recorded_at <= as_of]
    won = [winner(chain) for chain in chains(known)]
    live = {fact.id for fact, _ in won if fact.outcome != "void"}
    rounds = [measure for phase in timeline for measure in phase.measures]
    reach = max((reach_days(value) for r in rounds for value in values(r)), default=1)
    near = [f for f in known if start - (reach + 2) * DAY_MS <= f.observed_at < end + (reach + 2) * DAY_MS]
    dates = [day, *(clock_face(institution.zone, fact.observed_at).date() for fact in near)]
    traces = {fact.id: Trace() for fact in near}

    slots: list[SlotResult] = []
    for measure_id in sorted({measure.id for measure in rounds}):
        for subject in institution.subjects:
            for e in expectations(institution, timeline, measure_id, subject, min(dates), max(dates)):
                today = start < e.due <= end if e.counted else start <= e.due < end
                held = [fact for fact in near if holds(institution, e, fact)]
                if not today and not held:
                    continue
                for fact in held:
                    traces[fact.id].held_at.append(e.judged_at)
                # Choice: a random slot that is not yet due asks for nothing, so a fact in its window is not used yet.
                hidden = e.measure.cadence.random is not None and e.due > as_of
                if hidden or not owes(institution, e):
                    continue
                counting = [fact for fact in held if fact.id in live]
                slot, used = settled(e, counting, excuse_of(institution, e, as_of), as_of)
                spent = [f for f in counting if f.id in used]
                late = sum(is_entered_late(e.measure, f) for f in spent)
                if today:
                    slots.append(slot._replace(used=len(spent), entered_late=late))
                for fact in counting:
                    # Choice: a refusal in the window of a `count` that is owed does nothing in it, so is no repeat.
                    if not e.counted or fact.outcome == "done":
                        traces[fact.id].asked_at.append(e.judged_at)
                    if fact.id in used:
                        traces[fact.id].used_at.append(e.judged_at)

    homes = {f.id: min(traces[f.id].used_at or traces[f.id].held_at or [f.observed_at]) for f in near}
    here = {fact.id for fact in near if start <= homes[fact.id] < end}
    winners = {fact.id for fact, _ in won}
    return Evidence(
        start,
        end,
        as_of,
        tuple(sorted(slots, key=lambda slot: (slot.measure, slot.subject, slot.due))),
        {fact.id: fate(fact, traces[fact.id], winners) for fact in near if fact.id in here},
        tuple(sorted(fact.id for fact, conflict in won if conflict and fact.id in here)),
    )


def values(measure: Round) -> list[Round]:
    """Return a measure and what each of its standings would make of it alone."""
    return [measure, *(measure.under(frozenset(patch.where.items())) for patch in measure.standings)]


def fate(fact: Fact, trace: Trace, winners: set[str]) -> Fate:
    if fact.id not in winners:
        return "superseded"
    if fact.outcome == "void":
        return "void"
    if trace.used_at:
        return "used"
    return "repeat" if trace.asked_at else "extra"
