"""
Facts through a real server: many writers at once, bodies far larger than what the server may keep in memory, and a
broker with thermometers.
"""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.more


def run(name: str) -> Any:
    env = {k: v for k, v in os.environ.items() if k not in ("LAZARETTO_HOME", "LAZARETTO_DATABASE")}
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmark.{name}"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_nothing_is_lost_or_doubled_by_eight_writers() -> None:
    found = run("soak")
    assert found["on_file"] == found["facts"]
    assert (found["held"], found["failed"], found["differing"], found["faults"]) == (0, 0, 0, 0)
    assert found["created"] + found["skipped"] == found["sent"]
    assert found["again"] or found["created"] == found["facts"]


def test_memory_does_not_grow_with_the_body() -> None:
    """The longest body is 100 MB; what it needs more than one of 5 MB is a small part of that."""
    found = run("stream")
    assert found["200000"] - found["10000"] < 30, found
    assert found["200000 chunked"] - found["10000"] < 30, found


def test_readings_come_through_a_broker_that_restarts_and_a_listener_that_is_killed() -> None:
    broker = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else "")
    missing = [name for name, there in (("mosquitto", broker), ("paho-mqtt", find_spec("paho"))) if not there]
    if missing:
        if "mqtt" in os.environ.get("LAZARETTO_REQUIRE", ""):
            pytest.fail(f"LAZARETTO_REQUIRE asks for mqtt; missing: {missing}")
        pytest.skip(f"needs {' and '.join(missing)}")
    found = run("sensors")
    assert 0 < found["at_the_kill"] < found["readings"] == found["on_file"]
    assert found["dead_kinds"] == found["rubbish"]
    assert (found["alive"], found["faults"], found["sources"]) == (True, 0, ["mqtt"])
