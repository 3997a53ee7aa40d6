"""People on the register's pages: search and filters, files that open field by field, and what it costs."""

import json
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import SensitiveRead
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.queries import verify_deep
from lazaretto.apps.registry import actions
from lazaretto.apps.registry.models import Alias, Assignment, Person, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement
from tests.conftest import HOUR, Small
from tests.integration.pages import PASSWORD, SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.register_pages import CARD, HERE, crowd, listed, page_of, seen, sheet  # noqa: F401

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
