"""Lawful deletion: nothing goes without a stub, and with its stub the tree stays whole. Runs on both engines."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.journal.actions import salted_leaf
from lazaretto.apps.journal.guards import declared_overlaps, guarded_tables, missing_guards
from lazaretto.apps.journal.models import Entry, Log, PurgedLeaf, PurgePermit, Record
from lazaretto.apps.journal.purging import RowsBroken, purge_records
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.apps.registry.models import Assignment, Person, Presence
from lazaretto.apps.reporting import actions as reporting
from lazaretto.apps.rounds.models import Fact
from lazaretto.apps.rounds.purging import purge_facts
from tests.conftest import DAY, Small
from tests.integration.test_journal import _sql, kinds
from tests.integration.test_nil_report import READINGS

POLICY = "readings-90d"


@pytest.fixture
def kept(small: Small) -> Small:
    small.bring("facts", READINGS)
    assert verify_deep(_log(small)) == []
    return small


def _log(small: Small) -> Log:
    return Log.objects.get(pk=small.facility.log_id)


def _ids(small: Small) -> list[str]:
    return sorted(Fact.objects.filter(facility=small.facility).values_list("id", flat=True))


GUARDED = [
    "journal_entry", "journal_record", "journal_checkpoint", "journal_purgedleaf", "accounts_sensitiveread",
    "reporting_signedreport", "rounds_fact", "rounds_idconflict",
]  # fmt: skip


def test_every_declared_guard_is_in_the_database(db: None) -> None:
    assert set(GUARDED) <= guarded_tables()
    assert missing_guards(connection) == []


def test_a_guard_that_was_taken_down_is_missed(db: None) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER rounds_fact_no_UPDATE")
            assert missing_guards(connection) == ["rounds_fact_no_UPDATE"]
        else:
            cursor.execute("ALTER TABLE rounds_fact DISABLE TRIGGER rounds_fact_no_change")
            assert missing_guards(connection) == ["rounds_fact_no_change"]


def test_a_lost_guard_against_overlaps_is_missed_and_put_up_again(db: None) -> None:
    guards = declared_overlaps()
    tables = {"registry_presence", "registry_standing", "registry_assignment", "accounts_grant"}
    editor = connection.schema_editor()
    assert {guard.table for guard in guards} == tables
    for guard in guards:
        guard.reverse_code(None, editor)
        assert missing_guards(connection) == sorted(guard.triggers if connection.vendor == "sqlite" else [guard.name])
        for _ in range(2):
            guard.code(None, editor)
        assert missing_guards(connection) == []


@pytest.mark.parametrize("table", GUARDED)
def test_the_guards_refuse_to_empty_a_table(kept: Small, table: str) -> None:
    reporting.sign(facility=kept.facility, on=DAY, by="test", signer="lead", at=kept.at)
    kept.bring("facts", READINGS.replace("36.5", "36.9"), name="conflicts.csv")
    accounts.record_reads(log=_log(kept), subjects=["x"], fields=["name"], where="test", by="test", at=kept.at)
    purge_facts(kept.facility, _ids(kept)[:1], policy=POLICY, by="test", at=kept.at)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        assert cursor.fetchone()[0] > 0, "an empty table would refuse nothing"
    connection.check_constraints()  # PostgreSQL does not truncate a table whose checks are still to come
    statements = [f"DELETE FROM {table}", f"UPDATE {table} SET id = id"]
    statements += [] if connection.vendor == "sqlite" else [f"TRUNCATE {table} CASCADE"]
    for statement in statements:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_one_fact_goes_and_leaves_its_leaf(kept: Small) -> None:
    ids = _ids(kept)
    gone = Fact.objects.get(facility=kept.facility, id=ids[1])
    purge = purge_facts(kept.facility, [ids[1]], policy=POLICY, by="test", at=kept.at)
    assert purge is not None
    assert purge.detail == {"policy": POLICY, "n": 1, "batches": 1}
    assert _ids(kept) == [i for i in ids if i != ids[1]]
    (stub,) = PurgedLeaf.objects.all()
    assert (stub.entry_id, stub.purge_id) == (gone.entry_id, purge.pk)
    assert not PurgePermit.objects.exists()
    assert verify(_log(kept)) == []
    assert verify_deep(_log(kept)) == []
    assert purge_facts(kept.facility, [ids[1]], policy=POLICY, by="test", at=kept.at) is None


def test_rows_go_one_after_another_and_all_at_once(kept: Small) -> None:
    """Whatever goes first, each stub has its own place; the last purge finds only what is left."""
    ids = _ids(kept)
    for some in ([ids[2], ids[0]], [ids[-1]], ids):
        purge_facts(kept.facility, some, policy=POLICY, by="test", at=kept.at)
        assert verify_deep(_log(kept)) == []
    assert _ids(kept) == []
    assert sum(PurgedLeaf.objects.values_list("n", flat=True)) == len(ids)


def test_a_whole_entry_leaves_one_stub(kept: Small) -> None:
    ids = _ids(kept)
    purge_facts(kept.facility, ids, policy=POLICY, by="test", at=kept.at)
    (stub,) = PurgedLeaf.objects.all()
    assert (stub.position, stub.n, stub.leaf) == (0, len(ids), stub.entry.leaf)
    assert verify_deep(_log(kept)) == []


def test_a_row_does_not_go_with_the_stub_of_another(kept: Small) -> None:
    ids = _ids(kept)
    purge_facts(kept.facility, [ids[0]], policy=POLICY, by="test", at=kept.at)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Fact.objects.filter(facility=kept.facility, id=ids[1]).delete()


def test_records_of_a_person_go_with_the_person(kept: Small) -> None:
    kept.bring("people", "code,population,name,sex,birth_date,unit_code\nP3,prisoner,孙三改,female,1982-01-01,W2")
    person = Person.objects.get(code="P3")
    mine = Record.objects.filter(key="P3") | Record.objects.filter(key__startswith="P3/")
    mine |= Record.objects.filter(key__startswith="person:P3/")
    records = list(mine.values_list("pk", flat=True))
    assert len(records) >= 3, "two versions of the person and one of the presence"
    for kind in (Presence, Assignment):
        kind.objects.filter(person=person).delete()
    Person.objects.filter(pk=person.pk).delete()
    purge = purge_records(_log(kept), records, policy="released-5y", by="test", at=kept.at)
    assert purge is not None
    assert purge.detail["n"] == len(records)
    assert not Record.objects.filter(pk__in=records).exists()
    assert verify(_log(kept)) == []
    assert verify_deep(_log(kept)) == []
    assert "孙三" not in str(list(Record.objects.values_list("record", flat=True)))


def test_a_record_purged_while_its_row_stays_is_reported(kept: Small) -> None:
    pk = Record.objects.filter(entity="person", key="P1").latest("pk").pk
    purge_records(_log(kept), [pk], policy=POLICY, by="test", at=kept.at)
    assert kinds(verify_deep(_log(kept))) == {"row"}


def test_what_was_tampered_with_is_not_purged(kept: Small) -> None:
    _sql("UPDATE rounds_fact SET value = '36.0' WHERE id = %s", _ids(kept)[0])
    with pytest.raises(RowsBroken):
        purge_facts(kept.facility, _ids(kept), policy=POLICY, by="test", at=kept.at)
    assert not PurgedLeaf.objects.exists()


def test_a_policy_is_a_code_and_a_record_is_of_this_log(kept: Small) -> None:
    with pytest.raises(ValueError, match="code"):
        purge_facts(kept.facility, _ids(kept), policy="Because Mr X said so", by="test", at=kept.at)
    foreign = Record.objects.exclude(entry__log=_log(kept)).first()
    assert foreign is not None
    with pytest.raises(ValueError, match="not of log"):
        purge_records(_log(kept), [foreign.pk], policy=POLICY, by="test", at=kept.at)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_purgedleaf SET leaf = '{}'".format("0" * 64),
        "UPDATE journal_purgedleaf SET position = position + 1",
        "DELETE FROM journal_purgedleaf",
    ],
)
def test_tampering_with_stubs_is_found(kept: Small, statement: str) -> None:
    purge_facts(kept.facility, _ids(kept)[:2], policy=POLICY, by="test", at=kept.at)
    _sql(statement.replace("position + 1", "position + 10"))
    assert kinds(verify_deep(_log(kept))) == {"rows"}


def test_stubs_that_no_purge_speaks_of_are_found(kept: Small) -> None:
    """Somebody who knows the tables makes a stub of his own to remove a fact: its leaf fits, and still it is found."""
    ids = _ids(kept)
    purge = purge_facts(kept.facility, [ids[0]], policy=POLICY, by="test", at=kept.at)
    assert purge is not None
    fact = Fact.objects.get(facility=kept.facility, id=ids[1])
    stub = PurgedLeaf.objects.create(
        entry_id=fact.entry_id, position=1, leaf=salted_leaf(fact.salt, fact.record()).hex(), purge=purge
    )
    PurgePermit.objects.create(stub=stub, source="rounds_fact", row_key=fact.id)
    Fact.objects.filter(facility=kept.facility, id=ids[1]).delete()
    (fault,) = verify_deep(_log(kept))
    assert fault.at == purge.seq


def test_no_stub_or_purge_holds_a_name(kept: Small) -> None:
    purge_facts(kept.facility, _ids(kept)[:2], policy=POLICY, by="test", at=kept.at)
    said = str(list(PurgedLeaf.objects.values())) + str(Entry.objects.get(kind="purged").statement())
    for word in ("P1", "36.5", *_ids(kept)):
        assert f"'{word}'" not in said
