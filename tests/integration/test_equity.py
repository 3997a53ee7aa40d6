"""The equity report: its numbers by hand, what it keeps back, who reads it."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.apps.accounts.permissions import POLICY
from lazaretto.apps.isolation import deciding, equity
from lazaretto.apps.isolation.equity import COUNTS, Row, protected
from lazaretto.apps.isolation.models import Episode
from lazaretto.apps.registry.models import Person
from lazaretto.apps.work import ledger
from tests.conftest import DAY, Small
from tests.integration.isolation import days_later, furnish, ordered, person, placed
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401

HERE = "/facilities/YT/isolation/equity"


@pytest.fixture
def ward(make_facility: Callable[..., Small], look_at: Callable[[int], None]) -> Small:
    """P1 and P2 are contacts from day 0 on; P2's review of day 7 is done, P1's is not. It is noon of day 10."""
    small = furnish(make_facility())
    for code, room in (("P1", "C1"), ("P2", "C2")):
        placed(small, ordered(small, code, "quarantine.contacts", at=days_later(0), exposures=(days_later(-1),)), room,
               at=days_later(0))  # fmt: skip
    deciding.review(Episode.objects.get(person__code="P2"), said="still exposed", by="doc", at=days_later(7))
    Person.objects.filter(code="P1").update(sex="female", birth_date=date(1950, 1, 1))
    small.at = days_later(10)
    look_at(small.at)
    return small


def open_numbers(small: Small, monkeypatch: pytest.MonkeyPatch) -> equity.Equity:
    monkeypatch.setattr(equity, "SMALL", 0)
    return equity.equity(small.facility, DAY, DAY + timedelta(days=30), small.at)


def test_the_numbers_are_those_that_one_counts_by_hand(ward: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    found = open_numbers(ward, monkeypatch)
    women = {r.group: r.counts for r in found.tables["sex"]}["female"]
    assert (women["people"], women["days"], women["alone"], women["reviews"], women["on_time"]) == (1, 11, 11, 1, 0)
    total = found.total.counts
    assert (total["people"], total["days"], total["reviews"], total["on_time"]) == (2, 22, 2, 1)
    assert {r.group for r in found.tables["age"]} > {"60+"}
    assert found.last == DAY + timedelta(days=10)
    before = women["short"] or 0
    entry = ledger.Entry(person(ward, "P1"), "r", "isolation.open_air", "open_air", Decimal(1), days_later(3))
    ledger.give(ward.facility, [entry], by="t", at=ward.at)
    again = {r.group: r.counts for r in open_numbers(ward, monkeypatch).tables["sex"]}["female"]
    assert (again["owed"], again["short"]) == (women["owed"], before - 1)


def test_each_day_of_it_says_what_the_ledger_of_that_day_says(ward: Small) -> None:
    from lazaretto.apps.isolation.care import care_on, lines_between
    from lazaretto.apps.isolation.courses import courses

    every = dict(lines_between(ward.facility, DAY, DAY + timedelta(days=10), ward.at, courses(ward.facility, ward.at)))
    for n in range(11):
        on = DAY + timedelta(days=n)
        assert every[on] == care_on(ward.facility, on, ward.at).lines


ROWS = st.lists(st.integers(0, 30), max_size=6).map(
    lambda ns: [Row(str(i), {k: n * (j + 1) % 37 for j, k in enumerate(COUNTS)}) for i, n in enumerate(ns)]
)


@given(ROWS)
def test_nothing_small_is_said_nor_found_by_subtraction(rows: list[Row]) -> None:
    said = protected(rows)
    assert [r.group for r in said] == [r.group for r in rows]
    for name in COUNTS:
        column = [r.counts[name] for r in said]
        assert not any(n is not None and 0 < n < 5 for n in column)
        assert column.count(None) != 1 or len(rows) == 1
    for before, after in zip(rows, said, strict=True):
        assert not 0 < (before.counts["people"] or 0) < 5 or set(after.counts.values()) == {None}
        assert all(n is None or n == before.counts[k] for k, n in after.counts.items())


def test_who_reads_it_and_what_it_keeps_back(ward: Small, sign_in: SignIn) -> None:
    for role, may in POLICY.items():
        client = sign_in(role, ward.facility.organisation)
        opens = 200 if may & {"isolation.read", "report.read_outgoing"} else 403
        for path in ("/", ".xlsx"):
            assert client.get(HERE + path).status_code == opens, (role, path)
    client = sign_in("bureau_viewer", ward.facility.organisation)
    page = client.get(f"{HERE}/").content.decode()
    assert "kept back" in page
    assert "钱二" not in page
    assert "Nobody was in isolation" in client.get(f"{HERE}/?from=2026-01-01&to=2026-01-31").content.decode()
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{HERE}.xlsx").content))
    rows = book.get_sheet_by_index(1).to_python()
    assert rows[1][1:] == ["kept back"] * len(COUNTS)
