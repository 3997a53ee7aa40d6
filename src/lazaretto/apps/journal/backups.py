"""
The backups that lie on this machine, in `LAZARETTO_HOME/backups`: made, listed and checked; never brought back from here.

Each is sealed with a passphrase. What the last check of a file said stands beside it in `checks.json`.
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal import archive
from lazaretto.apps.journal.models import Log
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: A larger installation is backed up on the command line: a page does not wait for hours.
MOST_ROWS = 2_000_000
SHORTEST = 12
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,80}\.lzb")

SHORT = Text("口令不足 12 个字符。", "The passphrase has fewer than 12 letters.")
TOO_LARGE = Text(
    "数据太多，不适合在页面上备份。请在服务器上运行 lazaretto backup 文件。",
    "There is too much data for a page. Run `lazaretto backup FILE` on the server.",
)
UNWRITABLE = Text("写不进备份文件夹：{why}", "The folder of backups cannot be written: {why}")


class Kept(NamedTuple):
    """One file. `checked_at` is when it was last read to its end, and `said` what was wrong then; empty: nothing."""

    name: str
    size: int
    sealed: bool
    made_at: int
    checked_at: int | None
    said: Text | None


def folder() -> Path:
    return Path(settings.LAZARETTO_HOME) / "backups"


def kept() -> list[Kept]:
    """Return the backups that lie here, the newest first."""
    told = _told()
    found = []
    for path in folder().glob("*.lzb"):
        check, stat = told.get(path.name, {}), path.stat()
        said = Text(check["zh"], check["en"]) if check.get("zh") else None
        found.append(
            Kept(path.name, stat.st_size, archive.is_sealed(path), int(stat.st_mtime * 1000), check.get("at"), said)
        )
    return sorted(found, key=lambda one: (-one.made_at, one.name))


def make(*, log: Log, passphrase: str, version: str, by: str, at: int) -> str:
    """Back up everything as it stands into a new sealed file; return its name. :raises Refusal: short, large, disk."""
    _check_passphrase(passphrase)
    if archive.total() > MOST_ROWS:
        raise Refusal("large", TOO_LARGE)
    name = re.sub(r"[-:]|\..*$", "", utc_text(at)) + "Z.lzb"
    try:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        archive.write(folder() / name, made_at=at, version=version, passphrase=passphrase.encode())
        remember(at)
    except archive.ArchiveError as error:
        raise Refusal("taken", error.message) from None
    except OSError as error:
        raise Refusal("disk", UNWRITABLE.format(why=error.strerror or "")) from None
    _note(log, "backup_made", name, by, at)
    return name


def check(*, log: Log, name: str, passphrase: str, by: str, at: int) -> Text | None:
    """
    Read a backup to its end and compare it with its manifest; return what is wrong with it, None if it is whole.

    :raises FileNotFoundError: if no backup of that name lies here. :raises Refusal: short.
    """
    path = folder() / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise FileNotFoundError(name)
    _check_passphrase(passphrase)
    said: Text | None = None
    try:
        with archive.Archive(path, passphrase.encode()) as bundle:
            bundle.check()
    except archive.ArchiveError as error:
        said = Text(error.message.zh.replace(str(path), name), error.message.en.replace(str(path), name))
    _tell(name, {"at": at, "zh": said.zh if said else "", "en": said.en if said else ""})
    _note(log, "backup_checked", name, by, at)
    return said


def _check_passphrase(passphrase: str) -> None:
    if len(passphrase) < SHORTEST:
        raise Refusal("short", SHORT)


@transaction.atomic
def _note(log: Log, kind: str, name: str, by: str, at: int) -> None:
    journal.append(log, kind, leaf="0" * 64, n=0, by=by, at=at, detail={"file": name})


def _told() -> dict[str, Any]:
    try:
        found = json.loads((folder() / "checks.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _tell(name: str, said: dict[str, Any]) -> None:
    text = json.dumps(_told() | {name: said}, ensure_ascii=False, indent=1)
    (folder() / "checks.json").write_text(text, encoding="utf-8")


def _memory() -> Path:
    return Path(settings.LAZARETTO_HOME) / "last_backup.json"


def remember(at: int) -> None:
    """Note when a backup was made, wherever it lies. :raises OSError: if it cannot be noted."""
    _memory().write_text(json.dumps({"made_at": at}), encoding="utf-8")


def last() -> int | None:
    """Return when the last backup of this installation was made, None if none is known."""
    try:
        return int(json.loads(_memory().read_text(encoding="utf-8"))["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
