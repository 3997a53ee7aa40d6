"""What the pages of the register do: search, files that open field by field, movements, tables in and out, and what it costs."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import SensitiveRead
from lazaretto.apps.console import uploads
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.queries import verify_deep
from lazaretto.apps.registry import actions
from lazaretto.apps.registry.models import Alias, Assignment, Movement, NotSame, Person, Place, Presence, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement, record_movements
from tests.conftest import HOUR, Small
from tests.integration.pages import PASSWORD, SignIn, _plain_static, look_at, sign_in  # noqa: F401

HERE = "/facilities/YT/"
CARD = "11010519491231002X"


@pytest.fixture
def seen(small: Small, look_at: Callable[[int], None]) -> Small:
    small.bring(
        "people",
        "code,population,name,aliases,birth_date,identity_kind,identity_number\n"
        f"P4,prisoner,秦既明,阿明,1949-12-31,national_id,{CARD}\nP5,prisoner,,,1970,unknown,\nP8,prisoner,赵一,,1980-01-01,,",
        name="more.csv",
    )
    look_at(small.at)
    return small


def page_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(HERE + path)
    assert response.status_code == status, response
    return response.content.decode()


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/facilities/YT/people/([^/"]+)/"', page)


def sheet(response: Any) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()


# -- people --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("?q=秦", ["P4"]), ("?q=qinjiming", ["P4"]), ("?q=qin+li", []), ("?q=qjm", ["P4"]), ("?q=aming", ["P4"]),
        ("?q=p4", ["P4"]), ("?q=%25", []), ("?q=%00qjm", ["P4"]), ("?where=inside", ["P2", "P3", "P1"]),
        ("?where=gone&population=prisoner", ["P5", "P4", "P8"]), ("?population=officer", ["S1"]),
        ("?place=W1", ["P2", "P1"]), ("?place=NOWHERE", []), ("?unit=W2", ["P3"]), ("?doubles=1", ["P1", "P8"]),
        ("?sort=code", ["P1", "P2", "P3", "P4", "P5", "P8", "S1"]),
        ("?sort=-code", ["S1", "P8", "P5", "P4", "P3", "P2", "P1"]),
        ("?sort=place", ["P1", "P2", "P3", "P5", "S1", "P4", "P8"]),
    ],
)  # fmt: skip
def test_people_are_found_filtered_and_sorted(seen: Small, sign_in: SignIn, query: str, codes: list[str]) -> None:
    page = page_of(sign_in("epidemic_lead", seen.facility.organisation), "people/" + query)
    assert listed(page) == codes


def test_away_is_neither_inside_nor_gone(seen: Small, sign_in: SignIn, look_at: Callable[[int], None]) -> None:
    people, at = seen.facility.people.select_related("facility"), seen.at
    record_movement(Move(people.get(code="P2"), "leave", at, None, "", "", at + HOUR), by="t", at=at)
    record_movement(Move(people.get(code="P3"), "hospital_escort", at), by="t", at=at)
    record_movement(Move(people.get(code="P3"), "death", at + HOUR), by="t", at=at + HOUR)
    look_at(at + 2 * HOUR)
    client = sign_in("gate_officer", seen.facility.organisation)
    assert listed(page_of(client, "people/?where=away")) == ["P2"]
    assert "P3" in listed(page_of(client, "people/?where=gone"))
    assert listed(page_of(client, "people/?where=inside")) == ["P1"]
    page = page_of(client, "movements/")
    assert "1 h 0 min" in page.split("Register of movements")[0]
    assert "1 person is overdue." in page


def test_a_precaution_is_a_filter_only_for_those_who_read_it(seen: Small, sign_in: SignIn) -> None:
    for code in ("P1", "S1"):
        one = seen.facility.people.select_related("facility").get(code=code)
        actions.set_precaution(person=one, value="mask", starts=seen.at - HOUR, by="t", at=seen.at)
    organisation = seen.facility.organisation
    assert listed(page_of(sign_in("ward_officer", organisation), "people/?precaution=mask")) == ["P1"]
    assert listed(page_of(sign_in("clinician", organisation), "people/?precaution=any")) == ["S1", "P1"]
    planner = sign_in("duty_planner", organisation)
    assert listed(page_of(planner, "people/?precaution=mask")) == []
    assert "not shown to your role" in page_of(planner, "people/S1/").split("Stays and movements")[0]


def test_excel_holds_what_the_filter_shows_and_numbers_are_logged(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("department_head", seen.facility.organisation)
    plain = client.get(HERE + "people.xlsx?q=qjm")
    assert [row[0] for row in sheet(plain)] == ["code", "P4"]
    assert CARD not in str(sheet(plain))
    assert not SensitiveRead.objects.exists()
    assert CARD in str(sheet(client.get(HERE + "people.xlsx?identity=1")))
    assert SensitiveRead.objects.get().subject == Person.objects.get(code="P4").ref
    taken = Entry.objects.filter(kind="table_taken_out").order_by("seq")
    assert [e.detail["rows"] for e in taken] == [1, 7]
    assert verify_deep(seen.facility.log) == []


def crowd(small: Small, n: int) -> None:
    rows = "\n".join(f"N{i:04d},prisoner,王{i % 97},W1" for i in range(n))
    assert not small.bring("people", "code,population,name,unit_code\n" + rows, name="crowd.csv").failures
    stays = "\n".join(f"N{i:04d},W1-102,2026-03-0{1 + i % 9} 08:00," for i in range(n))
    assert not small.bring("presence", "subject,place,from,to\n" + stays, name="crowd-stays.csv").failures


def test_the_list_costs_the_same_for_fifty_and_for_thousands(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", seen.facility.organisation)
    page_of(client, "people/")
    costs = []
    for n in (60, 2000):
        crowd(seen, n)
        with CaptureQueriesContext(connection) as asked:
            assert len(listed(page_of(client, "people/?where=inside&sort=place"))) == 50
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 45


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_the_list_reads_by_an_index(seen: Small, sign_in: SignIn) -> None:
    """No whole table is read: neither of people in their order, nor of stays for who is inside."""
    crowd(seen, 300)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = sign_in("epidemic_lead", seen.facility.organisation)
    with CaptureQueriesContext(connection) as asked:
        page_of(client, "people/?where=inside")
    rows = [q["sql"] for q in asked if q["sql"].startswith("SELECT") and '"registry_person"."sort" ASC' in q["sql"]]
    assert rows
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + rows[0])
        plan = " / ".join(row[3] for row in cursor.fetchall())
    assert "SEARCH registry_person USING INDEX" in plan
    assert not re.search(r"SCAN (registry_presence|U0)\b(?! USING)", plan), plan


# -- one file ------------------------------------------------------------------------------------------------------------


def test_a_number_is_shown_once_to_who_says_why(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("department_head", seen.facility.organisation)
    page = page_of(client, "people/P4/")
    assert CARD not in page
    assert "…002X" in page
    assert not SensitiveRead.objects.exists()
    refused = client.post(HERE + "people/P4/show/", {"what": "identity", "why": "  "})
    assert refused.status_code == 422
    assert CARD not in refused.content.decode()
    shown = client.post(HERE + "people/P4/show/", {"what": "identity", "why": "court papers"})
    assert CARD in shown.content.decode()
    assert shown.headers["Cache-Control"] == "no-store"
    read = SensitiveRead.objects.get()
    assert (read.fields, read.why, read.where) == ("identity_number", "court papers", "person file")
    assert CARD not in page_of(client, "people/P4/")
    assert SensitiveRead.objects.count() == 1


def test_health_opens_at_once_for_clinicians_and_for_others_on_a_reason(seen: Small, sign_in: SignIn) -> None:
    one = seen.facility.people.select_related("facility").get(code="P1")
    actions.set_standing(
        subject=one, key="vulnerable", value="asthma", starts=seen.start, source="t", by="t", at=seen.at
    )
    organisation = seen.facility.organisation
    page = page_of(sign_in("clinician", organisation), "people/P1/")
    assert "asthma" in page
    assert "Recorded at" in page
    assert SensitiveRead.objects.get().fields == "vulnerable"
    lead = sign_in("epidemic_lead", organisation)
    page = page_of(lead, "people/P1/")
    assert "asthma" not in page
    assert "1 entry on health" in page
    assert "asthma" in lead.post(HERE + "people/P1/show/", {"what": "health", "why": "outbreak"}).content.decode()
    assert SensitiveRead.objects.count() == 2
    for role in ("ward_officer", "department_head", "inspector"):
        page = page_of(sign_in(role, organisation), "people/P1/")
        assert "asthma" not in page
        assert "on health" not in page


def test_the_auditor_sees_who_looked_and_nobody_else(seen: Small, sign_in: SignIn) -> None:
    organisation = seen.facility.organisation
    sign_in("department_head", organisation).post(HERE + "people/P4/show/", {"what": "identity", "why": "court papers"})
    page = page_of(sign_in("auditor", organisation), "looks/?person=P4")
    assert "court papers" in page
    assert "document number" in page
    assert "秦既明</a>" not in page
    assert CARD not in page
    assert "court papers" not in page_of(sign_in("epidemic_lead", organisation), "people/P4/")


def test_who_looked_in_a_facility_is_filtered_and_turned_over(seen: Small, sign_in: SignIn) -> None:
    log, organisation = seen.facility.log, seen.facility.organisation
    refs = [seen.facility.people.get(code=code).ref for code in ("P1", "P4")]
    reader = accounts.create_user(username="reader", password=PASSWORD, organisation=organisation, by="t", at=0).ref
    for n in range(30):
        accounts.record_reads(log=log, subjects=refs, fields=["facts"], where="list", by=reader, at=seen.at + n)
    client = sign_in("auditor", organisation)
    assert "60 looks" in page_of(client, "looks/")
    assert "page 1 of 2" in page_of(client, "looks/")
    assert "page 2 of 2" in page_of(client, "looks/?by=reader&first=2000-01-01&page=2")
    assert "30 looks" in page_of(client, "looks/?person=P4")
    assert "Nothing fits the filter" in page_of(client, "looks/?person=P9")
    assert "Nothing fits the filter" in page_of(client, "looks/?last=2000-01-01")
    assert "Nothing fits the filter" in page_of(client, "looks/?by=nobody")
    lines = sheet(client.get(HERE + "looks.xlsx?person=P4"))
    assert len(lines) == 31
    assert {line[1] for line in lines[1:]} == {"P4"}


def test_precautions_are_set_until_some_time_and_lifted(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("clinician", seen.facility.organisation)
    client.post(HERE + "people/P1/precaution/", {"value": "mask", "until": "2026-03-20T08:00"})
    client.post(HERE + "people/P1/precaution/", {"value": "contact"})
    page = page_of(client, "people/P1/")
    assert "until 20 Mar 08:00" in page
    assert "until lifted" in page
    mask = Standing.objects.get(value="mask")
    bad = client.post(HERE + "people/P1/precaution/", {"value": "mask", "until": "soon"}, follow=True)
    assert "Write the time as" in bad.content.decode()
    assert Standing.objects.filter(key="precaution").count() == 2
    assert client.post(HERE + "people/P2/precaution/", {"lift": str(mask.pk)}).status_code == 404


def test_a_file_is_corrected_named_and_given_a_unit(seen: Small, sign_in: SignIn) -> None:
    client, path = sign_in("department_head", seen.facility.organisation), HERE + "people/P4/edit/"
    said = {"do": "correct", "population": "prisoner", "name": "秦既鸣", "sex": "male", "birth_date": "1949-12",
            "identity_kind": "national_id", "identity_number": ""}  # fmt: skip
    refused = client.post(path, said)
    assert refused.status_code == 422
    assert "Say why it is corrected." in refused.content.decode()
    assert client.post(path, said | {"reason": "papers seen"}).status_code == 302
    one = Person.objects.get(code="P4")
    assert (one.name, one.birth_precision, one.identity_number) == ("秦既鸣", "month", CARD)
    assert client.post(path, {"do": "alias", "alias": "明明", "kind": "nickname"}).status_code == 302
    alias = Alias.objects.get(name="明明")
    assert client.post(path, {"do": "remove", "alias": str(alias.pk)}).status_code == 302
    assert client.post(path, {"do": "unit", "unit": "W2", "from": "2026-03-17"}).status_code == 302
    held = Assignment.objects.get(person=one)
    assert (held.key, held.starts) == ("W2", seen.moment("00:00"))
    late = client.post(path, {"do": "unit", "unit": "W1", "from": "2026-04-01"})
    assert "still to come" in late.content.decode()
    assert verify_deep(seen.facility.log) == []


def test_the_copy_has_everything_and_is_itself_on_the_list(seen: Small, sign_in: SignIn) -> None:
    seen.bring(
        "facts",
        "id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by\nf1,temperature,person,P4,2026-03-17 07:00,done,36.5,Cel,S1",
    )
    client = sign_in("clinician", seen.facility.organisation)
    copied = json.loads(client.get(HERE + "people/P4/copy.json").content)
    assert copied["files"][0]["person"]["identity_number"] == CARD
    assert copied["files"][0]["facts"][0]["value"] == "36.5"
    assert "S1" not in json.dumps(copied["files"])
    assert copied["who_looked"][0]["where"] == "copy for the person"
    paper = client.get(HERE + "people/P4/copy.pdf")
    assert paper.content[:5] == b"%PDF-"
    assert SensitiveRead.objects.count() == 2


# -- movements -----------------------------------------------------------------------------------------------------------


def test_only_what_is_possible_and_allowed_is_offered(seen: Small, sign_in: SignIn) -> None:
    organisation = seen.facility.organisation

    def offered(role: str, *codes: str) -> set[str]:
        query = "&".join(f"person={c}" for c in codes)
        page = page_of(sign_in(f"{role}", organisation), f"movements/new/?{query}")
        return set(re.findall(r'name="kind" value="(\w+)"', page))

    assert offered("ward_officer", "P1") == {"cell_move"}
    assert "cell_move" not in offered("gate_officer", "P1")
    assert offered("gate_officer", "P4") == {"admission", "transfer_in"}
    assert offered("epidemic_lead", "P1", "P4") == set()
    client = sign_in("ward_officer", organisation)
    assert client.get(HERE + "movements/new/?person=P1&kind=release").status_code == 403
    assert client.get(HERE + "movements/new/?person=P1&person=NOBODY").status_code == 404


def test_several_move_at_once_or_nobody_does(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("department_head", seen.facility.organisation)
    said = {
        "person": ["P1", "P2", "P3"],
        "kind": "cell_move",
        "do": "record",
        "when": "2026-03-17T10:00",
        "place": "W2-201",
    }
    refused = client.post(HERE + "movements/new/", said)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "refused for 1 person." in page
    assert "孙三 P3: Is there already." in page
    assert not Movement.objects.exists()
    moved = client.post(HERE + "movements/new/", said | {"person": ["P1", "P2"]}, follow=True)
    assert "2 movements are recorded." in moved.content.decode()
    assert Presence.objects.filter(place__code="W2-201", ends=None).count() == 3


def test_a_room_that_gets_too_full_is_said_before_saving(seen: Small, sign_in: SignIn) -> None:
    Place.objects.filter(code="W2-201").update(capacity=1)
    client = sign_in("ward_officer", seen.facility.organisation)
    said = {"person": "P1", "kind": "cell_move", "do": "record", "when": "", "place": "Cell 201"}
    page = client.post(HERE + "movements/new/", said).content.decode()
    assert "Cell 201 (W2-201) is meant for 1 and would hold 2." in page
    assert not Movement.objects.exists()
    assert client.post(HERE + "movements/new/", said | {"anyway": "1"}).status_code == 302
    assert Movement.objects.get().occurred_at == seen.at


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"when": "yesterday"}, "Cannot read the time"),
        ({"place": "NOWHERE"}, "There is no such place"),
        ({"when": "2027-01-01T00:00"}, "still to come"),
        ({"when": "2026-02-01T00:00"}, "to enter an earlier one"),
    ],
)
def test_what_cannot_be_is_said_under_its_field(seen: Small, sign_in: SignIn, given: dict[str, str], said: str) -> None:
    client = sign_in("ward_officer", seen.facility.organisation)
    form = {"person": "P1", "kind": "cell_move", "do": "record", "when": "2026-03-17T10:00", "place": "W2-201"}
    response = client.post(HERE + "movements/new/", form | given)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Movement.objects.exists()


def test_at_most_five_hundred_move(seen: Small, sign_in: SignIn) -> None:
    crowd(seen, 501)
    client = sign_in("department_head", seen.facility.organisation)
    codes = [f"N{i:04d}" for i in range(501)]
    assert client.post(HERE + "movements/new/", {"person": codes}).status_code == 422
    said = {
        "person": codes[:500],
        "kind": "release",
        "do": "record",
        "when": "",
        "counterpart": "",
        "reason": "order 5",
    }
    assert client.post(HERE + "movements/new/", said).status_code == 302
    assert Movement.objects.count() == 500


def test_the_register_of_movements_is_filtered_and_void_ones_are_struck(seen: Small, sign_in: SignIn) -> None:
    people, places, at = seen.facility.people.select_related("facility"), seen.facility.places, seen.moment("10:00")
    record_movements(
        seen.facility,
        [Move(people.get(code="P1"), "cell_move", at, places.get(code="W2-201")), Move(people.get(code="P2"), "release", at)],
        by="t", at=seen.at,
    )  # fmt: skip
    client = sign_in("department_head", seen.facility.organisation)
    assert client.post(HERE + "movements/1/void/", {"reason": "wrong person"}).status_code == 302
    page = page_of(client, "movements/")
    assert 'class="is-void"' in page
    assert "wrong person" in page
    assert "赵一" not in page_of(client, "movements/?kind=release").split("Register of movements")[1]
    assert "No movement fits" in page_of(client, "movements/?from=2026-03-18")
    assert "No movement fits" not in page_of(client, "movements/?from=2026-03-17&to=2026-03-17&q=zhaoyi")
    again = client.post(HERE + "movements/1/void/", {"reason": "again"})
    assert "It is void already." in again.content.decode()
    rows = sheet(client.get(HERE + "movements.xlsx?kind=cell_move"))
    assert (len(rows), rows[1][-1]) == (2, "wrong person")


def test_a_movement_is_on_the_same_minute_as_now_not_before_it(seen: Small, sign_in: SignIn) -> None:
    """A field knows no seconds: a second movement in one minute must not be before the first."""
    client = sign_in("department_head", seen.facility.organisation)
    said = {"person": "P1", "kind": "cell_move", "do": "record", "when": "2026-03-18T00:00", "place": "W2-201"}
    assert client.post(HERE + "movements/new/", said).status_code == 302
    assert Movement.objects.get().occurred_at == seen.at


# -- headcount, duplicates, places -----------------------------------------------------------------------------------------


def test_the_headcount_says_reasons_and_sets_roll_calls_beside_the_file(seen: Small, sign_in: SignIn) -> None:
    people, at = seen.facility.people.select_related("facility"), seen.moment("10:00")
    record_movement(Move(people.get(code="P2"), "court_appearance", at), by="t", at=seen.at)
    seen.bring(
        "facts",
        "id,observation,subject_kind,subject,observed_at,outcome,value,by\n"
        "r1,roll_call,place,W1,2026-03-17 09:00,done,2,S1\nr2,roll_call,place,W1,2026-03-17 18:00,done,2,S1\n"
        "r3,roll_call,group,W2,2026-03-17 18:00,done,1,S1\nr4,roll_call,facility,YT,2026-03-17 18:00,done,2,S1",
    )
    client = sign_in("department_head", seen.facility.organisation)
    page = page_of(client, "headcount/?on=2026-03-17")
    assert "3 on the books: 2 inside, 1 away. The headcount closes. 1 roll call differs" in page
    assert "went out 1" in page
    assert page.count("does not agree") == 1
    night = page_of(client, "headcount/?on=2026-03-17&shift=night")
    assert "From 17 Mar 20:00 to 18 Mar 00:00." in night
    assert "The span is not over" in night
    assert client.get(HERE + "headcount/?shift=brunch").status_code == 404
    assert "has not begun" in page_of(client, "headcount/?on=2027-01-01")
    assert "Headcount, Wed 18 Mar" in page_of(client, "headcount/?on=0001-01-01")
    rows = sheet(client.get(HERE + "headcount.xlsx?on=2026-03-17"))
    assert rows[1][:4] == ["Wing 1", 2, 0, ""]


def test_two_files_are_compared_merged_or_told_apart(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("department_head", seen.facility.organisation)
    assert "1 pair may be of one person." in page_of(client, "duplicates/")
    path = HERE + "duplicates/P1/P8/"
    assert "Choose which file stays." in client.post(path, {"do": "merge", "reason": "x"}).content.decode()
    assert "Say why they are the same." in client.post(path, {"do": "merge", "keep": "P1"}).content.decode()
    asked = {"keep": "P1", "reason": "same papers"}
    assert client.post(path, {"do": "merge"} | asked).status_code == 200
    assert Person.objects.get(code="P8").merged_into is None
    assert client.post(path, {"do": "confirm"} | asked).status_code == 302
    assert Person.objects.get(code="P8").merged_into == Person.objects.get(code="P1")
    assert client.get(path).status_code == 404
    assert "merged into P1" in page_of(client, "people/P8/")
    assert client.post(HERE + "people/P8/part/", {"reason": "two brothers"}).status_code == 302
    assert "No two files look" in page_of(client, "duplicates/")
    assert NotSame.objects.count() == 1
    assert verify_deep(seen.facility.log) == []


def test_a_merge_shows_first_what_it_will_do(seen: Small, sign_in: SignIn) -> None:
    """Both files, what goes over (by number: not everybody may read it), the way back, and the reason once more."""
    seen.bring("people", "code,population,name,aliases,birth_date\nP8,prisoner,赵一,阿一,1980-01-01")
    seen.bring(
        "presence", "subject,place,from,to\nP1,W1-101,2026-03-01 00:00,2026-03-02 00:00\nP8,W1-102,2026-03-10 00:00,"
    )
    seen.bring("standings", "subject,key,value\nP8,vulnerable,asthma\nP8,precaution,mask")
    client = sign_in("department_head", seen.facility.organisation)
    path = HERE + "duplicates/P1/P8/"
    entries = Entry.objects.count()
    asked = {"keep": "P1", "reason": "one <b>card</b>"}
    page = client.post(path, {"do": "merge"} | asked).content.decode()
    assert Entry.objects.count() == entries
    assert "Merge P8 into P1</h1>" in page
    assert page.count("1980-01-01") == 2
    assert "Goes over to P1: 2 standings, 2 other names." in page
    assert "“Part the files” on the page of P8" in page
    assert "one &lt;b&gt;card&lt;/b&gt;" in page
    assert "asthma" not in page
    for wrong in ({"keep": "P1"}, {"keep": "P9", "reason": "x"}, {"reason": "x"}):
        assert client.post(path, {"do": "confirm"} | wrong).status_code == 422
    assert Person.objects.get(code="P8").merged_into is None
    assert client.post(path, {"do": "confirm"} | asked).status_code == 302
    kept = Person.objects.get(code="P1")
    assert Person.objects.get(code="P8").merged_into == kept
    assert set(Standing.objects.filter(person=kept, ends=None).values_list("key", flat=True)) == {
        "vulnerable",
        "precaution",
    }
    assert set(kept.aliases.values_list("name", flat=True)) == {"阿一", "P8"}


def test_a_merge_that_cannot_be_is_refused_before_it_is_confirmed(seen: Small, sign_in: SignIn) -> None:
    seen.bring("presence", "subject,place,from,to\nP8,W1-102,2026-03-10 00:00,")
    client = sign_in("department_head", seen.facility.organisation)
    answer = client.post(HERE + "duplicates/P1/P8/", {"do": "merge", "keep": "P1", "reason": "x"})
    assert answer.status_code == 422
    assert "record first where the person is" in answer.content.decode()


def test_told_apart_is_not_asked_again(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("department_head", seen.facility.organisation)
    assert client.post(HERE + "duplicates/P1/P8/", {"do": "not_same"}).status_code == 302
    assert "No two files look" in page_of(client, "duplicates/")


def test_places_are_added_corrected_and_put_out_of_service(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("department_head", seen.facility.organisation)
    new = {
        "code": "W1-103",
        "parent": "W1",
        "kind": "cell",
        "name_zh": "103 室",
        "name_en": "Cell 103",
        "capacity": "4",
        "key_area": "no",
    }
    assert client.post(HERE + "add-place/", new).status_code == 302
    assert client.post(HERE + "add-place/", new).status_code == 422
    assert client.post(HERE + "add-place/", new | {"code": "W1-104", "capacity": "many"}).status_code == 422
    assert client.post(HERE + "places/W1-103/", new | {"capacity": "6", "code": "W1-999"}).status_code == 302
    assert Place.objects.get(code="W1-103").capacity == 6
    client.post(HERE + "places/W1/service/", {"value": "cleaning", "until": "2026-03-18T08:00"})
    page = page_of(client, "places/?under=W1")
    assert "being disinfected until 18 Mar 08:00" in page
    assert page.count("with the place around it") == 3
    assert "takes nobody now" in page_of(client, "places/W1-103/")
    past = client.post(HERE + "places/W2/service/", {"value": "out", "until": "2026-03-01T08:00"}, follow=True)
    assert "The end must be a time to come" in past.content.decode()
    assert verify_deep(seen.facility.log) == []


# -- tables --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    settings.LAZARETTO_HOME = tmp_path
    return tmp_path


def handed_in(text: str, name: str = "people.csv") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, text.encode())}


def token_of(page: str) -> str:
    return re.findall(r'name="token" value="([^"]+)"', page)[0]


def test_a_file_is_tried_taken_and_accounted_for(seen: Small, sign_in: SignIn, home: Path) -> None:
    client = sign_in("department_head", seen.facility.organisation)
    before = Person.objects.count()
    tried = client.post(
        HERE + "tables/people/",
        handed_in("code,population,name\nN1,prisoner,赵一\nN2,astronaut,\nP1,prisoner,赵一\nP2,prisoner,钱贰"),
    ).content.decode()
    assert re.findall(r"lz-number[^>]*>(?:<span.*?</svg>)?(\d+)", tried, re.S) == ["4", "1", "1", "1", "1"]
    assert "there is no population" in tried
    assert Person.objects.count() == before
    errors = client.get(re.findall(r'href="([^"]+/errors/[^"]+)"', tried)[0])
    assert sheet(errors)[1][0] == "N2"
    response = client.post(HERE + "tables/people/confirm/", {"token": token_of(tried), "total": "4"})
    taken = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert "4 of 4 rows are written." in taken
    assert "4 rows are accounted for." in taken
    assert taken.rstrip().endswith("</html>")
    assert Person.objects.count() == before + 1
    assert verify_deep(seen.facility.log) == []


def test_what_is_taken_is_what_was_tried_by_the_same_hand_within_the_hour(
    seen: Small, sign_in: SignIn, home: Path, look_at: Callable[[int], None]
) -> None:
    client = sign_in("department_head", seen.facility.organisation)
    other = sign_in("epidemic_lead", seen.facility.organisation)

    def kept() -> tuple[str, Path]:
        token = token_of(
            client.post(HERE + "tables/people/", handed_in("code,population\nN1,prisoner")).content.decode()
        )
        return token, next((home / "uploads").glob(f"{token}.csv"))

    def take(who: Client, token: str, table: str = "people") -> int:
        return who.post(HERE + f"tables/{table}/confirm/", {"token": token}).status_code

    token, path = kept()
    assert path.stat().st_mode & 0o777 == 0o600
    assert take(other, token) == 302
    assert take(client, token, "assignments") == 302
    path.write_text("code,population\nN9,prisoner")
    assert take(client, token) == 302
    token, path = kept()
    look_at(seen.at + uploads.KEPT_MS + 1)
    assert take(client, token) == 302
    assert take(client, "../../secret_key") == 302
    kept()
    assert not path.exists()
    assert not Person.objects.filter(code__startswith="N").exists()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (("x.exe", b"MZ"), "use a file that ends in"), (("x.csv", b""), "file is empty"),
        (("x.csv", b"name\nA"), "the column code is missing"), (("x.xlsx", b"PK"), "not a valid Excel file"),
        (("x.csv", b"code,population\n" + b"x" * uploads.MOST_BYTES), "over 20 MB"),
    ],
)  # fmt: skip
def test_what_is_no_such_table_is_refused_and_not_kept(
    seen: Small, sign_in: SignIn, home: Path, file: tuple[str, bytes], said: str
) -> None:
    client = sign_in("department_head", seen.facility.organisation)
    response = client.post(HERE + "tables/people/", {"file": SimpleUploadedFile(*file)})
    assert response.status_code == 422
    assert said in response.content.decode().replace("Use a file", "use a file").replace("The ", "the ").replace(
        "Not ", "not "
    )
    assert not list((home / "uploads").glob("*.csv"))


def test_what_goes_out_comes_in_again_unchanged(seen: Small, sign_in: SignIn, home: Path) -> None:
    one = seen.facility.people.select_related("facility").get(code="P1")
    actions.set_precaution(person=one, value="mask", starts=seen.at - HOUR, by="t", at=seen.at)
    record_movement(Move(one, "cell_move", seen.moment("10:00"), Place.objects.get(code="W2-201")), by="t", at=seen.at)
    client = sign_in("epidemic_lead", seen.facility.organisation)
    before = Entry.objects.filter(kind__endswith="imported").count()
    for table in ("places", "groups", "people", "presence", "movements", "standings", "assignments"):
        for ending in ("xlsx", "csv"):
            file = client.get(f"{HERE}tables/{table}.{ending}").content
            tried = client.post(f"{HERE}tables/{table}/", {"file": SimpleUploadedFile(f"{table}.{ending}", file)})
            assert "everything in the file is on record already" in tried.content.decode(), (table, ending)
    assert Entry.objects.filter(kind__endswith="imported").count() == before


def test_readings_that_go_out_are_logged_for_each_person(seen: Small, sign_in: SignIn) -> None:
    seen.bring(
        "facts",
        "id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by\nf1,temperature,person,P1,2026-03-17 07:00,done,36.5,Cel,S1",
    )
    client = sign_in("epidemic_lead", seen.facility.organisation)
    rows = sheet(client.get(HERE + "tables/facts.xlsx?from=2026-03-17&to=2026-03-17"))
    assert (len(rows), rows[1][0]) == (2, "f1")
    assert SensitiveRead.objects.get().subject == Person.objects.get(code="P1").ref
    assert len(sheet(client.get(HERE + "tables/facts.xlsx?from=2026-03-01&to=2026-03-02"))) == 1
