"""The institution as the evaluator sees it, and the evidence of a facility-day."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Q

from lazaretto.apps.command.queries import InForce, timeline
from lazaretto.apps.registry.models import Assignment, Facility, Person, Presence, Standing
from lazaretto.apps.registry.models import Place as PlaceRow
from lazaretto.apps.rounds import models
from lazaretto.apps.rounds.evaluation import Plan, Span
from lazaretto.apps.rounds.reading import Facts
from lazaretto.apps.rounds.results import DayResult
from lazaretto.protocol import record
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.evidence import day_bounds, reach
from lazaretto.protocol.record import Institution, Phase


class DayEvidence(NamedTuple):
    """
    The evidence of a day with what it was made from, so that a report reads everything once. `institution` holds no facts;
    `facts` reads those that are asked for, and `near` is the span around the day in which they can matter to it.
    """

    evidence: DayResult
    institution: Institution
    in_force: list[InForce]
    facts: Facts
    near: Span


def day_evidence(facility: Facility, on: date, as_of: int) -> DayEvidence:
    """
    Return the evidence of a facility-day as of an instant.

    :raises NoProtocol: if nothing was adopted by then.
    """
    in_force = timeline(facility, as_of)
    phases = [p.phase() for p in in_force]
    start, end = day_bounds(phases, facility.zone, on)
    relevant = relevant_phases(phases, start, end)
    near = start - reach(relevant), end + reach(relevant)
    excuses = _excuses(facility, relevant, start, end, as_of)
    institution = institution_of(facility, *near, excuses=excuses, unit_at=end - 1)
    plan = Plan(institution, relevant, on)
    facts = Facts(facility, as_of)
    evidence = plan.judge(facts.columns(plan.refs, plan.spans, (start, end)), as_of)
    return DayEvidence(evidence, institution, in_force, facts, near)


def relevant_phases(phases: list[Phase], start: int, end: int) -> list[Phase]:
    """Leave out phases too far away to share a slot window with the day; keep those that bound it."""
    margin = reach(phases)
    return [p for p in phases if p.start < end + margin and p.end > start - margin] or phases[:1]


def _excuses(facility: Facility, phases: Sequence[Phase], start: int, end: int, as_of: int) -> list[record.Excuse]:
    rows = models.Excuse.objects.filter(
        facility=facility, starts__lt=end + reach(phases), ends__gt=start - reach(phases), recorded_at__lte=as_of
    )
    return [as_record(row) for row in rows]


def as_record(row: models.Excuse) -> record.Excuse:
    """Return an excuse as the rules take it."""
    return record.Excuse(
        f"{row.pk:012d}", row.scope, row.starts, row.ends, row.reason, row.recorded_at,  # type: ignore[arg-type]
        row.subject or None, row.measure or None, FOREVER if row.withdrawn_at is None else row.withdrawn_at,
    )  # fmt: skip


def institution_of(
    facility: Facility,
    start: int,
    end: int,
    *,
    facts: Sequence[record.Fact] = (),
    excuses: Sequence[record.Excuse] = (),
    unit_at: int | None = None,
) -> Institution:
    """
    Return who and what is on file, and where people were around [start, end), in a fixed number of queries. People belong
    to the unit that held at `unit_at`, or else to the present one.
    """
    standings = _standings(facility)
    known = PlaceRow.objects.filter(facility=facility).values_list("pk", "code", "parent__code", "kind")
    places = {
        f"place:{code}": record.Place(
            f"place:{code}", f"place:{parent}" if parent else None, kind, standings.get(("place", pk), ())
        )
        for pk, code, parent, kind in known
    }
    subjects = [
        *_people(facility, start, end, standings, unit_at),
        *(record.Subject(ref, "place", place=ref) for ref in places),
    ]
    subjects += [
        record.Subject(f"asset:{code}", "asset", place=f"place:{place}" if place else None)
        for code, place in facility.assets.values_list("code", "place__code")
    ]
    subjects += [record.Subject(f"group:{code}", "group") for code in facility.groups.values_list("code", flat=True)]
    subjects.append(record.Subject(f"facility:{facility.code}", "facility"))
    return Institution(facility.code, facility.zone, tuple(subjects), places, tuple(facts), tuple(excuses))


_Standings = dict[tuple[str, int], tuple[record.Standing, ...]]


def _standings(facility: Facility) -> _Standings:
    found: _Standings = {}
    rows = Standing.objects.filter(facility=facility).order_by("starts", "pk")
    for person, place, key, value, starts, ends in rows.values_list(
        "person_id", "place_id", "key", "value", "starts", "ends"
    ):
        of = ("person", person) if person else ("place", place)
        found[of] = (*found.get(of, ()), record.Standing(key, value, *span_of(starts, ends)))
    return found


def span_of(starts: int | None, ends: int | None) -> Span:
    """Return a dated span as the evaluator has it: an open end is for ever."""
    return FOREVER_AGO if starts is None else starts, FOREVER if ends is None else ends


def _people(
    facility: Facility, start: int, end: int, standings: _Standings, unit_at: int | None
) -> Iterable[record.Subject]:
    stays: dict[int, tuple[record.Stay, ...]] = {}
    rows = Presence.objects.filter(facility=facility, layer="record", starts__lt=end).order_by("starts")
    rows = rows.filter(Q(ends=None) | Q(ends__gt=start))
    codes = {pk: f"place:{code}" for pk, code in PlaceRow.objects.filter(facility=facility).values_list("pk", "code")}
    for person, starts, ends, place in rows.values_list("person_id", "starts", "ends", "place_id"):
        stay = record.Stay(*span_of(starts, ends), codes[place])
        stays[person] = (*stays[person], stay) if person in stays else (stay,)
    held: dict[int, tuple[record.Assigned, ...]] = {}
    assignments = Assignment.objects.filter(facility=facility).values_list("person_id", "kind", "key", "starts", "ends")
    for person, kind, key, starts, ends in assignments:
        assigned = record.Assigned(kind, key, *span_of(starts, ends))
        held[person] = (*held[person], assigned) if person in held else (assigned,)
    units = {pk: code for pk, code, kind in facility.groups.values_list("pk", "code", "kind") if kind == "unit"}
    known = frozenset(units.values())
    people = Person.objects.filter(facility=facility).order_by("code")
    for pk, code, population, base, unit in people.values_list("pk", "code", "population", "base", "unit_id"):
        own, assigned_to = units.get(unit, ""), held.get(pk, ())
        if assigned_to and unit_at is not None:
            own = _unit_then([a for a in assigned_to if a.kind == "group" and a.key in known], own, unit_at)
        yield record.Subject(
            f"person:{code}", "person", population, base, own, stays.get(pk, ()), standings.get(("person", pk), ()),
            assigned_to,
        )  # fmt: skip


def _unit_then(held: Sequence[record.Assigned], now: str, at: int) -> str:
    """Return the unit that held at an instant, `now` being the present one; it alone is known if none was dated."""
    then = [a for a in held if a.start <= at < a.end]
    if not held or any(a.key == now for a in then):
        return now
    return max(then, key=lambda a: a.start).key if then else ""


# -- what a person may ask for -------------------------------------------------------------------------------------


def facts_about(person: Person) -> list[dict[str, Any]]:
    """Return everything that rounds found about a person; who entered it is left out."""
    rows = models.Fact.objects.filter(facility=person.facility_id, subject_kind="person", subject=person.code)
    return [f.record() | {"by": None} for f in rows.order_by("observed_at", "id")]


def excuses_of(person: Person) -> list[dict[str, Any]]:
    """Return why rounds on a person were not owed."""
    rows = models.Excuse.objects.filter(facility=person.facility_id, subject=f"person:{person.code}")
    return [e.record() | {"by": None} for e in rows.order_by("starts", "pk")]


def claims_about(person: Person) -> list[dict[str, Any]]:
    """Return what was claimed about a person and waited for somebody to decide; who sent and who decided are left out."""
    rows = models.HeldClaim.objects.filter(facility=person.facility_id, subject=f"person:{person.code}")
    shown = ("observation", "observed_at", "outcome", "value", "ucum", "note")
    return [
        {
            "id": c.fact_id,
            **{name: c.claim[name] for name in shown},
            "recorded_at": c.received_at,
            "state": c.decision or "waiting",
        }
        for c in rows.order_by("received_at", "pk")
    ]


def clock_corrected(facility: Facility, span: Span, as_of: int) -> int:
    """Return how many facts observed in [start, end) carry a time that is not what their writer's clock said."""
    rows = models.Fact.objects.filter(
        facility=facility, claimed_at__isnull=False, observed_at__gte=span[0], observed_at__lt=span[1]
    )
    return rows.filter(recorded_at__lte=as_of).count()


def fevers_of(person: Person) -> list[dict[str, Any]]:
    """Return the fevers that a person's readings told of, and how each ended."""
    rows = models.FeverEpisode.objects.filter(facility=person.facility_id, subject=person.code)
    return [e.record() | {"closed_by": None} for e in rows.order_by("first_at", "pk")]


def signals_of(person: Person) -> list[dict[str, Any]]:
    """Return the questions about a person's own entries and what was answered; who answered is left out."""
    rows = models.Signal.objects.filter(facility=person.facility_id, author=person.code)
    return [s.record() | {"by": None} for s in rows.order_by("starts", "pk")]


def people_with_facts(facility: Facility, start: int, end: int) -> set[str]:
    """Return the codes of the people about whom something was recorded in [start, end)."""
    rows = models.Fact.objects.filter(
        facility=facility, subject_kind="person", observed_at__gte=start, observed_at__lt=end
    )
    return set(rows.values_list("subject", flat=True).distinct())
