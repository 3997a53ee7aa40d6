"""
What in a day does not fit together. A contradiction is printed in the report; it never stops the report.

Source: contract, rule 10.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from lazaretto.apps.journal.models import Entry
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.reporting.counts import ISOLATION, closes
from lazaretto.apps.rounds.models import IdConflict
from lazaretto.apps.rounds.queries import DayEvidence
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.corrections import corrected
from lazaretto.protocol.document import BurstCheck
from lazaretto.protocol.fever import Fever
from lazaretto.protocol.record import Fact, Subject
from lazaretto.protocol.selection import Selection

Contradiction = dict[str, Any]


def contradictions(
    facility: Facility,
    day: DayEvidence,
    *,
    counts: Mapping[str, Mapping[str, Any]],
    fevers: Mapping[str, Fever],
    unit_of: Callable[[Subject, int], str],
) -> list[Contradiction]:
    """Return the contradictions that the rows and shares of the day do not already show, in a fixed order."""
    return [
        *_open_fevers(day, fevers),
        *_silent_units(day, unit_of),
        *_headcounts(day, counts),
        *_id_conflicts(facility, day),
        *({"kind": "correction_conflict", "fact": fact} for fact in day.evidence.conflicts),
        *_bursts(day),
        *_overdue_review(day),
        *_clock_jumps(facility, day),
    ]


def _open_fevers(day: DayEvidence, fevers: Mapping[str, Fever]) -> list[Contradiction]:
    """A fever is answered by a later reading under the threshold, or by isolation."""
    found = []
    people = {s.ref: s for s in day.institution.subjects}
    for ref, fever in sorted(fevers.items()):
        if fever.open_since is None or fever.open_since >= day.evidence.end:
            continue
        since = fever.open_since
        if not any(s.key == ISOLATION and s.end > since for s in people[ref].standings):
            found.append({"kind": "fever_open", "subject": ref, "since": utc_text(since)})
    return found


def _silent_units(day: DayEvidence, unit_of: Callable[[Subject, int], str]) -> list[Contradiction]:
    expected, reported = units(day, unit_of)
    return [{"kind": "unit_silent", "unit": unit} for unit in sorted(expected - reported)]


def units(day: DayEvidence, unit_of: Callable[[Subject, int], str]) -> tuple[set[str], set[str]]:
    """
    Return the units that owed something that could be judged, and those of them from which any fact came.
    """
    people = {s.ref: s for s in day.institution.subjects}
    expected: set[str] = set()
    heard: set[str] = set()
    for slot in day.evidence.slots:
        unit = unit_of(people[slot.subject], slot.due)
        if unit and slot.state in ("on_time", "late", "missed"):
            expected.add(unit)
        if unit and (slot.fact or slot.state in ("on_time", "late")):
            heard.add(unit)
    for fact in day.institution.facts:
        if fact.id in day.evidence.fates and fact.subject in people:
            heard.add(unit_of(people[fact.subject], fact.observed_at))
    return expected, expected & heard


def _headcounts(day: DayEvidence, counts: Mapping[str, Mapping[str, Any]]) -> list[Contradiction]:
    found: list[Contradiction] = [
        {"kind": "headcount_mismatch", "population": name} for name, row in counts.items() if not closes(row)
    ]
    selection = Selection(day.institution)
    calls: dict[str, Any] = {}
    leaves = corrected(
        f for f in day.institution.facts if f.observation == "roll_call" and f.recorded_at <= day.evidence.as_of
    )
    for fact in sorted(leaves.leaves, key=lambda f: f.observed_at):
        if fact.outcome == "done" and fact.value and day.evidence.start <= fact.observed_at < day.evidence.end:
            calls[fact.subject] = fact
    for ref, fact in sorted(calls.items()):
        if not ref.startswith(("place:", "facility:")):
            continue
        on_file = sum(
            subject.base == "resident"
            and (place := selection.place_of(subject, fact.observed_at)) is not None
            and (ref.startswith("facility:") or ref in selection.chain(place))
            for subject in day.institution.subjects
            if subject.kind == "person"
        )
        if _decimal(fact.value) != on_file:
            found.append({"kind": "headcount_mismatch", "subject": ref, "counted": fact.value, "on_file": on_file,
                          "observed_at": utc_text(fact.observed_at)})  # fmt: skip
    return found


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _id_conflicts(facility: Facility, day: DayEvidence) -> list[Contradiction]:
    start, end = day.evidence.start, day.evidence.end
    known = {f.id: f.observed_at for f in day.institution.facts}
    rows = IdConflict.objects.filter(facility=facility, recorded_at__lte=day.evidence.as_of)
    rows = rows.filter(observed_at__gte=start, observed_at__lt=end) | rows.filter(fact_id__in=_today(known, start, end))
    names = sorted(set(rows.values_list("fact_id", flat=True)))
    return [{"kind": "id_conflict", "fact": name} for name in names]


def _today(known: Mapping[str, int], start: int, end: int) -> list[str]:
    return [name for name, at in known.items() if start <= at < end][:30_000]


def _bursts(day: DayEvidence) -> list[Contradiction]:
    """Many people by one person in so few seconds that they cannot have been visited. Times typed to the minute say nothing."""
    check = day.in_force[-1].resolved.document.checks.burst_entry
    if check is None:
        return []
    timed: dict[str, list[Fact]] = defaultdict(list)
    for fact in day.institution.facts:
        if fact.by and fact.outcome == "done" and fact.observed_at % 60_000 and fact.id in day.evidence.fates:
            timed[fact.by].append(fact)
    return [
        {"kind": "burst_entry", "by": by, **burst}
        for by, facts in sorted(timed.items())
        if (burst := _burst(facts, check))
    ]


def _burst(facts: Sequence[Fact], check: BurstCheck) -> dict[str, Any] | None:
    ordered = sorted(facts, key=lambda f: f.observed_at)
    first = 0
    for last, fact in enumerate(ordered):
        while fact.observed_at - ordered[first].observed_at > check.within.nominal_ms:
            first += 1
        subjects = {f.subject for f in ordered[first : last + 1]}
        if len(subjects) >= check.at_least:
            return {"from": utc_text(ordered[first].observed_at), "subjects": len(subjects)}
    return None


def _overdue_review(day: DayEvidence) -> list[Contradiction]:
    """Levels and flags that held beyond their review, each once however often something else changed meanwhile."""
    limit = min(day.evidence.as_of, day.evidence.end)
    found: dict[tuple[str, int], Contradiction] = {}
    for phase in day.in_force:
        if phase.end <= day.evidence.start:
            continue
        level, review = phase.resolved.level, phase.declaration.review_at if phase.declaration else None
        if review is not None and review < min(phase.end, limit):
            item = {"kind": "level_review_overdue", "level": level, "review_at": utc_text(review)}
            found[f"level {level}", review] = item
        for flag in phase.flags:
            if flag.review_at is not None and flag.review_at < min(phase.end, limit):
                item = {"kind": "flag_review_overdue", "flag": flag.flag, "review_at": utc_text(flag.review_at)}
                found[f"flag {flag.flag}", flag.review_at] = item
    return list(found.values())


def _clock_jumps(facility: Facility, day: DayEvidence) -> list[Contradiction]:
    jumps = Entry.objects.filter(
        log_id=facility.log_id, kind="clock_set_back", recorded_at__gte=day.evidence.start,
        recorded_at__lt=day.evidence.end,
    ).order_by("seq")  # fmt: skip
    return [{"kind": "clock_jump", "entry": jump.seq} for jump in jumps]
