"""Round sheets typed back: boxes become facts, changes are shown before they are corrections."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts.models import User
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.queries import verify_deep
from lazaretto.apps.rounds import sheets
from lazaretto.apps.rounds.models import Fact, IdConflict, Sheet
from tests.conftest import HOUR, Small
from tests.integration.pages import READINGS, SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.round_sheets import boxes, made, on_file, page, ready, values_of  # noqa: F401

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
