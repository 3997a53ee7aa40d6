"""Single writes to the registry, each recorded in the facility's journal in the same transaction."""

from datetime import date

from django.db import transaction

from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Assignment, Facility, LegalDate, Person, Place, Presence, Standing
from lazaretto.apps.registry.versions import version


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
    *, subject: Person | Place, key: str, value: str, starts: int, source: str, by: str, at: int
) -> Standing:
    """Say that something is so of a person or place from `starts` on; what was said before under the key ends there."""
    which = {"person": subject} if isinstance(subject, Person) else {"place": subject}
    facility = subject.facility
    changed = list(Standing.objects.filter(key=key, ends=None, **which))
    for old in changed:
        old.ends = starts
        old.save(update_fields=["ends"])
    made = Standing.objects.create(facility=facility, key=key, value=value, starts=starts, source=source, **which)
    subjects = [subject.ref] if isinstance(subject, Person) else []
    journal.record(
        facility.log, "standing_set", [version("standing", s) for s in [*changed, made]], by=by, at=at,
        occurred_at=starts, subjects=subjects,
    )  # fmt: skip
    return made


@transaction.atomic
def move(*, person: Person, place: Place, at: int, by: str, source: str = "move") -> Presence:
    """Have a person be in `place` from `at` on."""
    changed = list(Presence.objects.filter(person=person, layer="record", ends=None))
    for old in changed:
        old.ends = at
        old.save(update_fields=["ends"])
    made = Presence.objects.create(facility=person.facility, person=person, place=place, starts=at, source=source)
    versions = [version("presence", p) for p in [*changed, made]]
    journal.record(person.facility.log, "moved", versions, by=by, at=at, subjects=[person.ref])
    return made


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
    """Give a person a post, role or group."""
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
def set_legal_date(*, person: Person, kind: str, on: date, by: str, at: int) -> LegalDate:
    """Note a date that the law fixes, such as release."""
    made, _ = LegalDate.objects.update_or_create(
        person=person, kind=kind, defaults={"facility": person.facility, "on": on}
    )
    journal.record(
        person.facility.log, "legal_date_set", [version("legal_date", made)], by=by, at=at, subjects=[person.ref]
    )
    return made
