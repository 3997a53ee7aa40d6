"""What the oracle expects of each subject, and who owes it (steps 3 and 4)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from lazaretto.protocol.measures import PlaceSelector, Selector
from lazaretto.protocol.record import (
    Institution,
    Phase,
    Shift,
    Standing,
    Subject,
)
from lazaretto.protocol.round import Round
from tests.property.oracle_slots import (
    DAY,
    DAY_MS,
    NOT_SO,
    clock_face,
    count_windows,
    days_later,
    instant,
    nominal_slots,
)

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
