"""An installation of its own: a home folder, real processes, and databases of its own on the embedded PostgreSQL."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import PEOPLE, PLACES, PRESENCE
from tests.integration.test_nil_report import READINGS

#: What a worker runs: commands from its input, one after another, as `lazaretto` itself would.
WORKER = """
import contextlib, io, json, os, sys, traceback
from lazaretto.config.cli import main

for line in sys.stdin:
    asked = json.loads(line)
    os.environ["LAZARETTO_LANG"] = asked["language"]
    sys.argv = ["lazaretto", *asked["words"]]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            code = 1
    from django.db import connections

    connections.close_all()
    answer = {"stdout": out.getvalue(), "stderr": err.getvalue(), "code": code}
    sys.stdout.write(json.dumps(answer) + "\\n")
    sys.stdout.flush()
"""


@dataclass
class Done:
    """What a command printed, and its exit code."""

    stdout: str
    stderr: str
    code: int


@dataclass
class Installation:
    """A home folder and where its database is (SQLite in the home, if empty)."""

    folder: Path
    database: str = ""
    worker: "subprocess.Popen[str] | None" = None

    @property
    def home(self) -> Path:
        return self.folder / "var"

    @property
    def environment(self) -> dict[str, str]:
        wanted = os.environ | {"LAZARETTO_HOME": str(self.home), "LAZARETTO_LANG": "en", "COLUMNS": "200"}
        wanted.pop("LAZARETTO_DATABASE", None)
        return wanted | ({"LAZARETTO_DATABASE": self.database} if self.database else {})

    def run(self, *words: str, ok: bool = True, language: str = "en") -> Done:
        """
        Run a command to its end; it never shows a traceback.

        All commands of an installation run in one process of its own, because starting one takes seconds.
        """
        if self.worker is None or self.worker.poll() is not None:
            self.worker = self._popen([sys.executable, "-c", WORKER], stderr=None)
            WORKERS.append(self.worker)
        assert self.worker.stdin is not None
        assert self.worker.stdout is not None
        self.worker.stdin.write(json.dumps({"words": words, "language": language}) + "\n")
        self.worker.stdin.flush()
        return self._judged(Done(**json.loads(self.worker.stdout.readline())), ok)

    def process(self, *words: str, ok: bool = True, language: str = "en", prefix: tuple[str, ...] = ()) -> Done:
        """Run a command in a process that is started for it, after the words of `prefix`."""
        command = [*prefix, sys.executable, "-m", "lazaretto", *words]
        environment = self.environment | {"LAZARETTO_LANG": language}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=self.folder, timeout=300)
        return self._judged(Done(done.stdout, done.stderr, done.returncode), ok)

    def _judged(self, done: Done, ok: bool) -> Done:
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        assert (done.code == 0) is ok, done.stdout + done.stderr
        return done

    def _popen(self, command: list[str], stderr: int | None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command, env=self.environment, cwd=self.folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
        )  # fmt: skip

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command in a process of its own and do not wait for it."""
        return self._popen([sys.executable, "-m", "lazaretto", *words], subprocess.DEVNULL)

    def code(self, text: str) -> "subprocess.Popen[str]":
        """Start a program that has the product's settings loaded."""
        return self._popen([sys.executable, "-c", "import django; django.setup()\n" + text], subprocess.PIPE)

    def copy(self, folder: Path) -> "Installation":
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Installation(folder)

    def fill(self) -> None:
        """Make the tables, a facility, people, their whereabouts and some facts."""
        for name, text in (("places", PLACES), ("people", PEOPLE), ("presence", PRESENCE), ("facts", READINGS)):
            (self.folder / f"{name}.csv").write_text(text.strip(), encoding="utf-8")
        self.run("init")
        self.run("facility", "create", "YT", "--name", "云汀", "--protocol", "baseline", "--timezone", "Asia/Shanghai")
        for kind in ("places", "people", "presence", "facts"):
            self.run("import", kind, f"{kind}.csv", "--facility", "YT")


WORKERS: "list[subprocess.Popen[str]]" = []


def end_workers(first: int = 0) -> None:
    for worker in WORKERS[first:]:
        worker.communicate()
    del WORKERS[first:]
