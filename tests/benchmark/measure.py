"""Times two ways of doing the same, in one run, and prints the ratio of their medians."""

import statistics
import sys
import time
from collections.abc import Callable


def median_seconds(act: Callable[[], object], runs: int) -> float:
    """Return the median of `runs` timings, after one that is not counted."""
    act()
    timings = []
    for _ in range(runs):
        start = time.perf_counter()
        act()
        timings.append(time.perf_counter() - start)
    return statistics.median(timings)


def compare(title: str, ours: Callable[[], object], other: Callable[[], object], *, runs: int = 5) -> None:
    """Print how many times faster `ours` is than `other`."""
    fast, slow = median_seconds(ours, runs), median_seconds(other, runs)
    sys.stdout.write(f"{title}: {slow / fast:.1f}x ({fast * 1000:.1f} ms against {slow * 1000:.1f} ms)\n")
