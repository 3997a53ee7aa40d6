"""
Nodes that share nothing: their own homes, databases and processes, and files carried between them.

A facility hands its days up and its people over; it changes its key; it restores a backup; files come cut, twice, at
once and out of order.
"""

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lazaretto.protocol.canonical import canonical
from tests.conftest import PEOPLE, PLACES, PRESENCE
from tests.integration.installations.conftest import _end_workers  # noqa: F401
from tests.integration.installations.installation import WORKERS, Installation, end_workers

pytestmark = pytest.mark.more
#: A bureau needs to be an organisation before facilities can be put below it.
ORGANISE = """
from lazaretto.apps.accounts.actions import create_organisation
create_organisation(code="JD", kind="bureau", name_zh="监狱管理局", by="test", at=1)
"""
MANUAL = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "send-and-receive.md"
WORD = "a long passphrase\n"


def _install(node: Installation, code: str, name: str) -> Installation:
    node.run("init")
    if not code and name == "empty":
        return node
    if not code:
        process = node.code(ORGANISE)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        return node
    for kind, text in (("places", PLACES), ("people", PEOPLE), ("presence", PRESENCE)):
        (node.folder / f"{kind}.csv").write_text(text.strip(), encoding="utf-8")
    node.run("facility", "create", code, "--name", name, "--protocol", "baseline", "--timezone", "Asia/Shanghai")
    for kind in ("places", "people", "presence"):
        node.run("import", kind, f"{kind}.csv", "--facility", code)
    (node.folder / "word").write_text(WORD)
    return node


_made: dict[str, Installation] = {}


@pytest.fixture
def install(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Installation]:
    """
    Return a maker of installations with a facility, or with a bureau if no code is given. Each is made once and then
    copied, so two of one `kind` have the same key.
    """

    def make(code: str = "", name: str = "云汀", kind: str = "") -> Installation:
        kind = kind or code or "bureau"
        if kind not in _made:
            first = len(WORKERS)
            _made[kind] = _install(Installation(tmp_path_factory.mktemp(kind)), code, name)
            end_workers(first)
        return _made[kind].copy(tmp_path / kind)

    return make


def told(bureau: Installation, house: Installation, code: str, *, ok: bool = True, more: tuple[str, ...] = ()) -> None:
    """Print a facility's keys and tell them to another node."""
    path = bureau.folder / f"{code}.keys.json"
    path.write_text(house.run("keys").stdout, encoding="utf-8")
    bureau.run("bundle", "trust", str(path), "--organisation", code, "--name", code, "--yes", *more, ok=ok)


def day(house: Installation, on: str, code: str = "YT") -> Path:
    house.run("report", "sign", "--facility", code, "--on", on, "--by", "lead")
    out = house.folder / f"{on}.json"
    house.run("bundle", "export", "--facility", code, "--on", on, "--out", str(out))
    return out


def taken(bureau: Installation, path: Path, *, ok: bool = True) -> Any:
    return json.loads(bureau.run("bundle", "import", str(path), "--json", ok=ok).stdout)


def test_a_day_goes_up_by_file(tmp_path: Path, install: Callable[..., Installation]) -> None:
    house, bureau = install("YT"), install()
    first, second = day(house, "2026-03-16"), day(house, "2026-03-17")
    refused = taken(bureau, first, ok=False)
    assert refused["refused"] == "unknown_facility"
    told(bureau, house, "YT", more=("--under", "JD"))
    (later,) = taken(bureau, second)
    assert (later["continuity"], later["waits_for"], later["late"]) == ("not_shown", [1], True)
    (one,) = taken(bureau, first)
    assert (one["continuity"], one["new"]) == ("first", True)
    assert [r["new"] for r in taken(bureau, first)] == [False]
    (confirmed,) = taken(bureau, second)
    assert confirmed["continuity"] == "shown"

    keys = str(bureau.folder / "YT.keys.json")
    house.run("bundle", "check", str(second), "--keys", keys)
    cut = tmp_path / "cut.json"
    cut.write_bytes(first.read_bytes()[:-40])
    assert taken(bureau, cut, ok=False)["refused"] == "cut_short"
    bureau.run("bundle", "check", str(cut), "--keys", keys, ok=False)

    seen = json.loads(bureau.run("submissions", "--bureau", "JD", "--on", "2026-03-17", "--json").stdout)
    (row,) = seen["facilities"]
    assert (row["code"], row["state"]) == ("YT", "contradictory")  # no wing of it entered anything
    assert seen["totals"]["present_end"]["least"] >= 1
    assert "YT" in bureau.run("submissions", "--bureau", "JD", "--on", "2026-03-17").stdout
    assert bureau.run("verify", "--deep").code == 0
    assert house.run("verify", "--deep").code == 0


