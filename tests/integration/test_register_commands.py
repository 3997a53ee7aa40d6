"""Tables out and in again, and a person's copy, on the command line."""

import json
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from lazaretto.apps.accounts.models import SensitiveRead
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.rounds.tables import NAMES, heads
from tests.conftest import Small
from tests.integration.pages import READINGS
from tests.integration.test_command_line import lazaretto


@pytest.mark.parametrize("table", NAMES)
def test_every_table_goes_out_and_comes_in_again(small: Small, tmp_path: Path, table: str) -> None:
    small.bring("facts", READINGS)
    small.bring("excuses", "scope,subject,from,to,reason,by\nplace,W1,2026-03-17 09:00,2026-03-17 13:00,no_power,S9")
    span = ("--from", "2026-03-17", "--to", "2026-03-17")
    lazaretto(tmp_path, "export", table, "--facility", "YT", "--out", "out.csv", *span)
    before = Entry.objects.exclude(kind="table_taken_out").count()
    done = lazaretto(tmp_path, "import", table, "out.csv", "--facility", "YT", "--json")
    numbers = json.loads(done.stdout)
    assert numbers["failed"] == numbers["created"] == numbers["updated"] == 0
    assert numbers["rows"] == numbers["skipped"]
    assert Entry.objects.exclude(kind="table_taken_out").count() == before


def test_a_template_has_the_heads_alone_and_names_that_go_out_are_recorded(small: Small, tmp_path: Path) -> None:
    lazaretto(tmp_path, "export", "people", "--facility", "YT", "--out", "heads.xlsx", "--empty")
    assert CalamineWorkbook.from_path(str(tmp_path / "heads.xlsx")).get_sheet_by_index(0).to_python() == [
        list(heads("people"))
    ]
    assert not Entry.objects.filter(kind="table_taken_out").exists()
    lazaretto(tmp_path, "export", "people", "--facility", "YT", "--out", "people.xlsx")
    assert Entry.objects.get(kind="table_taken_out").detail == {"table": "people", "rows": 4}


def test_what_cannot_be_written_is_said(small: Small, tmp_path: Path) -> None:
    assert "known: places" in lazaretto(tmp_path, "export", "x", "--facility", "YT", "--out", "a.csv", ok=False).stderr
    assert "end in" in lazaretto(tmp_path, "export", "people", "--facility", "YT", "--out", "a.doc", ok=False).stderr
    assert "cannot write" in lazaretto(
        tmp_path, "export", "people", "--facility", "YT", "--out", "no/such/a.csv", ok=False
    ).stderr.replace("\n", " ")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_person_gets_everything_on_file(small: Small, tmp_path: Path, language: str) -> None:
    small.bring("facts", READINGS)
    where = ("--facility", "YT", "--person", "P1", "--out")
    lazaretto(tmp_path, "person", "copy", *where, "P1.json", language=language)
    copied = json.loads((tmp_path / "P1.json").read_text(encoding="utf-8"))
    assert copied["files"][0]["person"]["name"] == "赵一"
    assert [f["value"] for f in copied["files"][0]["facts"]] == ["36.5"]
    lazaretto(tmp_path, "person", "copy", *where, "P1.pdf", language=language)
    assert (tmp_path / "P1.pdf").read_bytes().startswith(b"%PDF-")
    assert [r.by for r in SensitiveRead.objects.all()] == ["console", "console"]
    assert lazaretto(tmp_path, "person", "copy", "--facility", "YT", "--person", "X", "--out", "x.pdf", ok=False).stderr
