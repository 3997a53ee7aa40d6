"""
A backup: one file that holds the whole installation at one moment, for any engine.

A zip of `tables/NAME.jsonl` (one row a line, see `tables`), `files/…` and, last, `manifest.json`, which has the
digest and number of rows of each table and the signed checkpoint of each log. Under a passphrase all of it is sealed.
Without one it holds no private key: it is readable by whoever finds it.
"""

import hashlib
import io
import json
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.db import connection, models

from lazaretto.apps.journal import tables
from lazaretto.apps.journal.actions import sign_head
from lazaretto.apps.journal.keys import KeyMissing
from lazaretto.apps.journal.models import Log
from lazaretto.apps.journal.sealing import MAGIC, SealBroken, SealedReader, SealedWriter
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.text import Text

FORMAT = 1
_FILE = re.compile(r"secret_key|keys/[0-9a-f]{16}")
Progress = Callable[[int], None]


class ArchiveError(Exception):
    """A backup that cannot be made, or is not whole."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.message = Text(zh, en)


def points() -> list[dict[str, Any]]:
    """Return the checkpoint of each log as it stands; unsigned if its private key is not on this machine."""
    found = []
    for log in Log.objects.order_by("name"):
        try:
            point = sign_head(log)
        except KeyMissing:
            root = log.frontier().root().hex()
            point = {"log": log.ref, "epoch": log.epoch, "size": log.size, "root": root, "signature": "", "key_id": ""}
        found.append({"name": log.name, **point})
    return found


def total() -> int:
    """Return the number of rows that a backup would hold."""
    return sum(tables.count(model) for model in tables.tables())


def write(
    path: Path, *, made_at: int, version: str, passphrase: bytes | None = None, progress: Progress = lambda n: None
) -> dict[str, Any]:
    """
    Write a backup of this moment while others go on writing; return its manifest.

    The file appears under its name only when all of it is on the disk. :raises ArchiveError: if the name is taken.
    :raises OSError: if it cannot be written; nothing is left then.
    """
    if path.exists():
        raise ArchiveError(f"{path} 已存在，请换一个名字", f"{path} exists; choose another name")
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            manifest = _write(file, made_at, version, passphrase, progress)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return manifest


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(file: BinaryIO, made_at: int, version: str, passphrase: bytes | None, progress: Progress) -> dict[str, Any]:
    sealed = SealedWriter(file, passphrase) if passphrase else None
    manifest: dict[str, Any] = {
        "lazaretto_backup": FORMAT, "version": version, "made_at": utc_text(made_at), "engine": connection.vendor,
        "encrypted": sealed is not None, "tables": {}, "files": {},
    }  # fmt: skip
    with zipfile.ZipFile(cast(Any, sealed or file), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
        with tables.snapshot():
            manifest |= {"migrations": tables.migrations(), "logs": points()}
            done = 0
            for model in tables.tables():
                told = _write_table(bundle, model, lambda n, done=done: progress(done + n))  # type: ignore[misc]
                manifest["tables"][model._meta.db_table] = told
                done += told["rows"]
        for name, data in _files() if sealed else ():
            bundle.writestr(zipfile.ZipInfo(f"files/{name}"), data)
            manifest["files"][name] = hashlib.sha256(data).hexdigest()
        bundle.writestr(zipfile.ZipInfo("manifest.json"), json.dumps(manifest, ensure_ascii=False, indent=1))
    if sealed:
        sealed.finish()
    return manifest


def _write_table(bundle: zipfile.ZipFile, model: type[models.Model], progress: Progress) -> dict[str, Any]:
    encode, digest, n = tables.encoder(model), hashlib.sha256(), 0
    info = zipfile.ZipInfo(f"tables/{model._meta.db_table}.jsonl")
    info.compress_type = zipfile.ZIP_DEFLATED
    with bundle.open(info, "w", force_zip64=True) as member:
        batch: list[bytes] = []
        for n, row in enumerate(tables.rows(model), start=1):
            batch.append(encode(row))
            if n % tables.BATCH == 0:
                _flush(member, digest, batch)
                progress(n)
        _flush(member, digest, batch)
    progress(n)
    return {"columns": tables.columns(model), "rows": n, "sha256": digest.hexdigest()}


def _flush(member: Any, digest: Any, batch: list[bytes]) -> None:
    data = b"".join(batch)
    member.write(data)
    digest.update(data)
    batch.clear()


def _files() -> Iterator[tuple[str, bytes]]:
    """Yield what of the installation is not in its database: the private keys and the secret."""
    home = Path(settings.LAZARETTO_HOME)
    for path in [home / "secret_key", *sorted((home / "keys").glob("*"))]:
        name = path.relative_to(home).as_posix()
        if _FILE.fullmatch(name) and path.is_file():
            yield name, path.read_bytes()


def is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


class Archive:
    """A backup that is read. :raises ArchiveError: if it is none, or not whole, or the passphrase does not open it."""

    def __init__(self, path: Path, passphrase: bytes | None = None) -> None:
        self._raw = path.open("rb")
        try:
            self._read(path, passphrase)
        except BaseException:
            self._raw.close()
            raise

    def _read(self, path: Path, passphrase: bytes | None) -> None:
        try:
            self._zip = zipfile.ZipFile(self._opened(path, passphrase))
            self.manifest: dict[str, Any] = json.loads(self._zip.read("manifest.json"))
            if self.manifest["lazaretto_backup"] != FORMAT:
                raise ArchiveError(
                    f"{path} 的格式是 {self.manifest['lazaretto_backup']}，本版本只读 {FORMAT}",
                    f"{path} is of format {self.manifest['lazaretto_backup']}; this version reads {FORMAT}",
                )
        except SealBroken as error:
            raise ArchiveError(f"{path}：{error.message.zh}", f"{path}: {error.message.en}") from None
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError):
            raise ArchiveError(f"{path} 不是备份，或已损坏", f"{path} is no backup, or it is damaged") from None

    def _opened(self, path: Path, passphrase: bytes | None) -> Any:
        if not is_sealed(path):
            return self._raw
        if passphrase is None:
            raise ArchiveError(f"{path} 已加密，加上 --passphrase-file", f"{path} is encrypted; add --passphrase-file")
        return io.BufferedReader(SealedReader(self._raw, passphrase), 1 << 16)

    def close(self) -> None:
        self._zip.close()
        self._raw.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def total(self) -> int:
        return sum(told["rows"] for told in self.manifest["tables"].values())

    def lines(self, table: str) -> Iterator[bytes]:
        """Yield the lines of a table. :raises ArchiveError: at the end, if they are not those that were written."""
        told, digest, n = self.manifest["tables"][table], hashlib.sha256(), 0
        try:
            with self._zip.open(f"tables/{table}.jsonl") as member:
                for line in member:
                    digest.update(line)
                    n += 1
                    yield line
        except (zipfile.BadZipFile, KeyError, EOFError, SealBroken, zlib.error):
            raise ArchiveError(f"表 {table} 已损坏", f"table {table} is damaged") from None
        if (n, digest.hexdigest()) != (told["rows"], told["sha256"]):
            raise ArchiveError(
                f"表 {table} 与清单不符：{n} 行，应为 {told['rows']} 行",
                f"table {table} is not what the manifest says: {n} rows, {told['rows']} were written",
            )

    def files(self) -> dict[str, bytes]:
        """Return the files that go with the database, by their path under LAZARETTO_HOME."""
        found = {}
        for name, digest in self.manifest["files"].items():
            try:
                data = self._zip.read(f"files/{name}")
            except (zipfile.BadZipFile, KeyError, EOFError, SealBroken, zlib.error):
                data = b""
            if not _FILE.fullmatch(name) or hashlib.sha256(data).hexdigest() != digest:
                raise ArchiveError(f"文件 {name} 已损坏", f"file {name} is damaged")
            found[name] = data
        return found

    def check(self, progress: Progress = lambda n: None) -> None:
        """Read all of it. :raises ArchiveError: if anything is not what was written."""
        n = 0
        for table in self.manifest["tables"]:
            for _ in self.lines(table):
                n += 1
                if n % tables.BATCH == 0:
                    progress(n)
        self.files()
        progress(n)
