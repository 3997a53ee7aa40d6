"""The page Questions: who may see it and whose name, what it shows, answers, filters, paging and the empty house."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.rounds import signals
from lazaretto.apps.rounds.models import Signal
from tests.conftest import DAY, HOUR, Small
from tests.integration.pages import SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401
from tests.integration.test_signals import MINUTE, crowd, honest, record, round_of

URL = "/facilities/YT/questions/"
SEES = {Role.WARD_OFFICER, Role.CLINICIAN, Role.DEPARTMENT_HEAD, Role.EPIDEMIC_LEAD, Role.INSPECTOR}
TELLS = {Role.DEPARTMENT_HEAD, Role.EPIDEMIC_LEAD, Role.INSPECTOR}
ANSWERS = {Role.DEPARTMENT_HEAD, Role.EPIDEMIC_LEAD}


@pytest.fixture
def asked(small: Small, look_at: Callable[[int], None]) -> Small:
    """A day with one question of nearly every kind."""
    crowd(small)
    ahead = small.moment("07:00")
    record(small, [(ahead + 90_000 + n * 1000, f"1{n:02d}", "36.5", "S1") for n in range(6)], at=ahead)
    first = honest("first")
    record(small, round_of(small, "08:00", 1, first))
    record(small, round_of(small, "12:00", 1, ["36.5"] * 23 + ["36.6"]))
    record(small, round_of(small, "16:00", 1, first))
    for hour in (17, 18, 19):
        halves = [f"{round(float(v) * 2) / 2:.1f}" for v in honest(f"{hour}")]
        record(small, round_of(small, f"{hour}:00", 2, halves, by="S9"), device="T-1")
    for n in range(2):
        start = small.moment("21:00")
        record(small, [(start, f"20{n}", "38.5", "S9"), (start + 20 * MINUTE, f"20{n}", "38.6", "S9")])
    signals.look(small.facility, DAY, at=small.at, by="t")
    look_at(small.at + HOUR)
    return small


def _text(client: Client, url: str = URL) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_is_asked_and_with_which_evidence(asked: Small, sign_in: SignIn) -> None:
    page = _text(sign_in(Role.EPIDEMIC_LEAD, asked.facility.organisation))
    n = Signal.objects.count()
    assert f"{n} questions wait for an answer." in page
    assert "23 of 24 readings show 36.5 in the round of" in page
    assert "24 of 24 people have the same reading" in page
    assert "readings end in" in page
    assert "Is the clock of the device right?" in page
    assert "2 confirmed fevers in one unit within 72 h" in page
    assert "With nothing wrong, at most about" in page
    assert "cannot be reckoned" in page
    assert '<rect class="came"' in page
    assert "李四 (S1)" in page
    assert "It is offered to the bureau only." in page
    assert "Nothing on record feeds this rule yet" in page  # influenza, scabies


def test_in_chinese_no_english_is_left(asked: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.EPIDEMIC_LEAD, asked.facility.organisation)
    client.cookies["lz_lang"] = "zh-hans"
    page = _text(client)
    assert "一巡 24 个读数中 23 个是 36.5" in page
    for english in ("readings", "expected", "answer it", "people", "at most"):
        assert f" {english} " not in page, english


@every_role
def test_each_role(asked: Small, sign_in: SignIn, role: str) -> None:
    client = sign_in(role, asked.facility.organisation)
    answer = client.get(URL)
    assert (answer.status_code == 200) is (role in SEES)
    if role in SEES:
        page = answer.content.decode()
        assert ("李四" in page or "(S1)" in page or "S9" in page) is (role in TELLS)
        assert ("· one author ·" in page) is (role not in TELLS)
        assert ("Answer it" in page) is (role in ANSWERS)
    one = Signal.objects.filter(answered_at=None).latest("pk")
    done = client.post(f"{URL}{one.pk}/answer/", {"code": "explained", "note": "seen"})
    assert (done.status_code == 302) is (role in ANSWERS)
    one.refresh_from_db()
    assert (one.answer == "explained") is (role in ANSWERS)


def test_another_facility_and_nobody(
    asked: Small, make_facility: Callable[..., Small], sign_in: SignIn, client: Client
) -> None:
    stranger = sign_in(Role.EPIDEMIC_LEAD, make_facility("ZZ").facility.organisation)
    one = Signal.objects.filter(facility=asked.facility).latest("pk")
    said = {"code": "true", "note": "x"}
    assert stranger.get(URL).status_code == 404
    assert stranger.post(f"{URL}{one.pk}/answer/", said).status_code == 404
    assert stranger.post(f"/facilities/ZZ/questions/{one.pk}/answer/", said).status_code == 404
    assert client.get(URL).status_code == client.post(f"{URL}{one.pk}/answer/", said).status_code == 302
    one.refresh_from_db()
    assert one.answered_at is None


def test_an_answer_moves_it_below_and_filters_find_it(asked: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.DEPARTMENT_HEAD, asked.facility.organisation)
    one = Signal.objects.get(rule="copied", about="unit:W1")
    for said, why in (
        ({"code": "", "note": "x"}, "choose an answer"),
        ({"code": "true", "note": ""}, "say what you found"),
    ):
        assert why in client.post(f"{URL}{one.pk}/answer/", said, follow=True).content.decode()
    said = {"code": "passed_on", "note": "to the wing"}
    page = client.post(f"{URL}{one.pk}/answer/", said, follow=True).content.decode()
    assert "Noted. The record itself is as it was." in page
    assert "to the wing" in page
    assert "to the wing" in _text(client, f"{URL}?rule=copied&answer=passed_on")
    assert "No answered question is like that." in _text(client, f"{URL}?rule=digits")
    assert "to the wing" not in _text(client, f"{URL}?answer=true")
    assert (
        "this has been answered"
        in client.post(f"{URL}{one.pk}/answer/", {"code": "true", "note": "again"}, follow=True).content.decode()
    )


def test_an_empty_house(small: Small, sign_in: SignIn, look_at: Callable[[int], None]) -> None:
    look_at(small.at)
    page = _text(sign_in(Role.EPIDEMIC_LEAD, small.facility.organisation))
    assert "No question is open." in page
    assert "Nothing has been answered yet." in page


def test_many_are_turned_over_in_as_many_queries(
    asked: Small, sign_in: SignIn, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    client = sign_in(Role.EPIDEMIC_LEAD, asked.facility.organisation)
    client.get(URL)
    with django_assert_max_num_queries(60) as few:
        client.get(URL)
    Signal.objects.bulk_create(
        Signal(facility=asked.facility, rule="silent_unit", about=f"unit:X{n}", starts=n, ends=n + 1, raised_at=n)
        for n in range(60)
    )
    with django_assert_num_queries(len(few.captured_queries)):
        page = client.get(URL).content.decode()
    assert "page 1 of 4" in page
    assert "unit:X" not in page
    assert "page 4 of 4" in _text(client, f"{URL}?open=99")


def test_signing_a_report_looks_at_its_day(
    asked: Small, sign_in: SignIn, django_capture_on_commit_callbacks: Any
) -> None:
    from lazaretto.apps.reporting.actions import sign

    Signal.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        sign(facility=asked.facility, on=DAY, by="u", signer="秦既明", at=asked.at + HOUR)
    assert Signal.objects.filter(rule="copied").exists()
