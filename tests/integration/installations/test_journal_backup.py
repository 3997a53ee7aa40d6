"""
Backing up and restoring, as the operator does it: in processes of their own, from and into real databases.
"""

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import models

from lazaretto.apps.journal import archive, tables
from lazaretto.apps.reporting import actions as reporting
from tests.conftest import DAY, Small
from tests.integration.installations.installation import Installation
from tests.integration.test_nil_report import READINGS

pytestmark = pytest.mark.more

REPORT = ("report", "nil", "--facility", "YT", "--on", "2026-03-17", "--json", "--as-of", "2026-03-18T00:00+08:00")
SIGN = ("report", "sign", "--facility", "YT", "--on", "2026-03-17", "--by", "lead", "--out")


def told(installation: Installation) -> dict[str, Any]:
    """Return the day's report without its checkpoint, which says how long the journal is."""
    document: dict[str, Any] = json.loads(installation.run(*REPORT).stdout)
    return {k: v for k, v in document.items() if k != "checkpoint"}


def rows_in(installation: Installation) -> int:
    with closing(sqlite3.connect(installation.home / "lazaretto.sqlite3")) as connection:
        names = [r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        ours = [n for n in names if n.split("_")[0] in ("journal", "accounts", "registry", "rounds", "reporting")]
        return sum(connection.execute(f"SELECT COUNT(*) FROM {n}").fetchone()[0] for n in ours)


@pytest.fixture
def passphrase(tmp_path: Path) -> str:
    path = tmp_path / "passphrase"
    path.write_text("correct horse battery\n", encoding="utf-8")
    return str(path)


def test_what_is_kept_hangs_together(db: None) -> None:
    """No kept table refers to one that is left out, and a new database is empty: else nothing could be restored."""
    kept = set(tables.tables())
    for model in kept:
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey):
                assert field.related_model in kept, f"{model.__name__}.{field.name}"
    assert tables.filled() == []


def test_a_backup_under_a_passphrase_brings_everything_back(
    node: Installation, empty: Installation, passphrase: str, tmp_path: Path
) -> None:
    node.run(*SIGN, "signed.json")
    file = str(tmp_path / "b.lzb")
    assert "Backed up" in node.run("backup", file, "--passphrase-file", passphrase).stdout
    data = Path(file).read_bytes()
    assert b"W1-101" not in data
    assert Path(file).stat().st_mode & 0o077 == 0
    checked = empty.run("backup", "check", file, "--passphrase-file", passphrase)
    assert "2 private keys" in checked.stdout
    assert "add --passphrase-file" in empty.run("backup", "check", file, ok=False).stderr
    done = empty.run("restore", file, "--passphrase-file", passphrase)
    assert "epoch 1" in done.stdout
    assert told(empty) == told(node)
    shutil_names = {p.name for p in (node.home / "keys").iterdir()}
    assert {p.name for p in (empty.home / "keys").iterdir()} == shutil_names
    assert (empty.home / "secret_key").read_bytes() == (node.home / "secret_key").read_bytes()
    verified = empty.run("verify", "--deep", "--against", str(node.folder / "signed.json"))
    assert "restored on" in verified.stdout
    assert "no signature" not in verified.stdout
    (empty.folder / "keys.json").write_text(empty.run("keys").stdout)
    signed = str(node.folder / "signed.json")
    assert "Valid" in empty.run("report", "verify", signed, "--keys", "keys.json").stdout
    again = READINGS.replace("f1", "g1").replace("P1", "P3").strip()
    (empty.folder / "more.csv").write_text(again)
    assert "created" in empty.run("import", "facts", "more.csv", "--facility", "YT").stdout
    empty.run("verify", "--deep")


