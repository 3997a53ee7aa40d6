"""
What in a day does not fit together. A contradiction is printed in the report; it never stops the report.

Source: contract, rule 10.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Exists, OuterRef, Q

from lazaretto.apps.journal.models import Entry
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.reporting.counts import ISOLATION, closes
from lazaretto.apps.rounds.bursts import bursts
from lazaretto.apps.rounds.models import Fact as KnownFact
from lazaretto.apps.rounds.models import FeverEpisode, IdConflict
from lazaretto.apps.rounds.queries import DayEvidence
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.corrections import corrected
from lazaretto.protocol.fever import Fever
from lazaretto.protocol.selection import Selection

Contradiction = dict[str, Any]


def contradictions(
    facility: Facility,
    day: DayEvidence,
    *,
    counts: Mapping[str, Mapping[str, Any]],
    fevers: Mapping[str, Fever],
    silent: Iterable[str],
) -> list[Contradiction]:
    """Return the contradictions that the rows and shares of the day do not already show, in a fixed order."""
    return [
        *_open_fevers(facility, day, fevers),
        *({"kind": "unit_silent", "unit": unit} for unit in sorted(silent)),
        *_headcounts(day, counts),
        *_id_conflicts(facility, day),
        *({"kind": "correction_conflict", "fact": fact} for fact in day.evidence.conflicts),
        *bursts(day),
        *_overdue_review(day),
        *_clock_jumps(facility, day),
    ]


def _open_fevers(facility: Facility, day: DayEvidence, fevers: Mapping[str, Fever]) -> list[Contradiction]:
    """A fever is answered by a later reading under the threshold, by isolation, or by somebody who closed it and said why."""
    found = []
    people = {s.ref: s for s in day.institution.subjects}
    began = {ref: f.open_since for ref, f in sorted(fevers.items()) if f.open_since is not None}
    closed = _closed(facility, began, day.evidence.as_of)
    for ref, since in began.items():
        isolated = any(s.key == ISOLATION and s.end > since for s in people[ref].standings)
        if since < day.evidence.end and not isolated and closed.get(ref, since) <= since:
            found.append({"kind": "fever_open", "subject": ref, "since": utc_text(since)})
    return found


def _closed(facility: Facility, began: Mapping[str, int], as_of: int) -> dict[str, int]:
    """Return when somebody last closed a fever of each person, with a reason."""
    codes = [ref.partition(":")[2] for ref in began]
    rows = FeverEpisode.objects.filter(facility=facility, closed_by__gt="", ended_at__lte=as_of, subject__in=codes)
    return {f"person:{code}": at for code, at in rows.order_by("ended_at").values_list("subject", "ended_at") if at}


def _headcounts(day: DayEvidence, counts: Mapping[str, Mapping[str, Any]]) -> list[Contradiction]:
    found: list[Contradiction] = [
        {"kind": "headcount_mismatch", "population": name} for name, row in counts.items() if not closes(row)
    ]
    selection = Selection(day.institution)
    calls: dict[str, Any] = {}
    leaves = corrected(f for f in day.facts.of("roll_call", day.near) if f.observation == "roll_call")
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
    """Refused facts of the day, and those that claimed the id of a fact of the day."""
    of_day = Q(observed_at__gte=day.evidence.start, observed_at__lt=day.evidence.end)
    taken = KnownFact.objects.filter(of_day, facility=facility, id=OuterRef("fact_id"))
    rows = IdConflict.objects.filter(
        of_day | Exists(taken.filter(recorded_at__lte=day.evidence.as_of)),
        facility=facility, recorded_at__lte=day.evidence.as_of,
    )  # fmt: skip
    names = sorted(set(rows.values_list("fact_id", flat=True)))
    return [{"kind": "id_conflict", "fact": name} for name in names]


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
