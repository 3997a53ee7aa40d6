"""
One answer for all who ask the same at once. A fact is news to every page that is open on its day, and all of them ask.
"""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class _Kept(NamedTuple, Generic[T]):
    at: int
    value: T


class Shared(Generic[T]):
    """
    Keeps an answer for `keep_ms`. Whoever asks while it is being made waits for it.

    The key must name everything that the answer depends on, also who may see what. `at` is the asker's moment.
    """

    def __init__(self, keep_ms: int) -> None:
        self._keep_ms = keep_ms
        self._kept: dict[Hashable, _Kept[T]] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T], *, at: int) -> T:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            found = self._kept.get(key)
            if found is None or not 0 <= at - found.at <= self._keep_ms:
                found = _Kept(at, make())
                self._keep(key, found)
            return found.value

    def _keep(self, key: Hashable, made: _Kept[T]) -> None:
        """Keep an answer, and drop what is too old for anybody and not being made."""
        with self._guard:
            self._kept[key] = made
            for old, kept in list(self._kept.items()):
                if not 0 <= made.at - kept.at <= self._keep_ms:
                    del self._kept[old]
                    if not self._locks[old].locked():
                        del self._locks[old]