def test_several_days_at_once_and_two_imports_at_once(install: Callable[..., Installation]) -> None:
    house, bureau = install("YT"), install()
    told(bureau, house, "YT", more=("--under", "JD"))
    for on in ("2026-03-15", "2026-03-17"):
        day(house, on)
    both = house.folder / "both.json"
    said = house.run("bundle", "export", "--facility", "YT", "--from", "2026-03-15", "--to", "2026-03-17", "--out", str(both))  # fmt: skip
    assert "2026-03-16" in said.stdout
    started = [bureau.start("bundle", "import", str(both), "--json") for _ in range(2)]
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert sorted(any(r["new"] for r in answer) for answer in answers) == [False, True]
    assert all([r["continuity"] for r in answer] == ["first", "shown"] for answer in answers)
    assert bureau.run("verify", "--deep").code == 0


def test_a_changed_key_and_a_restored_backup(tmp_path: Path, install: Callable[..., Installation]) -> None:
    house, bureau = install("YT"), install()
    told(bureau, house, "YT", more=("--under", "JD"))
    first = day(house, "2026-03-14")
    house.run("key", "rotate", "--log", "YT")
    second = day(house, "2026-03-15")
    taken(bureau, second)
    taken(bureau, first)
    assert [r["continuity"] for r in taken(bureau, second)] == ["shown"]

    backup = tmp_path / "backup.lz"
    (tmp_path / "word").write_text(WORD)
    house.run("backup", str(backup), "--passphrase-file", str(tmp_path / "word"))
    lost = day(house, "2026-03-16")
    (before,) = taken(bureau, lost)
    assert not before["lost_in_restore"]
    (tmp_path / "again").mkdir()
    again = Installation(tmp_path / "again")
    again.run("init")
    again.run("restore", str(backup), "--passphrase-file", str(tmp_path / "word"))
    (after,) = taken(bureau, day(again, "2026-03-17"))
    assert (after["epoch"], after["restored"], after["continuity"]) == (1, True, "shown")
    assert after["contradictions"] == []
    (known,) = taken(bureau, lost)
    assert known["lost_in_restore"]
    assert known["contradictions"] == []
    seen = json.loads(bureau.run("submissions", "--bureau", "JD", "--on", "2026-03-17", "--json").stdout)
    assert seen["facilities"][0]["restored"]


def test_a_stranger_and_an_editor_get_nothing_in(tmp_path: Path, install: Callable[..., Installation]) -> None:
    house, other = install("YT"), install("YT", kind="stranger")
    bureau = install()
    told(bureau, house, "YT", more=("--under", "JD"))
    assert taken(bureau, day(other, "2026-03-17"), ok=False)["refused"] == "other_key"
    told(bureau, other, "YT", ok=False)  # another key, and no reason
    document = json.loads(day(house, "2026-03-17").read_text(encoding="utf-8"))
    document["reports"][0]["status"] = "complete"
    edited = tmp_path / "edited.json"
    edited.write_bytes(canonical(document))
    assert taken(bureau, edited, ok=False)["refused"] == "faulty"
    assert bureau.run("verify", "--deep").code == 0


