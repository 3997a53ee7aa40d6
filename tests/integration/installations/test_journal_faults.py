"""
What breaks a machine: a kill at any moment, a full disk, a read-only one, a clock set back, a database that is away.

Each ends with a sentence and a failure, never with a traceback; what was acknowledged before is there afterwards, and
the record verifies row by row.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.integration.installations.installation import Installation
from tests.needs import not_here

FACTS = "SELECT id FROM rounds_fact"
PASSWORD = "korrekt-pferd-7"


def ids(installation: Installation) -> set[str]:
    """Return the ids of the facts that are in the database, read without the product."""
    if installation.database:
        import psycopg

        url = installation.database
        with psycopg.connect(url) as connection:
            return {row[0] for row in connection.execute(FACTS)}
    with closing(sqlite3.connect(installation.home / "lazaretto.sqlite3", timeout=20)) as file:
        return {row[0] for row in file.execute(FACTS)}


def facts_file(installation: Installation, name: str, n: int) -> str:
    rows = [
        f"{name}.{i},temperature,P{1 + i % 3},2026-03-17 {i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d},36.5"
        for i in range(n)
    ]
    path = installation.folder / f"{name}.csv"
    path.write_text("id,observation,subject,observed_at,value\n" + "\n".join(rows), encoding="utf-8")
    return str(path)


def token(installation: Installation) -> str:
    installation.run("user", "create", "ward", "--role", "ward_officer", "--organisation", "YT", "--password", PASSWORD)
    return installation.run("user", "token", "ward", "--label", "test", "--scope", "fact.record").stdout.strip()


def clean(installation: Installation) -> None:
    """Check that the record verifies down to every row."""
    done = json.loads(installation.run("verify", "--deep", "--json").stdout)
    assert done["valid"], done["faults"]


#: Forks a writer of each sort on demand, warm and without an open database: starting one costs seconds.
NURSERY = """
import json, os, sys, time
from django.db import connections
from django.test import Client
from django.urls import get_resolver

from lazaretto.config.cli import main

get_resolver().url_patterns
connections.close_all()

def import_facts(asked):
    sys.argv = ["lazaretto", "import", "facts", asked["file"], "--facility", "YT"]
    main()

def post_facts(asked):
    client, n = Client(raise_request_exception=False), 0
    while True:
        n += 1
        fact = {"id": f"{asked['prefix']}.{n}", "observation": "temperature", "subject": "P1",
                "observed_at": "2026-03-17T09:00:00+08:00", "value": "36.5"}
        answer = client.post("/api/v1/facts", json.dumps({"facility": "YT", "facts": [fact]}),
                             content_type="application/json", HTTP_HOST="localhost",
                             HTTP_AUTHORIZATION="Bearer " + asked["token"])
        if answer.status_code == 200 and answer.json()["created"] == 1:
            os.write(acknowledged, (fact["id"] + "\\n").encode())
        elif asked["once"]:
            print(answer.status_code, answer.json(), file=sys.stderr, flush=True)
            os._exit(1)

