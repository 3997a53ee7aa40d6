"""
Tampering: whoever has the database can try. The triggers stand in the way first, so these tests take them down.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal import keys, merkle
from lazaretto.apps.journal.models import Checkpoint, Entry, Key, Log, Record
from lazaretto.apps.journal.queries import verify, verify_against, verify_deep
from lazaretto.apps.registry.models import Person, Presence
from lazaretto.apps.reporting import actions as reporting
from lazaretto.apps.rounds.models import Fact
from lazaretto.protocol.canonical import canonical
from tests.conftest import DAY, Small
from tests.integration.test_nil_report import READINGS


@pytest.fixture
def signed(small: Small) -> tuple[Log, dict[str, Any]]:
    """A log with a signed report; its checkpoint has left the house."""
    small.bring("facts", READINGS)
    report = reporting.sign(facility=small.facility, on=DAY, by="test", signer="lead", at=small.at)
    small.bring("standings", "subject,key,value,from\nP1,wake_for_rounds,yes,2026-03-17 00:00")
    assert verify(_log(small)) == []
    assert verify_deep(_log(small)) == []
    return _log(small), report.document["checkpoint"]


def _log(small: Small) -> Log:
    return Log.objects.get(pk=small.facility.log_id)


def _sql(statement: str, *values: object) -> None:
    """Run a statement as somebody with the whole database in hand would."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(statement, values)
            for _, sql in triggers:
                cursor.execute(sql)
        else:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(statement, values)
            cursor.execute("SET session_replication_role = DEFAULT")


