"""
The command line as its user runs it: a roster and readings in the documented columns go in, the right report comes
out; and what a kill in the middle of an import leaves.

Most run inside this process on the test database; those marked `more` run in processes of their own, from nothing.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.conftest import PEOPLE, PLACES, PRESENCE


@dataclass
class Done:
    """What a command printed."""

    stdout: str
    stderr: str


def lazaretto(home: Path, *words: str, ok: bool = True, language: str = "en") -> Done:
    """Run a command inside this process, on the test database."""
    from lazaretto.config.cli import app

    before = Path.cwd()
    os.chdir(home)
    try:
        result = CliRunner().invoke(app, list(words), env={"LAZARETTO_LANG": language, "COLUMNS": "160"})
    finally:
        os.chdir(before)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert (result.exit_code == 0) is ok, result.output
    return Done(result.stdout, result.stderr)


def process(home: Path, *words: str, ok: bool = True) -> Done:
    """Run a command as a process of its own, on an installation of its own."""
    environment = os.environ | {"LAZARETTO_HOME": str(home / "var"), "LAZARETTO_LANG": "en", "COLUMNS": "160"}
    environment.pop("LAZARETTO_DATABASE", None)
    command = [sys.executable, "-m", "lazaretto", *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=home, timeout=120)
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return Done(done.stdout, done.stderr)


def write_tables(folder: Path) -> None:
    for name, text in (("places", PLACES), ("people", PEOPLE), ("presence", PRESENCE)):
        (folder / f"{name}.csv").write_text(text.strip())
    (folder / "facts.csv").write_text(
        "id,observation,subject_kind,subject,observed_at,outcome,value,ucum,method,site,device,by,source,reason,supersedes,note\n"
        "t1,temperature,person,P1,2026-03-17T08:10:00+08:00,done,36.5,Cel,infrared,forehead,T-1,S1,,,,\n"
        "t2,temperature,person,P1,2026-03-17 10:40,done,36.5,Cel,,,,S1,,,,\n"
        "t3,temperature,person,P2,2026-03-17 08:00,refused,,,,,,S1,,declined,,\n"
        "n1,night_check,person,P2,2026-03-17 02:05,done,,,,,,S1,,,,\n"
    )
    (folder / "excuses.csv").write_text(
        "scope,subject,measure,from,to,reason,by\nplace,W2,,2026-03-17 09:00,2026-03-17 13:00,no_power,S9\n"
    )


MANY = 48_000
CREATE = ("facility", "create", "YT", "--name", "云汀", "--protocol", "facility-s1-drug-rehab")


@pytest.fixture
def home(db: None, tmp_path: Path) -> Path:
    """A folder with tables, and a facility into which they were imported."""
    write_tables(tmp_path)
    lazaretto(tmp_path, *CREATE, "--timezone", "Asia/Shanghai")
    for kind in ("places", "people", "presence", "excuses", "facts"):
        dry = lazaretto(tmp_path, "import", kind, f"{kind}.csv", "--facility", "YT", "--dry-run", "--json")
        real = lazaretto(tmp_path, "import", kind, f"{kind}.csv", "--facility", "YT", "--json")
        assert json.loads(dry.stdout) | {"dry_run": False} == json.loads(real.stdout)
    return tmp_path


def test_the_right_report_comes_out(home: Path) -> None:
    """Twelve two-hourly slots for three residents: worked out by hand from the contract."""
    document = json.loads(lazaretto(home, "report", "nil", "--facility", "YT", "--on", "2026-03-17", "--json").stdout)
    row = next(r for r in document["measures"] if r["id"] == "temperature.residents")
    numbers = {k: row[k] for k in ("expected", "on_time", "late", "missed", "excused", "excused_after", "pending")}
    # P1 08:00 on time, 10:00 late; P2 02:00 by a night check, 08:00 declined; P3 10:00 and 12:00 without power.
    assert numbers == {
        "expected": 36,
        "on_time": 2,
        "late": 1,
        "missed": 30,
        "excused": 3,
        "excused_after": 2,
        "pending": 0,
    }
    assert row["coverage"] == "0.0909090909"
    assert document["facts"] == {"used": 4, "repeat": 0, "extra": 0, "superseded": 0, "void": 0}
    assert document["day"]["from"] == "2026-03-16T16:00:00.000Z"


def test_the_same_file_again_changes_nothing(home: Path) -> None:
    again = json.loads(lazaretto(home, "import", "facts", "facts.csv", "--facility", "YT", "--json").stdout)
    assert (again["created"], again["skipped"], again["failed"]) == (0, 4, 0)


def test_sign_verify_and_keep(home: Path) -> None:
    lazaretto(home, "report", "sign", "--facility", "YT", "--on", "2026-03-17", "--by", "lead", "--out", "signed.json")
    (home / "keys.json").write_text(lazaretto(home, "keys").stdout)
    assert "Valid" in lazaretto(home, "report", "verify", "signed.json", "--keys", "keys.json").stdout
    assert "Intact" in lazaretto(home, "verify", "--deep", "--against", "signed.json").stdout
    twice = lazaretto(home, "report", "sign", "--facility", "YT", "--on", "2026-03-17", "--by", "lead", ok=False)
    assert "report amend" in twice.stderr
    forged = json.loads((home / "signed.json").read_text())
    forged["measures"][0]["missed"] = 0
    (home / "forged.json").write_text(json.dumps(forged))
    assert (
        "not what was signed"
        in lazaretto(home, "report", "verify", "forged.json", "--keys", "keys.json", ok=False).stderr
    )


def test_mistakes_get_one_sentence_that_says_what_to_do(home: Path) -> None:
    (home / "keys.json").write_text('{"keys": []}')
    cases: list[tuple[tuple[str, ...], str]] = [
        (("report", "nil", "--facility", "NO", "--on", "2026-03-17"), "facility list"),
        (("report", "nil", "--facility", "YT", "--on", "17.3."), "2026-03-17"),
        (("import", "people", "nowhere.csv", "--facility", "YT"), "cannot open"),
        (("protocol", "show", "nothing"), "the packs are"),
        (
            ("facility", "create", "X", "--name", "x", "--protocol", "baseline", "--timezone", "Mars/Base"),
            "Asia/Shanghai",
        ),
        (("report", "verify", "facts.csv", "--keys", "keys.json"), "not JSON"),
        (("protocol", "explain", "baseline", "nothing:cadence"), "temperature.residents"),
    ]
    for words, sentence in cases:
        assert sentence in lazaretto(home, *words, ok=False).stderr, words


def test_protocol_commands(home: Path) -> None:
    assert "baseline" in lazaretto(home, "protocol", "list").stdout
    shown = json.loads(lazaretto(home, "protocol", "show", "baseline", "--level", "outbreak", "--json").stdout)
    measures = {measure["id"]: measure for measure in shown["measures"]}
    assert measures["temperature.residents"]["cadence"]["per_day"] == 4
    layers = json.loads(
        lazaretto(
            home, "protocol", "explain", "facility-s1-drug-rehab", "temperature.residents:cadence.every", "--json"
        ).stdout
    )
    assert (layers[0]["layer"], layers[0]["value"]) == ("s1-inner-mongolia-drug-rehab.yaml", "PT2H")
    (home / "bad.yaml").write_text(
        "lazaretto: 1\nid: x\nextends: baseline\nmeasures:\n  - id: temperature.residents\n    cadense: {}\n"
    )
    problems = json.loads(lazaretto(home, "protocol", "validate", "bad.yaml", "--json", ok=False).stdout)["problems"]
    assert (problems[0]["line"], "did you mean cadence" in problems[0]["en"]) == (6, True)
    assert "是否想写 cadence" in problems[0]["zh"]


def test_excusing_from_the_command_line(home: Path) -> None:
    words = (
        "excuse",
        "--facility",
        "YT",
        "--scope",
        "place",
        "--subject",
        "KIT",
        "--reason",
        "area_closed",
        "--by",
        "S9",
    )
    span = ("--from", "2026-03-20 00:00", "--to", "2026-03-21 00:00")
    assert "Excused" in lazaretto(home, *words, *span).stdout
    assert "already" in lazaretto(home, *words, *span).stdout


def test_help_and_doctor(home: Path) -> None:
    assert "doctor" in lazaretto(home, "--help").stdout
    checks: list[dict[str, Any]] = json.loads(lazaretto(home, "doctor", "--json").stdout)
    assert {c["check"] for c in checks} == {
        "disk",
        "clock",
        "time zones",
        "engine",
        "database",
        "keys",
        "guards",
        "backup",
    }
    assert "时钟" in lazaretto(home, "doctor", language="zh").stdout


@pytest.mark.more
def test_from_nothing_in_processes_of_its_own(tmp_path: Path) -> None:
    assert "run `lazaretto init` first" in process(tmp_path, "verify", ok=False).stderr
    write_tables(tmp_path)
    process(tmp_path, "init")
    process(tmp_path, *CREATE)
    for kind in ("places", "people", "presence", "excuses", "facts"):
        process(tmp_path, "import", kind, f"{kind}.csv", "--facility", "YT")
    process(
        tmp_path, "report", "sign", "--facility", "YT", "--on", "2026-03-17", "--by", "lead", "--out", "signed.json"
    )
    (tmp_path / "keys.json").write_text(process(tmp_path, "keys").stdout)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("signed.json", "keys.json"):
        (elsewhere / name).write_text((tmp_path / name).read_text())
    assert "Valid" in process(elsewhere, "report", "verify", "signed.json", "--keys", "keys.json").stdout
    assert not (elsewhere / "var").exists()
    assert "Intact" in process(tmp_path, "verify", "--deep", "--against", "signed.json").stdout
    process(tmp_path, "doctor")


@pytest.mark.more
@pytest.mark.parametrize("after", [0.0, 0.5])
def test_kill_in_the_middle_of_an_import_loses_nothing_acknowledged(tmp_path: Path, after: float) -> None:
    """Whenever it is killed, whole chunks are there, the record verifies, and importing again completes it."""
    home = tmp_path
    for name, text in (("places", PLACES), ("people", PEOPLE)):
        (home / f"{name}.csv").write_text(text.strip())
    rows = [
        f"k{n},temperature,P{1 + n % 3},2026-03-17 {n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d},36.5"
        for n in range(MANY)
    ]
    (home / "facts.csv").write_text("id,observation,subject,observed_at,value\n" + "\n".join(rows))
    process(home, "init")
    process(home, "facility", "create", "YT", "--name", "x", "--protocol", "baseline")
    process(home, "import", "places", "places.csv", "--facility", "YT")
    process(home, "import", "people", "people.csv", "--facility", "YT")
    environment = os.environ | {"LAZARETTO_HOME": str(home / "var")}
    command = [sys.executable, "-m", "lazaretto", "import", "facts", "facts.csv", "--facility", "YT"]
    started = subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while _written(home) == 0 and started.poll() is None:
        time.sleep(0.02)
    time.sleep(after)
    started.send_signal(signal.SIGKILL)
    started.wait()
    written = _written(home)
    assert written % 2000 == 0  # whole chunks
    assert 0 < written < MANY
    process(home, "verify", "--deep")
    again = json.loads(process(home, "import", "facts", "facts.csv", "--facility", "YT", "--json").stdout)
    assert (again["created"], again["skipped"], again["failed"]) == (MANY - written, written, 0)
    process(home, "verify", "--deep")


def _written(home: Path) -> int:
    import sqlite3

    with sqlite3.connect(home / "var" / "lazaretto.sqlite3", timeout=20) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM rounds_fact").fetchone()[0])
