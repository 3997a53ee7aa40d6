"""`protocol` on the command line: reading, comparing, previewing, adopting, overriding, flags and levels."""

import io
import json
from typing import Any

import docx
import pytest
from typer.testing import CliRunner

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Role
from lazaretto.apps.command import queries
from lazaretto.config import cli, runtime
from tests.conftest import Small

TIGHTER = "cadence={per_day: 4, between: ['06:00', '22:00']}"


@pytest.fixture
def run(small: Small, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a runner of commands at noon on the day of `small`, with two people who may override."""
    monkeypatch.setattr(runtime, "now", lambda: small.moment("12:00"))
    monkeypatch.setattr(runtime, "start", lambda **_: None)
    monkeypatch.chdir(small.folder)
    for name, role in (("head", Role.DEPARTMENT_HEAD), ("lead", Role.EPIDEMIC_LEAD)):
        user = accounts.create_user(username=name, password="long enough words", name_zh=name, by="t", at=small.at)
        accounts.grant(user=user, role=role, organisation=small.facility.organisation, by="t", at=small.at)

    def command(*words: str, ok: bool = True, language: str = "en") -> str:
        monkeypatch.setenv("LAZARETTO_LANG", language)
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(runtime.out, "_file", out)  # `file` would be left as it was found, not unset
        monkeypatch.setattr(runtime.err, "_file", err)
        result = CliRunner().invoke(cli.app, ["protocol", *words])
        said = result.stdout + out.getvalue() + err.getvalue()
        assert (result.exit_code == 0) == ok, (said, result.exception)
        assert "Traceback" not in said
        return said

    return command


def test_show_reads_every_kind(run: Any) -> None:
    for language, words in (("en", ("disinfection", "read only", "red line")), ("zh", ("消毒", "仅供阅读", "红线"))):
        shown = run("show", "facility-s0-prison", language=language)
        for word in words:
            assert word in shown
    one = run("show", "facility-s2-detention", "--measure", "isolation.transitional")
    assert "at least 21 days" in one
    assert "S2-50" in one
    assert "did you mean isolation.transitional" in run(
        "show", "facility-s2-detention", "--measure", "isolation.transit", ok=False
    )
    assert "there are" in run("show", "baseline", "--flag", "rain", ok=False)
    assert "no level" in run("show", "baseline", "--level", "red", ok=False)


def test_show_writes_word_and_pdf(run: Any, small: Small) -> None:
    run("show", "facility-s3-drug-rehab", "--word", "s3.docx", "--pdf", "s3.pdf")
    text = "\n".join(p.text for p in docx.Document(str(small.folder / "s3.docx")).paragraphs)
    assert "Temperature" in text
    assert (small.folder / "s3.pdf").read_bytes().startswith(b"%PDF-")
    assert "cannot write" in run("show", "baseline", "--pdf", "nowhere/x.pdf", ok=False)


def test_diff_says_what_changes_and_which_way(run: Any) -> None:
    said = run("diff", "s1-inner-mongolia-drug-rehab", "s1-hulunbuir")
    assert "21 days" in said
    assert "(stricter)" in said
    assert run("diff", "baseline", "baseline").strip() == "There is no difference."
    assert "更严" in run("diff", "s1-inner-mongolia-drug-rehab", "s1-hulunbuir", language="zh")
    rows = json.loads(run("diff", "s1-inner-mongolia-drug-rehab", "s1-hulunbuir", "--json"))
    assert {"measure", "path", "sign", "direction", "before", "after"} == set(rows[0])


def test_explain_names_layers_flags_and_levels(run: Any) -> None:
    said = run("explain", "facility-s2-detention", "isolation.transitional:stages.one.length")
    assert said.startswith("● s2-tianshui-detention.yaml:")
    rows = json.loads(run("explain", "baseline", "temperature.residents:cadence", "--level", "outbreak", "--json"))
    assert "level outbreak" in [row["layer"] for row in rows]
    assert "it has" in run("explain", "baseline", "isolation.fever", ok=False)
    assert "write temperature.residents:FIELD" in run("explain", "baseline", "temperature.residents:speed", ok=False)


def test_validate_fields_and_schema(run: Any) -> None:
    assert "cannot be adopted yet" in run("validate", "s0-shandong-prison")
    found = json.loads(run("validate", "s0-shandong-prison", "--json"))
    assert (found["valid"], found["adoptable"]) == (True, False)
    assert all(row["zh"] and row["en"] and row["line"] for row in found["refusals"])
    assert "wait_after" in run("fields", "chain")
    assert "per_day" in run("fields", "cadence")
    assert "there are document" in run("fields", "rondo", ok=False)
    assert json.loads(run("schema"))["title"] == "Lazaretto protocol"


def test_preview_and_adopt(run: Any, small: Small) -> None:
    said = run("preview", "facility-s1-drug-rehab", "--facility", "YT")
    assert "3 → 36" in said
    record = json.loads(run("preview", "facility-s1-drug-rehab", "--facility", "YT", "--json"))
    assert record["adoptable"] is True
    assert {"measure", "owner", "acts", "wakings", "hours"} == set(record["duties"][0])
    assert "还不能启用" in run("adopt", "s1-inner-mongolia-drug-rehab", "--facility", "YT", ok=False, language="zh")
    assert "fill it in" in run("adopt", "s1-inner-mongolia-drug-rehab", "--facility", "YT", ok=False)
    assert "now runs facility-s1-drug-rehab" in run("adopt", "facility-s1-drug-rehab", "--facility", "YT")
    assert queries.in_force(small.facility, small.moment("12:00")).resolved.document.id == "facility-s1-drug-rehab"
    assert "no pack or file" in run("adopt", "nothing", "--facility", "YT", ok=False)


def test_override_from_asking_to_ending(run: Any, small: Small) -> None:
    words = (
        "override",
        "make",
        "temperature.residents",
        TIGHTER,
        "--facility",
        "YT",
        "--reason",
        "two suspected",
        "--until",
        "2026-03-24",
    )
    assert "override 1 holds" in run(*words, "--by", "head", "--approved-by", "lead")
    assert "nobody approves" in run(*words, "--by", "lead", "--approved-by", "lead", ok=False)
    assert "may not approve" in run(*words, "--by", "lead", "--approved-by", "head", ok=False)
    assert "no user nobody" in run(*words, "--by", "nobody", "--approved-by", "lead", ok=False)
    assert "at most 30 days" in run(*words[:-1], "2026-05-01", "--by", "head", "--approved-by", "lead", ok=False)
    assert "cannot read the time" in run(*words[:-1], "soon", "--by", "head", "--approved-by", "lead", ok=False)
    listed = run("override", "list", "--facility", "YT")
    assert "● 1 temperature.residents" in listed
    assert "two suspected" in listed
    assert "override 1 has ended" in run("override", "end", "1", "--facility", "YT")
    assert "○ 1" in run("override", "list", "--facility", "YT")
    assert "no override 7" in run("override", "end", "7", "--facility", "YT", ok=False)


def test_flags_and_levels(run: Any, small: Small) -> None:
    said = run("flag", "declare", "local_outbreak", "--facility", "YT", "--reason", "city")
    assert "review by 2026-" in said
    assert queries.in_force(small.facility, small.moment("12:00")).resolved.flags == ("local_outbreak",)
    assert "no flag rain" in run("flag", "declare", "rain", "--facility", "YT", "--reason", "x", ok=False)
    declared = run("level", "declare", "outbreak", "--facility", "YT", "--reason", "case")
    assert "at the start: " in declared
    assert "there are routine" in run("level", "declare", "red", "--facility", "YT", "--reason", "x", ok=False)
