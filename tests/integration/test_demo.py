"""The demo: five invented facilities, lived in for two days on a small scale, and everything about them holds."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings
from stdnum.cn import ric

from lazaretto.apps.accounts.models import Role, User
from lazaretto.apps.command.models import FlagDeclaration, LevelDeclaration
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.apps.registry import merging, queries
from lazaretto.apps.registry.models import (
    Assignment,
    Facility,
    Group,
    LegalDate,
    Movement,
    Person,
    Place,
    Presence,
    Standing,
)
from lazaretto.apps.registry.moving import Move, record_movement
from lazaretto.apps.rehearse.bureau import FACILITIES
from lazaretto.apps.rehearse.demo import Built, build
from lazaretto.apps.rehearse.invented import AREAS
from lazaretto.apps.reporting.counts import closes
from lazaretto.apps.reporting.models import SignedReport
from lazaretto.apps.reporting.queries import draft
from lazaretto.apps.rounds.models import Excuse, Fact, HeldClaim, IdConflict
from lazaretto.protocol.clock import instant

ZONE = "Asia/Shanghai"
MONDAY, TUESDAY = date(2026, 3, 16), date(2026, 3, 17)
EVENING = instant(ZONE, TUESDAY, 20 * 60 + 30)  # the round of 20:00 is handed in at this very moment
HOUR = 3_600_000
SMALL: dict[str, Any] = {"days": 2, "size": 0.1}
CODES = [blueprint.code for blueprint in FACILITIES]


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Built]:
    """Build it once for all tests here, and take it back at the end."""
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with quick, django_db_blocker.unblock(), transaction.atomic():
        yield build(now=EVENING, **SMALL)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _in_it(built: Built, db: None) -> None:
    """Each test looks at the same demo; what it changes is taken back."""


def facility(code: str) -> Facility:
    return Facility.objects.get(code=code)


def rows() -> dict[str, int]:
    models = (Fact, Movement, Presence, Person, Place, Standing, Assignment, LegalDate, Excuse, SignedReport)
    own = Entry.objects.exclude(log__name="node").count()
    return {model.__name__: model.objects.count() for model in models} | {"Entry": own}


def test_the_record_is_intact_to_the_last_row() -> None:
    assert [fault for log in Log.objects.all() for fault in [*verify(log), *verify_deep(log)]] == []
    assert not Entry.objects.filter(kind="clock_set_back").exists()


@pytest.mark.parametrize("code", CODES)
def test_the_headcount_closes_every_day_and_in_every_wing(code: str) -> None:
    place = facility(code)
    for on in (MONDAY, TUESDAY):
        counted = draft(place, on, EVENING)["counts"]
        assert all(closes(row) for row in counted.values()), counted
    days = [(instant(ZONE, on, 0), min(instant(ZONE, on, 24 * 60), EVENING)) for on in (MONDAY, TUESDAY)]
    for lines in queries.headcounts(place, days):
        assert all(line.closes for line in lines.values())
        assert sum(line.start for line in lines.values()) > 0
    assert Movement.objects.filter(facility=place).exists()


def test_each_facility_runs_its_own_protocol_for_its_own_people() -> None:
    held = {code: set(facility(code).people.values_list("population", flat=True)) for code in CODES}
    assert {"prisoner"} <= held["ZX"]
    assert {"treatment_resident"} <= held["YT"]
    assert {"remand_prisoner", "detained_person"} <= held["DT"]
    assert not {"prisoner", "treatment_resident"} & held["DT"]
    names = {a.document.name for code in CODES for a in facility(code).adoptions.all()}
    assert names == {blueprint.protocol for blueprint in FACILITIES}
    assert facility("ZX").places.filter(kind="site").count() == 2
    for code in CODES:
        assert facility(code).places.filter(kind="bunk", parent__kind="cell").exists(), code
        assert set(Group.objects.filter(facility__code=code).values_list("kind", flat=True)) == {"unit", "shift"}
        assert Assignment.objects.filter(facility__code=code, kind="post", key="epidemic_lead").count() == 1


@pytest.mark.parametrize("code", CODES)
def test_no_room_or_bunk_holds_more_than_it_has_room_for(code: str) -> None:
    inside = Presence.objects.filter(facility__code=code, ends=None, person__base="resident")
    held = Counter(inside.values_list("place__code", flat=True))
    room = dict(Place.objects.filter(facility__code=code).values_list("code", "capacity"))
    assert held
    assert all(n <= (room[place] or 0) for place, n in held.items()), held


def test_rounds_are_what_the_protocol_in_force_asks() -> None:
    for code in CODES:
        report = draft(facility(code), MONDAY, EVENING)
        asked = [m for m in report["measures"] if m["expected"]]
        assert len(asked) >= 3
        for measure in asked:
            assert measure["on_time"] + measure["late"] > 0, (code, measure["id"])
    kept = set(Fact.objects.values_list("observation", flat=True))
    assert {"temperature", "night_check", "disinfection", "ventilation", "roll_call", "declaration"} <= kept


def test_one_is_complete_one_contradicts_itself_and_one_was_forgotten() -> None:
    status = {r.facility.code: r.status for r in SignedReport.objects.filter(on=MONDAY, number=1)}
    assert status["XW"] == "complete"
    assert status["DT"] == "contradictory"
    assert "QY" not in status
    report = SignedReport.objects.get(facility__code="DT", on=MONDAY)
    assert [c["kind"] for c in report.document["contradictions"]] == ["headcount_mismatch"]


def test_a_level_a_flag_an_overdue_return_and_a_fever() -> None:
    level = LevelDeclaration.objects.get(facility__code="QY")
    assert (level.level, level.review_at is not None) == ("heightened", True)
    assert FlagDeclaration.objects.get(facility__code="ZX").holds
    away = Movement.objects.filter(facility__code="ZX", kind="hospital_escort", back_by__lt=EVENING)
    gone = [m for m in away if not Movement.objects.filter(person=m.person, number__gt=m.number).exists()]
    assert len(gone) == 1
    sick = Standing.objects.get(facility__code="YT", key="isolation_stage")
    assert sick.person is not None
    assert sick.person.presences.get(ends=None).place.code == "ISO-1"
    assert Excuse.objects.get(facility__code="YT").reason == "no_power"


def test_a_sheet_was_copied_and_a_time_to_come_waits() -> None:
    there, copied = facility("YT"), []
    for person in Person.objects.filter(facility=there, unit__code="W2", base="resident"):
        readings = Fact.objects.filter(facility=there, observation="temperature", subject=person.code, outcome="done")
        by = instant(ZONE, MONDAY, 17 * 60)
        *_, before, last = readings.filter(observed_at__lt=by).order_by("observed_at").values_list("value", flat=True)
        copied.append(before == last)
    assert sum(copied) > len(copied) * 0.8 > 2
    assert HeldClaim.objects.get(facility=there).decided_at is None


def test_two_people_go_from_the_detention_centre_to_the_prison() -> None:
    left = {m.person.identity_number for m in Movement.objects.filter(facility__code="DT", kind="transfer_out")}
    came = {m.person.identity_number for m in Movement.objects.filter(facility__code="ZX", kind="transfer_in")}
    assert left == came
    assert len(left) == 2


def test_nobody_is_held_beyond_the_lawful_date() -> None:
    over = LegalDate.objects.filter(kind="release", on__lte=TUESDAY)
    assert over.count() == 2 * len(CODES)
    for date_ in over:
        assert not date_.person.presences.filter(ends=None).exists()
        assert Movement.objects.get(person=date_.person, kind="release").occurred_at < instant(ZONE, date_.on, 24 * 60)


def test_everybody_is_invented() -> None:
    numbers = list(Person.objects.exclude(identity_number="").values_list("identity_number", flat=True))
    assert len(numbers) > 100
    for number in numbers:
        assert number[:6] in AREAS
        assert ric.is_valid(number)
        assert ric.get_birth_place(number)["county"] == "市辖区"  # a heading, under which no card is issued
    for area in AREAS:
        for year in ("19500101", "20070101"):  # whatever the year of birth
            body = f"{area}{year}001"
            assert ric.is_valid(body + ric.calc_check_digit(body + "0"))


def test_nobody_is_twice_but_those_who_are_meant_to_be() -> None:
    for code in CODES:
        (alike,) = merging.candidates(facility(code))
        assert (alike.reason, {alike.one.code, alike.other.code} & {"H0001"}) == ("name_and_birth", {"H0001"})
    moved = set(Movement.objects.filter(kind="transfer_in").values_list("person_id", flat=True))
    known = [p for p in Person.objects.exclude(code="H0001").exclude(birth_date=None) if p.pk not in moved]
    assert max(Counter((p.name, p.birth_date) for p in known).values()) == 1
    for one, other in combinations(CODES, 2):
        names = [set(facility(c).people.exclude(pk__in=moved).values_list("name", flat=True)) for c in (one, other)]
        assert not names[0] & names[1]


def test_every_role_can_sign_in(built: Built) -> None:
    assert len(built.people) == len({p.username for p in built.people}) == 14 + 4
    held = set(User.objects.values_list("grants__role", flat=True))
    assert held == set(Role.values)
    for person in built.people:
        browser = Client()
        answer = browser.post("/sign-in/", {"username": person.username, "password": person.password})
        assert answer.status_code == 302, person.username
        assert browser.get("/").status_code == 200, person.username


def test_running_it_again_at_the_same_moment_adds_nothing(built: Built) -> None:
    before, passwords = rows(), {p.password for p in built.people}
    again = build(now=EVENING, **SMALL)
    assert rows() == before
    assert again.facts == 0
    assert not passwords & {p.password for p in again.people}


def test_running_it_later_adds_what_has_fallen_due() -> None:
    before = rows()
    later = build(now=EVENING + 14 * HOUR, **SMALL)
    assert later.facts > 0
    assert rows()["Fact"] == before["Fact"] + later.facts
    assert rows()["SignedReport"] == before["SignedReport"] + len(CODES)
    held_back = Fact.objects.filter(observed_at__lt=EVENING - 2 * HOUR, recorded_at__gt=EVENING)
    assert set(held_back.values_list("source", flat=True)) <= {"offline"}
    assert not Entry.objects.filter(kind="clock_set_back").exists()


def test_what_somebody_enters_by_hand_stands() -> None:
    stay = Presence.objects.filter(facility__code="YT", ends=None, person__base="resident").order_by("pk")[0]
    late = EVENING + 2 * HOUR
    record_movement(Move(stay.person, "release", late), by="somebody", at=late)
    build(now=EVENING + 6 * HOUR, **SMALL)
    assert not Presence.objects.filter(person=stay.person, ends=None).exists()
    assert not Fact.objects.filter(facility__code="YT", subject=stay.person.code, observed_at__gt=late).exists()
    assert "paper" in set(Fact.objects.filter(facility__code="YT").values_list("source", flat=True))
    assert not IdConflict.objects.exists()
    assert not Entry.objects.filter(kind="clock_set_back").exists()
