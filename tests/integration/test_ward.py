"""What the ward client is told and by whom it may be asked; the lock of a shared device; its shell and its files."""

import gzip
import hashlib
import json
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from lazaretto.apps.accounts import idle
from lazaretto.apps.accounts.models import ApiToken
from lazaretto.apps.console.ward import assets, views, words
from lazaretto.apps.rounds.models import Fact
from tests.conftest import HOUR, Small
from tests.integration.pages import SignIn, _plain_static, sign_in  # noqa: F401
from tests.ward import DEVICE, Clock, noon, ward_clock  # noqa: F401

LIST = "/ward/YT/list/?place=W1"
SECRET = "what the PIN opens"
MINUTE = 60_000


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ASKS", "TRIES"):
        monkeypatch.setattr(getattr(views, name), "n", 600)


def send(client: Client, path: str, **said: str) -> Any:
    return client.post(path, said, content_type="application/json")


def test_the_list_holds_what_a_day_without_network_needs(
    noon: Small, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = sign_in("ward_officer", noon.facility.organisation)
    client.get(LIST)
    with django_assert_max_num_queries(30):
        said = client.get(LIST).json()
    (one, other) = said["people"]
    assert (one["name"], one["place"], one["usual"], one["screen"]) == ("赵一", "W1-101", "36.1", "37.3")
    assert [value for _, value in one["last"]] == ["36.1", "36.2", "36.1"]
    assert other["name"] == "钱二"
    temperature = [g for g in said["groups"] if g["measure"] == "temperature.residents"]
    assert [round((g["due"] - noon.at) / HOUR) for g in temperature if g["due"] > noon.at] == [1, 5, 17, 21, 25]
    assert said["observations"]["temperature"]["low"] == "35.0"
    assert {r["outcome"] for r in said["reasons"]} == {"refused", "unable", "not_done"}
    assert len(bytes.fromhex(said["key"]["public"])) == 65
    assert "private" not in json.dumps(said)


def test_a_list_is_told_to_those_who_record_there_and_shows_what_they_may_see(
    noon: Small, sign_in: SignIn, make_facility: Any
) -> None:
    other = make_facility("QY")
    assert sign_in("ward_officer", other.facility.organisation).get(LIST).status_code == 404
    assert sign_in("gate_officer", noon.facility.organisation).get(LIST).status_code == 403
    logistics = sign_in("logistics", noon.facility.organisation)
    assert {p["name"] for p in logistics.get(LIST).json()["people"]} == {""}
    assert "usual" not in logistics.get(LIST).json()["people"][0]
    assert logistics.get("/ward/YT/list/?place=NO").status_code == 404
    assert Client().get(LIST).status_code == 302
    assert [f["code"] for f in logistics.get("/ward/places/").json()["facilities"]] == ["YT"]


def test_a_pass_is_given_by_post_to_who_records_there(noon: Small, sign_in: SignIn) -> None:
    client = sign_in("ward_officer", noon.facility.organisation)
    said = send(client, "/ward/YT/pass/", device=DEVICE).json()
    assert said["ends"] == noon.at + 72 * HOUR
    assert ApiToken.objects.get(device=DEVICE).organisation == noon.facility.organisation
    assert send(client, "/ward/YT/pass/", device="../../etc").status_code == 422
    assert client.get("/ward/YT/pass/").status_code == 405
    strict = sign_in("clinician", noon.facility.organisation, enforce_csrf=True)
    assert send(strict, "/ward/YT/pass/", device=DEVICE).status_code == 403
    inspector = sign_in("inspector", noon.facility.organisation)
    assert send(inspector, "/ward/YT/pass/", device=DEVICE).status_code == 403


def test_only_a_person_who_records_settles_what_differs(noon: Small, sign_in: SignIn) -> None:
    noon.at = noon.moment("13:06")
    noon.bring("facts", "id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by,source\na,temperature,person,P1,2026-03-17 13:04,done,37.1,Cel,S9,\nb,temperature,person,P1,2026-03-17 13:05,done,36.8,Cel,S1,offline")  # fmt: skip
    client = sign_in("ward_officer", noon.facility.organisation)
    (pair,) = client.get(LIST).json()["pairs"]
    assert [(f["id"], f["value"]) for f in pair["facts"]] == [("a", "37.1"), ("b", "36.8")]
    gate = sign_in("gate_officer", noon.facility.organisation)
    assert send(gate, "/ward/YT/settle/", one="a", other="b", keeps="b").status_code == 403
    assert send(client, "/ward/YT/settle/", one="a", other="x", keeps="a").status_code == 409
    assert send(client, "/ward/YT/settle/", one="a", other="b", keeps="b").status_code == 200
    assert client.get(LIST).json()["pairs"] == []
    assert Fact.objects.get(supersedes="a").outcome == "void"


def test_a_shared_device_locks_and_only_its_secret_opens_it(noon: Small, sign_in: SignIn, ward_clock: Clock) -> None:
    client = sign_in("ward_officer", noon.facility.organisation)
    page = "/facilities/YT/due/"
    ward_clock(noon.at + 9 * HOUR)
    assert client.get(page).status_code == 200  # nobody's shared device: it does not lock
    now = noon.at + 9 * HOUR
    assert idle.IDLE_MS == 5 * MINUTE
    assert send(client, "/ward/device/", digest=hashlib.sha256(SECRET.encode()).hexdigest()).status_code == 200
    assert b'data-locks-after="300"' in client.get(page).content
    for minutes, status in ((4, 200), (8, 200), (13, 302), (13, 302)):
        ward_clock(now + minutes * MINUTE)
        assert client.get(page).status_code == status, minutes
    assert client.get(page).headers["Location"] == "/ward/"
    assert client.get(LIST).status_code == 423
    assert client.get("/ward/").status_code == 200
    assert client.get("/ward/state/").json()["locked"] is True
    assert send(client, "/ward/unlock/", secret="another").status_code == 423
    assert client.get(page).status_code == 302
    assert send(client, "/ward/unlock/", secret=SECRET).status_code == 200
    assert client.get(page).status_code == 200
    for seconds in range(0, 300, 60):  # what an open page asks for by itself keeps nobody signed in
        ward_clock(now + 13 * MINUTE + seconds * 1000)
        assert client.get("/events/").status_code == 200
    ward_clock(now + 18 * MINUTE)
    assert client.get("/events/").status_code == 302
    send(client, "/ward/unlock/", secret=SECRET)
    send(client, "/ward/lock/")
    assert client.get(page).status_code == 302
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/ward/state/").json()["signed_in"] is False


def test_guessing_the_secret_is_slowed_down(noon: Small, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views.TRIES, "n", 2)
    client = sign_in("ward_officer", noon.facility.organisation)
    send(client, "/ward/device/", digest="0" * 64)
    send(client, "/ward/lock/")
    assert [send(client, "/ward/unlock/", secret=str(n)).status_code for n in range(3)] == [423, 423, 429]


def test_the_shell_says_nothing_about_anybody_and_its_first_load_is_small(noon: Small, sign_in: SignIn) -> None:
    """Everything that the first visit loads, each file compressed by itself as the server does."""
    client = sign_in("ward_officer", noon.facility.organisation)
    shell = client.get("/ward/")
    assert b"Qin" not in shell.content
    assert "unsafe" not in shell.headers["Content-Security-Policy"]
    worker = client.get("/ward/worker.js").content.decode()
    manifest = client.get("/ward/manifest.webmanifest").json()
    assert manifest["scope"] == manifest["start_url"] == "/ward/"
    size = len(gzip.compress(shell.content)) + len(gzip.compress(worker.encode()))
    for path in assets.files():
        if path.startswith("/static/"):
            assert f'"{path}"' in worker
            found = finders.find(path.removeprefix("/static/"))
            assert found, path
            with open(found, "rb") as file:
                size += len(gzip.compress(file.read()))
    assert size < 300_000
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in manifest["icons"])


def test_the_client_says_only_what_the_catalogue_has_and_all_of_it() -> None:
    """A key that no module names, or a module's key that is not there, is a mistake; so is a sentence in the code."""
    text = "".join((assets.FOLDER / "ward" / path.rsplit("/", 1)[1]).read_text() for path in assets.modules())
    assert not re.search("[\u4e00-\u9fff]", text.replace("中文", ""))
    asked = set(re.findall(r'say\("(\w+)"', text))
    assert asked <= set(words.EVERY)
    made = {key for key in words.EVERY if key.startswith(("symptom_", "why_"))}
    assert {key for key in words.EVERY if not re.search(rf'"{key}"', text)} - made <= {
        "on_time",
        "late",
        "excused",
        "missed",
    }


def test_its_version_changes_with_its_files_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    before = assets.version()
    assert assets.version() == before
    monkeypatch.setitem(words.EVERY, "scan", "another word")
    assert assets.version() != before
