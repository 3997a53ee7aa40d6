"""The pages of isolation: who may open them, what they say, what their forms do."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Role, User
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.clinic.actions import issue_antipyretic
from lazaretto.apps.isolation import board, placing, rosters
from lazaretto.apps.isolation.models import Episode, Note, Placement
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.registry.models import Assignment
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds.models import Fact
from lazaretto.apps.work.models import Given
from lazaretto.protocol.clock import instant
from tests.conftest import DAY, Small
from tests.integration.isolation import (
    confirm_all,
    day_eight,
    days_later,
    person,
    place,
    placed,
)
from tests.integration.pages import PASSWORD, SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.test_facts_api import token

HERE = "/facilities/YT/isolation/"


@pytest.fixture
def ward(make_facility: Callable[..., Small], look_at: Callable[[int], None]) -> Small:
    small = day_eight(make_facility())
    look_at(small.at)
    return small


def said(client: Client, address: str = HERE, **more: Any) -> str:
    answer = client.get(address, more)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_board_says_how_things_stand(ward: Small, sign_in: SignIn) -> None:
    page = said(sign_in("epidemic_lead", ward.facility.organisation))
    assert "Isolation 1, quarantine 2; 1 person waits for a room." in page
    assert "C1 · " in page
    assert "No clinician for more than 26 hours." in page
    assert 'class="b-legal"' in page
    assert 'class="b-negative"' in page


def test_custody_sees_no_tests_and_no_ground(ward: Small, sign_in: SignIn) -> None:
    client = sign_in("ward_officer", ward.facility.organisation)
    page = said(client)
    assert page.count('class="b-negative"') == 1  # the legend
    assert "38.4 twice" not in said(client, f"{HERE}episodes/2/")
    assert "38.4 twice" in said(sign_in("clinician", ward.facility.organisation), f"{HERE}episodes/2/")


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("gate_officer", "", 403), ("administrator", "", 403), ("bureau_viewer", "", 403), ("inspector", "", 200),
        ("ward_officer", "order/", 403), ("clinician", "order/", 200), ("ward_officer", "care/", 200),
        ("clinician", "outside/", 403), ("clinician", "board.xlsx", 403), ("epidemic_lead", "board.xlsx", 200),
        ("clinician", "episodes/99/", 404), ("ward_officer", "episodes/1/notice.pdf", 200), ("clinician", "compare/", 200),
        ("ward_officer", "separation/", 200), ("epidemic_lead", "rooms/", 200),
    ],
)  # fmt: skip
def test_who_opens_what(ward: Small, sign_in: SignIn, role: str, path: str, status: int) -> None:
    assert sign_in(role, ward.facility.organisation).get(HERE + path).status_code == status


def test_another_facility_is_not_found(ward: Small, make_facility: Callable[..., Small], sign_in: SignIn) -> None:
    other = make_facility("ZX", people=False)
    assert sign_in("epidemic_lead", other.facility.organisation).get(HERE).status_code == 404


def test_planning_is_checked_by_the_server(ward: Small, sign_in: SignIn) -> None:
    client = sign_in("ward_officer", ward.facility.organisation)
    waiting = Episode.objects.get(person__code="P3")

    def plan(room: str, day: str = "") -> str:
        data = {"episode": waiting.number, "room": room, "day": day}
        return client.post(f"{HERE}plan/", data, follow=True).content.decode()

    assert "is no room of the type quarantine" in plan("F2")
    assert "C1 is full (1); possible from 28 Mar 00:00." in plan("C1")
    assert "Choose a room" in plan("NOWHERE")
    assert "Planned: 孙三 in C2." in plan("C2", (DAY + timedelta(days=9)).isoformat())
    assert Placement.objects.get(episode=waiting).starts > days_later(8)
    assert "Planned: 孙三 in C2." in plan("C2")
    client.post(f"{HERE}episodes/{waiting.number}/carry-out/")
    assert Placement.objects.get(episode=waiting, status="open").place.code == "C2"


def test_a_course_from_the_order_to_the_end(ward: Small, sign_in: SignIn, look_at: Callable[[int], None]) -> None:
    client = sign_in("clinician", ward.facility.organisation)
    data = {"person": "P1", "measure": "quarantine.contacts", "ground": "shared a cell"}
    assert client.post(f"{HERE}order/", data).status_code == 422
    episode = Episode.objects.get(person__code="P2")
    here = f"{HERE}episodes/{episode.number}/"
    assert "is not over" in client.post(f"{here}clear/", {"to": "W1-102"}, follow=True).content.decode()
    confirm_all(episode, days_later(8))
    page = client.post(f"{here}clear/", {"to": "W1-102", "override": "the case was none"}, follow=True).content.decode()
    assert "ended by decision" in page
    note = Note.objects.get(kind="override")
    assert (note.by, note.reason) == (User.objects.get(username="clinician-YT").ref, "the case was none")
    assert client.post(f"{here}nothing/").status_code == 404


def test_the_notice_is_one_page_in_both_languages(ward: Small, sign_in: SignIn) -> None:
    answer = sign_in("clinician", ward.facility.organisation).get(f"{HERE}episodes/1/notice.pdf")
    assert answer.content.startswith(b"%PDF")


def test_care_is_entered_once_and_counted(ward: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", ward.facility.organisation)
    page = said(client, f"{HERE}care/")
    assert "time in the open air ≥ 1 h" in page
    data = {
        "good": "isolation.open_air/open_air",
        "amount": "0.5",
        "outcome": "given",
        "token": "t1",
        "on": "2026-03-25",
    }
    for _ in range(2):
        client.post(f"{HERE}care/1/give/", data)
    row = Given.objects.get()
    assert (str(row.amount), row.good) == ("0.50", "open_air")
    assert "0.5 / 1" in said(client, f"{HERE}care/")
    answer = client.post(f"{HERE}care/1/give/", data | {"token": "t2", "outcome": "declined"}, follow=True)
    assert "say why" in answer.content.decode()
    client.post(f"{HERE}care/1/seen/", {"wellbeing": "well", "token": "t3"})
    assert Given.objects.filter(measure="isolation.clinician").count() == 2
    client.post(f"{HERE}care/1/give/", {"token": "t4", "on": "2026-03-25"})
    assert Given.objects.filter(person=person(ward, "P2")).count() > 6


def test_somebody_from_outside_decides_without_names(
    ward: Small, sign_in: SignIn, look_at: Callable[[int], None]
) -> None:
    bureau = accounts.create_organisation(code="B", kind="bureau", name_zh="局", name_en="Bureau", by="t", at=0)
    ward.facility.organisation.command_parent = bureau
    ward.facility.organisation.save()
    look_at(days_later(13))
    client = sign_in("bureau_approver", bureau)
    page = said(client, f"{HERE}outside/")
    assert "contact of a case" in page
    assert "钱二" not in page
    client.post(f"{HERE}outside/1/", {"value": "continue", "reason": "exposed on day 3"})
    note = Note.objects.get(kind="outside")
    assert (note.value, note.source) == ("continue", "body:B")
    inside = sign_in("bureau_approver", ward.facility.organisation)
    inside.post(f"{HERE}outside/1/", {"value": "clear", "reason": "x"})
    assert Note.objects.filter(kind="outside").count() == 1


def test_the_board_asks_a_fixed_number_of_queries(
    ward: Small, sign_in: SignIn, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = sign_in("epidemic_lead", ward.facility.organisation)
    said(client)
    with django_assert_max_num_queries(80):
        said(client)


def test_a_board_read_in_pages_says_the_same(ward: Small) -> None:
    """Every room is on one page; what is said of the whole house is the same on each, and is what counting by hand gives."""
    facility = ward.facility
    whole = board.board(facility, DAY, 60, ward.at)
    pages = [board.board(facility, DAY, 60, ward.at, window=board.Window(page=n, size=1)) for n in range(1, 5)]
    rooms = [(k.type, r.place.code, r.stays) for page in pages for k in page.kinds for r in k.rooms]
    assert sorted(rooms) == sorted((k.type, r.place.code, r.stays) for k in whole.kinds for r in k.rooms)
    for page in pages:
        assert [k.days for k in page.kinds] == [k.days for k in whole.kinds]
        assert (page.ill, page.well, len(page.unplaced), page.n_rooms) == (1, 2, 1, 4)
    for kind in whole.kinds:
        for n, free in enumerate(kind.days):
            start, end = (instant(facility.zone, DAY + timedelta(days=d), 0) for d in (n, n + 1))
            used = [r for r in kind.rooms if any(s.start < end and s.end > start for s in r.stays)]
            assert (free.on, free.used) == (DAY + timedelta(days=n), len(used))
    found = board.board(facility, DAY, 7, ward.at, window=board.Window(state="occupied", text="c"))
    assert [r.place.code for k in found.kinds for r in k.rooms] == ["C1"]


def test_in_a_big_house_what_waits_comes_after_the_board(
    ward: Small, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lazaretto.apps.console.isolation.board.INLINE", 0)
    client = sign_in("epidemic_lead", ward.facility.organisation)
    late = "No clinician for more than 26 hours."
    assert late not in (page := said(client))
    assert f"{HERE}waits/?part=1" in page
    assert late in said(client, f"{HERE}waits/")
    assert "<html" not in said(client, f"{HERE}waits/", part="1")
    monkeypatch.setattr("lazaretto.apps.console.isolation.board.ROOMS", 1)
    assert 'data-room="F1"' in said(client)
    assert 'data-room="C1"' in said(client, page="3") + said(client, page="1")


def test_a_room_is_ready_again(ward: Small, sign_in: SignIn) -> None:
    placing.to_be_disinfected(place(ward, "F2"), by="t", at=days_later(7))
    client = sign_in("ward_officer", ward.facility.organisation)
    assert "F2 was disinfected" in said(client)
    answer = client.post(f"{HERE}disinfected/", {"room": "F2"}, follow=True)
    assert "F2 is ready for the next person." in answer.content.decode()


def test_signing_in_is_asked(ward: Small) -> None:
    assert Client().get(HERE).status_code == 302
    assert PASSWORD


def test_slots_a_gathering_and_a_breach(ward: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", ward.facility.organisation)
    here = f"{HERE}separation/"
    data = {
        "on": "2026-03-25",
        "kind": "yard",
        "place": "SITE",
        "blocks": "W1-101:4, W1-102:4",
        "minutes": "60",
        "opens": "09:00",
        "closes": "12:00",
    }
    page = client.post(f"{here}plan/", data, follow=True).content.decode()
    assert "2 slots, nobody meets." in page
    assert "09:00–10:00" in page
    assert "10:10–11:10" in page
    refused = client.post(f"{here}plan/", data | {"closes": "10:00"}, follow=True).content.decode()
    assert "Yard and calls are not cut" in refused
    row = ward.facility.activities.order_by("starts").first()
    answer = client.post(f"{here}cancel/{row.pk}/", {"reason": "rain"}, follow=True).content.decode()
    assert "yard and calls are not dropped" in answer
    said_ = {
        "said": "met at the gate",
        "place": "W1-101",
        "from": "2026-03-25 09:00",
        "to": "2026-03-25 09:20",
        "people": "P2",
    }
    page = client.post(f"{here}breach/", said_, follow=True).content.decode()
    assert "nobody is punished for it" in page
    client.post(f"{here}breach/1/", {"decision": "widen", "reason": "face to face"})
    assert ward.facility.breaches.get().decision == "widen"


def test_suggested_rooms_are_planned_at_once(ward: Small, sign_in: SignIn) -> None:
    pytest.importorskip("ortools")
    client = sign_in("department_head", ward.facility.organisation)
    assert "no better plan exists" in said(client, f"{HERE}rooms/")
    page = client.post(f"{HERE}rooms/accept/", follow=True).content.decode()
    assert "1 room planned." in page
    assert Placement.objects.get(episode__person__code="P3").place.code == "C2"


def test_a_gathering_that_is_suspended_is_refused_with_alternatives(make_facility: Callable[..., Small]) -> None:
    from lazaretto.apps.isolation import activities
    from lazaretto.apps.isolation.slots import Slot
    from lazaretto.protocol.refusal import Refusal

    small = make_facility("YT", protocol="facility-s1-drug-rehab")
    slot = Slot(days_later(1), days_later(1.1), "gathering", "W1", "SITE", frozenset({"SITE"}), 60)
    with pytest.raises(Refusal) as caught:
        activities.plan(small.facility, [slot], by="t", at=days_later(0))
    assert caught.value.code == "too_large"
    assert "by broadcast or video" in caught.value.words.en
    assert activities.plan(small.facility, [slot._replace(kind="yard")], by="t", at=days_later(0))
    other = slot._replace(kind="yard", block="W2", start=slot.end + 60_000, end=slot.end + 3_600_000)
    with pytest.raises(Refusal) as caught:
        activities.plan(small.facility, [other], by="t", at=days_later(0))
    assert (caught.value.code, caught.value.possible_at) == ("overlap", slot.end + 10 * 60_000)


def test_shortfalls_stand_in_the_days_report(ward: Small, sign_in: SignIn) -> None:
    day = DAY + timedelta(days=4)
    own, form = _both(ward, day)
    assert own["isolation"]["quarantine"] == 1
    air = next(r for r in own["isolation"]["care"] if r["good"] == "open_air")
    assert (air["owed"], air["given"], air["short"]) == (1, 0, 1)
    assert form["isolation"]["quarantine"] == {"suppressed": True, "value": None}
    assert own["counts"]["prisoner"]["tests_taken"] == 0
    assert _both(ward, DAY + timedelta(days=1))[0]["counts"]["prisoner"]["tests_taken"] == 1
    page = said(sign_in("epidemic_lead", ward.facility.organisation), f"/facilities/YT/days/{day}/")
    assert "care that fell short" in page


def _both(small: Small, day: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    from lazaretto.apps.reporting.queries import draft_with_outgoing

    return draft_with_outgoing(small.facility, day, small.at)


def test_over_http(ward: Small, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from lazaretto.apps.isolation import api

    monkeypatch.setattr(api, "clock_now", lambda: ward.at)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {token(ward, Role.WARD_OFFICER)}"}
    here = "/api/v1/facilities/YT/"
    found = client.get(f"{here}isolation", **bearer).json()
    assert [e["person"] for e in found["episodes"]] == ["P2", "P1", "P3"]
    assert {e["ground"] for e in found["episodes"]} == {""}
    assert "no_room" in found["episodes"][2]["waits"]
    body = {"room": "F2", "starts": "2026-03-26 09:00"}
    answer = client.post(f"{here}isolation/3/plan", body, content_type="application/json", **bearer)
    assert (answer.status_code, answer.json()["type"]) == (409, "wrong_type")
    assert (
        client.post(
            f"{here}isolation/3/plan", body | {"room": "C2"}, content_type="application/json", **bearer
        ).status_code
        == 200
    )
    care = [
        {
            "ref": "r1",
            "person": "P1",
            "measure": "isolation.open_air",
            "good": "open_air",
            "amount": 1,
            "given_at": "2026-03-25 09:00",
        }
    ]
    for _ in range(2):
        assert client.post(f"{here}care", care, content_type="application/json", **bearer).json() == [{"id": "r1"}]
    assert Given.objects.count() == 1


def test_the_picture_counts_who_waits_for_a_room(ward: Small, sign_in: SignIn) -> None:
    def shown(role: str) -> str:
        page = sign_in(role, ward.facility.organisation).get("/facilities/YT/picture/now/").content.decode()
        return " ".join(re.sub("<[^>]+>", " ", page).split())

    assert "Waiting for a room 1" in shown("epidemic_lead")
    for role, may in POLICY.items():
        if Permission.REPORT_READ in may and Permission.ISOLATION_READ not in may:
            assert "Waiting for a room" not in shown(role), role
    placed(ward, Episode.objects.get(person__code="P3"), "C2", at=ward.at)
    assert "Waiting for a room 0" in shown("department_head")


def test_fever_medicine_is_a_fact_that_the_fever_hears(ward: Small) -> None:
    received = issue_antipyretic(person=person(ward, "P1"), given_at=ward.at - 60_000, by="doc", at=ward.at, giver="S1")
    assert [(f.observation, f.subject, f.source) for f in received.new] == [("antipyretic", "P1", "clinic")]
    assert Fact.objects.get(observation="antipyretic").note == ""
    with pytest.raises(RowError):
        issue_antipyretic(person=person(ward, "P1"), given_at=ward.at + 3_600_000, by="doc", at=ward.at)


def test_rosters_are_checked_against_the_separations(
    make_facility: Callable[..., Small], sign_in: SignIn, look_at: Callable[[int], None]
) -> None:
    """One person in two wards, two states of duty in one ward; who works in one ward with his like breaks nothing."""
    small = make_facility("YT", protocol="facility-s0-prison")
    small.bring("places", "code,parent,kind\nW9,SITE,wing\nW9-1,W9,cell", name="w9.csv")
    small.bring("people", "code,population,name\nS7,officer,A\nS8,officer,B\nS9,officer,C", name="s.csv")
    for code, room in ("S7", "W1"), ("S7", "W9-1"), ("S8", "W1"), ("S9", "W9"):
        Assignment.objects.create(
            facility=small.facility, person=person(small, code), kind="post", key="ward", place=place(small, room)
        )
    for code, state in ("S8", "inside"), ("S7", "standby"):
        registry.set_standing(
            subject=person(small, code),
            key="duty_state",
            value=state,
            starts=small.start,
            source="t",
            by="t",
            at=small.at,
        )
    look_at(days_later(1))
    found, n = rosters.crossings(small.facility, DAY, days_later(1))
    assert n == 4
    assert {(c.rule.en, c.one.person, c.other.person) for c in found} == {
        ("between wards", "S7", "S7"), ("between staff", "S7", "S8"),
    }  # fmt: skip
    page = said(sign_in("inspector", small.facility.organisation), f"{HERE}separation/?on={DAY}")
    assert "between wards" in page
    assert "S7, S8" in page
