"""
Answers that take long to make, kept for as long as they are true: until the record moves on, or the minute does.

One that took very long is kept for a multiple of that time even if the record moved on, so that a large house that
records something every second does not spend its time on counting. The page says from when its figures are.
"""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
MINUTE_MS = 60_000
#: What took less than this is always made anew; what took longer is kept for so many times as long.
QUICK_MS, TIMES, LONGEST_MS = 250, 20, 60_000
MOST = 64


class _Kept(NamedTuple, Generic[T]):
    stands: Hashable
    at: int
    cost: int
    value: T


class Keeper(Generic[T]):
    """
    Keeps one answer for each key. `stands` is where the record stands, `at` the asker's moment. Who asks for one that is
    being made anew gets the old one, if there is one young enough, and waits for the new one otherwise.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Kept[T]] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, key: Hashable, stands: Hashable, at: int, make: Callable[[], T]) -> T:
        found = self._kept.get(key)
        if found is not None and _holds(found, stands, at):
            return found.value
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        if found is not None and 0 <= at - found.at <= LONGEST_MS and found.cost >= QUICK_MS:
            if not lock.acquire(blocking=False):
                return found.value
        else:
            lock.acquire()
        try:
            found = self._kept.get(key)
            if found is None or not _holds(found, stands, at):
                found = self._made(key, stands, at, make)
            return found.value
        finally:
            lock.release()

    def _made(self, key: Hashable, stands: Hashable, at: int, make: Callable[[], T]) -> _Kept[T]:
        began = time.perf_counter()
        value = make()
        made = _Kept(stands, at, int((time.perf_counter() - began) * 1000), value)
        with self._guard:
            self._kept.pop(key, None)
            self._kept[key] = made
            while len(self._kept) > MOST:
                self._kept.pop(next(iter(self._kept)))
        return made

    def forget(self) -> None:
        """Forget everything."""
        with self._guard:
            self._kept.clear()


def _holds(found: _Kept[T], stands: Hashable, at: int) -> bool:
    if found.stands == stands and found.at // MINUTE_MS == at // MINUTE_MS:
        return True
    return found.cost >= QUICK_MS and 0 <= at - found.at <= min(found.cost * TIMES, LONGEST_MS)
