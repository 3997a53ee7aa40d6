"""Tables of the register in and out on pages: tried, taken, accounted for, and logged when they go out."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lazaretto.apps.accounts.models import SensitiveRead
from lazaretto.apps.console import uploads
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.queries import verify_deep
from lazaretto.apps.registry import actions
from lazaretto.apps.registry.models import Person, Place
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement
from tests.conftest import HOUR, Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.register_pages import HERE, seen, sheet  # noqa: F401

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
