"""
Writes to the journal. Call these last in the transaction of the change that they record.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from lazaretto.apps.journal import keys, merkle
from lazaretto.apps.journal.models import Checkpoint, Entry, Log, Record
from lazaretto.protocol.canonical import canonical

#: A moment that lies this far before the last entry is the jitter of two writers, not a clock set back.
JITTER_MS = 60_000


@dataclass(frozen=True, slots=True)
class Version:
    """A business row as it is to be remembered: which table, which row, what it says."""

    entity: str
    key: str
    record: dict[str, Any]


def open_log(name: str, *, at: int) -> Log:
    """Return the log of that name, made with its key if it is new."""
    log, created = Log.objects.get_or_create(name=name, defaults={"ref": secrets.token_hex(16)})
    if created:
        keys.create(log, at=at)
    return log


def new_salt() -> bytes:
    return secrets.token_bytes(32)


def salted_leaf(salt: bytes | memoryview, record: dict[str, Any]) -> bytes:
    """Return SHA-256(salt ‖ canonical record)."""
    return hashlib.sha256(bytes(salt) + canonical(record)).digest()


def bulk_leaf(leaves: Sequence[bytes]) -> str:
    """Return the leaf of an entry for several rows: their Merkle root, or the one leaf itself."""
    return (leaves[0] if len(leaves) == 1 else merkle.root(leaves)).hex()


@transaction.atomic
def append(
    log: Log,
    kind: str,
    *,
    leaf: str,
    by: str,
    at: int,
    occurred_at: int | None = None,
    n: int = 1,
    subjects: Sequence[str] = (),
    protocol: str = "",
    detail: dict[str, Any] | None = None,
) -> Entry:
    """
    Append an entry. `recorded_at` never goes back: a clock set back by more than `JITTER_MS`
    becomes an entry of its own, and the last known moment is kept.
    """
    log = Log.objects.select_for_update().get(pk=log.pk)
    if at < log.recorded_at - JITTER_MS:
        claim = {"claimed": at, "held": log.recorded_at}
        _write(
            log, Entry(kind="clock_set_back", occurred_at=log.recorded_at, by=by, leaf="0" * 64, n=0, detail=claim), at
        )
    entry = Entry(
        kind=kind, subjects=list(subjects), occurred_at=at if occurred_at is None else occurred_at, by=by,
        protocol=protocol, leaf=leaf, n=n, detail=detail or {},
    )  # fmt: skip
    _write(log, entry, at)
    log.save(update_fields=["size", "head", "recorded_at", "peaks"])
    return entry


def _write(log: Log, entry: Entry, at: int) -> None:
    entry.log, entry.seq, entry.previous = log, log.size, log.head
    entry.recorded_at = max(at, log.recorded_at)
    digest = merkle.leaf_hash(canonical(entry.statement()))
    entry.digest = digest.hex()
    entry.save(force_insert=True)
    frontier = log.frontier()
    frontier.append(digest)
    log.size, log.head, log.recorded_at = frontier.size, entry.digest, entry.recorded_at
    log.peaks = [p.hex() for p in frontier.peaks]


@transaction.atomic
def record(log: Log, kind: str, versions: Iterable[Version], **entry: Any) -> Entry:
    """Append one entry for new versions of business rows, and keep them with their salt."""
    ordered = sorted(versions, key=lambda v: (v.entity, v.key))
    salts = [new_salt() for _ in ordered]
    leaves = [salted_leaf(salt, v.record) for salt, v in zip(salts, ordered, strict=True)]
    written = append(log, kind, leaf=bulk_leaf(leaves), n=len(ordered), **entry)
    Record.objects.bulk_create(
        Record(entry=written, entity=v.entity, key=v.key, record=v.record, salt=salt)
        for salt, v in zip(salts, ordered, strict=True)
    )
    return written


def statement(log_ref: str, epoch: int, size: int, root: str) -> bytes:
    """Return the bytes that a checkpoint signs."""
    return canonical({"log": log_ref, "epoch": epoch, "size": size, "root": root})


def sign_head(log: Log) -> dict[str, Any]:
    """Return the checkpoint of the log as it stands, without keeping it."""
    key = keys.current(log)
    root = log.frontier().root().hex()
    signature = keys.sign(key, statement(log.ref, log.epoch, log.size, root))
    return {
        "log": log.ref,
        "epoch": log.epoch,
        "size": log.size,
        "root": root,
        "signature": signature,
        "key_id": key.key_id,
    }


@transaction.atomic
def checkpoint(log: Log, *, at: int) -> dict[str, Any]:
    """Sign the log as it stands, keep the checkpoint and return it."""
    log = Log.objects.select_for_update().get(pk=log.pk)
    made = sign_head(log)
    Checkpoint.objects.create(
        log=log, epoch=made["epoch"], size=made["size"], root=made["root"], made_at=at, signature=made["signature"],
        key_id=made["key_id"],
    )  # fmt: skip
    return made