acknowledged = os.open("acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    pids = []
    for work in (import_facts, post_facts):
        pid = os.fork()
        if pid == 0:
            sink = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(sink, stream)
            try:
                work(asked)
            finally:
                os._exit(0)
        pids.append(pid)
    print(json.dumps(pids), flush=True)
    sys.stdin.readline()
    ended = [os.waitpid(pid, 0)[1] for pid in pids]
    print(json.dumps(ended), flush=True)
"""


class Writers:
    """An importer and a poster of single facts, at work at the same time."""

    def __init__(self, node: Installation) -> None:
        self.node, self.token = node, token(node)
        self.nursery = node.code(NURSERY)
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.ask, self.hear = self.nursery.stdin, self.nursery.stdout
        assert self.hear.readline() == "ready\n"

    def start(self, file: str, prefix: str) -> list[int]:
        asked = {"file": file, "prefix": prefix, "token": self.token, "once": False}
        self.ask.write(json.dumps(asked) + "\n")
        self.ask.flush()
        pids: list[int] = json.loads(self.hear.readline())
        return pids

    def kill(self, pids: list[int]) -> list[int]:
        """Kill both without warning; return how each ended (9: killed)."""
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.ask.write("\n")
        self.ask.flush()
        ended: list[int] = json.loads(self.hear.readline())
        return ended

    def acknowledged(self) -> set[str]:
        text = (self.node.folder / "acknowledged").read_text()
        return set(text.split("\n")[:-1])

    def end(self) -> None:
        self.nursery.communicate(timeout=60)


def kill_again_and_again(node: Installation, kills: int) -> None:
    chance = random.Random(20260317)
    writers = Writers(node)
    n_files, killed_importers, resumed = 0, 0, False
    name, size = "a0", 16_000
    file = facts_file(node, name, size)
    try:
        for turn in range(kills):
            before = ids(node)
            pids = writers.start(file, f"p{turn}")
            give_up = time.monotonic() + 60
            while len(ids(node)) == len(before):
                assert time.monotonic() < give_up, "nobody writes"
                time.sleep(0.01)
            time.sleep(chance.uniform(0.0, 0.2))  # within a few chunks
            importer, poster = writers.kill(pids)
            assert poster == signal.SIGKILL
            there = ids(node)
            lost = writers.acknowledged() - there
            assert not lost, f"turn {turn}: {len(lost)} acknowledged facts are gone"
            assert before <= there
            imported = sum(id_.startswith(f"{name}.") for id_ in there)
            assert imported % 2000 == 0, "a chunk was written in part"
            clean(node)
            killed_importers += importer == signal.SIGKILL
            resumed |= importer == signal.SIGKILL and 0 < imported < size
            if importer == 0:
                assert imported == size
                n_files += 1
                name = f"a{n_files}"
                file = facts_file(node, name, size)
    finally:
        writers.end()
    assert resumed
    assert killed_importers > kills / 2, "too few imports were killed under way"
    assert len(writers.acknowledged()) > kills
    last = json.loads(node.run("import", "facts", file, "--facility", "YT", "--json").stdout)
    assert (last["created"] + last["skipped"], last["failed"]) == (size, 0)
    clean(node)


@pytest.mark.more
def test_fifty_kills_lose_nothing_acknowledged(node: Installation) -> None:
    kill_again_and_again(node, 50)


@pytest.mark.more
def test_kills_lose_nothing_acknowledged_on_postgres(
    filled: Installation, new_database: Callable[[], str], tmp_path: Path
) -> None:
    filled.run("backup", str(tmp_path / "b.zip"))
    (tmp_path / "node").mkdir()
    node = Installation(tmp_path / "node", new_database())
    node.run("init")
    node.run("restore", str(tmp_path / "b.zip"))
    kill_again_and_again(node, 15)


@pytest.fixture
def small_disk(filled: Installation, tmp_path: Path) -> Iterator[Callable[..., Installation]]:
    """
    Return a maker of an installation whose home is a file system of its own, with `spare` bytes left;
    LAZARETTO_REQUIRE=disk makes it a failure that none can be mounted.
    """
    mounted: list[Path] = []

    def make(spare: int) -> Installation:
        node = Installation(tmp_path / "disk")
        node.folder.mkdir()
        node.home.mkdir()
        kept = [filled.home / n for n in ("lazaretto.sqlite3", "secret_key", "keys", "static/staticfiles.json")]
        used = sum(f.stat().st_size for k in kept for f in (k.rglob("*") if k.is_dir() else [k]) if f.is_file())
        options = f"size={used + spare}"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(node.home)], capture_output=True)
        if done.returncode:
            not_here("disk", "a file system of a few megabytes cannot be mounted here; this test needs root")
        mounted.append(node.home)
        for name in ("lazaretto.sqlite3", "secret_key"):
            shutil.copy(filled.home / name, node.home / name)
        shutil.copytree(filled.home / "keys", node.home / "keys")
        return node

    yield make
    for home in mounted:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


def remount(node: Installation, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(node.home)], check=True)


@pytest.mark.more
def test_a_full_disk_ends_an_import_with_a_sentence_and_loses_nothing(
    small_disk: Callable[..., Installation],
) -> None:
    node = small_disk(4 << 20)
    file = facts_file(node, "full", 30_000)
    before = ids(node)
    refused = node.process("import", "facts", file, "--facility", "YT", ok=False)
    assert "the disk is full" in refused.stderr
    assert "磁盘已满" in node.process("import", "facts", file, "--facility", "YT", ok=False, language="zh").stderr
    remount(node, "size=64m")
    written = ids(node) - before
    assert 0 < len(written) < 30_000
    assert len(written) % 2000 == 0
    assert before <= ids(node)
    clean(node)
    again = json.loads(node.run("import", "facts", file, "--facility", "YT", "--json").stdout)
    assert (again["created"] + again["skipped"], again["failed"]) == (30_000, 0)
    assert again["skipped"] == len(written)
    clean(node)


@pytest.mark.more
def test_a_full_disk_answers_a_post_with_a_sentence(small_disk: Callable[..., Installation]) -> None:
    """Every fact that was answered 200 is there; the one that was not gets 503 and the words for it."""
    node = small_disk(3 << 20)
    secret = token(node)
    asked = {"prefix": "post", "token": secret, "once": True}
    program = NURSERY[: NURSERY.index('print("ready"')] + f"post_facts({asked!r})\n"
    (node.home / "filler").write_bytes(b"")
    poster = node.code(program)
    while not (node.folder / "acknowledged").exists() or (node.folder / "acknowledged").stat().st_size < 100:
        assert poster.poll() is None, poster.communicate()
        time.sleep(0.05)
    with (node.home / "filler").open("wb") as filler:
        try:
            while True:
                filler.write(b"\0" * 65_536)
                filler.flush()
        except OSError:
            pass
    _, said = poster.communicate(timeout=120)
    assert "503" in said
    assert "the disk is full" in said
    assert "磁盘已满" in said
    acknowledged = set((node.folder / "acknowledged").read_text().split())
    remount(node, "size=64m")
    assert len(acknowledged) > 5
    assert acknowledged <= ids(node)
    clean(node)


@pytest.mark.more
def test_a_full_disk_leaves_no_half_backup(small_disk: Callable[..., Installation], node: Installation) -> None:
    elsewhere = small_disk(200 << 10)
    node.run("import", "facts", facts_file(node, "more", 20_000), "--facility", "YT")
    before = sorted(p.name for p in elsewhere.home.iterdir())
    refused = node.process("backup", str(elsewhere.home / "b.zip"), ok=False)
    assert "the disk is full" in refused.stderr
    assert sorted(p.name for p in elsewhere.home.iterdir()) == before


@pytest.mark.more
def test_a_disk_that_fills_during_a_restore_leaves_the_database_empty(
    small_disk: Callable[..., Installation], node: Installation, tmp_path: Path
) -> None:
    node.run("import", "facts", facts_file(node, "more", 20_000), "--facility", "YT")
    node.run("backup", str(tmp_path / "b.zip"))
    target = small_disk(4 << 20)  # the empty tables and what is written ahead of them take more than two
    for path in target.home.iterdir():
        if path.name.startswith("lazaretto.sqlite3"):
            path.unlink()
    (target.home / "static").mkdir()
    program = "from django.core.management import call_command; call_command('migrate', verbosity=0)"
    made = target.code(program)
    _, said = made.communicate(timeout=120)
    assert made.returncode == 0, said
    refused = target.process("restore", str(tmp_path / "b.zip"), ok=False)
    assert "the disk is full" in refused.stderr
    remount(target, "size=64m")
    assert ids(target) == set()
    target.run("restore", str(tmp_path / "b.zip"))
    clean(target)


@pytest.mark.more
def test_a_read_only_disk_gets_a_sentence(small_disk: Callable[..., Installation]) -> None:
    node = small_disk(8 << 20)
    file = facts_file(node, "ro", 1000)
    before = ids(node)
    remount(node, "ro")
    for words in (
        ("import", "facts", file, "--facility", "YT"),
        ("facility", "create", "X", "--name", "x", "--protocol", "baseline"),
        ("key", "rotate"),
        ("report", "sign", "--facility", "YT", "--on", "2026-03-17", "--by", "lead"),
    ):
        refused = node.process(*words, ok=False)
        assert "cannot be written to" in refused.stderr, words
    assert "不可写" in node.process("import", "facts", file, "--facility", "YT", ok=False, language="zh").stderr
    remount(node, "rw")
    assert ids(node) == before
    node.run("import", "facts", file, "--facility", "YT")
    clean(node)


#: Runs a command on a machine whose clock was set back by a day.
SET_BACK = """
import sys, time
from lazaretto.config import cli, runtime

runtime.now = lambda: int(time.time() * 1000) - 86_400_000
sys.argv = {words!r}
cli.main()
"""


@pytest.mark.more
def test_a_clock_set_back_is_recorded_and_doctor_says_so(node: Installation) -> None:
    def run(*words: str) -> tuple[int, str]:
        started = node.code(SET_BACK.format(words=["lazaretto", *words]))
        out, err = started.communicate(timeout=120)
        assert "Traceback" not in err
        return started.returncode, out + err

    code, said = run("doctor")
    assert code == 1
    assert "behind the journal; set it" in said
    file = facts_file(node, "back", 600)
    code, said = run("import", "facts", file, "--facility", "YT")
    assert code == 0, said
    kinds: list[Any]
    with closing(sqlite3.connect(node.home / "lazaretto.sqlite3")) as connection:
        rows = connection.execute(
            "SELECT kind, recorded_at FROM journal_entry WHERE log_id = 2 OR log_id = 1 ORDER BY log_id, seq"
        )
        kinds = [row[0] for row in rows.fetchall()]
    assert kinds.count("clock_set_back") >= 1
    assert len([i for i in ids(node) if i.startswith("back.")]) == 600
    clean(node)
    code, said = run("report", "sign", "--facility", "YT", "--on", "2026-03-17", "--by", "lead")
    assert code == 0, said
    clean(node)


@pytest.mark.more
def test_a_database_that_is_away_gets_a_sentence(node: Installation) -> None:
    away = Installation(node.folder, "postgres://nobody:x@127.0.0.1:9/nothing")
    assert "cannot be reached" in away.process("verify", ok=False).stderr
    assert "连不上数据库" in away.process("init", ok=False, language="zh").stderr


@pytest.mark.more
def test_a_damaged_database_file_gets_a_sentence(node: Installation) -> None:
    path = node.home / "lazaretto.sqlite3"
    for extra in node.home.glob("lazaretto.sqlite3-*"):
        extra.unlink()
    path.write_bytes(b"no database at all, but long enough to look like a file" * 100)
    assert "restore a backup" in node.process("verify", ok=False).stderr
