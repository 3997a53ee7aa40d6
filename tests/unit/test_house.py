"""The house keeps its rules: layers, requirements, locks, and what may not stand in the project."""

import ast
import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATES = re.compile(r"done|partial|later|not adopted: (5\.\d+|noise)")
ROWS = {"S0": 131, "S1": 87, "S2": 74, "S3": 55, "S4": 67}


def requirements() -> list[dict[str, str]]:
    with (ROOT / "docs" / "requirements.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_requirement_has_a_row() -> None:
    wanted = [f"{report}-{n:02d}" for report, count in ROWS.items() for n in range(1, count + 1)]
    assert sorted(row["id"] for row in requirements()) == sorted(wanted)
    for row in requirements():
        assert STATES.fullmatch(row["state"]), row
        assert row["theme"]
        assert row["requirement"]
        assert row["where"], row


def test_what_is_done_has_a_test_that_exists() -> None:
    for row in requirements():
        if row["state"] in ("done", "partial"):
            path, _, name = row["test"].partition("::")
            assert (ROOT / path).is_file(), row
            functions = {
                n.name for n in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(n, ast.FunctionDef)
            }
            assert name in functions, row


def test_locks_hold_no_addresses_and_a_hash_for_everything() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "://" not in text, lock
        pins = re.findall(r"^([a-z0-9._\[\],-]+==[^ ]+)[^\n]*\\\n    --hash=sha256:", text, re.M)
        assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.M)), lock


def test_nothing_that_is_open_stands_in_the_code() -> None:
    """No unfinished marks, no calls to the clock below the edge."""
    marks = re.compile("TO" + "DO|FIX" + "ME|X" + "XX")
    clocks = re.compile(r"time\.time\(|datetime\.now\(|date\.today\(|timezone\.now\(")
    edges = ("views.py", "access.py", "api.py", "runtime.py", "shell.py")
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not marks.search(text), path
        if path.name not in edges:
            assert not clocks.search(text), path


def test_views_ask_queries() -> None:
    """A view or route never reaches for a table itself."""
    for pattern in ("views*.py", "api.py", "presenters*.py"):
        for path in (ROOT / "src").rglob(pattern):
            assert ".objects" not in path.read_text(encoding="utf-8"), path


BROKEN = {
    "Config wires apps; apps use web; everything may use protocol.": ("protocol/clock.py", "import lazaretto.packs"),
    "An app knows only the apps below it.": ("apps/journal/merkle.py", "import lazaretto.apps.registry.models"),
    "The core knows no web framework.": ("protocol/clock.py", "import django"),
    "The protocol needs no numbers library.": ("protocol/clock.py", "import numpy"),
    "Models call nobody in their app.": ("apps/rounds/models.py", "import lazaretto.apps.rounds.actions"),
    "Queries do not write": ("apps/registry/queries.py", "import lazaretto.apps.registry.actions"),
}


@pytest.mark.more
@pytest.mark.parametrize("name", BROKEN)
def test_each_layer_contract_can_be_broken(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file, line = BROKEN[name]
    path = tmp_path / "src" / "lazaretto" / file
    path.write_text(path.read_text() + f"\n{line}\n")
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": "src", "PATH": "/usr/bin:/bin", "COLUMNS": "300"},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(re.escape(name) + r"[^\n]*BROKEN", done.stdout), done.stdout
