"""Round sheets: who is on them, who may make and type them, and that typing back is exact, repeatable and correctable."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts.models import Role, User
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.apps.rounds import codes, sheets
from lazaretto.apps.rounds.models import Fact, IdConflict, Sheet, SheetRow
from lazaretto.papers.sheet import sheet_pdf
from tests.conftest import DAY, HOUR, Small
from tests.integration.pages import READINGS, SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.test_command_line import lazaretto
from tests.paper_text import pages, squeezed, text

LIST = "/facilities/YT/sheets/"
RESIDENTS = {"measure": "temperature.residents", "where": "place:W1", "on": str(DAY)}


@pytest.fixture
def ready(small: Small, look_at: Callable[[int], None]) -> Small:
    """A facility at outbreak (four temperatures a day), looked at as the day ends."""
    from lazaretto.apps.command import actions as command

    start = small.moment("00:00")
    command.declare_level(facility=small.facility, level="outbreak", reason="t", by="test", at=start - HOUR)
    look_at(small.at)
    return small


def made(small: Small, measure: str = "temperature.residents", place: str = "W1", n: int = 2, on: date = DAY) -> Sheet:
    found = sheets.asked(small.facility, measure, on, sheets.Where(place), at=small.at)
    return sheets.make_sheet(facility=small.facility, asked=found, dues=list(found.dues())[:n], by="t", at=small.at)


def page(sheet: Sheet) -> str:
    return f"{LIST}{sheet.code}/"


def boxes(sheet: Sheet, *values: str, by: str = "S1", **more: str) -> dict[str, str]:
    """Return a form with values line by line, and within a line column by column."""
    names = [f"v-{row.number}-{column}" for row in sheets.rows_of(sheet) for column in range(len(sheet.columns))]
    return {"by": by} | dict(zip(names, values, strict=False)) | more


def on_file(sheet: Sheet) -> dict[tuple[int, int], str]:
    return {
        box: f"{chain[-1].outcome} {chain[-1].value or chain[-1].reason}".strip()
        for box, chain in sheets.entries(sheet).items()
    }


def values_of(response: Any) -> list[str]:
    return re.findall(r'class="lz-box" name="v-\d+-\d+" value="([^"]*)"', response.content.decode())


# -- who and when ------------------------------------------------------------------------------------------------------


def test_on_it_are_those_whom_the_round_asks_there_and_then(ready: Small) -> None:
    """P3 is in another wing, S1 is staff; P2 leaves at noon and owes nothing later."""
    ready.bring("presence", "subject,place,from,to\nP2,W1-102,2026-03-01 00:00,2026-03-17 12:00", name="left.csv")
    sheet = made(ready, n=4)
    assert [(row.subject, row.place, row.asked) for row in sheets.rows_of(sheet)] == [
        ("P1", "W1-101", [0, 1, 2, 3]), ("P2", "W1-102", [0, 1]),
    ]  # fmt: skip
    assert [sheets.time_of("Asia/Shanghai", DAY, due) for due in sheet.columns] == ["06:00", "10:00", "14:00", "18:00"]
    whole = sheets.asked(ready.facility, "temperature.residents", DAY, sheets.Where(), at=ready.at)
    assert list(whole.subjects) == ["person:P1", "person:P2", "person:P3"]
    unit = sheets.asked(ready.facility, "temperature.residents", DAY, sheets.Where(unit="W2"), at=ready.at)
    assert list(unit.subjects) == ["person:P3"]
    kitchen = sheets.asked(ready.facility, "disinfection.key_areas", DAY, sheets.Where("KIT"), at=ready.at)
    assert list(kitchen.subjects) == ["place:KIT"]


def test_each_round_of_the_protocol_asks_as_the_evidence_does(make_facility: Callable[..., Small]) -> None:
    """The same slots as the report expects, for every round that can have a sheet."""
    from lazaretto.apps.rounds.queries import day_evidence

    small = make_facility("YT", protocol="facility-s0-prison")
    evidence = day_evidence(small.facility, DAY, small.at).evidence
    rounds = sheets.rounds_of(small.facility, small.at)
    assert len(rounds) > 3
    for round_ in rounds:
        found = sheets.asked(small.facility, round_.id, DAY, sheets.Where(), at=small.at)
        mine = {(ref, due) for ref, dues in found.subjects.items() for due in dues}
        assert mine == {(s.subject, s.due) for s in evidence.slots if s.measure == round_.id}, round_.id


def test_random_times_stay_unknown_until_they_are_due(make_facility: Callable[..., Small]) -> None:
    small = make_facility("YT", protocol="facility-s0-prison")
    drawn = [r for r in sheets.rounds_of(small.facility, small.at) if r.pace.random]
    assert drawn, "the pack has no random round any more; choose another"
    morning = small.moment("00:00")
    for round_ in drawn:
        assert sheets.asked(small.facility, round_.id, DAY, sheets.Where(), at=morning).dues() == {}


@pytest.mark.parametrize(("measure", "place", "said"), [
    ("no.such", "", "no round"), ("temperature.residents", "NOWHERE", "no place NOWHERE"),
])  # fmt: skip
def test_what_cannot_be_asked_is_said(ready: Small, measure: str, place: str, said: str) -> None:
    with pytest.raises(sheets.SheetRefused) as refusal:
        sheets.asked(ready.facility, measure, DAY, sheets.Where(place), at=ready.at)
    assert said in refusal.value.message.en


def test_a_sheet_too_long_to_type_is_refused(ready: Small) -> None:
    people = "\n".join(f"Q{n},prisoner" for n in range(120))
    ready.bring("people", "code,population\n" + people, name="more.csv")
    ready.bring(
        "presence", "subject,place,from\n" + "\n".join(f"Q{n},W1-101,2026-03-01" for n in range(120)), name="mp.csv"
    )
    with pytest.raises(sheets.SheetRefused, match="122 lines × 4 times is more than the 400 boxes"):
        made(ready, n=4)
    assert not Sheet.objects.exists()
    assert made(ready, n=3).rows.count() == 122


# -- who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_each_role(ready: Small, sign_in: SignIn, role: str) -> None:
    sheet = made(ready)
    client = sign_in(role, ready.facility.organisation)
    may = Permission.FACT_RECORD in POLICY[role]
    for path in (LIST, page(sheet), f"{LIST}{sheet.code}.pdf"):
        assert client.get(path).status_code == (200 if may else 403)
    assert client.post(page(sheet), boxes(sheet, "36.5")).status_code == (302 if may else 403)
    assert Fact.objects.count() == may
    if not may:
        assert client.post(LIST, RESIDENTS | {"due": str(sheet.columns[0])}).status_code == 403
        assert Sheet.objects.count() == 1
    names = squeezed(text(client.get(f"{LIST}{sheet.code}.pdf").content)) if may else ""
    assert ("赵一" in names) == (may and Permission.RESIDENTS_READ in POLICY[role])


def test_another_facilitys_sheet_does_not_exist(
    ready: Small, make_facility: Callable[..., Small], sign_in: SignIn
) -> None:
    sheet = made(ready)
    other = make_facility("LX", people=False)
    client = sign_in("epidemic_lead", other.facility.organisation)
    for path in (LIST, page(sheet), f"{LIST}{sheet.code}.pdf", f"{LIST}open?code={sheet.code}"):
        assert client.get(path).status_code == 404
    assert client.post(page(sheet), boxes(sheet, "36.5")).status_code == 404
    assert client.get(page(sheet).replace("YT", "LX")).status_code == 404
    refused = client.get(f"/facilities/LX/sheets/open?code={sheet.code}")
    assert refused.status_code == 422
    assert f"This facility has no sheet {sheet.code[:4]} {sheet.code[4:]}." in refused.content.decode()
    assert Client().get(page(sheet)).status_code == 302
    assert not Fact.objects.exists()


def test_a_code_is_opened_however_it_is_typed_and_a_slip_is_said(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    for typed in (sheet.code.lower(), f"{sheet.code[:4]}-{sheet.code[4:]}"):
        assert client.get(LIST + "open", {"code": typed}).url == page(sheet)  # type: ignore[attr-defined]
    last = codes.ALPHABET[(codes.ALPHABET.index(sheet.code[-1]) + 1) % 32]
    refused = client.get(LIST + "open", {"code": sheet.code[:-1] + last})
    assert refused.status_code == 422
    assert "the check character of" in refused.content.decode()
    assert 'aria-invalid="true"' in refused.content.decode()
    assert client.get(f"{LIST}{sheet.code[:-1]}{last}/").status_code == 404
    assert client.get(f"{LIST}open", {"code": "x" * 500}).status_code == 422


def test_a_sheet_is_made_on_the_page(ready: Small, sign_in: SignIn) -> None:
    client = sign_in("ward_officer", ready.facility.organisation)
    shown = client.get(LIST, RESIDENTS).content.decode()
    dues = re.findall(r'name="due" value="(\d+)"', shown)
    assert len(dues) == 4
    assert "<b>06:00</b>" in shown
    response = client.post(LIST, RESIDENTS | {"due": dues[:2]})
    sheet = Sheet.objects.get()
    assert response.url == page(sheet)  # type: ignore[attr-defined]
    assert sheet.by == User.objects.get().ref
    assert "is made" in client.get(page(sheet)).content.decode()
    assert sheet.code in client.get(LIST).content.decode()
    for bad in ({"due": "1"}, {}, {"due": dues, "where": "place:NOWHERE"}, {"due": dues, "measure": "no"}):
        refused = client.post(LIST, RESIDENTS | bad)
        assert refused.status_code == 422
        assert "No sheet was made." in refused.content.decode()
    assert client.get(LIST, RESIDENTS | {"on": "2026-02-30"}).status_code == 404
    assert Sheet.objects.count() == 1


def test_a_sheet_is_in_the_journal_and_cannot_change_unseen(ready: Small) -> None:
    sheet = made(ready)
    assert Entry.objects.filter(kind="sheet_made").count() == 1
    log = Log.objects.get(pk=ready.facility.log_id)
    assert verify(log) + verify_deep(log) == []
    SheetRow.objects.filter(sheet=sheet, number=1).update(subject="P3")
    assert [fault.kind for fault in verify_deep(log)] == ["row"]


# -- on paper ----------------------------------------------------------------------------------------------------------


def test_the_paper_has_a_line_for_each_with_its_code(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready, n=2)
    client = sign_in("ward_officer", ready.facility.organisation)
    found = text(client.get(f"{LIST}{sheet.code}.pdf?lang=en").content)
    rows = sheets.rows_of(sheet)
    for words in ("Yunting prison", "Temperature of residents", "Wing 1", "Tue 17 Mar 2026", "06:00", "10:00", "°C", "R refused", "page 1 of 1",
                  f"{sheet.code[:4]} {sheet.code[4:]}", *(f"赵一P1{row.code}" for row in rows[:1]), "declined (informed)", "signature"):  # fmt: skip
        assert squeezed(words) in squeezed(found), words
    assert "孙三" not in found
    chinese = squeezed(text(client.get(f"{LIST}{sheet.code}.pdf?lang=zh").content))
    assert all(word in chinese for word in ("被监管人员测温", "一监区", "2026年3月17日周二", "测量人签名", "R拒绝"))
    again = client.get(f"{LIST}{sheet.code}.pdf?lang=zh").content
    assert again == client.get(f"{LIST}{sheet.code}.pdf?lang=zh").content


def test_every_page_of_a_long_sheet_bears_its_code(ready: Small) -> None:
    from lazaretto.apps.console.queries import Asked
    from lazaretto.apps.console.sheetview import sheet_paper

    people = "\n".join(f"Q{n},prisoner,甲{n}" for n in range(60))
    ready.bring("people", "code,population,name\n" + people, name="more.csv")
    ready.bring(
        "presence", "subject,place,from\n" + "\n".join(f"Q{n},W1-101,2026-03-01" for n in range(60)), name="mp.csv"
    )
    sheet = made(ready)
    found = pages(sheet_pdf(sheet_paper(Asked(ready.facility, frozenset(Permission), DAY), sheet, ready.at)))
    assert len(found) > 2
    assert all(f"{sheet.code[:4]} {sheet.code[4:]}" in one for one in found)
    assert all(sum(row.code in one for one in found) >= 1 for row in sheets.rows_of(sheet))


# -- typing back -------------------------------------------------------------------------------------------------------


def test_boxes_become_facts_on_paper_by_whoever_measured(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    done = client.post(page(sheet), boxes(sheet, "365", "R6", "7 1", "-", **{"t-2-0": "0615"}))
    assert done.status_code == 302
    rows = sheets.rows_of(sheet)
    facts = {f.id: f for f in Fact.objects.all()}
    first = facts[f"p-{sheet.code}-{rows[0].code}-1"]
    assert (first.subject, first.value, first.ucum, first.source, first.by) == ("P1", "36.5", "Cel", "paper", "S1")
    assert first.observed_at == ready.moment("06:00")
    assert facts[f"p-{sheet.code}-{rows[1].code}-1"].observed_at == ready.moment("06:15")
    assert on_file(sheet) == {(1, 0): "done 36.5", (1, 1): "refused declined", (2, 0): "done 37.1", (2, 1): "not_done"}
    entry = Entry.objects.get(kind="facts_recorded")
    assert entry.by == User.objects.get().ref
    assert entry.n == 4
    shown = client.get(page(sheet))
    assert values_of(shown) == ["36.5", "R6", "37.1", "-"]
    assert 'name="t-2-0" value="06:15"' in shown.content.decode()
    assert "4 boxes recorded." in shown.content.decode()
    assert "4 of 4 boxes on file" in shown.content.decode()


def test_the_evidence_counts_what_was_typed(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready, place="SITE")
    client = sign_in("ward_officer", ready.facility.organisation)
    before = ready.measure(ready.draft(), "temperature.residents")
    client.post(page(sheet), boxes(sheet, "365", "365", "365", "R6", "365", "-"))
    after = ready.measure(ready.draft(), "temperature.residents")
    assert (before["on_time"], before["missed"]) == (0, 12)
    assert (after["on_time"], after["excused"], after["missed"]) == (4, 1, 7)
    assert {gap["reason"] for gap in after["gaps"]} == {None}


def test_paper_has_the_time_of_those_without_a_network(
    ready: Small, sign_in: SignIn, look_at: Callable[[int], None]
) -> None:
    """A day by default; the same readings by the other door are late after two hours."""
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    client.post(page(sheet), boxes(sheet, "365", "365"))
    ready.bring("facts", READINGS)
    late = ready.measure(ready.draft(), "temperature.residents")["entered_late"]
    assert late == 1  # P2, imported; what P1 has on paper counts first and is in time
    look_at(ready.moment("10:00") + 25 * HOUR)
    client.post(page(sheet), boxes(sheet, "", "", "", "365"))
    ready.at = ready.moment("10:00") + 26 * HOUR
    assert ready.measure(ready.draft(), "temperature.residents")["entered_late"] == late + 1


def test_saving_again_changes_nothing(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    form = boxes(sheet, "365", "R6", "7 1", "U 电梯停", **{"t-2-0": "0615"})
    client.post(page(sheet), form)
    facts, entries = Fact.objects.count(), Entry.objects.count()
    for again in (form, boxes(sheet, "36.5", "R 6", "371", "U 电梯停", by="someone else"), boxes(sheet)):
        answer = client.post(page(sheet), again)
        assert answer.status_code == 302
    assert "Nothing was typed." in client.get(page(sheet)).content.decode()
    assert (Fact.objects.count(), Entry.objects.count()) == (facts, entries)
    assert not IdConflict.objects.exists()


def test_a_changed_box_is_shown_before_it_is_a_correction(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    client.post(page(sheet), boxes(sheet, "365", "365", "365"))
    changed = boxes(sheet, "366", "365", "367", "368")
    shown = client.post(page(sheet), changed)
    content = shown.content.decode()
    assert shown.status_code == 422
    assert "2 boxes differ from what was entered before." in content
    assert content.count("before: 36.5") == 2
    assert values_of(shown) == ["366", "365", "367", "368"]
    assert Fact.objects.count() == 4  # what is new is kept; what differs is not yet
    (token,) = re.findall(r'name="confirm" value="([0-9a-f]+)"', content)
    stale = client.post(page(sheet), changed | {"confirm": "0" * 16})
    assert stale.status_code == 422
    assert Fact.objects.count() == 4
    done = client.post(page(sheet), changed | {"confirm": token})
    assert done.status_code == 302
    assert on_file(sheet)[1, 0] == "done 36.6"
    row = sheets.rows_of(sheet)[0]
    corrected = Fact.objects.get(id=f"p-{sheet.code}-{row.code}-1.2")
    assert corrected.supersedes == f"p-{sheet.code}-{row.code}-1"
    assert Fact.objects.get(id=corrected.supersedes).value == "36.5"
    document = ready.draft()
    assert document["facts"]["superseded"] == 2
    assert not [c for c in document["contradictions"] if "conflict" in c["kind"]]


def test_a_confirmation_holds_only_for_what_was_shown(ready: Small, sign_in: SignIn) -> None:
    """Somebody else corrects the box in between: it is asked again, with what stands there now."""
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    client.post(page(sheet), boxes(sheet, "365"))
    (token,) = re.findall(
        r'name="confirm" value="([0-9a-f]+)"', client.post(page(sheet), boxes(sheet, "366")).content.decode()
    )
    other = client.post(page(sheet), boxes(sheet, "367")).content.decode()
    client.post(page(sheet), boxes(sheet, "367", confirm=re.findall(r'name="confirm" value="([0-9a-f]+)"', other)[0]))
    again = client.post(page(sheet), boxes(sheet, "366", confirm=token))
    assert again.status_code == 422
    assert "before: 36.7" in again.content.decode()
    assert on_file(sheet)[1, 0] == "done 36.7"


def test_a_time_alone_is_a_correction_and_an_empty_one_keeps_what_is_there(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    client.post(page(sheet), boxes(sheet, "365", **{"t-0": "0610"}))
    assert Fact.objects.get().observed_at == ready.moment("06:10")
    assert client.post(page(sheet), boxes(sheet, "365", **{"t-0": "0600"})).status_code == 302
    assert client.post(page(sheet), boxes(sheet, "365", **{"t-0": "0620"})).status_code == 302
    shown = client.post(page(sheet), boxes(sheet, "365", **{"t-1-0": "0620"}))
    assert "before: 36.5 06:10" in shown.content.decode()
    assert Fact.objects.count() == 1


def test_what_was_entered_by_mistake_is_struck_out_and_may_come_back(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    client.post(page(sheet), boxes(sheet, "365"))
    for value, outcome in (("X", "void"), ("366", "done 36.6")):
        content = client.post(page(sheet), boxes(sheet, value)).content.decode()
        (token,) = re.findall(r'name="confirm" value="([0-9a-f]+)"', content)
        assert client.post(page(sheet), boxes(sheet, value, confirm=token)).status_code == 302
        assert on_file(sheet)[1, 0] == outcome
    nothing = client.post(page(sheet), boxes(sheet, "", "X"))
    assert "nothing to strike out" in nothing.content.decode()
    assert verify_deep(ready.facility.log) == []


def test_a_correction_by_another_way_is_what_stands_in_the_box(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    client.post(page(sheet), boxes(sheet, "365"))
    first = Fact.objects.get().id
    head = "id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by,supersedes"
    ready.bring("facts", f"{head}\nzz,temperature,person,P1,2026-03-17 06:00,done,36.9,Cel,S1,{first}", name="fix.csv")
    assert values_of(client.get(page(sheet)))[0] == "36.9"
    assert client.post(page(sheet), boxes(sheet, "369")).status_code == 302
    assert Fact.objects.count() == 2


def test_each_box_has_its_error_and_nothing_that_was_typed_is_lost(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    answer = client.post(page(sheet), boxes(sheet, "38", "R", "999", "365", **{"t-2-1": "2561", "t-1-0": "0605"}))
    content = answer.content.decode()
    assert answer.status_code == 422
    assert values_of(answer) == ["38", "R", "999", "365"]
    assert 'name="t-2-1" value="2561"' in content
    assert 'name="t-1-0" value="0605"' in content
    assert 'name="by" value="S1"' in content
    for said in (
        "may be 38.0 or 33.8",
        "needs a reason",
        "99.9 is not between 30 and 45",
        "cannot read the time",
        "4 boxes need a look",
    ):
        assert said in content, said
    assert not Fact.objects.exists()
    answer = client.post(page(sheet), boxes(sheet, "38", "365"))
    assert answer.status_code == 422
    assert on_file(sheet) == {(1, 1): "done 36.5"}
    assert values_of(answer)[:2] == ["38", "365"]


def test_nothing_is_recorded_without_who_measured(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    for by, said in (("", "say who measured"), ("x" * 70, "up to 60")):
        answer = client.post(page(sheet), boxes(sheet, "365", by=by))
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert values_of(answer)[0] == "365"
    ready.bring("people", "code,population,name\nS2,officer,李四", name="twin.csv")
    assert (
        "several people are called 李四 (S1, S2)"
        in client.post(page(sheet), boxes(sheet, "365", by="李四")).content.decode()
    )
    assert not Fact.objects.exists()
    ready.bring("people", "code,population,name\nS3,officer,周五", name="third.csv")
    client.post(page(sheet), boxes(sheet, "365", "", "366", by="周五"))
    client.post(page(sheet), boxes(sheet, "365", "367", "366", by="Agency nurse"))
    assert sorted(Fact.objects.values_list("by", flat=True)) == ["Agency nurse", "S3", "S3"]


def test_a_time_that_is_yet_to_come_is_asked_about(
    ready: Small, sign_in: SignIn, look_at: Callable[[int], None]
) -> None:
    sheet = made(ready)
    look_at(ready.moment("05:50"))
    client = sign_in("ward_officer", ready.facility.organisation)
    assert "06:00 is yet to come" in client.post(page(sheet), boxes(sheet, "365")).content.decode()
    client.post(page(sheet), boxes(sheet, "365", **{"t-1-0": "0548"}))
    assert Fact.objects.get().observed_at == ready.moment("05:48")


def test_a_time_over_midnight_is_the_nearest_one(ready: Small, sign_in: SignIn) -> None:
    from lazaretto.apps.rounds.transcription import Typed, transcribe

    sheet = made(ready, n=1)
    Sheet.objects.filter(pk=sheet.pk).update(columns=[ready.moment("23:50", date(2026, 3, 16))])
    sheet = Sheet.objects.get()
    transcribe(
        sheet=sheet, typed={(1, 0): Typed("365", "0005")}, times={}, measured_by="S1", confirmed="", by="t", at=ready.at
    )
    assert Fact.objects.get().observed_at == ready.moment("00:05")


def test_readings_at_the_threshold_say_what_to_do(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    client.post(page(sheet), boxes(sheet, "381", "365", "373"))
    assert "2 readings of 37.3 °C or more: measure again" in client.get(page(sheet)).content.decode()


def test_a_place_is_ticked(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready, "disinfection.key_areas", "SITE")
    client = sign_in("logistics", ready.facility.organisation)
    assert client.post(page(sheet), boxes(sheet, "1")).status_code == 302
    fact = Fact.objects.get()
    assert (fact.subject_kind, fact.subject, fact.outcome) == ("place", "KIT", "done")
    assert values_of(client.get(page(sheet)))[0] == "√"
    assert client.post(page(sheet), boxes(sheet, "√")).status_code == 302
    assert Fact.objects.count() == 1


def test_boxes_that_are_not_on_the_sheet_are_not_taken(ready: Small, sign_in: SignIn) -> None:
    sheet = made(ready)
    client = sign_in("ward_officer", ready.facility.organisation)
    client.post(page(sheet), {"by": "S1", "v-99-0": "365", "v-1-7": "365", "v-x-y": "365", "v-0-0": "365"})
    assert not Fact.objects.exists()


def test_typing_costs_the_same_for_many(ready: Small, sign_in: SignIn, django_assert_num_queries: Any) -> None:
    client = sign_in("ward_officer", ready.facility.organisation)
    few = made(ready)
    client.get(page(few))
    with CaptureQueriesContext(connection) as reading:
        client.get(page(few))
    to_read = len(reading.captured_queries)
    with CaptureQueriesContext(connection) as typing:
        client.post(page(few), boxes(few, *["365"] * 4))
    to_type = len(typing.captured_queries)
    assert min(to_read, to_type) > 5
    people = "\n".join(f"Q{n},prisoner" for n in range(40))
    ready.bring("people", "code,population\n" + people, name="more.csv")
    ready.bring(
        "presence", "subject,place,from\n" + "\n".join(f"Q{n},W1-101,2026-03-01" for n in range(40)), name="mp.csv"
    )
    many = made(ready)
    client.get(page(many))
    with django_assert_num_queries(to_read):
        client.get(page(many))
    with django_assert_num_queries(to_type):
        client.post(page(many), boxes(many, *["365"] * 84))
    assert Fact.objects.count() == 88


def test_the_command_makes_a_sheet(ready: Small, tmp_path: Path) -> None:
    words = (
        "sheet",
        "print",
        "--facility",
        "YT",
        "--measure",
        "temperature.residents",
        "--on",
        str(DAY),
        "--out",
        "s.pdf",
    )
    said = lazaretto(tmp_path, *words, "--place", "W1", "--slot", "06:00", "--lang", "zh").stdout
    sheet = Sheet.objects.get()
    assert sheet.code in said
    assert len(sheet.columns) == 1
    assert "被监管人员测温" in text((tmp_path / "s.pdf").read_bytes())
    assert "nothing is due at 07:00" in lazaretto(tmp_path, *words, "--slot", "07:00", ok=False).stderr
    assert "no place NO" in lazaretto(tmp_path, *words, "--place", "NO", ok=False).stderr
    assert "not both" in lazaretto(tmp_path, *words, "--place", "W1", "--unit", "W1", ok=False).stderr
    assert Sheet.objects.count() == 1
    lazaretto(tmp_path, *words, "--unit", "W2")
    assert Sheet.objects.count() == 2
