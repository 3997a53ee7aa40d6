"""
Early warning on many series: points a second, against a reckoning point by point, and against R where it is installed.

`python -m tests.benchmark.surveillance`. 2,000 series of 520 weeks go through EARS C1–C3 and CUSUM, as many of them through
Farrington flexible as `--series` says (all of them take a minute or two). The other side gets a few series, and what counts is
points a second on both sides, in one run.

The point-by-point side is plain Python and numpy in the control flow of the R package `surveillance` (a loop over weeks, and at
each week what is needed refitted); it is not R. If `Rscript` with that package is there, R itself is timed on the same few series
and named as such.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lazaretto.surveillance.cusum import page
from lazaretto.surveillance.ears import Method, ears
from lazaretto.surveillance.farrington import Settings, farrington
from tests.property import farrington_point

N_SERIES, N_WEEKS = 2_000, 520
FEW, FEW_WEEKS = 4, 20
OWN = Settings()
R = """\
suppressPackageStartupMessages(library(surveillance)); args <- commandArgs(TRUE)
y <- t(as.matrix(read.csv(args[1], header = FALSE))); far <- as.integer(args[2])
say <- function(name, act, n) { t <- system.time(act())[["elapsed"]]; cat(name, n / t, "\\n") }
one <- function(i) sts(y[, i], frequency = 52)
for (m in c("C1", "C2", "C3")) say(m, function() for (i in 1:ncol(y)) earsC(one(i), list(method = m)), length(y))
say("CUSUM", function() for (i in 1:ncol(y)) algo.cusum(sts2disProg(one(i)), list(range = 2:nrow(y), k = 0.5, h = 4, trans = "standard")), length(y))
weeks <- (nrow(y) - far + 1):nrow(y)
say("Farrington", function() for (i in 1:ncol(y)) farringtonFlexible(one(i), list(range = weeks, b = 5, w = 3, noPeriods = 10,
    pastWeeksNotIncluded = 26, weightsThreshold = 2.58, pThresholdTrend = 1, alpha = 0.01, glmWarnings = FALSE)), far * ncol(y))
"""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def rate(act: Callable[[], object], points: int, runs: int) -> float:
    """Return points a second, by the median of `runs`."""
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        act()
        spent.append(time.perf_counter() - start)
    return points / statistics.median(spent)


def ears_by_point(y: np.ndarray, method: Method) -> list[bool]:
    """Return EARS as a loop over series and days, each with the mean and sd of its own baseline."""
    z = 3.0 if method != "C3" else 2.0
    alarms = []
    for row in y:
        scores: list[float] = []
        for t in range(row.size):
            guard = 0 if method == "C1" else 2
            if t < 7 + guard:
                scores.append(0.0)
                continue
            base = row[t - guard - 7 : t - guard]
            scores.append((row[t] - base.mean()) / max(base.std(ddof=1), 0.5))
            value = sum(max(0.0, s - 1) for s in scores[-3:]) if method == "C3" else scores[-1]
            alarms.append(bool(value > z))
    return alarms


def cusum_by_point(y: np.ndarray) -> list[bool]:
    """Return Page's chart as a loop over series and days, with the sums and bounds that ours gives as well."""
    alarms, sums, uppers = [], [], []
    for row in y:
        mean, spread = row.mean(), row.std(ddof=1)
        total = 0.0
        for t in range(row.size):
            uppers.append(mean + spread * (4.5 - total))
            total = max(0.0, total + (row[t] - mean) / spread - 0.5)
            sums.append(total)
            alarms.append(bool(total > 4))
    return alarms


def ours_and_by_point(y: np.ndarray, n_farrington: int) -> dict[str, tuple[float, float]]:
    few = y[:FEW]
    found: dict[str, tuple[float, float]] = {}
    methods: tuple[Method, ...] = ("C1", "C2", "C3")
    for method in methods:
        fast = rate(lambda: ears(y, method), y.size, 5)  # noqa: B023 - called at once
        found[method] = fast, rate(lambda: ears_by_point(few, method), few.size, 3)  # noqa: B023
    mean, spread = y.mean(axis=1), y.std(axis=1, ddof=1)
    found["CUSUM"] = rate(lambda: page(y, mean, spread), y.size, 5), rate(lambda: cusum_by_point(few), few.size, 3)
    first = 52 * OWN.b + OWN.w
    own = rate(lambda: farrington(y[:n_farrington], OWN), n_farrington * (N_WEEKS - first), 1)
    weeks = range(N_WEEKS - FEW_WEEKS, N_WEEKS)

    def by_point() -> None:
        for row in few:
            for week in weeks:
                farrington_point.judge(row, week, OWN, "delta")

    found["Farrington"] = own, rate(by_point, FEW * FEW_WEEKS, 3)
    return found


def agree(y: np.ndarray) -> None:
    """:raises AssertionError: if the two sides do not say the same; a ratio of different answers means nothing."""
    few = y[:FEW]
    for method, first in (("C1", 7), ("C2", 9), ("C3", 9)):
        fast = ears(few, method).alarm[:, first:]
        slow = np.array(ears_by_point(few, method)).reshape(fast.shape)
        known = slice(2 if method == "C3" else 0, None)  # textbook C3 wants three days of C2
        assert (fast[:, known] == slow[:, known]).all(), method
    chart = page(few, few.mean(axis=1), few.std(axis=1, ddof=1))
    assert (chart.alarm.ravel() == np.array(cusum_by_point(few))).all()
    found = farrington(few, OWN, weeks=range(N_WEEKS - 2, N_WEEKS))
    for row in range(FEW):
        for week in (N_WEEKS - 2, N_WEEKS - 1):
            said = farrington_point.judge(few[row], week, OWN, "delta").upper
            assert np.isnan(found.upper[row, week]) or abs(found.upper[row, week] - said) < 1e-8


def by_r(y: np.ndarray) -> dict[str, float]:
    """Return R's points a second by method, nothing where it or its package is missing."""
    program = shutil.which("Rscript")
    if program is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(Path(folder) / "y.csv", y[:FEW], delimiter=",", fmt="%d")
        (Path(folder) / "run.R").write_text(R, encoding="utf-8")
        command = [program, f"{folder}/run.R", f"{folder}/y.csv", str(FEW_WEEKS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {}
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--series", type=int, default=300, help="series that go through Farrington")
    n_farrington = reader.parse_args().series
    random = np.random.default_rng(20260317)
    y = random.poisson(random.gamma(2, 2, (N_SERIES, 1)), (N_SERIES, N_WEEKS)).astype(np.float64)
    agree(y)
    r = by_r(y)
    for name, (ours, by_point) in ours_and_by_point(y, n_farrington).items():
        against = f"{ours / r[name]:.0f}x R's surveillance" if name in r else "R is not installed: not timed"
        say(
            f"{name}: {ours:,.0f} points/s, {ours / by_point:.0f}x a point-by-point reference, not R ({by_point:,.0f}/s); {against}"
        )


if __name__ == "__main__":
    main()
