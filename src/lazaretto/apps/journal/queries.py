"""
Verification: does the record still say what it said?

`verify` finds changed, missing and re-ordered entries; `deep` finds changed business rows; `against` compares with
checkpoints kept elsewhere. Somebody who holds the database *and* the key can rewrite everything and sign it again:
only `against` finds that, which is why reports leave the house with their checkpoint inside.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from lazaretto.apps.journal import merkle
from lazaretto.apps.journal.actions import bulk_leaf, salted_leaf, statement
from lazaretto.apps.journal.models import Checkpoint, Entry, Key, Log, Record
from lazaretto.apps.journal.signatures import is_signed
from lazaretto.protocol.canonical import canonical
from lazaretto.protocol.text import Text


class Fault(NamedTuple):
    """Something in the record that does not fit."""

    log: str
    kind: str
    at: int | None
    message: Text


#: Entry kind → function that returns the leaves of the business rows of an entry, in id order, or None if the rows
#: are kept as `Record`s.
_leaves: dict[str, Callable[[Entry], list[bytes]]] = {}
#: Entity → function that returns (key, record) of every current row of a log.
_current: dict[str, Callable[[Log], Iterator[tuple[str, dict[str, Any]]]]] = {}


def rows_of(kind: str, leaves: Callable[[Entry], list[bytes]]) -> None:
    """Declare where the business rows of entries of a kind are, for kinds that keep no `Record`."""
    _leaves[kind] = leaves


def rows_now(entity: str, current: Callable[[Log], Iterator[tuple[str, dict[str, Any]]]]) -> None:
    """Declare how to read the current rows of an entity, which must equal their latest `Record`."""
    _current[entity] = current


def verify(log: Log) -> list[Fault]:
    """Return the faults of chain, tree and signatures."""
    faults: list[Fault] = []
    frontier = merkle.Frontier()
    wanted = {c.size: c for c in Checkpoint.objects.filter(log=log)}
    previous, last = "0" * 64, 0
    _check_checkpoint(log, wanted.pop(0, None), frontier, faults)
    for entry in _entries(log):
        if entry.seq != frontier.size:
            message = Text(
                f"缺少条目 {frontier.size}–{entry.seq - 1}", f"entries {frontier.size}–{entry.seq - 1} are missing"
            )
            faults.append(Fault(log.name, "missing", frontier.size, message))
            return faults
        digest = merkle.leaf_hash(canonical(entry.statement()))
        if digest.hex() != entry.digest:
            message = Text(f"条目 {entry.seq} 被改动", f"entry {entry.seq} was changed")
            faults.append(Fault(log.name, "changed", entry.seq, message))
        if entry.previous != previous:
            message = Text(f"条目 {entry.seq} 与前一条不相接", f"entry {entry.seq} does not follow from the one before")
            faults.append(Fault(log.name, "chain", entry.seq, message))
        if entry.recorded_at < last:
            message = Text(f"条目 {entry.seq} 的记录时间倒退", f"entry {entry.seq} was recorded before its predecessor")
            faults.append(Fault(log.name, "order", entry.seq, message))
        previous, last = entry.digest, entry.recorded_at
        frontier.append(bytes.fromhex(entry.digest))
        _check_checkpoint(log, wanted.pop(frontier.size, None), frontier, faults)
    faults += _check_end(log, frontier, previous, wanted.values())
    return faults


def _entries(log: Log) -> Iterator[Entry]:
    return Entry.objects.filter(log=log).order_by("seq").iterator(chunk_size=2000)


def _check_checkpoint(log: Log, point: Checkpoint | None, frontier: merkle.Frontier, faults: list[Fault]) -> None:
    if point is None:
        return
    key = Key.objects.filter(log=log, key_id=point.key_id).first()
    signed = statement(log.ref, log.epoch, point.size, point.root)
    if point.root != frontier.root().hex():
        message = Text(
            f"第 {point.size} 条处的树根与检查点不符",
            f"the tree at {point.size} entries is not the one that was signed",
        )
        faults.append(Fault(log.name, "root", point.size, message))
    if key is None or not is_signed(key.public, signed, point.signature):
        message = Text(
            f"第 {point.size} 条处检查点签名无效",
            f"the checkpoint at {point.size} entries is not signed by the log's key",
        )
        faults.append(Fault(log.name, "signature", point.size, message))


def _check_end(log: Log, frontier: merkle.Frontier, head: str, beyond: Iterable[Checkpoint]) -> list[Fault]:
    faults = []
    if log.size != frontier.size or (frontier.size and log.head != head):
        message = Text(
            f"日志应有 {log.size} 条，现有 {frontier.size} 条",
            f"the log should hold {log.size} entries and holds {frontier.size}",
        )
        faults.append(Fault(log.name, "shortened", frontier.size, message))
    for point in beyond:
        message = Text(
            f"检查点说有 {point.size} 条，现有 {frontier.size} 条",
            f"a checkpoint says {point.size} entries, there are {frontier.size}",
        )
        faults.append(Fault(log.name, "shortened", point.size, message))
    return faults


def verify_deep(log: Log) -> list[Fault]:
    """Return the faults of the business rows: changed, removed or added behind the journal's back."""
    faults = [fault for entry in _entries(log) if (fault := _deep(log, entry))]
    for entity, current in _current.items():
        latest = _latest(log, entity)
        for key, now in current(log):
            if not _same(latest.pop(key, None), now):
                message = Text(f"{entity} {key} 与日志所记不符", f"{entity} {key} is not what the journal recorded")
                faults.append(Fault(log.name, "row", None, message))
        for key in latest:
            message = Text(f"{entity} {key} 不见了", f"{entity} {key} is gone")
            faults.append(Fault(log.name, "row", None, message))
    return faults


