"""What a restore does to a log: an epoch ends, another begins, and checkpoints kept elsewhere are judged by their own."""

from typing import Any

import pytest

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal import epochs
from lazaretto.apps.journal.merkle import is_consistent, is_included
from lazaretto.apps.journal.models import Checkpoint, Entry, Log
from lazaretto.apps.journal.queries import consistency, inclusion, root_at, verify, verify_against
from tests.integration.test_journal import _sql, kinds

AT = 1_773_700_000_000


def _grow(log: Log, n: int) -> None:
    for _ in range(n):
        journal.append(log, "nothing", leaf="0" * 64, n=0, by="test", at=AT)


def _fresh(log: Log) -> Log:
    return Log.objects.get(pk=log.pk)


@pytest.fixture
def restored(db: None) -> tuple[Log, dict[str, dict[str, Any]]]:
    """
    A log of five entries was backed up, grew to nine, was lost and restored from the backup; then it grew to eight.

    Returned with checkpoints that were kept elsewhere, by what became of them.
    """
    log = journal.open_log("X", at=AT)
    points = {}
    _grow(log, 3)
    points["before"] = journal.checkpoint(log, at=AT)
    _grow(log, 2)
    points["backed up"] = journal.checkpoint(log, at=AT)
    backup = _fresh(log)
    _grow(log, 4)
    points["lost"] = journal.checkpoint(log, at=AT)
    _sql("DELETE FROM journal_checkpoint WHERE log_id = %s AND size > 5", log.pk)
    _sql("DELETE FROM journal_entry WHERE log_id = %s AND seq >= 5", log.pk)
    backup.save()
    begin_again(log)
    _grow(log, 2)
    points["after"] = journal.checkpoint(log, at=AT)
    return _fresh(log), points


def begin_again(log: Log) -> None:
    from lazaretto.apps.journal.restoring import begin_epoch

    begin_epoch(_fresh(log), made_at=AT, by="test", at=AT)


def test_each_checkpoint_is_checked_in_its_own_epoch(restored: tuple[Log, Any]) -> None:
    log, _ = restored
    assert (log.epoch, log.size) == (1, 8)
    assert list(Checkpoint.objects.filter(log=log).order_by("pk").values_list("epoch", "size")) == [
        (0, 3), (0, 5), (1, 6), (1, 8),
    ]  # fmt: skip
    assert verify(log) == []


def test_what_was_lost_in_a_restore_is_not_called_a_forgery(restored: tuple[Log, dict[str, Any]]) -> None:
    log, points = restored
    assert [verify_against(log, points[name]) for name in ("before", "backed up", "after")] == [[], [], []]
    (fault,) = verify_against(log, points["lost"])
    assert (fault.kind, fault.at) == ("lost_in_restore", 9)
    assert "9" in fault.message.en
    assert "held 5" in fault.message.en


def test_what_the_backup_held_must_still_match(restored: tuple[Log, dict[str, Any]]) -> None:
    log, points = restored
    _sql("UPDATE journal_entry SET digest = %s WHERE log_id = %s AND seq = 1", "0" * 64, log.pk)
    assert kinds(verify_against(log, points["before"])) == {"rewritten"}
    assert kinds(verify_against(log, points["lost"])) == {"lost_in_restore"}


def test_an_epoch_that_nothing_tells_of_is_found(restored: tuple[Log, dict[str, Any]]) -> None:
    """Somebody raises the epoch, so that what he rewrote looks like the loss of a restore."""
    log, _ = restored
    Log.objects.filter(pk=log.pk).update(epoch=2)
    journal.checkpoint(_fresh(log), at=AT)
    assert kinds(verify(_fresh(log))) == {"epoch"}
    Log.objects.filter(pk=log.pk).update(epoch=0)
    assert "epoch" in kinds(verify(_fresh(log)))


def test_a_restored_entry_that_lies_about_the_backup_is_found(db: None) -> None:
    log = journal.open_log("X", at=AT)
    _grow(log, 3)
    told = {"epoch": 1, "size": 2, "root": "0" * 64}
    journal.append(log, "restored", leaf="0" * 64, n=0, by="test", at=AT, detail=told)
    Log.objects.filter(pk=log.pk).update(epoch=1)
    (fault,) = verify(_fresh(log))
    assert (fault.kind, fault.at) == ("epoch", 3)


def test_a_file_of_another_restore_says_so(restored: tuple[Log, dict[str, Any]]) -> None:
    """A second restore that knows the first one's reports counts on from them; the record of the first is foreign."""
    log, points = restored
    Log.objects.filter(pk=log.pk).update(epoch=7)
    point = journal.checkpoint(_fresh(log), at=AT)
    Log.objects.filter(pk=log.pk).update(epoch=1)
    assert kinds(verify_against(_fresh(log), point)) == {"epoch"}
    del points


def test_epochs_by_size() -> None:
    found = [epochs.Restart(1, 5, ""), epochs.Restart(3, 4, "")]
    assert [epochs.epoch_at(found, size) for size in (4, 5, 6)] == [0, 3, 3]
    cut = epochs.cut_after(found, 0)
    assert cut is not None
    assert cut.size == 4
    assert epochs.cut_after(found, 3) is None


def test_a_log_proves_that_it_continues(restored: tuple[Log, dict[str, Any]]) -> None:
    log, points = restored
    for first in range(log.size + 1):
        proof = consistency(log, first, log.size)
        assert is_consistent(first, log.size, root_at(log, first), root_at(log, log.size), proof)
    before, after = points["before"], points["after"]
    proof = consistency(log, before["size"], after["size"])
    assert is_consistent(3, 8, bytes.fromhex(before["root"]), bytes.fromhex(after["root"]), proof)
    entry = Entry.objects.get(log=log, seq=4)
    shown = inclusion(log, 4, 8)
    assert is_included(bytes.fromhex(entry.digest), 4, 8, shown, bytes.fromhex(after["root"]))
    with pytest.raises(ValueError):
        consistency(log, 3, 9)
