"""
Epochs: the record between two restores. Restoring a backup forgets what came after it, says so, and counts on.

A `restored` entry names the size and root of what the backup held and the epoch that begins with it, so a checkpoint
of an older epoch that reaches beyond that size speaks of entries that were lost, not of a forgery.
"""

from collections.abc import Iterable
from typing import NamedTuple

from lazaretto.apps.journal.models import Entry, Log


class Restart(NamedTuple):
    """Where an epoch begins: after the first `size` entries, whose tree had this root."""

    epoch: int
    size: int
    root: str

    @classmethod
    def told_by(cls, entry: Entry) -> "Restart":
        """:raises ValueError: if a `restored` entry does not say it."""
        try:
            return cls(int(entry.detail["epoch"]), int(entry.detail["size"]), str(entry.detail["root"]))
        except (KeyError, TypeError) as error:
            raise ValueError(entry.seq) from error


def restarts(log: Log) -> list[Restart]:
    """Return the restores of a log, the first one first."""
    return [Restart.told_by(e) for e in log.entries.filter(kind="restored").order_by("seq")]


def epoch_at(found: Iterable[Restart], size: int) -> int:
    """Return the epoch in which a checkpoint of that size is made."""
    return max((r.epoch for r in found if r.size < size), default=0)


def cut_after(found: Iterable[Restart], epoch: int) -> Restart | None:
    """Return the restore that left least of an epoch, None if nothing was restored since it began."""
    return min((r for r in found if r.epoch > epoch), key=lambda r: r.size, default=None)
