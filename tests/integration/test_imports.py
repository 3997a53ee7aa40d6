"""Tables in: dry run, errors by row, repeats, Chinese headers, Excel, and totals that add up."""

from pathlib import Path
from typing import Any

import pytest

from lazaretto.apps.journal.models import Entry
from lazaretto.apps.registry.models import Person, Place, Presence, Standing
from lazaretto.apps.registry.tables import TableError, write_failures
from lazaretto.apps.rounds.models import Excuse, Fact
from lazaretto.web.spreadsheets import harmless, write_excel
from tests.conftest import PEOPLE, PLACES, PRESENCE, Small


def adds_up(account: Any) -> bool:
    return bool(account.rows == account.created + account.updated + account.skipped + account.failed)


def test_repeats_are_no_ops(small: Small) -> None:
    before = Entry.objects.count()
    for kind, text in (("places", PLACES), ("people", PEOPLE), ("presence", PRESENCE)):
        account = small.bring(kind, text)
        assert adds_up(account)
        assert account.skipped == account.rows
    assert Entry.objects.count() == before


def test_a_dry_run_says_the_same_and_writes_nothing(make_facility: Any) -> None:
    small = make_facility(people=False)
    before = Entry.objects.count()
    dry = small.bring("places", PLACES, dry_run=True)
    assert (dry.created, dry.failed, Place.objects.count(), Entry.objects.count()) == (7, 0, 0, before)
    assert small.bring("places", PLACES).created == 7


def test_children_may_come_before_their_parents(make_facility: Any) -> None:
    small = make_facility(people=False)
    account = small.bring(
        "places", "code,parent,kind\nC,B,cell\nB,A,wing\nA,,site\nX,Y,cell\nM,N,cell\nN,M,cell\nS,S,cell"
    )
    assert (account.created, account.failed) == (3, 4)
    assert Place.objects.get(code="C").parent.parent.code == "A"  # type: ignore[union-attr]
    assert adds_up(account)


def test_bad_rows_are_named_and_the_good_ones_kept(small: Small) -> None:
    account = small.bring(
        "people",
        """
        code,population,sex,birth_date
        N1,prisoner,male,1980-02-30
        N2,astronaut,male,
        N3,prisoner,maybe,
        ,prisoner,,
        N5,在押人员,女,1977/5/3
        N6,resident,,2999-01-01
        """,
    )
    assert (account.rows, account.created, account.failed) == (6, 1, 5)
    assert [(f.row.number, f.column) for f in account.failures] == [
        (2, "birth_date"), (3, "population"), (4, "sex"), (5, "code"), (7, "birth_date"),
    ]  # fmt: skip
    assert all(f.message.zh and f.message.en for f in account.failures)
    assert Person.objects.get(code="N5").population == "detained_person"


def test_the_error_file_can_be_mended_and_imported(small: Small, tmp_path: Path) -> None:
    account = small.bring("people", "code,population\nN1,nobody\nN2,prisoner")
    for name in ("errors.csv", "errors.xlsx"):
        write_failures(account, tmp_path / name, "zh")
    text = (tmp_path / "errors.csv").read_text(encoding="utf-8-sig").replace("nobody", "prisoner", 1)
    again = small.bring("people", text.replace("错误", "x"), name="again.csv")
    assert (again.created, again.failed) == (1, 0)


def test_presence_must_not_overlap(small: Small) -> None:
    account = small.bring(
        "presence", "subject,place,from,to\nP1,W2-201,2026-03-10 00:00,\nP9,W1-101,2026-03-10,\nP2,NOWHERE,2026-03-10,"
    )
    assert [(f.row.number, f.column) for f in account.failures] == [
        (2, "from"),
        (4, "place"),
        (3, "subject"),
    ] or account.failed == 3
    assert adds_up(account)
    closed = small.bring(
        "presence", "subject,place,from,to\nP1,W2-201,2026-03-10 00:00,\nP1,W1-101,2026-03-01 00:00,2026-03-10 00:00"
    )
    assert (closed.created, closed.updated, closed.failed) == (1, 1, 0)
    assert Presence.objects.filter(person__code="P1").count() == 2


