"""Single writes to the registry, each recorded in the facility's journal in the same transaction."""

from datetime import date

from django.db import transaction

from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Assignment, Facility, Group, LegalDate, Person, Place, Standing
from lazaretto.apps.registry.standings import PRECAUTIONS, slot_of
from lazaretto.apps.registry.versions import version
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text


@transaction.atomic
def create_facility(*, organisation: Organisation, zone: str, by: str, at: int) -> Facility:
    """Return the facility of an organisation, made with its own journal and key if it is new."""
    found = Facility.objects.filter(organisation=organisation).first()
    if found:
        return found
    log = journal.open_log(organisation.code, at=at)
    facility = Facility.objects.create(organisation=organisation, code=organisation.code, zone=zone, log=log)
    record = {"code": facility.code, "zone": zone}
    journal.record(log, "facility_created", [Version("facility", facility.code, record)], by=by, at=at)
    return facility


@transaction.atomic
def set_standing(
    *,
    subject: Person | Place,
    key: str,
    value: str,
    starts: int,
    ends: int | None = None,
    source: str,
    by: str,
    at: int,
) -> Standing:
    """
    Say that something is so of a person or place from `starts` on. What was said before under the key ends there; of a
    key that takes several values, only the same value.

    :raises Refusal: out_of_order, if what is on file begins later, or at the same moment.
    """
    which = {"person": subject} if isinstance(subject, Person) else {"place": subject}
    facility, slot = subject.facility, slot_of(key, value)
    later = Standing.objects.filter(key=key, slot=slot, starts__gte=starts, **which)
    if any(old.end_ms > starts for old in (later if ends is None else later.filter(starts__lt=ends))):
        raise Refusal(
            "out_of_order", Text("已有从那时或更晚开始的一条", "one that begins then or later is on file already")
        )
    changed = list(Standing.objects.filter(key=key, slot=slot, ends=None, **which))
    changed += list(Standing.objects.filter(key=key, slot=slot, ends__gt=starts, starts__lt=starts, **which))
    for old in changed:
        old.ends = starts
        old.save(update_fields=["ends"])
    made = Standing.objects.create(
        facility=facility, key=key, value=value, slot=slot, starts=starts, ends=ends, source=source, by=by[:40], **which
    )
    _record_standings(facility, "standing_set", [*changed, made], by=by, at=at)
    return made


@transaction.atomic
def end_standing(*, standing: Standing, ends: int, by: str, at: int) -> Standing:
    """Say that a standing ends. :raises Refusal: over, if it ended before, or would end before it began."""
    if ends <= standing.start_ms or standing.end_ms <= ends:
        raise Refusal("over", Text("已经结束，或结束早于开始", "it is over already, or would end before it began"))
    standing.ends = ends
    standing.save(update_fields=["ends"])
    _record_standings(standing.facility, "standing_ended", [standing], by=by, at=at)
    return standing


def _record_standings(facility: Facility, kind: str, items: list[Standing], *, by: str, at: int) -> None:
    last = items[-1]
    subjects = [last.person.ref] if last.person else []
    journal.record(
        facility.log, kind, [version("standing", s) for s in items], by=by, at=at, occurred_at=last.starts,
        subjects=subjects,
    )  # fmt: skip


@transaction.atomic
def set_precaution(*, person: Person, value: str, starts: int, ends: int | None = None, by: str, at: int) -> Standing:
    """
    Set what custody must do to be safe with a person, until when. It says what to do, never why.

    :raises Refusal: unknown_value, over.
    """
    if value not in PRECAUTIONS:
        known = ", ".join(PRECAUTIONS)
        raise Refusal("unknown_value", Text(f"没有防护要求 {value}，有 {known}", f"no precaution {value}; {known}"))
    if ends is not None and ends <= starts:
        raise Refusal("over", Text("结束须晚于开始", "it must end after it starts"))
    return set_standing(
        subject=person, key="precaution", value=value, starts=starts, ends=ends, source="clinic", by=by, at=at
    )


