"""
Bringing a backup back into an empty database: all of it or nothing, verified, and said in every log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from lazaretto.apps.journal import actions, keys, tables
from lazaretto.apps.journal.archive import Archive, ArchiveError
from lazaretto.apps.journal.faults import Fault
from lazaretto.apps.journal.models import Log
from lazaretto.apps.journal.queries import verify, verify_against, verify_deep
from lazaretto.apps.journal.rotation import rotate
from lazaretto.protocol.clock import parse_moment
from lazaretto.protocol.text import Text


class NotEmpty(Exception):
    """The database holds rows already; nothing is restored over them."""

    def __init__(self, filled: list[str]) -> None:
        super().__init__(", ".join(filled))
        self.filled = filled


class RecordFaulty(Exception):
    """What the backup holds does not verify."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass
class Restored:
    """What was brought back."""

    rows: int = 0
    logs: list[Log] = field(default_factory=list)
    new_keys: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def restore(
    archive: Archive,
    *,
    by: str,
    at: int,
    beyond: Mapping[str, int] | None = None,
    accept_faults: bool = False,
    progress: Callable[[int], None] = lambda n: None,
) -> Restored:
    """
    Load a backup, verify every log against the manifest's checkpoints and row by row, and begin a new epoch in each.

    Keys come back with an encrypted backup; a log whose private key is neither there nor on this machine gets a new
    one. `beyond` has, by log reference, the highest epoch of checkpoints kept elsewhere, which the new epoch exceeds.
    If anything fails, the database is as empty as before.

    :raises NotEmpty: if the database is not empty. :raises ArchiveError: if the backup is not whole or is of another
    version. :raises RecordFaulty: if its record does not verify, unless `accept_faults`.
    """
    filled = tables.filled()
    if filled:
        raise NotEmpty(filled)
    _check_version(archive.manifest)
    files = _Files(archive.files())
    try:
        with transaction.atomic():
            done = Restored(rows=_load(archive, progress))
            done.faults = _verify(archive.manifest)
            if done.faults and not accept_faults:
                raise RecordFaulty(done.faults)
            files.put()
            made_at = parse_moment(archive.manifest["made_at"], "UTC")
            for log in Log.objects.order_by("name"):
                done.new_keys += begin_epoch(log, made_at=made_at, by=by, at=at, beyond=(beyond or {}).get(log.ref, 0))
            done.logs = list(Log.objects.order_by("name"))
    except BaseException:
        files.take_back()
        raise
    return done


def _check_version(manifest: dict[str, Any]) -> None:
    here, there = set(tables.migrations()), set(manifest["migrations"])
    if here != there:
        some = sorted(here ^ there)[0]
        raise ArchiveError(
            f"备份出自版本 {manifest['version']}，与本版本的表不同（{some}）；装上该版本，恢复后再升级",
            f"the backup is of version {manifest['version']}, whose tables differ ({some}); install that version, restore there, then update",
        )


def _load(archive: Archive, progress: Callable[[int], None]) -> int:
    done = 0
    told = archive.manifest["tables"]
    for model in tables.tables():
        table = model._meta.db_table
        if told.get(table, {}).get("columns") != tables.columns(model):
            raise ArchiveError(f"表 {table} 的列与本版本不同", f"table {table} has other columns than in this version")
        decode = tables.decoder(model)
        found = (_read(decode, line, table) for line in archive.lines(table))
        done += tables.load(model, found, progress=lambda n, done=done: progress(done + n))  # type: ignore[misc]
    try:
        tables.finish_loading()
    except IntegrityError as error:
        raise ArchiveError(
            f"备份的行互相不符：{error}", f"rows of the backup refer to rows that are not there: {error}"
        ) from None
    return done


def _read(decode: Callable[[bytes], tables.Row], line: bytes, table: str) -> tables.Row:
    try:
        return decode(line)
    except (ValueError, TypeError):
        raise ArchiveError(f"表 {table} 有一行读不懂", f"a row of table {table} cannot be read") from None


def _verify(manifest: dict[str, Any]) -> list[Fault]:
    logs = {log.ref: log for log in Log.objects.order_by("name")}
    faults: list[Fault] = []
    for point in manifest["logs"]:
        log = logs.pop(point["log"], None)
        if log is None:
            text = Text(f"备份里没有日志 {point['name']}", f"log {point['name']} is not in the backup")
            faults.append(Fault(point["name"], "missing", None, text))
            continue
        faults += verify(log) + verify_deep(log)
        if point["signature"]:
            faults += verify_against(log, point)
        if (log.size, log.frontier().root().hex()) != (point["size"], point["root"]):
            text = Text("日志与备份清单的检查点不符", "the log is not the one of the manifest's checkpoint")
            faults.append(Fault(log.name, "root", point["size"], text))
    for log in logs.values():
        text = Text("备份清单没有提到这个日志", "the manifest does not speak of this log")
        faults.append(Fault(log.name, "missing", None, text))
    return faults


def begin_epoch(log: Log, *, made_at: int, by: str, at: int, beyond: int = 0) -> list[str]:
    """
    Say in a log that it was restored as it stands and begin its next epoch; return the id of its new key, if it got one.
    """
    log = Log.objects.select_for_update().get(pk=log.pk)
    epoch = max(log.epoch, beyond) + 1
    told = {"epoch": epoch, "size": log.size, "root": log.frontier().root().hex(), "made_at": made_at}
    actions.append(log, "restored", leaf="0" * 64, n=0, by=by, at=at, detail=told)
    Log.objects.filter(pk=log.pk).update(epoch=epoch)
    log.refresh_from_db()
    if keys.is_here(keys.current(log).key_id):
        actions.checkpoint(log, at=at)
        return []
    return [rotate(log, by=by, at=at, lost="restored from a backup without keys").key_id]


class _Files:
    """The files that go with the database: put before the commit, taken back if it fails."""

    def __init__(self, found: Mapping[str, bytes]) -> None:
        self.found, self.home = found, Path(settings.LAZARETTO_HOME)
        self.before: dict[Path, bytes | None] = {}

    def put(self) -> None:
        for name, data in self.found.items():
            path = self.home / name
            self.before[path] = path.read_bytes() if path.exists() else None
            if name.startswith("keys/"):
                if self.before[path] is None:
                    keys.keep(path.name, data)
            else:
                path.write_bytes(data)

    def take_back(self) -> None:
        for path, data in self.before.items():
            if data is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(data)