def _same(recorded: dict[str, Any] | None, now: dict[str, Any]) -> bool:
    """Say whether a row is as it was recorded; what it did not have yet when it was recorded must still be empty."""
    if recorded is None:
        return False
    return all(recorded[name] == value if name in recorded else value in (None, "", []) for name, value in now.items())


def _deep(log: Log, entry: Entry) -> Fault | None:
    if entry.n == 0:
        return None
    if entry.kind in _leaves:
        leaves = _leaves[entry.kind](entry)
    else:
        leaves = [salted_leaf(r.salt, r.record) for r in entry.records.order_by("entity", "key")]
    if len(leaves) == entry.n and bulk_leaf(leaves) == entry.leaf:
        return None
    message = Text(
        f"条目 {entry.seq}（{entry.kind}）的 {entry.n} 行被改动或删除，现有 {len(leaves)} 行",
        f"the {entry.n} rows of entry {entry.seq} ({entry.kind}) were changed or removed; {len(leaves)} are there",
    )
    return Fault(log.name, "rows", entry.seq, message)


def _latest(log: Log, entity: str) -> dict[str, dict[str, Any]]:
    rows = Record.objects.filter(entry__log=log, entity=entity).order_by("entry__seq").values_list("key", "record")
    latest = dict(rows.iterator(chunk_size=5000))
    return {key: record for key, record in latest.items() if not record.get("removed")}


def verify_against(log: Log, point: dict[str, Any]) -> list[Fault]:
    """Return the faults between the log and a checkpoint that was kept elsewhere."""
    size = int(point["size"])
    key = Key.objects.filter(log=log, key_id=point.get("key_id", "")).first()
    signed = statement(point["log"], int(point["epoch"]), size, point["root"])
    if key is None or not is_signed(key.public, signed, point["signature"]):
        message = Text(
            "文件里的检查点不是本日志的密钥所签", "the checkpoint in the file is not signed by this log's key"
        )
        return [Fault(log.name, "signature", size, message)]
    if size > log.size:
        message = Text(
            f"文件签于 {size} 条时，现在只有 {log.size} 条",
            f"the file was signed at {size} entries; only {log.size} are left",
        )
        return [Fault(log.name, "shortened", size, message)]
    frontier = merkle.Frontier()
    for digest in (
        Entry.objects.filter(log=log, seq__lt=size).order_by("seq").values_list("digest", flat=True).iterator()
    ):
        frontier.append(bytes.fromhex(digest))
    if frontier.root().hex() != point["root"]:
        message = Text(
            f"前 {size} 条与文件签发时不同", f"the first {size} entries are not those that the file was signed over"
        )
        return [Fault(log.name, "rewritten", size, message)]
    return []


def public_keys(logs: Iterable[Log]) -> dict[str, Any]:
    """Return the public keys of logs, in the form that `report verify --keys` reads."""
    found = Key.objects.filter(log__in=list(logs)).select_related("log").order_by("log__name", "since")
    return {"keys": [{"key_id": k.key_id, "public": k.public, "log": k.log.ref, "name": k.log.name} for k in found]}
