"""Single writes to the registry keep the dated tables true and are recorded."""

from datetime import date

from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.apps.registry import actions
from lazaretto.apps.registry.models import LegalDate, Presence, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement
from tests.conftest import Small


def test_moving_closes_the_stay_before(small: Small) -> None:
    person = small.facility.people.get(code="P1")
    place = small.facility.places.get(code="W2-201")
    at = small.moment("10:00")
    record_movement(Move(person, "cell_move", at, place), at=at, by="t")
    before, after = Presence.objects.filter(person=person).order_by("starts")
    assert (before.ends, after.starts, after.ends, after.place.code) == (at, at, None, "W2-201")
    entry = Entry.objects.filter(log=small.facility.log).latest("seq")
    assert (entry.kind, entry.subjects, entry.n) == ("movements_recorded", [person.ref], 3)
    assert verify_deep(small.facility.log) == []


def test_a_standing_ends_the_one_before_under_its_key(small: Small) -> None:
    person = small.facility.people.get(code="P1")
    for wall, value in (("08:00", "one"), ("12:00", "two")):
        actions.set_standing(
            subject=person,
            key="isolation_stage",
            value=value,
            starts=small.moment(wall),
            source="t",
            by="t",
            at=small.at,
        )
    first, second = Standing.objects.filter(person=person).order_by("starts")
    assert (first.ends, second.ends) == (small.moment("12:00"), None)


def test_people_who_move_owe_where_they_are(small: Small) -> None:
    """S1 asks every two hours wherever a person is; an excuse on the wing covers him only while he is in it."""
    from lazaretto import packs
    from lazaretto.apps.command.actions import adopt

    adopt(facility=small.facility, loaded=packs.shipped("facility-s1-drug-rehab"), by="t", at=small.start + 1)
    small.bring("excuses", "scope,subject,from,to,reason,by\nplace,W1,2026-03-17 09:00,2026-03-17 13:00,no_power,S9")
    before = small.measure(small.draft(), "temperature.residents")
    assert before["excused"] == 4
    small.at += 1000
    person = small.facility.people.get(code="P1")
    place = small.facility.places.get(code="W2-201")
    record_movement(Move(person, "cell_move", small.moment("10:00"), place), at=small.moment("10:00"), by="t")
    assert small.measure(small.draft(), "temperature.residents")["excused"] == 2


def test_a_legal_date_is_noted_once_and_can_be_corrected(small: Small) -> None:
    person = small.facility.people.get(code="P1")
    for on in (date(2026, 4, 1), date(2026, 4, 2)):
        actions.set_legal_date(person=person, kind="release", on=on, by="t", at=small.at)
    assert LegalDate.objects.get(person=person).on == date(2026, 4, 2)
    small.facility.log.refresh_from_db()
    assert verify(small.facility.log) == []
    assert verify_deep(small.facility.log) == []
