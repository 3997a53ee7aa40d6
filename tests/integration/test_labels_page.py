"""Labels: for what somebody may know of, with codes that the ward client reads; names only on record."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.registry.models import Asset, Place
from lazaretto.papers.labels import Label, labels_pdf
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.paper_text import pages

HERE = "/facilities/YT/labels"


@pytest.fixture
def seen(small: Small, look_at: Callable[[int], None]) -> Small:
    small.at = small.moment("10:00")
    room = small.facility.places.get(code="W1-101")
    Asset.objects.create(facility=small.facility, code="T-1", kind="thermometer", name_en="Thermometer 1", place=room)
    Place.objects.create(facility=small.facility, code="W1-101-1", kind="bunk", parent=room)
    look_at(small.at)
    return small


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("", "place:SITE place:W1 place:W1-101 place:W1-102 place:W2 place:W2-201 place:KIT"),
        ("?under=W1", "place:W1 place:W1-101 place:W1-102"), ("?q=kitchen", "place:KIT"),
        ("?what=people&under=W1", "person:P1 person:P2"), ("?what=devices", "asset:T-1"), ("?what=beds", "place:W1-101-1"),
        ("?under=NOWHERE&what=nothing", "place:SITE place:W1 place:W1-101 place:W1-102 place:W2 place:W2-201 place:KIT"),
    ],
)  # fmt: skip
def test_what_is_chosen_is_shown(seen: Small, sign_in: SignIn, query: str, codes: str) -> None:
    page = sign_in(Role.EPIDEMIC_LEAD, seen.facility.organisation).get(f"{HERE}/{query}").content.decode()
    assert set(re.findall(r"<code>([^<]+)</code>", page)) == set(codes.split())


def test_names_are_printed_on_request_and_on_record(seen: Small, sign_in: SignIn) -> None:
    client, log = sign_in(Role.EPIDEMIC_LEAD, seen.facility.organisation), seen.facility.log
    plain = client.get(f"{HERE}.pdf?what=people")
    assert plain.content.startswith(b"%PDF")
    assert not log.entries.filter(kind="table_taken_out").exists()
    assert client.get(f"{HERE}.pdf?what=people&names=1").content != plain.content
    entry = log.entries.get(kind="table_taken_out")
    assert entry.detail == {"table": "labels", "rows": 4}
    ward = sign_in(Role.WARD_OFFICER, seen.facility.organisation)
    assert ward.get(f"{HERE}.pdf?what=people&names=1").status_code == 200
    assert log.entries.filter(kind="table_taken_out").count() == 1  # printed without names
    assert sign_in(Role.ADMINISTRATOR, seen.facility.organisation).get(f"{HERE}/").status_code == 403


def test_who_reads_no_people_prints_none(seen: Small, sign_in: SignIn) -> None:
    page = sign_in(Role.LOGISTICS, seen.facility.organisation).get(f"{HERE}/?what=people").content.decode()
    assert "person:" not in page
    assert "place:W1" in page


def test_the_ward_client_reads_what_the_squares_say() -> None:
    """The client goes to `person:CODE` and `place:CODE`; the same prefixes stand on labels."""
    script = Path(__file__).resolve().parents[2] / "src/lazaretto/web/static/web/ward/scan.js"
    text = script.read_text(encoding="utf-8")
    assert "`person:${code}`" in text
    assert "`place:${one}`" in text


def test_labels_fill_sheets_of_twenty_four_and_are_the_same_bytes() -> None:
    some = [Label(f"place:W1-{n}", f"W1-{n} 室", "一监区", f"W1-{n}") for n in range(49)]
    made = labels_pdf(some, "labels", "zh", date(2026, 3, 17))
    assert made == labels_pdf(some, "labels", "zh", date(2026, 3, 17))
    sheets = pages(made)
    assert [page.count("室") for page in sheets] == [24, 24, 1]
    assert "W1-48" in sheets[2]
