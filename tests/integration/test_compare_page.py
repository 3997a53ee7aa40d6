"""The page that compares the protocol in force with another one: who may, what it shows, what rubbish does to it."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Role
from lazaretto.apps.command.models import ProtocolRecord
from tests.conftest import Small

PAGE = "/facilities/YT/protocol/compare/"
GOOD = """
lazaretto: 1
id: ours
version: "3"
extends: baseline
title: {zh: 本所规程, en: Our protocol}
source: [{text: an example}]
measures:
  - {id: temperature.residents, cadence: {per_day: 3}}
"""


def reader(small: Small, role: str, *, place: Any = None, language: str = "en") -> Client:
    user = accounts.create_user(username=f"u-{role}-{place}", password="x" * 12, name_zh="某", by="t", at=small.at)
    accounts.grant(user=user, role=role, organisation=place or small.facility.organisation, by="t", at=small.at)
    client = Client(headers={"accept-language": language})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.django_db
def test_a_shipped_pack_is_compared(small: Small) -> None:
    client = reader(small, Role.EPIDEMIC_LEAD)
    assert "Nothing is adopted here" in text_of(client.get(PAGE))
    text = text_of(client.get(PAGE, {"with": "facility-s1-drug-rehab"}))
    for said in (
        "What would change",
        "What it means for a day",
        "hours of work",
        "No longer let through",
        "stricter",
        "changes of words not shown",
    ):
        assert said in text
    assert "every 2 hours" in text
    every = text_of(client.get(PAGE, {"with": "facility-s1-drug-rehab", "every": "1"}))
    assert "not shown" not in every
    assert "Cannot be adopted yet" in text_of(client.get(PAGE, {"with": "s0-shandong-prison"}))
    assert client.get(PAGE, {"with": "../../etc/passwd"}).status_code == 404
    same = text_of(client.get(PAGE, {"with": "baseline"}))
    assert "No value differs." in same
    assert "The rounds stay as they are." in same


@pytest.mark.django_db
def test_it_speaks_chinese(small: Small) -> None:
    text = text_of(reader(small, Role.EPIDEMIC_LEAD, language="zh-CN").get(PAGE, {"with": "facility-s1-drug-rehab"}))
    for said in ("会有什么变化", "对一天意味着什么", "逐项变化", "更严"):
        assert said in text
    assert "Value by value" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "body", "status", "said"),
    [
        ("ours.yaml", GOOD.encode(), 200, "3 times a day"),
        ("ours.yaml", GOOD.replace("per_day", "per_dai").encode(), 422, "did you mean per_day"),
        ("ours.yaml", b"\xff\xfe\x00rubbish", 422, "save it as UTF-8"),
        ("ours.yaml", b"", 422, "choose a file|expected a document"),
        ("ours.yaml", b"a: [1, 2", 422, "not valid YAML"),
        ("ours.yaml", b"x: &a [*a, *a]", 422, "cannot contain itself|unknown key|missing"),
        ("<script>.yaml", GOOD.replace("version", "versoin").encode(), 422, "unknown key"),
        ("ours.yaml", b"a: " + b"x" * 1_100_000, 422, "larger than 1 MB"),
    ],
)
def test_a_file_is_checked_compared_and_not_kept(small: Small, name: str, body: bytes, status: int, said: str) -> None:
    client = reader(small, Role.DEPARTMENT_HEAD)
    before = ProtocolRecord.objects.count()
    response = client.post(PAGE, {"file": SimpleUploadedFile(name, body)})
    assert response.status_code == status
    assert re.search(said, text_of(response)), text_of(response)[:600]
    assert "<script>.yaml" not in response.content.decode()
    assert ProtocolRecord.objects.count() == before


@pytest.mark.django_db
def test_who_may(small: Small, make_facility: Any) -> None:
    other = make_facility("QZ", people=False)
    assert Client().get(PAGE).status_code == 302
    assert reader(small, Role.EPIDEMIC_LEAD, place=other.facility.organisation).get(PAGE).status_code == 404
    for role in Role.values:
        client = reader(small, role)
        response = client.get(PAGE, {"with": "facility-s1-drug-rehab"})
        assert response.status_code == 200, role
        inside = role in (Role.WARD_OFFICER, Role.CLINICIAN, Role.DEPARTMENT_HEAD, Role.EPIDEMIC_LEAD, Role.INSPECTOR)
        assert ("What it means for a day" in text_of(response)) == inside, role
        may_try = role in (Role.CLINICIAN, Role.DEPARTMENT_HEAD, Role.EPIDEMIC_LEAD)
        assert ("a file of your own" in text_of(response)) == may_try, role
        posted = client.post(PAGE, {"file": SimpleUploadedFile("ours.yaml", GOOD.encode())})
        assert ("Our protocol" in text_of(posted)) == may_try, role
