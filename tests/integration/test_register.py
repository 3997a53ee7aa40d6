"""The register's own rules: movements and what they refuse, files that are merged and parted, corrections that are kept."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.queries import looks_at
from lazaretto.apps.command import queries as command
from lazaretto.apps.journal.models import Record
from lazaretto.apps.journal.queries import verify_deep
from lazaretto.apps.registry import actions, files, merging, moving, people, queries, rooms
from lazaretto.apps.registry.models import Alias, Assignment, Person, Place, Presence
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement, record_movements, refusals, void_movement
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.protocol.refusal import Refusal
from tests.conftest import HOUR, Small


def person(small: Small, code: str) -> Person:
    return small.facility.people.select_related("facility").get(code=code)


def place(small: Small, code: str) -> Place:
    return small.facility.places.select_related("facility").get(code=code)


def add_place(small: Small, rows: str) -> None:
    account = small.bring("places", "code,parent,kind,name_zh,name_en,capacity\n" + rows)
    assert not account.failures


def code_of(act: Any) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


def test_a_movement_that_was_made_void_leaves_an_intact_record(small: Small) -> None:
    at = small.moment("10:00")
    made = record_movement(Move(person(small, "P1"), "cell_move", at, place(small, "W2-201")), by="t", at=at)
    void_movement(made, reason="wrong person", by="t", at=at + 1000)
    assert Presence.objects.get(person__code="P1").place.code == "W1-101"
    assert verify_deep(small.facility.log) == []


def test_nobody_is_put_into_a_bed_that_is_taken(small: Small) -> None:
    add_place(small, "B1,W1-101,bed,,,1\nB2,W1-101,bed,,,1")
    at, bed = small.moment("10:00"), place(small, "B1")
    record_movement(Move(person(small, "P1"), "cell_move", at, bed), by="t", at=small.at)
    second = Move(person(small, "P2"), "cell_move", at + HOUR, bed)
    assert code_of(lambda: record_movement(second, by="t", at=small.at)) == "bed_taken"
    away = Move(person(small, "P1"), "cell_move", at + HOUR, place(small, "B2"))
    assert [m.number for m in record_movements(small.facility, [away, second], by="t", at=small.at)] == [2, 3]
    assert verify_deep(small.facility.log) == []


def test_a_place_out_of_service_takes_nobody_and_says_until_when(small: Small) -> None:
    """What is said of a wing holds for its rooms."""
    until = small.moment("14:00")
    actions.set_standing(
        subject=place(small, "W2"), key="service", value="cleaning", starts=small.moment("09:00"), ends=until,
        source="t", by="t", at=small.at,
    )  # fmt: skip
    move = Move(person(small, "P1"), "cell_move", small.moment("10:00"), place(small, "W2-201"))
    with pytest.raises(Refusal, match="out_of_service") as caught:
        record_movement(move, by="t", at=small.at)
    assert caught.value.possible_at == until
    later = Move(person(small, "P1"), "cell_move", until, place(small, "W2-201"))
    assert record_movement(later, by="t", at=small.at).number == 1


def test_refusals_are_told_for_each_person_and_nothing_is_written(small: Small) -> None:
    moves = [Move(person(small, c), "cell_move", small.moment("10:00"), place(small, "W2-201")) for c in ("P1", "P3")]
    found = refusals(small.facility, moves, at=small.at)
    assert {p.code: found[p.pk].code for p in Person.objects.filter(pk__in=found)} == {"P3": "same_place"}
    assert code_of(lambda: record_movements(small.facility, moves, by="t", at=small.at)) == "same_place"
    assert not small.facility.movements.exists()


def test_a_room_that_would_be_too_full_is_named(small: Small) -> None:
    room = place(small, "W1-101")
    room.capacity = 1
    room.save()
    at = small.moment("10:00")
    move = Move(person(small, "P2"), "cell_move", at, room)
    assert [(p.code, n) for p, n in rooms.crowded(small.facility, [move], at=at)] == [("W1-101", 2)]
    stays = Move(person(small, "P1"), "cell_move", at, room)
    assert rooms.crowded(small.facility, [stays], at=at) == []


def test_five_hundred_people_move_without_a_query_for_each(small: Small) -> None:
    rows = "\n".join(f"N{i},prisoner" for i in range(500))
    small.bring("people", "code,population\n" + rows)
    where, at = place(small, "W1-102"), small.moment("09:00")
    moves = [Move(p, "admission", at, where) for p in small.facility.people.filter(code__startswith="N")]
    with CaptureQueriesContext(connection) as asked:
        assert len(record_movements(small.facility, moves, by="t", at=small.at)) == 500
    assert len(asked) < 60


# -- merging -----------------------------------------------------------------------------------------------------------


def twin(small: Small, code: str = "P9") -> Person:
    small.bring("people", f"code,population,name,birth_date\n{code},prisoner,赵一,1980-01-01", name=f"{code}.csv")
    return person(small, code)


def test_a_merged_file_makes_no_movements(small: Small) -> None:
    other = twin(small)
    merging.merge(keep=person(small, "P1"), absorb=other, reason="same papers", by="t", at=small.at)
    move = Move(person(small, "P9"), "admission", small.at + 1, place(small, "W1-101"))
    assert code_of(lambda: record_movement(move, by="t", at=small.at + 2)) == "merged"
    assert verify_deep(small.facility.log) == []


def test_somebody_who_is_away_is_not_lost_in_a_merge(small: Small) -> None:
    """The file that is on the books stays; and whoever came back under a second code is away no longer."""
    other = twin(small)
    record_movement(Move(person(small, "P1"), "hospital_escort", small.moment("09:00")), by="t", at=small.at)
    one = person(small, "P1")
    assert code_of(lambda: merging.merge(keep=other, absorb=one, reason="x", by="t", at=small.at)) == "other_is_away"
    back = Move(other, "admission", small.moment("12:00"), place(small, "W1-101"))
    record_movement(back, by="t", at=small.at)
    assert queries.away(small.facility, small.at) == 1
    merging.merge(keep=person(small, "P9"), absorb=person(small, "P1"), reason="x", by="t", at=small.at)
    assert queries.away(small.facility, small.at) == 0


def test_a_file_shows_the_files_of_files_that_were_merged_into_it(small: Small) -> None:
    first, second = twin(small), twin(small, "P8")
    merging.merge(keep=second, absorb=first, reason="x", by="t", at=small.at)
    merging.merge(keep=person(small, "P1"), absorb=person(small, "P8"), reason="x", by="t", at=small.at + 1)
    assert [p.code for p in files.merged_into(person(small, "P1"))] == ["P8", "P9"]


# -- files by hand ------------------------------------------------------------------------------------------------------


def words(small: Small) -> Any:
    return command.population_words(command.in_force(small.facility, small.at).resolved.document)


def test_a_file_is_opened_and_corrected_with_a_reason(small: Small) -> None:
    said = Row(1, {"code": "N1", "population": "prisoner", "name": "秦既明", "birth_date": "1980", "unit_code": "W1",
                   "aliases": "阿明；明明"})  # fmt: skip
    made = people.register(small.facility, said, words(small), by="t", at=small.at)
    assert queries.matching(queries.Person.objects.all(), "qjm").get() == made
    assert queries.matching(queries.Person.objects.all(), "阿明").get() == made
    assert Assignment.objects.get(person=made).key == "W1"
    better = Row(1, {"name": "秦既鸣", "birth_date": "1980-05"})
    assert code_of(lambda: people.correct(made, better, words(small), reason=" ", by="t", at=small.at)) == "no_reason"
    made.refresh_from_db()
    changed = people.correct(made, better, words(small), reason="identity card seen", by="t", at=small.at)
    assert set(changed) == {"name", "birth_date", "birth_precision"}
    kept = Record.objects.get(entity="correction").record
    assert kept["why"] == "identity card seen"
    assert verify_deep(small.facility.log) == []
    assert people.correct(made, better, words(small), reason="", by="t", at=small.at) == []


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"code": "P1", "population": "prisoner"}, "code"),
        ({"code": "a/b", "population": "prisoner"}, "code"),
        ({"code": "N1", "population": "astronaut"}, "population"),
        ({"code": "N1", "population": "prisoner", "unit_code": "W7"}, "unit_code"),
        ({"code": "N1", "population": "prisoner", "birth_date": "2999"}, "birth_date"),
        (
            {"code": "N1", "population": "prisoner", "identity_kind": "national_id", "identity_number": "1"},
            "identity_number",
        ),
    ],
)
def test_a_field_that_cannot_be_is_named(small: Small, cells: dict[str, str], column: str) -> None:
    with pytest.raises(RowError) as caught:
        people.register(small.facility, Row(1, cells), words(small), by="t", at=small.at)
    assert caught.value.column == column
    assert not Person.objects.filter(code="N1").exists()


def test_other_names_are_found_and_can_be_taken_off(small: Small) -> None:
    one = person(small, "P1")
    made = people.add_alias(one, name="小赵", kind="nickname", by="t", at=small.at)
    assert code_of(lambda: people.add_alias(one, name="小赵", kind="other", by="t", at=small.at)) == "known_name"
    assert queries.matching(Person.objects.all(), "xiaozhao").get() == one
    people.remove_alias(made, by="t", at=small.at)
    assert not queries.matching(Person.objects.all(), "xiaozhao").exists()
    assert not Alias.objects.exists()
    assert verify_deep(small.facility.log) == []


def test_a_unit_holds_from_a_date_that_is_neither_to_come_nor_before_the_last(small: Small) -> None:
    one, unit = person(small, "P1"), small.facility.groups.get(code="W2")
    early, late = small.moment("00:00"), small.at + 1
    assert code_of(lambda: actions.set_unit(person=one, unit=unit, starts=late, by="t", at=small.at)) == "in_future"
    actions.set_unit(person=one, unit=unit, starts=early, by="t", at=small.at)
    assert code_of(lambda: actions.set_unit(person=one, unit=unit, starts=early, by="t", at=small.at)) == "same_unit"
    back = small.facility.groups.get(code="W1")
    assert code_of(lambda: actions.set_unit(person=one, unit=back, starts=early, by="t", at=small.at)) == "out_of_order"


def test_a_precaution_that_begins_before_the_one_on_file_is_refused_in_words(small: Small) -> None:
    one = person(small, "P1")
    actions.set_precaution(person=one, value="mask", starts=small.moment("10:00"), by="t", at=small.at)
    early = small.moment("09:00")
    assert (
        code_of(lambda: actions.set_precaution(person=one, value="mask", starts=early, by="t", at=small.at))
        == "out_of_order"
    )


def test_who_looked_is_part_of_the_copy(small: Small) -> None:
    one = person(small, "P1")
    user = accounts.create_user(username="doc", password="a-long-test-password", name_zh="葛以恒", by="t", at=0)
    accounts.record_reads(
        log=small.facility.log, subjects=[one.ref], fields=["identity_number"], where="person file", why="papers",
        by=user.ref, at=small.at,
    )  # fmt: skip
    assert [(look.name_zh, look.fields, look.why) for look in looks_at([one.ref])] == [
        ("葛以恒", "identity_number", "papers")
    ]
    copy = files.copy_for(one, small.at)
    assert copy["who_looked"][0]["name_zh"] == "葛以恒"
    assert copy["files"][0]["person"]["name"] == "赵一"


def test_a_headcount_closes_over_every_kind_of_movement(small: Small) -> None:
    at = small.moment("08:00")
    for n, (code, kind, where) in enumerate(
        [("P1", "cell_move", "W2-201"), ("P2", "court_appearance", ""), ("P2", "return", "W1-102"),
         ("P3", "release", "")]
    ):  # fmt: skip
        target = place(small, where) if where else None
        record_movement(Move(person(small, code), kind, at + n * HOUR, target), by="t", at=small.at)
    (lines,) = queries.headcounts(small.facility, [(small.moment("00:00"), small.moment("24:00"))])
    assert all(line.closes for line in lines.values())
    assert (lines["W1"].start, lines["W1"].end, lines["W2"].start, lines["W2"].end) == (2, 1, 1, 1)
    assert moving.courses([person(small, "P3")])[person(small, "P3").pk].whereabouts == "gone"
