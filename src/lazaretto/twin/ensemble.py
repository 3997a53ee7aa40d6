"""
Many runs of a scenario: on this machine, or on an existing Dask cluster; the same numbers on both.

Each run writes one row. Rows are kept in parts (Parquet) with the whole configuration and the versions, named by their
digest, so that an ensemble that was stopped goes on where it was.
"""

import hashlib
import json
import math
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lazaretto.protocol.canonical import digest
from lazaretto.twin import flow
from lazaretto.twin.arrays import Floats
from lazaretto.twin.day import Run, simulate
from lazaretto.twin.population import build
from lazaretto.twin.scenario import Scenario

#: What is summed over the days of a run, and what is taken at its peak.
SUMS = (
    "infections", "resident_infections", "staff_infections", "imported", "severe", "detections", "false_alarms", "tests",
    "ppe", "staff_inside", "restricted", "alone", "alone_over_limit", "entitlements_unmet", "visits_lost", "duty_over_limit",
    "rooms_short",
)  # fmt: skip
PEAKS = ("infectious", "rooms", "isolated")
#: Runs that one task does: enough that handing them over costs nothing.
TASK = 5
LEAST = 200
Progress = Callable[[int, int], None]


def _silent(n: int, total: int) -> None:
    """Tell nobody."""


def row(run: int, result: Run) -> dict[str, Any]:
    """Return what is kept of a run. `first_detection` is in days since the start, null if nobody was found."""
    found: dict[str, Any] = {"run": run} | {name: result.total(name) for name in SUMS}
    found |= {f"peak_{name}": int(result.series(name).max()) for name in PEAKS}
    found["inside_infections"] = found["infections"] - found["imported"]
    found["first_detection"] = None if math.isnan(result.first_detected) else float(result.first_detected)
    found["curve"] = np.cumsum(result.series("infections")).tolist()
    return found


def runs_of(scenario: dict[str, Any], runs: Sequence[int]) -> list[dict[str, Any]]:
    """Return the rows of some runs: what one worker does."""
    told = Scenario.model_validate(scenario)
    people = build(told, flow.coming(told))
    return [row(run, simulate(told, run, population=people)) for run in runs]


def ensemble(
    scenario: Scenario, runs: int = LEAST, *, folder: Path | None = None, jobs: int = 1, backend: str = "local",
    scheduler: str = "", progress: Progress = _silent,
) -> pa.Table:  # fmt: skip
    """
    Return the rows of all runs, in order. With `folder`, parts that are there are not run again.

    `backend`: `local` (processes of this machine) or `dask` (the cluster whose scheduler is at `scheduler`).
    """
    raw = scenario.model_dump(mode="json")
    name = digest(raw)[:16]
    found: dict[int, dict[str, Any]] = {}
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for part in sorted(folder.glob(f"{name}-*.parquet")):
            found |= {r["run"]: r for r in pq.read_table(part).to_pylist()}
    missing = [n for n in range(runs) if n not in found]
    tasks = [missing[k : k + TASK] for k in range(0, len(missing), TASK)]
    progress(runs - len(missing), runs)
    with _parallel(backend, scheduler):
        work = joblib.Parallel(n_jobs=-1 if backend == "dask" else jobs, return_as="generator")
        for rows in work(joblib.delayed(runs_of)(raw, task) for task in tasks):
            found |= {r["run"]: r for r in rows}
            if folder is not None:
                _write(folder / f"{name}-{rows[0]['run']:06d}.parquet", rows, raw)
            progress(len([n for n in range(runs) if n in found]), runs)
    return _table([found[n] for n in range(runs)], raw)


@contextmanager
def _parallel(backend: str, scheduler: str) -> Iterator[None]:
    if backend == "local":
        with nullcontext():
            yield
        return
    from distributed import Client

    connect: Any = Client
    with connect(scheduler, set_as_default=True) as client, joblib.parallel_config(backend="dask", client=client):
        yield


def _table(rows: list[dict[str, Any]], scenario: dict[str, Any]) -> pa.Table:
    kinds = [("run", pa.int32())] + [(n, pa.int64()) for n in rows[0] if n not in ("run", "first_detection", "curve")]
    kinds += [("first_detection", pa.float64()), ("curve", pa.list_(pa.int64()))]
    about = {"scenario": json.dumps(scenario, sort_keys=True), "versions": json.dumps(versions(), sort_keys=True)}
    return pa.Table.from_pylist(rows, schema=pa.schema(kinds, metadata=about))


def _write(path: Path, rows: list[dict[str, Any]], scenario: dict[str, Any]) -> None:
    """Write a part whole or not at all."""
    half = path.with_suffix(".half")
    pq.write_table(_table(rows, scenario), half)
    half.replace(path)


def versions() -> dict[str, str]:
    """Return what made the numbers."""
    return {name: version(name) for name in ("numpy", "numba", "joblib", "pyarrow")} | {
        "python": platform.python_version()
    }


def digest_of(table: pa.Table) -> str:
    """Return a digest of the rows: the same on any number of workers and any backend."""
    rows = json.dumps(table.to_pylist(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(rows.encode()).hexdigest()


def column(table: pa.Table, name: str) -> Floats:
    """Return a column as numbers; null is not a number."""
    return np.array([math.nan if v is None else v for v in table.column(name).to_pylist()], float)
