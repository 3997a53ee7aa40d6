"""What the pages of the register do with movements and with what follows from them: headcount, duplicates, places."""

import re

import pytest

from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.queries import verify_deep
from lazaretto.apps.registry.models import Movement, NotSame, Person, Place, Presence, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement, record_movements
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.register_pages import HERE, crowd, page_of, seen, sheet  # noqa: F401

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
