"""
The evidence of one facility-day, row by row: slow, plain, and written apart from the evaluator that it checks.

For each measure, each subject, each slot, each fact: `oracle_slots` reckons the time, `oracle_owed` what is expected,
this module what became of it. It shares with the evaluator the types of `record`, the field values of a measure and
nothing else; above all no reckoning of time. Source: contract, rules 1 to 9, as read by ADR 0002. Where both leave
room, a comment that begins with "Choice" says what was taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from lazaretto.protocol.record import (
    Evidence,
    Excuse,
    Fact,
    Fate,
    Institution,
    Phase,
    SlotResult,
    SlotState,
)
from lazaretto.protocol.round import Round
from tests.property.oracle_owed import Expectation, around, expectations, owes, place_of, reach_days
from tests.property.oracle_slots import DAY_MS, clock_face, facility_day

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
