"""Round sheets made and printed: who is on them, who may, and what the paper says."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.apps.rounds import codes, sheets
from lazaretto.apps.rounds.models import Fact, Sheet, SheetRow
from lazaretto.papers.sheet import sheet_pdf
from tests.conftest import DAY, Small
from tests.integration.pages import SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401
from tests.integration.round_sheets import LIST, RESIDENTS, boxes, made, page, ready  # noqa: F401
from tests.integration.test_command_line import lazaretto
from tests.paper_text import pages, squeezed, text

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


@every_role
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
