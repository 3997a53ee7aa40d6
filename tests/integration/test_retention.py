"""What may not be kept any longer is destroyed to the last version of it, and the record is whole without it."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from lazaretto.apps.journal import retention
from lazaretto.apps.journal.models import Entry, Record
from lazaretto.apps.registry import actions, merging
from lazaretto.apps.registry.models import Alias, Movement, Person, Presence
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement, void_movement
from lazaretto.apps.rounds.models import Excuse, Fact
from tests.conftest import Small

DAY_MS = 86_400_000


def readings(small: Small) -> None:
    small.bring(
        "facts",
        "id,observation,subject,observed_at,value\na,temperature,P1,2026-03-17 08:00,36.5\nb,temperature,P2,2026-03-17 08:01,36.6\n"
        "c,disinfection,KIT,2026-03-17 09:00,\nd,temperature,P1,2026-03-17 20:00,36.7",
    )
    small.bring("excuses", "scope,subject,from,to,reason,by\nsubject,P1,2026-03-17 09:00,2026-03-17 13:00,asleep,S9")


def test_the_shipped_policies_name_their_reason() -> None:
    for policy in retention.policies():
        assert policy.basis
        assert policy.title.zh
        assert policy.keep.days >= 28


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("X y,facts,*,P1D,observed,a,b,c", "an id has"),
        ("x,secrets,*,P1D,observed,a,b,c", "there is no secrets"),
        ("x,facts,*,forever,observed,a,b,c", "P90D"),
        ("x,facts,*,PT1H,observed,a,b,c", "a day is the least"),
        ("x,facts,*,P1D,born,a,b,c", "kept from observed on"),
        ("x,facts,*,P1D,observed,a,b, ", "by which law"),
        ("x,facts,,P1D,observed,a,b,c", "of is empty"),
    ],
)
def test_a_policy_that_is_none_says_what_is_wrong(row: str, says: str) -> None:
    with pytest.raises(retention.PolicyError, match=says):
        retention.policies(f"{','.join(retention.COLUMNS)}\n{row}\n")


def test_readings_go_after_ninety_days_and_the_acts_stay(small: Small) -> None:
    readings(small)
    log, kept = small.facility.log, retention.policies()
    edge = small.moment("20:00") + 90 * DAY_MS
    assert retention.due(log, kept, edge)["readings"] == 2
    proof = retention.purge(log, kept, by="t", at=edge)
    assert proof.holds
    assert (proof.purged["readings"], proof.left["readings"]) == (2, 0)
    assert sorted(Fact.objects.values_list("id", flat=True)) == ["c", "d"]
    entry = Entry.objects.filter(log=log, kind="purged").get()
    assert entry.detail["policy"] == "readings"
    assert entry.detail["n"] == 2
    again = retention.purge(log, kept, by="t", at=edge)
    assert (again.purged["readings"], again.holds) == (0, True)
    later = retention.purge(log, kept, by="t", at=edge + 1)
    assert later.purged["readings"] == 1


def test_a_file_goes_with_every_version_of_it(small: Small) -> None:
    readings(small)
    log = small.facility.log
    small.bring(
        "people",
        "code,population,name,aliases,birth_date\nP1,prisoner,赵壹壹,阿赵,1980-01-02\nP5,prisoner,赵伍伍,,1980-01-02",
    )
    one, five = (Person.objects.get(code=c) for c in ("P1", "P5"))
    merging.merge(keep=one, absorb=five, reason="same", by="t", at=small.moment("09:00"))
    record_movement(Move(one, "leave", small.moment("10:00"), reason="赵家"), by="t", at=small.at)
    gone = record_movement(
        Move(one, "return", small.moment("11:00"), small.facility.places.get(code="W1-101")), by="t", at=small.at
    )
    void_movement(gone, reason="slip", by="t", at=small.at)
    record_movement(Move(one, "release", small.moment("12:00")), by="t", at=small.at)
    actions.set_precaution(
        person=one, value="mask", starts=small.moment("08:00"), ends=small.moment("09:00"), by="t", at=small.at
    )
    kept = retention.policies()
    soon, late = small.moment("12:00") + 1825 * DAY_MS, small.moment("12:00") + 1825 * DAY_MS + 1
    assert retention.due(log, kept, soon)["residents"] == 0
    proof = retention.purge(log, kept, by="t", at=late)
    assert proof.holds, proof
    assert not Person.objects.filter(code="P1").exists()
    assert not Presence.objects.filter(person__code="P1").exists()
    assert Movement.objects.count() == Alias.objects.filter(person__code="P1").count() == 0
    assert not Fact.objects.filter(subject="P1").exists()
    assert not Excuse.objects.exists()
    said = "\n".join(f"{r.key} {r.record}" for r in Record.objects.all())
    assert not [word for word in ("P1", "赵", "1980-01-01", "阿赵") if word in said]
    assert Person.objects.filter(code="P2").exists()


def test_who_came_back_or_was_never_here_is_kept(small: Small) -> None:
    small.bring("people", "code,population,name\nP8,prisoner,never")
    at = small.at
    person = Person.objects.get(code="P2")
    record_movement(Move(person, "release", at), by="t", at=at)
    record_movement(
        Move(person, "admission", at + 2000 * DAY_MS, small.facility.places.get(code="W1-101")),
        by="t",
        at=at + 2000 * DAY_MS,
    )
    assert retention.due(small.facility.log, retention.policies(), at + 4000 * DAY_MS)["residents"] == 0


def test_an_edited_row_is_not_destroyed_under_cover(small: Small) -> None:
    from lazaretto.apps.journal.purging import RowsBroken

    readings(small)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='rounds_fact'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE rounds_fact SET value = '36.9' WHERE id = 'a'")
        if connection.vendor != "sqlite":
            cursor.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(RowsBroken):
        retention.purge(small.facility.log, retention.policies(), by="t", at=small.at + 200 * DAY_MS)
    assert Fact.objects.count() == 4


@pytest.mark.more
def test_the_bytes_are_gone_from_the_file(tmp_path: Path) -> None:
    """Names and identity numbers are not in the database file any more, nor beside it."""
    import os
    import subprocess
    import sys

    home = tmp_path / "home"
    env = os.environ | {"LAZARETTO_HOME": str(home), "LAZARETTO_LANG": "en"}
    env.pop("LAZARETTO_DATABASE", None)

    def run(*words: str, ok: bool = True) -> Any:
        done = subprocess.run([sys.executable, "-m", "lazaretto", *words], env=env, capture_output=True, text=True)
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done

    run("init")
    run("facility", "create", "YT", "--name", "Y", "--protocol", "baseline")
    for name, text in (
        ("places", "code,kind\nSITE,site"),
        (
            "people",
            "code,population,name,identity_number\nV1,visitor,Zebedee Quillfeather,11010519491231002X\nP1,prisoner,Stayer Longhand,",
        ),
        ("presence", "subject,place,from,to\nV1,SITE,2026-01-01 08:00,2026-01-01 10:00\nP1,SITE,2026-01-01 08:00,"),
    ):
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        run("import", name, str(path), "--facility", "YT")

    def bytes_on_disk() -> bytes:
        return b"".join(p.read_bytes() for p in home.iterdir() if p.name.startswith("lazaretto.sqlite3"))

    assert b"Quillfeather" in bytes_on_disk()
    assert "1 due" in run("purge", "--facility", "YT", "--dry-run").stdout
    assert b"Quillfeather" in bytes_on_disk()
    assert "1 destroyed, 0 left" in run("purge", "--facility", "YT", "--yes").stdout
    left = bytes_on_disk()
    assert b"Quillfeather" not in left
    assert b"quillfeather" not in left
    assert b"11010519491231002X" not in left
    assert b"Longhand" in left
    run("verify", "--deep")


def test_a_correction_stays_as_long_as_what_it_corrects(small: Small) -> None:
    """Else the wrong value would count again."""
    small.bring(
        "facts",
        "id,observation,subject,observed_at,value,supersedes\na,temperature,P1,2026-03-17 09:00,38.5,\n"
        "b,temperature,P1,2026-03-17 08:00,36.5,a",
    )
    log, kept = small.facility.log, retention.policies()
    between = small.moment("08:30") + 90 * DAY_MS
    assert retention.due(log, kept, between)["readings"] == 0
    assert retention.purge(log, kept, by="t", at=between + DAY_MS).purged["readings"] == 2