def test_a_person_goes_from_one_node_to_another(tmp_path: Path, install: Callable[..., Installation]) -> None:
    a, b = install("YT"), install("LX", "临汐")
    told(b, a, "YT")
    told(a, b, "LX")
    sealed, word = tmp_path / "p1.json", str(a.folder / "word")
    a.run("transfer", "export", "--facility", "YT", "--person", "P1", "--to", "LX", "--reason", "nearer to the hospital",
          "--out", str(sealed), "--passphrase-file", word)  # fmt: skip
    assert sealed.stat().st_mode & 0o077 == 0
    (row,) = json.loads(a.run("transfer", "list", "--facility", "YT", "--json").stdout)
    assert row["state"] == "not_received"

    into = ("--facility", "LX", "--passphrase-file", word, "--place", "W2-201")
    looked = json.loads(b.run("transfer", "import", str(sealed), *into, "--dry-run", "--json").stdout)
    assert looked["person"] == "YT-P1"  # P1 is somebody else there
    assert looked["alike"][0]["reason"] == "name_and_birth"
    assert json.loads(b.run("transfer", "list", "--facility", "LX", "--json").stdout) == []
    assert "赵一" in b.run("transfer", "import", str(sealed), *into, "--dry-run").stdout
    b.run("transfer", "import", str(sealed), *into, "--code", "N1")
    assert "before" in b.run("transfer", "import", str(sealed), *into).stdout

    receipt = sealed.with_name("p1.receipt.json")
    assert "赵一" not in receipt.read_text(encoding="utf-8")
    assert "has received P1" in a.run("transfer", "receipt", str(receipt), "--facility", "YT").stdout
    assert "already" in a.run("transfer", "receipt", str(receipt), "--facility", "YT").stdout
    for node, code in ((a, "YT"), (b, "LX")):
        (row,) = json.loads(node.run("transfer", "list", "--facility", code, "--json").stdout)
        assert row["state"] == "received"
        assert node.run("verify", "--deep").code == 0

    wrong = tmp_path / "wrong"
    wrong.write_text("another passphrase\n")
    b.run("transfer", "import", str(sealed), "--facility", "LX", "--passphrase-file", str(wrong), ok=False)
    said = a.run("transfer", "import", str(sealed), "--facility", "YT", "--passphrase-file", word, ok=False)
    assert "not for YT" in said.stderr


def test_two_hundred_edits_of_one_byte_through_the_command_line(install: Callable[..., Installation]) -> None:
    """In one process of the bureau's own; nothing of any edited file is stored."""
    house, bureau = install("YT"), install()
    told(bureau, house, "YT", more=("--under", "JD"))
    path = day(house, "2026-03-17")
    program = f"""
import random, pathlib
from lazaretto.apps.reporting import submissions
from lazaretto.apps.reporting.models import ReceivedBundle, Submission
from lazaretto.protocol.refusal import Refusal
data, stream, refused = pathlib.Path({str(path)!r}).read_bytes(), random.Random(1), 0
cuts = [data[: len(data) * n // 20] for n in range(20)]
edits = []
for _ in range(200):
    place = stream.randrange(len(data))
    edits.append(data[:place] + bytes([data[place] ^ (1 << stream.randrange(8))]) + data[place + 1:])
for content in cuts + edits:
    try:
        submissions.receive(data=content, by="test", at={10**13})
    except Refusal:
        refused += 1
print(refused, ReceivedBundle.objects.count(), Submission.objects.count())
"""
    process = bureau.code(program)
    out, err = process.communicate(timeout=300)
    assert out.split() == ["220", "0", "0"], err
    taken(bureau, path)


def test_the_manual(tmp_path: Path, install: Callable[..., Installation]) -> None:
    """Every command of docs/how-to/send-and-receive.md, in its order; files are carried after each step."""
    nodes = {
        "facility": install("YT"),
        "bureau": install("", "empty", kind="empty"),
        "other facility": install("LX", "临汐"),
    }
    ran = 0
    for where, commands in re.findall(r"```sh\n# at the (.*?)\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.S):
        node = nodes[where]
        for line in commands.strip().splitlines():
            command, _, out = line.partition(" > ")
            words = shlex.split(command)[1:]
            done = node.run(*words, *(["--yes"] if words[:2] == ["bundle", "trust"] else []))
            if out:
                (node.folder / out).write_text(done.stdout, encoding="utf-8")
            ran += 1
        for file in node.folder.glob("*.json"):
            for other in nodes.values():
                if other is not node:
                    shutil.copy(file, other.folder)
    assert ran == 20
    assert nodes["facility"].run("transfer", "list", "--facility", "YT").stdout.count(" received") == 1
