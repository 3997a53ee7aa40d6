"""A visit, written once and counted as care; fever medicine handed out, which is a fact that the fever's clock reads."""

from decimal import Decimal
from uuid import uuid4

from django.db import transaction

from lazaretto.apps.clinic.models import WELLBEING, Visit
from lazaretto.apps.command.queries import in_force
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Person
from lazaretto.apps.rounds.actions import Received, record_facts
from lazaretto.apps.rounds.facts import Border, registers
from lazaretto.apps.work import actions as work
from lazaretto.apps.work import ledger
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.fever import MEDICINE
from lazaretto.protocol.record import Subject
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: The goods of the ledger that a visit gives: both are of the measure that asks for a clinician each day.
CLINICIAN, GOODS = "isolation.clinician", ("visit", "wellbeing")

#: The event that triggers of the protocol wait for.
ISSUED = "antipyretic_issued"


@transaction.atomic
def visit(*, person: Person, ref: str, seen_at: int, wellbeing: str, note: str = "", by: str, at: int) -> Visit:
    """
    Enter that a clinician saw somebody. The same `ref` again changes nothing.

    :raises Refusal: unknown_value, in_future.
    """
    if wellbeing not in WELLBEING:
        raise Refusal("unknown_value", Text(f"没有 {wellbeing}", f"no {wellbeing}; {', '.join(WELLBEING)}"))
    if seen_at > at + 120_000:
        raise Refusal("in_future", Text("时间还没到", "that moment is still to come"), seen_at)
    found = Visit.objects.filter(facility=person.facility, ref=ref).first()
    if found is not None:
        return found
    made = Visit.objects.create(
        facility=person.facility, person=person, ref=ref[:40], seen_at=seen_at, recorded_at=at, by=by[:60],
        wellbeing=wellbeing, note=note.strip()[:500],
    )  # fmt: skip
    journal.record(
        person.facility.log, "clinic_visit", [Version("visit", made.ref, made.record())], by=by, at=at,
        occurred_at=seen_at, subjects=[person.ref],
    )  # fmt: skip
    entries = [ledger.Entry(person, f"visit:{made.ref}:{good}", CLINICIAN, good, Decimal(1), seen_at) for good in GOODS]
    ledger.give(person.facility, entries, by=by, at=at)
    return made


@transaction.atomic
def issue_antipyretic(
    *, person: Person, given_at: int, by: str, at: int, giver: str = "", medicine: str = "", ref: str = ""
) -> Received:
    """
    Record that fever medicine was handed out: a fact of the observation `antipyretic`, so that a normal temperature after
    it decides nothing; and what the protocol asks for on it begins, such as a look for a fever that it hides. The same
    `ref` (a UUID) again changes nothing. :raises RowError: if the border refuses it.
    """
    resolved = in_force(person.facility, at).resolved
    border = Border(person.facility, resolved.document, at, registers(person.facility, [person.code]))
    claim = {
        "id": ref or str(uuid4()), "observation": MEDICINE, "subject_kind": "person", "subject": person.code,
        "outcome": "done", "observed_at": utc_text(given_at), "source": "clinic", "by": giver, "note": medicine[:100],
    }  # fmt: skip
    received = record_facts(person.facility, [border.admit(claim)], by=by, at=at, protocol=resolved)
    subject = Subject(f"person:{person.code}", "person", person.population, person.base)
    for fact in received.new:
        work.start(
            person.facility, event=ISSUED, source=f"medicine:{fact.id}", subject=subject, event_at=given_at, by=by, at=at,
            ref=person.ref,
        )  # fmt: skip
    return received
