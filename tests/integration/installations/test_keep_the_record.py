"""Every command of docs/how-to/keep-the-record.md is run as it stands there, with only its paths replaced."""

import re
import shlex
from pathlib import Path

import pytest

from tests.integration.installations.installation import Installation

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "keep-the-record.md"
#: `move-to`: test_an_installation_moves_to_postgres; `proof`: a file that a page gives, test_journal_page
ELSEWHERE = {"move-to", "proof"}


def commands() -> list[list[str]]:
    lines = re.findall(r"^    lazaretto (.+)$", PAGE.read_text(encoding="utf-8"), re.M)
    return [shlex.split(line.partition("#")[0]) for line in lines]


@pytest.mark.more
def test_every_command_of_the_page_works(node: Installation, empty: Installation, tmp_path: Path) -> None:
    found = commands()
    assert {words[0] for words in found} == {
        "backup",
        "init",
        "restore",
        "verify",
        "key",
        "keys",
        "move-to",
        "report",
        "proof",
    }
    (tmp_path / "passphrase").write_text("correct horse battery\n")
    for day in ("2026-03-16", "2026-03-17"):
        node.run("report", "sign", "--facility", "YT", "--on", day, "--by", "lead", "--out", f"{day}.json")
    at = node
    for words in found:
        if words[0] in ELSEWHERE:
            continue
        if words[0] == "init":
            at = empty
            for report in node.folder.glob("2026-*.json"):
                (empty.folder / report.name).write_bytes(report.read_bytes())
        if "--lost" in words:
            for key in (at.home / "keys").iterdir():
                key.unlink()
        real = [w.replace("usb/", f"{tmp_path}/").replace("passphrase.txt", f"{tmp_path}/passphrase") for w in words]
        kept = Path()
        if ">" in real:
            real, kept = real[: real.index(">")], at.folder / real[-1]
        done = at.run(*real)
        if kept != Path():
            kept.write_text(done.stdout)
    assert at is empty
