"""Replacing a signing key: the old one vouches for the new one, and neither signs outside its time."""

import pytest
from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal import keys
from lazaretto.apps.journal.keyring import notes
from lazaretto.apps.journal.models import Checkpoint, Entry, Key, Log, Record
from lazaretto.apps.journal.queries import public_keys, verify, verify_against, verify_deep
from lazaretto.apps.journal.rotation import KeyHere, rotate
from lazaretto.apps.reporting import actions as reporting
from lazaretto.apps.reporting.verify import verify_file
from lazaretto.protocol.canonical import canonical
from tests.conftest import DAY, HOUR, Small
from tests.integration.test_journal import _sql, kinds
from tests.integration.test_nil_report import READINGS


def _log(small: Small) -> Log:
    return Log.objects.get(pk=small.facility.log_id)


@pytest.fixture
def reported(small: Small) -> Small:
    small.bring("facts", READINGS)
    reporting.sign(facility=small.facility, on=DAY, by="test", signer="lead", at=small.at)
    return small


def test_the_old_key_signs_for_the_new_one(reported: Small, django_capture_on_commit_callbacks: object) -> None:
    old = keys.current(_log(reported))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        new = rotate(_log(reported), by="test", at=reported.at + HOUR)
    old.refresh_from_db()
    assert old.until == new.since == reported.at + HOUR
    assert (keys.is_here(old.key_id), keys.is_here(new.key_id)) == (False, True)
    entry = Entry.objects.get(kind="key_rotated")
    assert (entry.detail["old"], entry.detail["new"]) == (old.key_id, new.key_id)
    assert journal.sign_head(_log(reported))["key_id"] == new.key_id
    assert verify(_log(reported)) == []
    assert verify_deep(_log(reported)) == []
    assert notes(_log(reported)) == []
    listed = {k["key_id"]: k for k in public_keys([_log(reported)])["keys"]}
    assert listed[old.key_id]["until"] == listed[new.key_id]["since"]
    assert listed[new.key_id]["follows"] == old.key_id


def test_reports_of_both_keys_verify_and_later_ones_of_the_old_key_do_not(reported: Small) -> None:
    log = _log(reported)
    old = keys.current(log)
    before = reporting.signed_reports(reported.facility, DAY)[-1]
    rotate(log, by="test", at=reported.at + HOUR)
    ring = public_keys([log])
    assert verify_file(before.document, ring) == []
    assert verify_against(log, before.document["checkpoint"]) == []
    reported.at += 2 * HOUR
    reported.bring("facts", READINGS.replace("f1", "g1").replace("P1", "P3"))
    after = reporting.amend(facility=reported.facility, on=DAY, by="test", signer="lead", at=reported.at)
    assert after.document["signature"]["key_id"] != old.key_id
    assert verify_file(after.document, ring) == []
    late = {k: v for k, v in after.document.items() if k != "signature"}
    late = reporting.signed(late, old)  # the thief of the old key signs on
    (fault,) = verify_file(late, ring)
    assert "out of use" in fault.en


def test_a_key_list_with_a_false_successor_is_found(reported: Small) -> None:
    rotate(_log(reported), by="test", at=reported.at + HOUR)
    reported.at += 2 * HOUR
    reported.bring("facts", READINGS.replace("f1", "g1").replace("P1", "P3"))
    after = reporting.amend(facility=reported.facility, on=DAY, by="test", signer="lead", at=reported.at)
    ring = public_keys([_log(reported)])
    new = next(k for k in ring["keys"] if "follows" in k)
    new["cross_signature"] = "0" * 128
    (fault,) = verify_file(after.document, ring)
    assert "did not sign for" in fault.en


def test_a_checkpoint_by_the_old_key_after_its_end_is_found(reported: Small) -> None:
    log = _log(reported)
    old = keys.current(log)
    rotate(log, by="test", at=reported.at + HOUR)
    log = _log(reported)
    root = journal.sign_head(log)["root"]
    signature = keys.sign(old, journal.statement(log.ref, log.epoch, log.size, root))
    point = {"log": log.ref, "epoch": 0, "size": log.size, "root": root, "signature": signature, "key_id": old.key_id}
    assert kinds(verify_against(log, point)) == {"key"}
    Checkpoint.objects.create(log=log, size=log.size, root=root, made_at=0, signature=signature, key_id=old.key_id)
    assert kinds(verify(log)) == {"key"}


def test_a_key_that_the_record_never_brought_in_is_found(reported: Small) -> None:
    log = _log(reported)
    keys.create(log, at=reported.at + HOUR)
    assert kinds(verify(log)) == {"key"}


def test_a_changed_end_or_a_false_cross_signature_is_found(reported: Small) -> None:
    log = _log(reported)
    old = keys.current(log)
    rotate(log, by="test", at=reported.at + HOUR)
    Key.objects.filter(pk=old.pk).update(until=reported.at + 9 * HOUR)
    assert kinds(verify(_log(reported))) == {"key"}


def test_a_lost_key_is_replaced_and_verify_says_so(reported: Small) -> None:
    log = _log(reported)
    keys.destroy(keys.current(log).key_id)
    with pytest.raises(keys.KeyMissing), transaction.atomic():
        rotate(log, by="test", at=reported.at)
    rotate(log, by="test", at=reported.at, lost="disk of the old machine")
    assert verify(_log(reported)) == []
    assert verify_deep(_log(reported)) == []
    (note,) = notes(_log(reported))
    assert "disk of the old machine" in note.en
    entry = Entry.objects.get(kind="key_rotated")
    assert "disk" not in canonical(entry.statement()).decode()
    assert Record.objects.get(entry=entry).record["lost"] == "disk of the old machine"
    reported.bring("facts", READINGS.replace("f1", "g1").replace("P1", "P3"))
    after = reporting.amend(facility=reported.facility, on=DAY, by="test", signer="lead", at=reported.at)
    assert verify_file(after.document, public_keys([_log(reported)])) == []


def test_a_key_that_is_here_is_not_lost(reported: Small) -> None:
    before = sorted(p.name for p in keys.folder().iterdir())
    with pytest.raises(KeyHere), transaction.atomic():
        rotate(_log(reported), by="test", at=reported.at, lost="I believe")
    assert sorted(p.name for p in keys.folder().iterdir()) == before


def test_an_old_key_list_still_verifies(reported: Small) -> None:
    """Lists printed before keys had ends stay valid."""
    report = reporting.signed_reports(reported.facility, DAY)[-1]
    ring = {"keys": [{k: v for k, v in key.items() if k in ("key_id", "public", "log", "name")}
                     for key in public_keys([_log(reported)])["keys"]]}  # fmt: skip
    assert verify_file(report.document, ring) == []


def test_tampering_with_the_detail_of_a_rotation_is_found(reported: Small) -> None:
    rotate(_log(reported), by="test", at=reported.at + HOUR)
    _sql("UPDATE journal_entry SET detail = '{}' WHERE kind = 'key_rotated'")
    assert {"changed", "key"} <= kinds(verify(_log(reported)))
