"""
What is new in the record: where each log stands, and what came since.

A log counts its entries without gaps, and its size is written in the transaction of its last entry. So whoever knows
the epoch and how many entries he has seen can ask for the rest, and neither loses nor doubles any. `News` says that
something happened, never to whom or what was found.
"""

from collections.abc import Iterable
from typing import NamedTuple

from lazaretto.apps.journal.models import Entry, Log


class Head(NamedTuple):
    """How many entries of a log somebody has seen, in which epoch; of the log itself, how many there are."""

    epoch: int
    size: int


class News(NamedTuple):
    """One entry as it may be told: of which kind, when it happened, and how many rows it is about."""

    log: int
    seq: int
    kind: str
    occurred_at: int
    n: int


def heads(logs: Iterable[int]) -> dict[int, Head]:
    """Return where logs stand, by id, in one query; a log that does not exist is not in it."""
    rows = Log.objects.filter(pk__in=list(logs)).values_list("pk", "epoch", "size")
    return {pk: Head(epoch, size) for pk, epoch, size in rows}


def between(log: int, first: int, end: int) -> list[News]:
    """Return the entries of a log from `first` until before `end`, in order."""
    rows = Entry.objects.filter(log_id=log, seq__gte=first, seq__lt=end).order_by("seq")
    return [News(log, *row) for row in rows.values_list("seq", "kind", "occurred_at", "n")]