def test_a_backup_without_passphrase_holds_no_key_and_says_so(
    node: Installation, empty: Installation, tmp_path: Path
) -> None:
    node.run(*SIGN, "signed.json")
    file = tmp_path / "b.zip"
    assert "no signing keys" in node.run("backup", str(file)).stdout
    assert "不含签名私钥" in node.run("backup", str(tmp_path / "zh.zip"), language="zh").stdout
    with zipfile.ZipFile(file) as bundle:
        names = bundle.namelist()
        assert not [n for n in names if n.startswith("files/") or "session" in n]
        whole = b"".join(bundle.read(n) for n in names)
    for key in (node.home / "keys").iterdir():
        assert key.read_bytes() not in whole
    done = empty.run("restore", str(file))
    assert "new ones are in use" in done.stdout
    verified = empty.run("verify", "--deep", "--against", str(node.folder / "signed.json"))
    assert verified.stdout.count("no signature of the key before it") == 2
    (empty.folder / "keys.json").write_text(empty.run("keys").stdout)
    signed = str(node.folder / "signed.json")
    assert "Valid" in empty.run("report", "verify", signed, "--keys", "keys.json").stdout


def test_what_was_signed_after_the_backup_is_told_as_lost(
    node: Installation, empty: Installation, passphrase: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "b.lzb")
    node.run("backup", file, "--passphrase-file", passphrase)
    node.run("import", "facts", "facts.csv", "--facility", "YT")
    (node.folder / "late.csv").write_text(READINGS.replace("f1", "g1").replace("P1", "P3").strip())
    node.run("import", "facts", "late.csv", "--facility", "YT")
    node.run(*SIGN, "late.json")
    late = str(node.folder / "late.json")
    done = empty.run("restore", file, "--passphrase-file", passphrase, "--against", late)
    assert "were lost in the restore" in done.stderr
    faults = json.loads(empty.run("verify", "--against", late, "--json", ok=False).stdout)["faults"]
    assert [f["kind"] for f in faults] == ["lost_in_restore"]


def test_nothing_is_restored_over_something(node: Installation, tmp_path: Path) -> None:
    file = str(tmp_path / "b.zip")
    node.run("backup", file)
    before = rows_in(node)
    refused = node.run("restore", file, ok=False).stderr
    assert "not empty" in refused
    assert "lazaretto init" in refused
    assert "数据库不是空的" in node.run("restore", file, ok=False, language="zh").stderr
    assert "choose another name" in node.run("backup", file, ok=False).stderr
    assert rows_in(node) == before


