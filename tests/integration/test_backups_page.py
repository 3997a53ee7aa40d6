"""Backups from the page: for administrators, sealed, listed, read to their end; nothing is brought back or downloaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.console import backups as page
from lazaretto.apps.journal import archive, backups
from lazaretto.apps.journal.models import Entry
from lazaretto.web.limits import Limit
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401

SECRET = "a long passphrase"


@pytest.fixture
def seen(
    small: Small, look_at: Callable[[int], None], settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Small:
    settings.LAZARETTO_HOME = tmp_path / "home"
    (tmp_path / "home").mkdir()
    monkeypatch.setattr(page, "OFTEN", Limit(50, 60_000))
    monkeypatch.setattr(archive, "points", list)  # the keys lie in the other home
    look_at(small.at)
    return small


@every_role
def test_for_administrators(seen: Small, sign_in: SignIn, role: str) -> None:
    client = sign_in(role, seen.facility.organisation)
    wanted = 200 if role == Role.ADMINISTRATOR else 403
    assert client.get("/backups/").status_code == wanted
    if role != Role.ADMINISTRATOR:
        assert client.post("/backups/make/", {"passphrase": SECRET, "again": SECRET}).status_code == 403
        assert client.post("/backups/x.lzb/check/", {"passphrase": SECRET}).status_code == 403
    assert not backups.folder().exists()


def test_one_is_made_listed_and_read_to_its_end(seen: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.ADMINISTRATOR, seen.facility.organisation)
    assert "No backup of this installation is known." in client.get("/backups/").content.decode()
    said = client.post("/backups/make/", {"passphrase": SECRET, "again": SECRET}, follow=True).content.decode()
    (path,) = backups.folder().glob("*.lzb")
    assert path.name in said
    assert "never read to its end" in said
    assert archive.is_sealed(path)
    assert oct(backups.folder().stat().st_mode)[-3:] == "700"
    said = client.post(f"/backups/{path.name}/check/", {"passphrase": SECRET}, follow=True).content.decode()
    assert "whole, read" in said
    wrong = client.post(f"/backups/{path.name}/check/", {"passphrase": SECRET + "?"}, follow=True).content.decode()
    assert "the passphrase is wrong" in wrong
    assert str(path.parent) not in wrong
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "is whole" not in client.post(f"/backups/{path.name}/check/", {"passphrase": SECRET}, follow=True).content.decode()  # fmt: skip
    kinds = list(Entry.objects.filter(log__name="node", kind__startswith="backup").values_list("kind", flat=True))
    assert sorted(kinds) == ["backup_checked"] * 3 + ["backup_made"]
    assert SECRET not in "".join(str(e.detail) for e in Entry.objects.all())


@pytest.mark.parametrize(
    ("first", "again", "words"),
    [("short", "short", "fewer than 12"), (SECRET, SECRET + "!", "differ")],
)  # fmt: skip
def test_what_cannot_be_sealed_is_not_made(seen: Small, sign_in: SignIn, first: str, again: str, words: str) -> None:
    client = sign_in(Role.ADMINISTRATOR, seen.facility.organisation)
    said = client.post("/backups/make/", {"passphrase": first, "again": again}, follow=True).content.decode()
    assert words in said
    assert backups.kept() == []


def test_only_backups_of_this_folder_are_read(seen: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.ADMINISTRATOR, seen.facility.organisation)
    (seen.folder / "other.lzb").write_bytes(b"x")
    for name in ("other.lzb", "..%2Fother.lzb", "checks.json", "nothing"):
        assert client.post(f"/backups/{name}/check/", {"passphrase": SECRET}).status_code == 404


def test_a_large_installation_is_sent_to_the_command_line(
    seen: Small, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "total", lambda: backups.MOST_ROWS + 1)
    client = sign_in(Role.ADMINISTRATOR, seen.facility.organisation)
    said = client.post("/backups/make/", {"passphrase": SECRET, "again": SECRET}, follow=True).content.decode()
    assert "lazaretto backup FILE" in said
