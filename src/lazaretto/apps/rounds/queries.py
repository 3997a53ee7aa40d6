"""The institution as the evaluator sees it, and the evidence of a facility-day."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db.models import QuerySet

from lazaretto.apps.command.queries import InForce, timeline
from lazaretto.apps.registry.models import Assignment, Facility, Person, Presence, Standing
from lazaretto.apps.registry.models import Place as PlaceRow
from lazaretto.apps.rounds import models
from lazaretto.protocol import record
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.evidence import day_bounds, evaluate, reach
from lazaretto.protocol.record import Evidence, Institution, Phase


class DayEvidence(NamedTuple):
    """The evidence of a day with what it was made from, so that a report reads everything once."""

    evidence: Evidence
    institution: Institution
    in_force: list[InForce]


def day_evidence(facility: Facility, on: date, as_of: int) -> DayEvidence:
    """
    Return the evidence of a facility-day as of an instant.

    :raises NoProtocol: if nothing was adopted by then.
    """
    in_force = timeline(facility, as_of)
    phases = [p.phase() for p in in_force]
    start, end = day_bounds(phases, facility.zone, on)
    relevant = _relevant(phases, start, end)
    facts = _facts(facility, start - reach(relevant), end + reach(relevant), as_of)
    institution = institution_of(
        facility, start, end, facts=facts, excuses=_excuses(facility, relevant, start, end, as_of)
    )
    return DayEvidence(evaluate(institution, relevant, on, as_of), institution, in_force)


def _relevant(phases: list[Phase], start: int, end: int) -> list[Phase]:
    """Leave out phases too far away to share a slot window with the day; keep those that bound it."""
    margin = reach(phases)
    return [p for p in phases if p.start < end + margin and p.end > start - margin] or phases[:1]


_READ = (
    "id", "observation", "subject_kind", "subject", "observed_at", "recorded_at", "outcome", "reason", "supersedes",
    "source", "value", "by",
)  # fmt: skip


def _facts(facility: Facility, start: int, end: int, as_of: int) -> list[record.Fact]:
    """Facts observed near the day, with the whole chain of corrections of each (a correction may change the time)."""
    known = models.Fact.objects.filter(facility=facility, recorded_at__lte=as_of)
    found = {f.id: f for f in read(known.filter(observed_at__gte=start, observed_at__lt=end))}
    corrections = list(read(known.filter(supersedes__gt="")))
    edge = set(found)
    while edge and corrections:
        targets = {found[i].supersedes for i in edge} - {None} - set(found)
        linked = [c for c in corrections if c.supersedes in edge]
        linked += read(known.filter(id__in=sorted(map(str, targets)))) if targets else []
        edge = {f.id for f in linked} - set(found)
        found |= {f.id: f for f in linked}
    return list(found.values())


def read(rows: QuerySet[models.Fact]) -> Iterator[record.Fact]:
    """Return rows as the evaluator takes them."""
    for (
        id_,
        observation,
        kind,
        subject,
        observed,
        recorded,
        outcome,
        reason,
        supersedes,
        source,
        value,
        by,
    ) in rows.values_list(*_READ).iterator(chunk_size=5000):
        yield record.Fact(
            id_, observation, f"{kind}:{subject}", observed, recorded, outcome, reason, supersedes or None, source,
            value, by,
        )  # fmt: skip


def _excuses(facility: Facility, phases: Sequence[Phase], start: int, end: int, as_of: int) -> list[record.Excuse]:
    rows = models.Excuse.objects.filter(
        facility=facility, starts__lt=end + reach(phases), ends__gt=start - reach(phases), recorded_at__lte=as_of
    )
    return [
        record.Excuse(
            f"{row.pk:012d}",
            row.scope,  # type: ignore[arg-type]
            row.starts,
            row.ends,
            row.reason,
            row.recorded_at,
            row.subject or None,
            row.measure or None,
            FOREVER if row.withdrawn_at is None else row.withdrawn_at,
        )
        for row in rows
    ]


def institution_of(
    facility: Facility,
    start: int,
    end: int,
    *,
    facts: Sequence[record.Fact] = (),
    excuses: Sequence[record.Excuse] = (),
) -> Institution:
    """Return who and what was there around [start, end), in a fixed number of queries."""
    standings = _standings(facility)
    places = {
        f"place:{p.code}": record.Place(
            f"place:{p.code}", f"place:{p.parent.code}" if p.parent else None, p.kind, tuple(standings["place", p.pk])
        )
        for p in PlaceRow.objects.filter(facility=facility).select_related("parent")
    }
    subjects = [*_people(facility, standings), *(record.Subject(ref, "place", place=ref) for ref in places)]
    subjects += [
        record.Subject(f"asset:{a.code}", "asset", place=f"place:{a.place.code}" if a.place else None)
        for a in facility.assets.select_related("place")
    ]
    subjects += [record.Subject(f"group:{code}", "group") for code in facility.groups.values_list("code", flat=True)]
    subjects.append(record.Subject(f"facility:{facility.code}", "facility"))
    return Institution(facility.code, facility.zone, tuple(subjects), places, tuple(facts), tuple(excuses))


def _standings(facility: Facility) -> dict[tuple[str, int], list[record.Standing]]:
    found: dict[tuple[str, int], list[record.Standing]] = defaultdict(list)
    for row in Standing.objects.filter(facility=facility).order_by("starts", "pk"):
        key = ("person", row.person_id) if row.person_id else ("place", row.place_id)
        found[key].append(record.Standing(row.key, row.value, row.start_ms, row.end_ms))  # type: ignore[index]
    return found


def _people(facility: Facility, standings: dict[tuple[str, int], list[record.Standing]]) -> Iterable[record.Subject]:
    stays: dict[int, list[record.Stay]] = defaultdict(list)
    rows = Presence.objects.filter(facility=facility, layer="record").order_by("starts")
    for person, starts, ends, place in rows.values_list("person_id", "starts", "ends", "place__code"):
        stays[person].append(
            record.Stay(FOREVER_AGO if starts is None else starts, FOREVER if ends is None else ends, f"place:{place}")
        )
    held: dict[int, list[record.Assigned]] = defaultdict(list)
    for row in Assignment.objects.filter(facility=facility):
        held[row.person_id].append(record.Assigned(row.kind, row.key, row.start_ms, row.end_ms))
    people = Person.objects.filter(facility=facility).order_by("code")
    for pk, code, population, base, unit in people.values_list("pk", "code", "population", "base", "unit__code"):
        yield record.Subject(
            f"person:{code}", "person", population, base, unit or "", tuple(stays[pk]),
            tuple(standings["person", pk]), tuple(held[pk]),
        )  # fmt: skip


# -- what a person may ask for -------------------------------------------------------------------------------------


def facts_about(person: Person) -> list[dict[str, Any]]:
    """Return everything that rounds found about a person; who entered it is left out."""
    rows = models.Fact.objects.filter(facility=person.facility_id, subject_kind="person", subject=person.code)
    return [f.record() | {"by": None} for f in rows.order_by("observed_at", "id")]


def excuses_of(person: Person) -> list[dict[str, Any]]:
    """Return why rounds on a person were not owed."""
    rows = models.Excuse.objects.filter(facility=person.facility_id, subject=f"person:{person.code}")
    return [e.record() | {"by": None} for e in rows.order_by("starts", "pk")]


def people_with_facts(facility: Facility, start: int, end: int) -> set[str]:
    """Return the codes of the people about whom something was recorded in [start, end)."""
    rows = models.Fact.objects.filter(
        facility=facility, subject_kind="person", observed_at__gte=start, observed_at__lt=end
    )
    return set(rows.values_list("subject", flat=True).distinct())