def kinds(faults: list[Any]) -> set[str]:
    return {fault.kind for fault in faults}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET kind = 'x'",
        "DELETE FROM journal_entry",
        "UPDATE rounds_fact SET value = '36.0'",
        "DELETE FROM reporting_signedreport",
    ],
)
def test_the_database_refuses_to_change_the_record(signed: tuple[Log, Any], statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_edited_entry_is_found(signed: tuple[Log, Any]) -> None:
    log, _ = signed
    _sql("UPDATE journal_entry SET kind = 'nothing' WHERE log_id = %s AND seq = 2", log.pk)
    assert "changed" in kinds(verify(log))


def test_an_edited_entry_with_a_new_digest_is_found(signed: tuple[Log, Any]) -> None:
    log, _ = signed
    entry = Entry.objects.get(log=log, seq=2)
    entry.kind = "nothing"
    digest = merkle.leaf_hash(canonical(entry.statement())).hex()
    _sql("UPDATE journal_entry SET kind = 'nothing', digest = %s WHERE log_id = %s AND seq = 2", digest, log.pk)
    assert {"chain", "root"} <= kinds(verify(log))


def test_an_edited_fact_is_found(signed: tuple[Log, Any]) -> None:
    log, _ = signed
    _sql("UPDATE rounds_fact SET value = '36.0' WHERE id = 'f1'")
    assert verify(log) == []
    (fault,) = verify_deep(log)
    assert fault.kind == "rows"


def test_a_removed_fact_is_found(signed: tuple[Log, Any]) -> None:
    log, _ = signed
    _sql("DELETE FROM rounds_fact WHERE id = 'f1'")
    assert kinds(verify_deep(log)) == {"rows"}


def test_an_edited_person_or_presence_is_found(signed: tuple[Log, Any]) -> None:
    log, _ = signed
    Person.objects.filter(code="P1").update(name="别人")
    Presence.objects.filter(person__code="P2").delete()
    assert kinds(verify_deep(log)) == {"row"}
    assert len(verify_deep(log)) == 2


def test_removing_the_last_ten_entries_is_found(signed: tuple[Log, Any]) -> None:
    log, _ = signed
    last = log.size - 10 if log.size > 10 else 3
    _sql(
        "DELETE FROM journal_record WHERE entry_id IN (SELECT id FROM journal_entry WHERE log_id = %s AND seq >= %s)",
        log.pk,
        last,
    )
    _sql("UPDATE rounds_fact SET entry_id = (SELECT MIN(id) FROM journal_entry)")
    _sql("UPDATE reporting_signedreport SET entry_id = (SELECT MIN(id) FROM journal_entry)")
    _sql("DELETE FROM journal_entry WHERE log_id = %s AND seq >= %s", log.pk, last)
    assert "shortened" in kinds(verify(log))


def test_rewriting_everything_with_the_key_is_found_only_by_what_was_kept_elsewhere(signed: tuple[Log, Any]) -> None:
    """Somebody with database and key edits an entry, rebuilds chain and tree, and signs again: only --against sees it."""
    log, sent = signed
    previous, frontier = "0" * 64, merkle.Frontier()
    rewritten = []
    for entry in Entry.objects.filter(log=log).order_by("seq"):
        entry.previous = previous
        entry.by = "nobody"
        digest = merkle.leaf_hash(canonical(entry.statement()))
        frontier.append(digest)
        previous = entry.digest = digest.hex()
        rewritten.append((entry, frontier.size, frontier.root().hex()))
    for entry, _, _ in rewritten:
        _sql(
            "UPDATE journal_entry SET by = %s, previous = %s, digest = %s WHERE id = %s"
            if connection.vendor != "sqlite"
            else 'UPDATE journal_entry SET "by" = %s, previous = %s, digest = %s WHERE id = %s',
            "nobody",
            entry.previous,
            entry.digest,
            entry.pk,
        )
    key = Key.objects.get(log=log)
    roots = {size: root for _, size, root in rewritten}
    for point in Checkpoint.objects.filter(log=log):
        root = roots[point.size]
        signature = keys.sign(key, journal.statement(log.ref, log.epoch, point.size, root))
        _sql("UPDATE journal_checkpoint SET root = %s, signature = %s WHERE id = %s", root, signature, point.pk)
    Log.objects.filter(pk=log.pk).update(head=previous, peaks=[p.hex() for p in frontier.peaks])
    log = Log.objects.get(pk=log.pk)
    assert verify(log) == []
    assert verify_deep(log) == []
    assert kinds(verify_against(log, sent)) == {"rewritten"}


def test_a_kept_checkpoint_holds_as_the_log_grows(signed: tuple[Log, Any]) -> None:
    log, sent = signed
    assert verify_against(log, sent) == []
    assert kinds(verify_against(log, sent | {"root": "0" * 64})) == {"signature"}


def test_any_prefix_of_the_tree_has_the_root_of_rfc_6962() -> None:
    """Against the recursive definition of the RFC, for every size up to 70."""

    def reference(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return merkle.leaf_hash(leaves[0])
        k = 1
        while k * 2 < len(leaves):
            k *= 2
        return merkle.node_hash(reference(leaves[:k]), reference(leaves[k:]))

    leaves = [bytes([n]) * (n % 5) for n in range(70)]
    for size in range(1, 71):
        assert merkle.root(leaves[:size]) == reference(leaves[:size])
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_no_entry_holds_a_name_or_a_value(signed: tuple[Log, Any]) -> None:
    log, _ = signed
    text = json.dumps([e.statement() for e in Entry.objects.filter(log=log)], ensure_ascii=False)
    for word in ("赵一", "36.5", "P1", "W1-101", "lead"):
        assert f'"{word}"' not in text


def test_presences_never_overlap_in_the_database(small: Small) -> None:
    stay = Presence.objects.get(person__code="P1")
    twin = Presence(facility=stay.facility, person=stay.person, place=stay.place, starts=(stay.starts or 0) + 1000)
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        twin.save()


def test_private_keys_are_files_for_their_owner_only(small: Small) -> None:
    key = Key.objects.get(log=small.facility.log)
    path: Path = keys.folder() / key.key_id
    assert path.stat().st_mode & 0o077 == 0
    assert not Record.objects.filter(record__icontains=path.read_bytes().hex()).exists()
    assert Fact.objects.count() == 0
