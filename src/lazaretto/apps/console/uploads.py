"""
Tables that were handed in and wait for a yes: kept under a random name for an hour, for the one who brought them only.

What is imported is what was tried: the digest is checked before. Nothing here asks the clock.
"""

import hashlib
import json
import os
import re
import secrets
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from lazaretto.apps.registry.tables import TableError
from lazaretto.protocol.text import Text

MOST_BYTES = 20 * 1024 * 1024
#: An Excel file may unfold to this much and no more.
MOST_UNFOLDED = 300 * 1024 * 1024
KEPT_MS = 3_600_000
ENDINGS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".txt")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept: whose it is, for which table of which facility, and what is in it."""

    token: str
    ending: str
    name: str
    digest: str
    user: str
    facility: str
    table: str
    kept_at: int

    @property
    def path(self) -> Path:
        return folder() / f"{self.token}{self.ending}"

    @property
    def errors(self) -> Path:
        return folder() / f"{self.token}.errors.xlsx"


def folder() -> Path:
    found: Path = settings.LAZARETTO_HOME / "uploads"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def keep(chunks: Iterable[bytes], *, name: str, user: str, facility: str, table: str, at: int) -> Kept:
    """Keep a file for an hour. :raises TableError: if it is too large, or no table by its name."""
    sweep(at)
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise TableError(Text("请用 .xlsx 或 .csv 文件", "use a file that ends in .xlsx or .csv"))
    token, size, digest = secrets.token_urlsafe(24), 0, hashlib.sha256()
    path = folder() / f"{token}{ending}"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                break
            digest.update(chunk)
            file.write(chunk)
    if size > MOST_BYTES or _unfolds_too_far(path):
        path.unlink()
        raise TableError(Text("文件超过 20 MB，请分开导入", "the file is over 20 MB; bring it in in parts"))
    kept = Kept(token, ending, Path(name).name[:120], digest.hexdigest(), user, facility, table, at)
    with os.fdopen(os.open(folder() / f"{token}.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(kept), file)
    return kept


def _unfolds_too_far(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return sum(part.file_size for part in file.infolist()) > MOST_UNFOLDED


def find(token: str, *, user: str, facility: str, table: str, at: int) -> Kept | None:
    """Return a file that this user kept for this table within the hour and that is still what it was, else None."""
    if not _TOKEN.fullmatch(token):
        return None
    try:
        kept = Kept(**json.loads((folder() / f"{token}.json").read_text()))
        same = hashlib.sha256(kept.path.read_bytes()).hexdigest() == kept.digest
    except (OSError, ValueError, TypeError):
        return None
    own = (kept.user, kept.facility, kept.table) == (user, facility, table)
    return kept if own and same and 0 <= at - kept.kept_at <= KEPT_MS else None


def sweep(at: int) -> None:
    """Remove what has been kept for more than an hour, and what has no note of when that began."""
    for note in folder().glob("*.json"):
        try:
            kept_at = int(json.loads(note.read_text())["kept_at"])
        except (OSError, ValueError, KeyError, TypeError):
            kept_at = 0
        if not 0 <= at - kept_at <= KEPT_MS:
            remove(note.stem)


def remove(token: str) -> None:
    """Remove a file with everything that belongs to it."""
    for path in folder().glob(f"{token}.*"):
        path.unlink(missing_ok=True)
