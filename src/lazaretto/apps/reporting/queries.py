"""The report of a facility-day: computed, its outgoing form, and what was signed."""

from collections import Counter
from datetime import date
from typing import Any

from lazaretto.apps.command.queries import level_lines, protocol_lines
from lazaretto.apps.isolation import care as isolation
from lazaretto.apps.journal.actions import sign_head
from lazaretto.apps.journal.models import Log
from lazaretto.apps.passage import inside as gate
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.reporting.contradictions import contradictions
from lazaretto.apps.reporting.counts import counts, fevers
from lazaretto.apps.reporting.models import SignedReport
from lazaretto.apps.reporting.suppression import gap_cells, suppressed
from lazaretto.apps.rounds.queries import DayEvidence, clock_corrected, day_evidence
from lazaretto.apps.rounds.units import Units, units
from lazaretto.protocol.canonical import digest
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.round import Round
from lazaretto.protocol.selection import names_population
from lazaretto.protocol.tally import Tally, entered_late_contradictions, measure_row, status

NOTHING = Tally()


def draft(facility: Facility, on: date, as_of: int) -> dict[str, Any]:
    """
    Return the facility's own report of a day as of an instant, unsigned (contract, rule 11).

    :raises NoProtocol: if nothing was adopted by then.
    """
    return draft_with_outgoing(facility, on, as_of)[0]


def draft_with_outgoing(facility: Facility, on: date, as_of: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both forms of the report, the second without the digest of the first."""
    day = day_evidence(facility, on, as_of)
    unit_of = Units(day)
    start, end = day.evidence.start, day.evidence.end
    rounds = _rounds(day)
    tallies, missed = day.evidence.tallies, day.evidence.missed
    asked = {id_: tallies.get(id_, NOTHING) for id_ in rounds}
    rows = [measure_row(rounds[id_], total, missed.get(id_, ())) for id_, total in asked.items()]
    fever = fevers(day, list(rounds.values()))
    per_population = counts(facility, day.institution, fever, start, end, measured=_measured(day, rounds))
    checks = day.in_force[-1].resolved.document.checks
    expected, reported = units(day, unit_of)
    found = contradictions(facility, day, counts=per_population, fevers=fever, silent=expected - reported)
    found += entered_late_contradictions(asked, checks.entered_late_share)
    document: dict[str, Any] = {
        "facility": facility.code,
        "on": on.isoformat(),
        "as_of": utc_text(as_of),
        "zone_time": facility.zone,
        "day": {"from": utc_text(start), "to": utc_text(end)},
        "number": None,
        "amends": None,
        "status": status(rows, rounds, found),
        "protocol": protocol_lines(day.in_force, start, end),
        "level": level_lines(day.in_force, start, end),
        "presence_source": {"staff_member": "imported_presence"},
        "measures": rows,
        "facts": day.evidence.fate_counts,
        "counts": per_population,
        "units": {"expected": len(expected), "reported": len(reported)},
        "contradictions": found,
        "signed_by": None,
        "checkpoint": sign_head(Log.objects.get(pk=facility.log_id)),
    }
    if n_corrected := clock_corrected(facility, (start, end), as_of):
        document["clock_corrected"] = n_corrected
    if (held := isolation.for_report(facility, on, min(as_of, end))) is not None:
        document["isolation"] = held
    if (passed := gate.for_report(facility, (start, end), as_of)) is not None:
        document["gate"] = passed
    return document, outgoing(document, _gap_cells(day, list(asked), unit_of))


def _rounds(day: DayEvidence) -> dict[str, Round]:
    """Return each measure in force at any time of the day, with its latest value there."""
    start, end = day.evidence.start, day.evidence.end
    in_day = [p for p in day.in_force if p.start < end and p.end > start]
    return {m.id: m for p in in_day for m in p.resolved.measures}


def _measured(day: DayEvidence, rounds: dict[str, Round]) -> set[str]:
    asked = [r for r in rounds.values() if r.observation == "temperature" and r.screen_threshold is not None]
    alike = {(s.population, s.base): s for s in day.institution.subjects if s.kind == "person"}
    return {s.population for s in alike.values() if any(names_population(r, s) for r in asked)}


def _gap_cells(day: DayEvidence, measures: list[str], unit_of: Units) -> dict[str, list[dict[str, Any]]]:
    """Return gaps as counts per measure, unit and reason; a reason that is not a code of the protocol is `other`."""
    codes = {r.id for p in day.in_force for r in p.resolved.document.reasons}
    subjects = {s.ref: s for s in day.institution.subjects}
    cells: dict[str, list[dict[str, Any]]] = {}
    for measure in measures:
        counted = Counter(
            (
                unit_of.nearest(subjects[r.subject], r.due),
                (r.reason if r.reason in codes else "other") if r.reason else "no_record",
            )
            for r in day.evidence.missed.get(measure, ())
        )
        cells[measure] = gap_cells(counted)
    return cells


#: Contradictions leave the house as counts: their details name people, rooms and facts.
def outgoing(document: dict[str, Any], cells: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the form that leaves the facility: no names, gaps as counts, small cells suppressed."""
    kinds = Counter(c["kind"] for c in document["contradictions"])
    return document | {
        "form": "outgoing",
        "measures": [row | {"gaps": cells[row["id"]]} for row in document["measures"]],
        "counts": {
            population: {name: suppressed(value) for name, value in row.items()}
            for population, row in document["counts"].items()
        },
        "contradictions": [{"kind": kind, "n": n} for kind, n in sorted(kinds.items())],
        "signed_by": None,
        **_isolation(document),
        **_gate(document),
    }


def _isolation(document: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of isolation in the form that leaves: the same counts, small ones suppressed."""
    if "isolation" not in document:
        return {}
    own = document["isolation"]
    care = [{name: suppressed(value) for name, value in row.items()} for row in own["care"]]
    return {"isolation": {name: suppressed(value) for name, value in own.items()} | {"care": care}}


def _gate(document: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of the gate in the form that leaves: the same counts, small ones suppressed."""
    own = document.get("gate")
    if own is None:
        return {}
    counts = {
        name: {k: suppressed(v) for k, v in value.items()} if isinstance(value, dict) else suppressed(value)
        for name, value in own.items()
    }
    return {"gate": counts}


def bound_to(document: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """Return the outgoing form with the digest of the internal document, of which a superior can later ask proof."""
    same = {k: document[k] for k in ("number", "amends", "checkpoint", "as_of")}
    return form | same | {"internal_digest": digest(document)}


def signed_reports(facility: Facility, on: date) -> list[SignedReport]:
    """Return what was signed for a day, the first report first."""
    return list(SignedReport.objects.filter(facility=facility, on=on).order_by("number"))


def month_status(facility: Facility, year: int, month: int) -> dict[date, tuple[str, int]]:
    """Return for each day of a month with a signed report its last status and how many were signed; the rest is unknown."""
    found: dict[date, tuple[str, int]] = {}
    rows = SignedReport.objects.filter(facility=facility, on__year=year, on__month=month).order_by("on", "number")
    for on, number, word in rows.values_list("on", "number", "status"):
        found[on] = (word, number)
    return found