def test_chinese_headers_gb18030_and_excel(make_facility: Any, tmp_path: Path) -> None:
    from lazaretto.apps.registry.importing import run
    from lazaretto.apps.registry.imports import PlaceImporter

    small = make_facility(people=False)
    table = [
        ["编号", "上级", "类型", "中文名", "容量", "重点部位"],
        ["A", "", "site", "全所", "", "否"],
        ["B", "A", "cell", "一〇一室", "8", "是"],
    ]
    (tmp_path / "p.csv").write_bytes("\n".join(";".join(row) for row in table).encode("gb18030"))
    write_excel(tmp_path / "p.xlsx", table)
    for name, created in (("p.csv", 2), ("p.xlsx", 0)):
        importer = PlaceImporter(small.facility, now=small.at)
        account = run(importer, tmp_path / name, dry_run=False, by="t", clock=lambda: small.at)
        assert (account.created, account.skipped, account.failed) == (created, 2 - created, 0)
    assert Standing.objects.get(place__code="B").value == "key_area"


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02\xff" * 50, b"subject,place\nP1,W1", b"code,code,kind\nA,B,cell", b"PK\x03\x04" + b"\x00" * 40],
)
def test_what_is_no_table_gets_one_sentence(small: Small, tmp_path: Path, content: bytes) -> None:
    from lazaretto.apps.registry.importing import run
    from lazaretto.apps.registry.imports import PlaceImporter

    for name in ("x.csv", "x.xlsx"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TableError) as error:
            run(
                PlaceImporter(small.facility, now=small.at),
                tmp_path / name,
                dry_run=False,
                by="t",
                clock=lambda: small.at,
            )
        assert error.value.message.zh
        assert error.value.message.en


FACTS = """
id,observation,subject_kind,subject,observed_at,outcome,value,ucum,reason
a1,temperature,person,P1,2026-03-17 08:00,done,36.5,Cel,
a2,体温,人员,P2,2026/3/17 8:05,完成,36.6,,
a3,temperature,person,P3,2026-03-17T00:10:00Z,refused,,,declined
a4,temperature,person,P3,2026-03-17 08:00,done,98.6,,
a5,temperature,person,P3,2026-03-17 08:00,done,,,
a6,temperature,person,P8,2026-03-17 08:00,done,36.5,,
a7,sleep,person,P1,2026-03-17 08:00,done,,,
a8,temperature,person,P1,yesterday,done,36.5,,
a9,temperature,person,P1,2026-03-20 08:00,done,36.5,,
b1,temperature,person,P1,2026-03-17 08:00,maybe,36.5,,
b2,temperature,person,P1,2026-03-17 08:00,void,,,
"""


def test_facts_are_checked_at_the_border(small: Small) -> None:
    account = small.bring("facts", FACTS)
    assert (account.rows, account.created, account.failed) == (11, 3, 8)
    assert {f.row.text("id"): f.column for f in account.failures} == {
        "a4": "value", "a5": "value", "a6": "subject", "a7": "observation", "a8": "observed_at", "a9": "observed_at",
        "b1": "outcome", "b2": "supersedes",
    }  # fmt: skip
    again = small.bring("facts", FACTS)
    assert (again.created, again.skipped, again.failed) == (0, 3, 8)
    assert Fact.objects.get(id="a3").observed_at == small.moment("08:10")


def test_same_id_other_content_is_refused_also_in_a_dry_run(small: Small) -> None:
    head = "id,observation,subject,observed_at,value\n"
    small.bring("facts", head + "x,temperature,P1,2026-03-17 08:00,36.5")
    for dry in (True, False):
        account = small.bring(
            "facts",
            head + "x,temperature,P1,2026-03-17 08:00,36.6\ny,temperature,P2,2026-03-17 08:00,36.6",
            dry_run=dry,
        )
        assert (account.created, account.failed, account.failures[0].column) == (1, 1, "id")
    twice = small.bring(
        "facts", head + "z,temperature,P1,2026-03-17 09:00,36.5\nz,temperature,P1,2026-03-17 09:00,36.5"
    )
    assert (twice.created, twice.skipped) == (1, 1)


def test_a_sheet_without_ids_can_be_handed_in_twice(small: Small) -> None:
    text = "observation,subject,observed_at,value\ntemperature,P1,2026-03-17 08:00,36.5\ntemperature,P1,2026-03-17 10:00,36.5"
    assert small.bring("facts", text).created == 2
    assert small.bring("facts", text).skipped == 2


def test_excuses_by_measure_and_by_observation(small: Small) -> None:
    text = """
    scope,subject,measure,from,to,reason,by
    place,W1,,2026-03-17 09:00,2026-03-17 13:00,no_power,S9
    subject,P1,temperature,2026-03-17 09:00,2026-03-17 13:00,出庭,S9
    measure,,disinfection.key_areas,2026-03-17 09:00,2026-03-17 13:00,made_up,S9
    measure,,,2026-03-17 09:00,2026-03-17 13:00,no_power,S9
    place,P1,,2026-03-17 09:00,2026-03-17 13:00,no_power,S9
    facility,,,2026-03-17 13:00,2026-03-17 09:00,no_power,S9
    """
    account = small.bring("excuses", text)
    assert (account.created, account.failed, len(account.warnings)) == (3, 3, 1)
    assert Excuse.objects.filter(subject="person:P1", reason="court").count() == 2
    assert small.bring("excuses", text).skipped == 3


def test_no_cell_becomes_a_formula() -> None:
    assert harmless("") == ""
    assert harmless("=1+1") == "'=1+1"
    assert harmless("-3.5") == "-3.5"
    assert harmless("@x") == "'@x"