def rewritten(file: Path, target: Path, change: Callable[[str, bytes], bytes]) -> str:
    """Write a backup anew with changed members, its manifest mended so that all digests hold."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        for name in old.namelist():
            data = change(name, old.read(name))
            if name.startswith("tables/"):
                entry = manifest["tables"][name.removeprefix("tables/").removesuffix(".jsonl")]
                entry |= {"rows": data.count(b"\n"), "sha256": hashlib.sha256(data).hexdigest()}
            if name != "manifest.json":
                new.writestr(name, data)
        new.writestr("manifest.json", change("manifest", json.dumps(manifest).encode()))
    return str(target)


def test_what_is_not_whole_is_not_restored(
    node: Installation, empty: Installation, passphrase: str, tmp_path: Path
) -> None:
    """Damaged, cut off, of another version, under another passphrase, tampered with: refused, and nothing is left."""
    plain, sealed = tmp_path / "b.zip", tmp_path / "b.lzb"
    node.run("backup", str(plain))
    node.run("backup", str(sealed), "--passphrase-file", passphrase)
    data = sealed.read_bytes()
    (tmp_path / "cut.lzb").write_bytes(data[: len(data) // 2])
    (tmp_path / "flip.lzb").write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    (tmp_path / "other").write_text("another horse battery")
    whole = plain.read_bytes()
    at = whole.index(b"tables/rounds_fact.jsonl") + 60
    (tmp_path / "bit.zip").write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
    fact = rewritten(
        plain, tmp_path / "fact.zip", lambda n, d: d.replace(b'"36.5"', b'"36.1"') if "rounds_fact" in n else d
    )
    gone = rewritten(plain, tmp_path / "gone.zip", lambda n, d: d.split(b"\n", 1)[1] if "rounds_fact" in n else d)
    version = rewritten(
        plain, tmp_path / "v.zip", lambda n, d: d.replace(b'"journal.0001_initial", ', b"") if n == "manifest" else d
    )
    row = rewritten(plain, tmp_path / "row.zip", lambda n, d: b'["x"]\n' if "registry_person" in n else d)
    cases = [
        ((str(tmp_path / "cut.lzb"), "--passphrase-file", passphrase), "changed or cut off"),
        ((str(tmp_path / "flip.lzb"), "--passphrase-file", passphrase), "changed or cut off"),
        ((str(sealed), "--passphrase-file", str(tmp_path / "other")), "passphrase is wrong"),
        ((str(tmp_path / "bit.zip"),), "damaged"),
        ((str(node.folder / "facts.csv"),), "is no backup"),
        ((str(tmp_path / "nowhere"),), "cannot open"),
        ((fact,), "does not verify"),
        ((gone,), "does not verify"),
        ((version,), "install that version"),
        ((row,), "cannot be read"),
    ]
    for words, sentence in cases:
        assert sentence in empty.run("restore", *words, ok=False).stderr, words
        assert rows_in(empty) == 0, words
        assert not list((empty.home / "keys").glob("*")), words
    done = empty.run("restore", fact, "--accept-faults")
    assert "were changed or removed" in done.stderr
    assert "were changed or removed" in empty.run("verify", "--deep", ok=False).stderr


def test_a_backup_is_of_one_moment_while_others_write(node: Installation, empty: Installation, tmp_path: Path) -> None:
    rows = [
        f"k{n},temperature,P{1 + n % 3},2026-03-{13 + n // 86400} {n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d},36.5"
        for n in range(400_000)
    ]
    (node.folder / "many.csv").write_text("id,observation,subject,observed_at,value\n" + "\n".join(rows))
    writer = node.start("import", "facts", "many.csv", "--facility", "YT")
    while _facts(node) < 1000:
        assert writer.poll() is None
    file = str(tmp_path / "b.zip")
    before = _facts(node)
    node.run("backup", file)
    assert writer.poll() is None, "the writer ended before the backup; write more"
    assert _facts(node) > before, "the backup held the writer up"
    writer.kill()
    writer.communicate()
    empty.run("restore", file)
    assert before <= _facts(empty) <= _facts(node)
    empty.run("verify", "--deep")


def _facts(installation: Installation) -> int:
    with closing(sqlite3.connect(installation.home / "lazaretto.sqlite3", timeout=20)) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM rounds_fact").fetchone()[0])


def test_a_backup_of_either_engine_restores_into_sqlite(small: Small, empty: Installation, tmp_path: Path) -> None:
    """On PostgreSQL (LAZARETTO_TEST_ENGINE) this is the way from one engine to the other."""
    small.bring("facts", READINGS)
    reporting.sign(facility=small.facility, on=DAY, by="test", signer="lead", at=small.at)
    manifest = archive.write(tmp_path / "b.zip", made_at=small.at, version="x")
    here = {name: told["sha256"] for name, told in manifest["tables"].items()}
    empty.run("restore", str(tmp_path / "b.zip"))
    empty.run("verify", "--deep")
    empty.run("backup", str(tmp_path / "again.zip"))
    with archive.Archive(tmp_path / "again.zip") as again:
        there = {name: told["sha256"] for name, told in again.manifest["tables"].items()}
    grown = {"journal_log", "journal_entry", "journal_record", "journal_checkpoint", "journal_key"}
    assert {n for n in here if here[n] != there[n]} <= grown
    assert {n for n in here if manifest["tables"][n]["rows"]} > grown


def test_a_backup_under_its_name_is_whole_or_not_there(small: Small, tmp_path: Path, monkeypatch: Any) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    with pytest.raises(OSError):
        archive.write(tmp_path / "b.zip", made_at=small.at, version="x")
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == []


def test_a_short_or_unreadable_passphrase_is_refused(node: Installation, tmp_path: Path) -> None:
    (tmp_path / "short").write_text("abc")
    file = str(tmp_path / "b.lzb")
    assert "fewer than 12" in node.run("backup", file, "--passphrase-file", str(tmp_path / "short"), ok=False).stderr
    assert "cannot read" in node.run("backup", file, "--passphrase-file", str(tmp_path / "no"), ok=False).stderr
    assert not Path(file).exists()


def test_doctor_says_when_the_last_backup_was_made(node: Installation, tmp_path: Path) -> None:
    def backup() -> dict[str, Any]:
        checks = json.loads(node.run("doctor", "--json", ok=ok).stdout)
        return next(c for c in checks if c["check"] == "backup")

    ok = True
    assert "no backup yet" in backup()["en"]
    node.run("backup", str(tmp_path / "b.zip"))
    assert "last backup 20" in backup()["en"]
    memory = node.home / "last_backup.json"
    memory.write_text(json.dumps({"made_at": json.loads(memory.read_text())["made_at"] - 9 * 86_400_000}))
    ok = False
    assert backup()["en"].startswith("the last backup is 9 days old")
    assert "9 天前" in backup()["zh"]


def test_keys_are_rotated_from_the_command_line(node: Installation) -> None:
    node.run(*SIGN, "signed.json")
    before = {p.name for p in (node.home / "keys").iterdir()}
    assert "there are YT, node" in node.run("key", "rotate", "--log", "NO", ok=False).stderr
    assert "leave --lost out" in node.run("key", "rotate", "--log", "YT", "--lost", "x", ok=False).stderr
    assert "new keys are in use" in node.run("key", "rotate", "--log", "YT").stdout
    after = {p.name for p in (node.home / "keys").iterdir()}
    assert (len(before - after), len(after - before)) == (1, 1)
    node.run("verify", "--deep", "--against", "signed.json")
    (node.folder / "keys.json").write_text(node.run("keys").stdout)
    assert "Valid" in node.run("report", "verify", "signed.json", "--keys", "keys.json").stdout
    for key in (node.home / "keys").iterdir():
        key.unlink()
    assert "--lost REASON" in node.run("key", "rotate", ok=False).stderr
    node.run("key", "rotate", "--lost", "the machine burnt")
    assert node.run("verify").stdout.count("the machine burnt") == 2


def test_an_installation_moves_to_postgres(node: Installation, new_database: Callable[[], str], tmp_path: Path) -> None:
    node.run(*SIGN, "signed.json")
    url = new_database()
    done = node.run("move-to", url)
    assert "LAZARETTO_DATABASE=" in done.stdout
    lines = [line.split() for line in done.stdout.splitlines() if " = " in line]
    assert {line[0] for line in lines} == {"YT", "node"}
    for _, _, here, _, there in lines:
        assert here == there
    moved = Installation(node.folder, url)
    assert told(moved) == told(node)
    assert json.loads(moved.run("verify", "--deep", "--against", "signed.json", "--json").stdout)["notes"] == []
    (moved.folder / "more.csv").write_text(READINGS.replace("f1", "g1").replace("P1", "P3").strip())
    moved.run("import", "facts", "more.csv", "--facility", "YT")
    moved.run("report", "amend", "--facility", "YT", "--on", "2026-03-17", "--by", "lead")
    moved.run("verify", "--deep")
    assert "not empty" in node.run("move-to", url, ok=False).stderr
    assert "SQLite" in moved.run("move-to", new_database(), ok=False).stderr
    back = Installation(tmp_path / "back")
    back.folder.mkdir()
    back.run("init")
    moved.run("backup", "pg.zip")
    back.run("restore", str(moved.folder / "pg.zip"))
    assert told(back) == told(moved)


def test_a_backup_restores_into_postgres(
    node: Installation, new_database: Callable[[], str], passphrase: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "b.lzb")
    node.run("backup", file, "--passphrase-file", passphrase)
    (tmp_path / "pg").mkdir()
    target = Installation(tmp_path / "pg", new_database())
    target.run("init")
    target.run("restore", file, "--passphrase-file", passphrase)
    assert told(target) == told(node)
    target.run(*SIGN, "signed.json")
    target.run("verify", "--deep", "--against", "signed.json")


def test_a_move_during_which_somebody_writes_is_no_move(node: Installation, new_database: Callable[[], str]) -> None:
    """The copy is interrupted by a posted fact: the command says so, and the target is empty."""
    from tests.integration.installations.moving_while_writing import PROGRAM

    url = new_database()
    Installation(node.folder, url).run("init")
    program = node.code(PROGRAM.format(url=url))
    out, err = program.communicate(timeout=120)
    assert out.split() == ["SourceGrew", "0"], err