@transaction.atomic
def assign(
    *,
    person: Person,
    kind: str,
    key: str,
    starts: int | None,
    ends: int | None,
    place: Place | None = None,
    by: str,
    at: int,
) -> Assignment:
    """
    Give a person a post, role or group.

    :raises Refusal: assigned_already, if he holds the same in some of that time.
    """
    end = FOREVER if ends is None else ends
    for held in Assignment.objects.filter(person=person, kind=kind, key=key, place=place):
        if held.start_ms < end and held.end_ms > (FOREVER_AGO if starts is None else starts):
            raise Refusal(
                "assigned_already", Text(f"{person.code} 在这段时间已是 {key}", f"{person.code} is {key} in that time")
            )
    made = Assignment.objects.create(
        facility=person.facility,
        person=person,
        kind=kind,
        key=key,
        place=place,
        starts=starts,
        ends=ends,
        source="assign",
    )
    journal.record(person.facility.log, "assigned", [version("assignment", made)], by=by, at=at, subjects=[person.ref])
    return made


@transaction.atomic
def end_assignment(*, item: Assignment, ends: int, by: str, at: int) -> Assignment:
    """Say that somebody holds a post, role or group no longer. :raises Refusal: over."""
    if ends <= item.start_ms or item.end_ms <= ends:
        raise Refusal("over", Text("已经结束，或结束早于开始", "it is over already, or would end before it began"))
    item.ends = ends
    item.save(update_fields=["ends"])
    journal.record(
        item.facility.log, "assignment_ended", [version("assignment", item)], by=by, at=at, occurred_at=ends,
        subjects=[item.person.ref],
    )  # fmt: skip
    return item


@transaction.atomic
def set_unit(*, person: Person, unit: Group, starts: int, by: str, at: int) -> Assignment:
    """
    Have a person belong to a unit from `starts` on; the unit before ends there. `Person.unit` is the one that holds now.

    :raises Refusal: in_future, other_facility, out_of_order (the unit that holds began later), same_unit.
    """
    before = list(
        Assignment.objects.filter(person=person, kind="group", ends=None, key__in=_unit_codes(person.facility))
    )
    _check_may_set_unit(person, unit, before, starts, at)
    for old in before:
        old.ends = starts
        old.save(update_fields=["ends"])
    made = Assignment.objects.create(
        facility=person.facility, person=person, kind="group", key=unit.code, starts=starts, source="assign"
    )
    person.unit = unit
    person.save(update_fields=["unit"])
    versions = [*(version("assignment", a) for a in [*before, made]), version("person", person)]
    journal.record(person.facility.log, "unit_set", versions, by=by, at=at, occurred_at=starts, subjects=[person.ref])
    return made


def _check_may_set_unit(person: Person, unit: Group, before: list[Assignment], starts: int, at: int) -> None:
    if starts > at:
        raise Refusal("in_future", Text("时间还没到", "that moment is still to come"), starts)
    if unit.facility_id != person.facility_id:
        raise Refusal("other_facility", Text("单位属于另一机构", "the unit is in another facility"))
    if any(old.key == unit.code for old in before):
        raise Refusal("same_unit", Text("已经属于这个单位", "belongs to that unit already"))
    if any(old.start_ms >= starts for old in before):
        raise Refusal("out_of_order", Text("现单位从那之后才开始", "the unit that holds now began later than that"))


def _unit_codes(facility: Facility) -> list[str]:
    return list(facility.groups.filter(kind="unit").values_list("code", flat=True))


@transaction.atomic
def set_legal_date(*, person: Person, kind: str, on: date, by: str, at: int) -> LegalDate:
    """Note a date that the law fixes, such as release."""
    made, _ = LegalDate.objects.update_or_create(
        person=person, kind=kind, defaults={"facility": person.facility, "on": on}
    )
    journal.record(
        person.facility.log, "legal_date_set", [version("legal_date", made)], by=by, at=at, subjects=[person.ref]
    )
    return made
