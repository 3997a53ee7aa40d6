"""People on file: found by sound, kept whole when merged, moved by the register, masked by role; tables go out and come in."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.command import queries as command
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.apps.registry import actions, exports, imports, merging, queries
from lazaretto.apps.registry.files import HIDDEN, open_file
from lazaretto.apps.registry.importing import run
from lazaretto.apps.registry.models import Assignment, Movement, Person, Presence, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement, void_movement
from lazaretto.protocol.refusal import Refusal
from lazaretto.web.spreadsheets import write_excel
from tests.conftest import Small

ALL = frozenset(Permission)
#: Invented numbers with right check characters.
CARD, OTHER_CARD = "11010519491231002X", "110105198001010016"


def found(small: Small, text: str) -> list[str]:
    return sorted(queries.matching(queries.people(small.facility, ALL), text).values_list("code", flat=True))


def test_people_are_found_by_code_name_sound_and_initials(small: Small) -> None:
    small.bring(
        "people",
        "code,population,name,aliases\nP7,prisoner,曾乐行,曾阿七；Zeng Lehang\nP8,prisoner,,\nP9,prisoner,Ada Byron,",
    )
    assert found(small, "zhaoyi") == ["P1"]
    assert found(small, "QE") == ["P2"]
    assert found(small, "钱") == ["P2"]
    assert found(small, "p3") == ["P3"]
    assert found(small, "clx") == found(small, "zlx") == found(small, "zyh") == ["P7"]  # several readings of one name
    assert found(small, "阿七") == found(small, "lehang") == ["P7"]
    assert found(small, "ada byron") == found(small, "ab") == ["P9"]
    assert found(small, "zhao qian") == []
    small.bring("people", "code,population,name\nP1,prisoner,周一")
    assert (found(small, "zhaoyi"), found(small, "zhouyi")) == ([], ["P1"])


def test_who_may_see_residents_sees_no_staff_and_the_reverse(small: Small) -> None:
    def codes(*may: Permission) -> list[str]:
        return sorted(queries.people(small.facility, may).values_list("code", flat=True))

    assert codes() == []
    assert codes(Permission.RESIDENTS_READ) == ["P1", "P2", "P3"]
    assert codes(Permission.STAFF_READ) == ["S1"]
    assert queries.person(small.facility, "S1", {Permission.RESIDENTS_READ}) is None


@pytest.mark.parametrize("role", POLICY)
def test_a_file_shows_what_the_role_may_see(small: Small, role: str) -> None:
    small.bring("people", f"code,population,identity_number\nP1,prisoner,{CARD}")
    small.bring(
        "standings",
        "subject,key,value\nP1,vulnerable,hypertension\nP1,precaution,droplet\nP1,isolation_stage,fever_room",
    )
    may = POLICY[role]
    person = queries.person(small.facility, "P1", may)
    assert (person is not None) == (Permission.RESIDENTS_READ in may)
    if person is None:
        return
    file = open_file(person, may, small.at)
    health, identity = Permission.HEALTH_READ in may, Permission.IDENTITY_READ in may
    assert file.identity_number == (CARD if identity else "…002X")
    said = {s.key: value for s, value in file.standings}
    assert said["vulnerable"] == ("hypertension" if health else HIDDEN)
    assert said["isolation_stage"] == "fever_room"
    assert [s.value for s in file.precautions] == ["droplet"]
    assert file.shown == [name for name, may_see in (("identity_number", identity), ("vulnerable", health)) if may_see]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("identity_number\nP5,prisoner,110105194912310021", "identity_number"),
        ("identity_number\nP5,prisoner,11010519491331002X", "identity_number"),
        ("identity_number\nP5,prisoner,119999198001010013", "identity_number"),
        ("identity_kind,identity_number\nP5,prisoner,passport,1!", "identity_number"),
        ("identity_kind,identity_number\nP5,prisoner,none,E123456", "identity_number"),
        ("identity_kind\nP5,prisoner,tattoo", "identity_kind"),
        ("identity_kind\nP5,prisoner,passport", "identity_number"),
        ("birth_date\nP5,prisoner,1980-13", "birth_date"),
        ("birth_date\nP5,prisoner,2031", "birth_date"),
    ],
)
def test_what_cannot_be_is_refused_with_its_column(small: Small, cells: str, column: str) -> None:
    account = small.bring("people", f"code,population,{cells}")
    assert [f.column for f in account.failures] == [column]
    assert not small.facility.people.filter(code="P5").exists()


def test_what_is_not_known_is_said_and_kept_apart_from_what_was_not_asked(small: Small) -> None:
    account = small.bring(
        "people",
        "编号,人群,姓名,出生日期,证件类型,证件号码\nP5,prisoner,不详,1980,不详,\nP6,prisoner,,1980-05,无,\nP7,prisoner,李七,,护照,e 1234567"
        "\nP8,prisoner,王八,1980-1-x,,110105800101001",
    )
    assert [f.message.en for f in account.failures] == [
        "cannot read the date '1980-1-x'; write 1980-05-20, 1980-05 or 1980"
    ]
    kept = {
        p.code: (p.name, exports.born(p), p.identity_kind, p.identity_number)
        for p in small.facility.people.filter(code__gte="P5", code__lt="Q")
    }
    assert kept == {
        "P5": ("", "1980", "unknown", ""),
        "P6": ("", "1980-05", "none", ""),
        "P7": ("李七", "", "passport", "E1234567"),
    }
    small.bring("people", "code,population,identity_number\nP8,prisoner,110105800101001")
    assert small.facility.people.get(code="P8").identity_number == OTHER_CARD


def test_somebody_who_may_be_on_file_is_taken_and_listed(small: Small) -> None:
    account = small.bring(
        "people",
        f"code,population,name,birth_date,identity_number\nP5,prisoner,赵一,1980-01-01,\nP6,prisoner,孙三三,,{CARD}\nP7,prisoner,孙珊珊,,{CARD}",
    )
    assert (account.created, account.failed) == (3, 0)
    assert [w.row.number for w in account.warnings] == [2, 4]
    pairs = [(c.one.code, c.other.code, c.reason) for c in merging.candidates(small.facility)]
    assert pairs == [("P6", "P7", "identity"), ("P1", "P5", "name_and_birth")]
    merging.say_not_same(
        small.facility.people.get(code="P5"), small.facility.people.get(code="P1"), by="t", at=small.at
    )
    assert [c.reason for c in merging.candidates(small.facility)] == ["identity"]
    assert merging.candidates(small.facility, among=[small.facility.people.get(code="P1").pk]) == []


def test_merged_files_stay_and_only_one_goes_on(small: Small) -> None:
    small.bring("people", "code,population,name,birth_date\nP5,prisoner,赵怡,1980-01-01")
    small.bring("presence", "subject,place,from,to\nP5,W1-101,2026-03-17 09:00,")
    small.bring(
        "standings",
        "subject,key,value,from\nP5,precaution,contact,2026-03-17 09:00\nP5,wake_for_rounds,true,2026-03-17 09:00",
    )
    keep, absorb = small.facility.people.get(code="P1"), small.facility.people.get(code="P5")
    with pytest.raises(Refusal, match="no_reason"):
        merging.merge(keep=keep, absorb=absorb, reason=" ", by="t", at=small.at)
    merging.merge(keep=keep, absorb=absorb, reason="same papers", by="t", at=small.at)
    absorb.refresh_from_db()
    assert (absorb.merged_into, absorb.merged_at) == (keep, small.at)
    stay = Presence.objects.get(person=absorb)
    assert (stay.ends, stay.exit) == (small.at, "merged")
    assert Presence.objects.filter(person=keep, ends=None).count() == 1
    assert set(Standing.objects.filter(person=keep, ends=None).values_list("key", flat=True)) == {
        "precaution",
        "wake_for_rounds",
    }
    assert found(small, "zhaoyi") == ["P1"]
    assert found(small, "p5") == ["P1"]
    assert [p.code for p in open_file(keep, ALL, small.at).merged] == ["P5"]
    small.facility.log.refresh_from_db()
    assert verify(small.facility.log) == verify_deep(small.facility.log) == []
    with pytest.raises(Refusal, match="merged_already"):
        merging.merge(keep=keep, absorb=absorb, reason="again", by="t", at=small.at)
    merging.part(absorb, reason="another person after all", by="t", at=small.at + 1)
    assert found(small, "p5") == ["P5"]
    assert merging.candidates(small.facility) == []
    small.facility.log.refresh_from_db()
    assert verify(small.facility.log) == verify_deep(small.facility.log) == []


def test_a_person_in_two_places_or_with_two_release_dates_is_not_merged(small: Small) -> None:
    keep, absorb = (small.facility.people.get(code=c) for c in ("P1", "P2"))
    with pytest.raises(Refusal, match="both_inside"):
        merging.merge(keep=keep, absorb=absorb, reason="r", by="t", at=small.at)
    record_movement(Move(absorb, "release", small.at), by="t", at=small.at)
    for person, day in ((keep, 1), (absorb, 2)):
        actions.set_legal_date(person=person, kind="release", on=date(2026, 5, day), by="t", at=small.at)
    with pytest.raises(Refusal, match="legal_dates_differ"):
        merging.merge(keep=keep, absorb=absorb, reason="r", by="t", at=small.at + 1)


def test_a_movement_is_made_void_from_the_last_one_back(small: Small) -> None:
    person = small.facility.people.get(code="P1")
    other = small.facility.places.get(code="W1-102")
    first = record_movement(
        Move(person, "court_appearance", small.moment("09:00"), counterpart="court"), by="t", at=small.at
    )
    second = record_movement(Move(person, "return", small.moment("11:00"), other), by="t", at=small.at)
    with pytest.raises(Refusal, match="not_last"):
        void_movement(first, reason="slip", by="t", at=small.at)
    with pytest.raises(Refusal, match="no_reason"):
        void_movement(second, reason="", by="t", at=small.at)
    void_movement(second, reason="slip", by="t", at=small.at)
    assert open_file(person, ALL, small.at).whereabouts == "away"
    with pytest.raises(Refusal, match="already_void"):
        void_movement(Movement.objects.get(pk=second.pk), reason="slip", by="t", at=small.at)
    void_movement(first, reason="slip", by="t", at=small.at)
    assert Presence.objects.get(person=person).ends is None
    small.facility.log.refresh_from_db()
    assert verify(small.facility.log) == verify_deep(small.facility.log) == []


def test_nothing_is_entered_before_what_is_on_file(small: Small) -> None:
    person = small.facility.people.get(code="P1")
    record_movement(Move(person, "hospital_escort", small.moment("10:00")), by="t", at=small.at)
    with pytest.raises(Refusal, match="out_of_order") as refused:
        record_movement(Move(person, "death", small.moment("09:00")), by="t", at=small.at)
    assert refused.value.possible_at == small.moment("10:00") + 1
    with pytest.raises(Refusal, match="in_future"):
        record_movement(Move(person, "death", small.at + 10**7), by="t", at=small.at)


def test_who_dies_or_is_released_while_away_is_off_the_books(small: Small) -> None:
    person, at = small.facility.people.get(code="P1"), small.moment("10:00")
    record_movement(Move(person, "hospital_escort", at), by="t", at=small.at)
    assert queries.away(small.facility, small.at) == 1
    record_movement(Move(person, "death", at + 1), by="t", at=small.at)
    assert queries.away(small.facility, at) == 1
    assert queries.away(small.facility, small.at) == 0


def test_who_was_struck_while_away_counts_nowhere_until_he_is_back(small: Small) -> None:
    """A standing that nobody ended no longer counts; a new admission puts the person on the books again."""
    small.bring("standings", "subject,key,value,from,to\nP1,isolation_stage,fever,2026-03-16 08:00,")
    person, at = small.facility.people.get(code="P1"), small.moment("10:00")

    def isolated() -> int:
        found: int = small.draft()["counts"]["prisoner"]["in_isolation"]
        return found

    record_movement(Move(person, "hospital_escort", at), by="t", at=small.at)
    assert isolated() == 1
    record_movement(Move(person, "release", at + 1), by="t", at=small.at)
    assert queries.off_the_books(small.facility, small.at)[person.pk] == "P1"
    assert isolated() == 0
    record_movement(Move(person, "admission", at + 2, small.facility.places.get(code="W1-101")), by="t", at=small.at)
    assert person.pk not in queries.off_the_books(small.facility, small.at)
    assert isolated() == 1
    record_movement(Move(person, "court_appearance", at + 3), by="t", at=small.at)
    assert queries.away(small.facility, small.at) == 1


def test_a_lawful_release_is_possible_from_wherever_somebody_is(small: Small) -> None:
    """Nothing here can hold anybody back: not isolation, not absence."""
    small.bring("standings", "subject,key,value\nP1,isolation_stage,fever_room\nP1,precaution,single_room")
    person = small.facility.people.get(code="P1")
    record_movement(Move(person, "release", small.at), by="t", at=small.at)
    assert open_file(person, ALL, small.at).whereabouts == "gone"


def test_units_hold_over_time(small: Small) -> None:
    person, group = small.facility.people.get(code="P1"), small.facility.groups.get(code="W2")
    actions.set_unit(person=person, unit=group, starts=small.moment("12:00"), by="t", at=small.at)
    rows = Assignment.objects.filter(person=person, kind="group").order_by("pk")
    assert [(a.key, a.starts, a.ends) for a in rows] == [
        ("W1", None, small.moment("12:00")),
        ("W2", small.moment("12:00"), None),
    ]
    small.bring("people", "code,population,unit_code\nP1,prisoner,W1")
    assert [(a.key, a.ends is None) for a in rows.all()] == [("W1", False), ("W2", False), ("W1", True)]


def test_what_may_not_overlap_is_refused_by_the_database(small: Small) -> None:
    person = small.facility.people.get(code="P1")
    common: dict[str, Any] = {"facility": small.facility, "person": person}
    Standing.objects.create(**common, key="isolation_stage", value="a", starts=10, ends=20)
    Standing.objects.create(**common, key="isolation_stage", value="b", starts=20)
    Standing.objects.create(**common, key="precaution", value="mask", slot="mask")
    Standing.objects.create(**common, key="precaution", value="contact", slot="contact")
    Assignment.objects.create(**common, kind="post", key="lead", starts=5, ends=9)
    for model, values in (
        (Standing, {"key": "isolation_stage", "value": "c", "starts": 19, "ends": 21}),
        (Standing, {"key": "isolation_stage", "value": "c"}),
        (Standing, {"key": "precaution", "value": "mask", "slot": "mask", "starts": 3, "ends": 4}),
        (Assignment, {"kind": "post", "key": "lead", "starts": None, "ends": 6}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.create(**common, **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Standing.objects.filter(person=person, key="isolation_stage", starts=10).update(ends=25)


def test_precautions_say_what_to_do_and_until_when(small: Small) -> None:
    person = small.facility.people.get(code="P1")
    kept = {"person": person, "by": "t", "at": small.at}
    actions.set_precaution(value="droplet", starts=small.moment("08:00"), **kept)  # type: ignore[arg-type]
    actions.set_precaution(value="mask", starts=small.moment("08:00"), ends=small.at + 5, **kept)  # type: ignore[arg-type]
    assert [s.value for s in open_file(person, ALL, small.at).precautions] == ["mask", "droplet"]
    assert [s.value for s in open_file(person, ALL, small.at + 5).precautions] == ["droplet"]
    with pytest.raises(Refusal, match="unknown_value"):
        actions.set_precaution(value="leper", starts=0, **kept)  # type: ignore[arg-type]


def filled(small: Small) -> None:
    """Have something in every table."""
    small.bring("places", "code,parent,kind,name_zh,name_en,capacity,key_area\nW1-101-1,W1-101,bunk,1 床,Bunk 1,1,no")
    small.bring(
        "people",
        f"code,population,name,aliases,birth_date,identity_number\nP1,prisoner,赵一,=cmd|x；赵义,1949-12-31,{CARD}",
    )
    for name, text in (
        ("groups", "code,kind,name_zh\nA,shift,甲班"),
        ("assets", "code,kind,name_zh,place\nC1,camera,,W1"),
        (
            "standings",
            "subject,key,value,from,to\nplace:KIT,service,out,2026-03-17 01:00,2026-03-17 02:00\nP1,precaution,mask,,",
        ),
        ("assignments", "subject,kind,key,place,from,to\nS1,岗位,epidemic_lead,W1,2026-03-01 00:00,"),
        ("legal_dates", "subject,kind,on,source\nP1,释放,2026-04-01,court 7"),
        (
            "movements",
            "subject,kind,occurred_at,place,counterpart,reason,back_by\nP2,出庭,2026-03-17 09:00,,Court,,2026-03-17 18:00",
        ),
        ("movements", "subject,kind,occurred_at,place\nP2,return,2026-03-17 17:00,W2-201"),
    ):
        bring(small, name, text)


def bring(small: Small, name: str, text: str, facility: Any = None) -> Any:
    makers = {
        "groups": imports.GroupImporter, "assets": imports.AssetImporter, "assignments": imports.AssignmentImporter,
        "legal_dates": imports.LegalDateImporter, "movements": imports.MovementImporter,
        "places": imports.PlaceImporter, "presence": imports.PresenceImporter, "standings": imports.StandingImporter,
    }  # fmt: skip
    facility = facility or small.facility
    if name == "people":
        words = command.population_words(command.in_force(facility, small.at).resolved.document)
        importer: Any = imports.PeopleImporter(facility, now=small.at, populations=words)
    else:
        importer = makers[name](facility, now=small.at)
    path = small.folder / f"{name}.{'xlsx' if isinstance(text, bytes) else 'csv'}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    account = run(importer, Path(path), dry_run=False, by="t", clock=lambda: small.at)
    assert not account.failures, (name, account.failures)
    return account


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_every_table_that_is_taken_out_can_be_brought_in(make_facility: Any, ending: str) -> None:
    """Into an empty facility, and the same comes out; and into the same one, where nothing changes."""
    small, empty = make_facility("A1"), make_facility("A2", people=False)
    filled(small)
    out: dict[str, Any] = {}
    for table in exports.TABLES:
        lines = list(exports.lines(small.facility, table))
        assert len(lines) > 1, table
        if ending == "xlsx":
            file = io.BytesIO()
            write_excel(file, lines)
            out[table] = file.getvalue()
        else:
            import csv

            text = io.StringIO()
            csv.writer(text).writerows(lines)
            out[table] = text.getvalue()
    for table, text in out.items():
        again = bring(small, table, text)
        assert (again.created, again.updated, again.failed) == (0, 0, 0), table
        bring(small, table, text, empty.facility)
    for table in exports.TABLES:
        one, other = (list(exports.lines(f.facility, table)) for f in (small, empty))
        assert sorted(map(str, one)) == sorted(map(str, other)), table
    for one in (small, empty):
        one.facility.log.refresh_from_db()
        assert verify_deep(one.facility.log) == []


def test_a_later_release_date_needs_a_paper(small: Small) -> None:
    bring(small, "legal_dates", "subject,kind,on\nP1,release,2026-04-02")
    bring(small, "legal_dates", "subject,kind,on\nP1,release,2026-04-01")
    importer = imports.LegalDateImporter(small.facility, now=small.at)
    path = small.folder / "later.csv"
    path.write_text("subject,kind,on\nP1,release,2026-04-03")
    account = run(importer, path, dry_run=False, by="t", clock=lambda: small.at)
    assert [f.column for f in account.failures] == ["source"]


def test_a_dry_run_of_movements_writes_nothing(small: Small) -> None:
    path = small.folder / "m.csv"
    path.write_text(
        "subject,kind,occurred_at,place\nP1,release,2026-03-17 09:00,\nP1,return,2026-03-17 10:00,W1-101\nP2,leave,2026-03-17 09:00,"
    )
    importer = imports.MovementImporter(small.facility, now=small.at)
    dry = run(importer, path, dry_run=True, by="t", clock=lambda: small.at)
    assert (dry.created, dry.failed, Movement.objects.count()) == (2, 1, 0)
    wet = run(
        imports.MovementImporter(small.facility, now=small.at), path, dry_run=False, by="t", clock=lambda: small.at
    )
    assert (wet.created, wet.failed, Movement.objects.count()) == (2, 1, 2)
    assert wet.failures[0].message == dry.failures[0].message
    assert Person.objects.filter(facility=small.facility).count() == 4


def test_a_day_with_a_merge_still_closes(small: Small) -> None:
    """A person registered twice in one room: one less is there, nobody left, and the report says so."""
    small.bring("people", "code,population,name,birth_date\nP5,prisoner,赵怡,1980-01-01")
    small.bring("presence", "subject,place,from,to\nP5,W1-101,2026-03-17 09:00,")
    keep, absorb = (small.facility.people.get(code=c) for c in ("P1", "P5"))
    merging.merge(keep=keep, absorb=absorb, reason="same papers", by="t", at=small.moment("12:00"))
    document = small.draft()
    row = document["counts"]["prisoner"]
    assert (row["present_start"], row["admitted"], row["merged"], row["present_end"]) == (3, 1, 1, 3)
    assert not [c for c in document["contradictions"] if c["kind"] == "headcount_mismatch"]
    assert "merged" not in small.draft(date(2026, 3, 16))["counts"]["prisoner"]
