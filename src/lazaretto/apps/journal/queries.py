"""
Verification: does the record still say what it said?

`verify` finds changed, missing and re-ordered entries; `deep` finds changed business rows; `against` compares with
checkpoints kept elsewhere. Somebody who holds the database *and* the key can rewrite everything and sign it again:
only `against` finds that, which is why reports leave the house with their checkpoint inside.
"""

from collections.abc import Callable, Iterator
from typing import Any

from lazaretto.apps.journal import epochs, keyring, merkle
from lazaretto.apps.journal.actions import statement
from lazaretto.apps.journal.faults import Fault
from lazaretto.apps.journal.keyring import public_keys
from lazaretto.apps.journal.leaves import fits, present, rows_of
from lazaretto.apps.journal.models import Checkpoint, Entry, Log, PurgedLeaf, Record
from lazaretto.apps.journal.signatures import is_signed
from lazaretto.protocol.canonical import canonical
from lazaretto.protocol.text import Text

__all__ = [
    "Fault",
    "consistency",
    "inclusion",
    "public_keys",
    "rows_now",
    "rows_of",
    "verify",
    "verify_against",
    "verify_deep",
]


#: Entity → function that returns (key, record) of every current row of a log.
_current: dict[str, Callable[[Log], Iterator[tuple[str, dict[str, Any]]]]] = {}


def rows_now(entity: str, current: Callable[[Log], Iterator[tuple[str, dict[str, Any]]]]) -> None:
    """Declare how to read the current rows of an entity, which must equal their latest `Record`."""
    _current[entity] = current


def verify(log: Log) -> list[Fault]:
    """
    Return the faults of chain, tree, epochs, keys and signatures.

    Ask inside a `snapshot` while others write: a log read before its last entries looks shortened.
    """
    walk = Walk(log)
    for entry in _entries(log):
        if entry.seq != walk.frontier.size:
            walk.missing(entry.seq)
            return walk.faults
        walk.take(entry)
    walk.end()
    return walk.faults


def _entries(log: Log) -> Iterator[Entry]:
    return log.entries.order_by("seq").iterator(chunk_size=2000)


class Walk:
    """One pass over the entries of a log, with the tree so far. It may stop, and go on elsewhere from its `state`."""

    def __init__(self, log: Log, newest: int | None = None) -> None:
        """`newest` is the last checkpoint to look at, by `pk`: later ones were made while the pass went on."""
        self.log = log
        self.faults: list[Fault] = []
        self.frontier = merkle.Frontier()
        self.previous, self.last, self.epoch = "0" * 64, 0, 0
        self.restarts: list[epochs.Restart] = []
        rotations = keyring.rotations(log)
        self.spans = keyring.spans(log, rotations)
        self.points: dict[int, list[Checkpoint]] = {}
        for point in log.checkpoints.order_by("pk"):
            if newest is not None and point.pk > newest:
                break
            self.points.setdefault(point.size, []).append(point)
        for seq, message in keyring.wrong_keys(log, rotations):
            self.fault("key", seq, message)
        self.check_points()

    def state(self) -> dict[str, Any]:
        """Return what the pass carries on, as plain values."""
        return {
            "size": self.frontier.size, "peaks": [p.hex() for p in self.frontier.peaks], "previous": self.previous,
            "last": self.last, "epoch": self.epoch, "restarts": [list(r) for r in self.restarts],
        }  # fmt: skip

    def go_on(self, state: dict[str, Any]) -> None:
        """Stand where another pass over the same log stopped; what that one found is not in `faults` again."""
        self.frontier = merkle.Frontier(state["size"], map(bytes.fromhex, state["peaks"]))
        self.previous, self.last, self.epoch = state["previous"], state["last"], state["epoch"]
        self.restarts = [epochs.Restart(*told) for told in state["restarts"]]
        self.points = {size: points for size, points in self.points.items() if size > state["size"]}
        self.faults = []

    def fault(self, kind: str, at: int | None, message: Text) -> None:
        self.faults.append(Fault(self.log.name, kind, at, message))

    def missing(self, seen: int) -> None:
        first, last = self.frontier.size, seen - 1
        self.fault("missing", first, Text(f"缺少条目 {first}–{last}", f"entries {first}–{last} are missing"))

    def take(self, entry: Entry) -> None:
        seq = entry.seq
        digest = merkle.leaf_hash(canonical(entry.statement()))
        if digest.hex() != entry.digest:
            self.fault("changed", seq, Text(f"条目 {seq} 被改动", f"entry {seq} was changed"))
        if entry.previous != self.previous:
            self.fault(
                "chain", seq, Text(f"条目 {seq} 与前一条不相接", f"entry {seq} does not follow from the one before")
            )
        if entry.recorded_at < self.last:
            self.fault(
                "order", seq, Text(f"条目 {seq} 的记录时间倒退", f"entry {seq} was recorded before its predecessor")
            )
        if entry.kind == "restored":
            self.restart(entry)
        self.previous, self.last = entry.digest, entry.recorded_at
        self.frontier.append(bytes.fromhex(entry.digest))
        self.check_points()

    def restart(self, entry: Entry) -> None:
        """Begin the epoch that a `restored` entry tells of, if it tells the truth about what came before."""
        try:
            told = epochs.Restart.told_by(entry)
        except ValueError:
            told = epochs.Restart(-1, -1, "")
        before = (self.frontier.size, self.frontier.root().hex())
        if (told.size, told.root) != before or told.epoch <= self.epoch:
            message = Text(
                f"条目 {entry.seq} 说恢复了 {told.size} 条，与此前的条目不符",
                f"entry {entry.seq} tells of a backup of {told.size} entries, which are not those before it",
            )
            self.fault("epoch", entry.seq, message)
        self.epoch = max(self.epoch, told.epoch)
        self.restarts.append(told)

    def check_points(self) -> None:
        for point in self.points.pop(self.frontier.size, []):
            self.check_point(point)

    def check_point(self, point: Checkpoint) -> None:
        size = point.size
        if point.root != self.frontier.root().hex():
            message = Text(
                f"第 {size} 条处的树根与检查点不符", f"the tree at {size} entries is not the one that was signed"
            )
            self.fault("root", size, message)
        span = self.spans.get(point.key_id)
        signed = statement(self.log.ref, point.epoch, size, point.root)
        if span is None or not is_signed(span.public, signed, point.signature):
            message = Text(
                f"第 {size} 条处检查点签名无效", f"the checkpoint at {size} entries is not signed by the log's key"
            )
            self.fault("signature", size, message)
        elif not span.covers(size):
            self.fault("key", size, _not_in_use(point.key_id, size))
        if point.epoch != epochs.epoch_at(self.restarts, size):
            message = Text(
                f"第 {size} 条处的检查点属于纪元 {point.epoch}，与恢复记录不符",
                f"the checkpoint at {size} entries is of epoch {point.epoch}, which does not fit the restores",
            )
            self.fault("epoch", size, message)

    def end(self) -> None:
        log, size = self.log, self.frontier.size
        peaks = [p.hex() for p in self.frontier.peaks]
        if log.size != size or (size and (log.head, log.peaks) != (self.previous, peaks)):
            message = Text(
                f"日志应有 {log.size} 条，现有 {size} 条", f"the log should hold {log.size} entries and holds {size}"
            )
            self.fault("shortened", size, message)
        if log.epoch != self.epoch:
            message = Text(
                f"日志称纪元 {log.epoch}，条目只说到 {self.epoch}",
                f"the log claims epoch {log.epoch}; its entries tell of {self.epoch}",
            )
            self.fault("epoch", None, message)
        for point in (p for points in self.points.values() for p in points):
            message = Text(
                f"检查点说有 {point.size} 条，现有 {size} 条",
                f"a checkpoint says {point.size} entries, there are {size}",
            )
            self.fault("shortened", point.size, message)


def _not_in_use(key_id: str, size: int) -> Text:
    return Text(
        f"第 {size} 条处的检查点由当时不在用的密钥 {key_id} 签名",
        f"the checkpoint at {size} entries is signed by key {key_id}, which was not in use then",
    )


def verify_deep(log: Log) -> list[Fault]:
    """Return the faults of the business rows: changed, removed or added behind the journal's back."""
    stubs: dict[int, list[PurgedLeaf]] = {}
    for stub in PurgedLeaf.objects.filter(entry__log=log).order_by("position").iterator(chunk_size=5000):
        stubs.setdefault(stub.entry_id, []).append(stub)
    faults = [fault for entry in _entries(log) if (fault := _deep(log, entry, stubs.get(entry.pk, [])))]
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


def _deep(log: Log, entry: Entry, stubs: list[PurgedLeaf]) -> Fault | None:
    if entry.n == 0 and not stubs:
        return None
    there = present(entry)
    if fits(entry, there, stubs):
        return None
    zh = f"条目 {entry.seq}（{entry.kind}）的 {entry.n} 行被改动或删除，现有 {len(there)} 行"
    en = f"the {entry.n} rows of entry {entry.seq} ({entry.kind}) were changed or removed; {len(there)} are there"
    return Fault(log.name, "rows", entry.seq, Text(zh, en))


def _latest(log: Log, entity: str) -> dict[str, dict[str, Any]]:
    rows = Record.objects.filter(entry__log=log, entity=entity).order_by("entry__seq").values_list("key", "record")
    latest = dict(rows.iterator(chunk_size=5000))
    return {key: record for key, record in latest.items() if not record.get("removed")}


def verify_against(log: Log, point: dict[str, Any]) -> list[Fault]:
    """
    Return the faults between the log and a checkpoint that was kept elsewhere.

    A checkpoint of an older epoch that reaches beyond what a restore brought back is `lost_in_restore`: nothing says
    that it was forged, and nothing can show any more what those entries said.
    """
    size, epoch = int(point["size"]), int(point["epoch"])
    found = epochs.restarts(log)
    span = keyring.spans(log, keyring.rotations(log)).get(point.get("key_id", ""))
    cut = epochs.cut_after(found, epoch)
    lost = cut is not None and size > cut.size

    def fault(kind: str, zh: str, en: str) -> list[Fault]:
        return [Fault(log.name, kind, size, Text(zh, en))]

    if span is None and lost:
        zh = f"文件由密钥 {point.get('key_id')} 签于 {size} 条时；该密钥与恢复时丢失的条目一同丢失，请用另存的公钥核对"
        en = f"the file was signed at {size} entries with key {point.get('key_id')}, which was lost in the restore; check it with public keys kept elsewhere"
        return fault("unknown_key", zh, en)
    if span is None or not is_signed(
        span.public, statement(point["log"], epoch, size, point["root"]), point["signature"]
    ):
        return fault(
            "signature",
            "文件里的检查点不是本日志的密钥所签",
            "the checkpoint in the file is not signed by this log's key",
        )
    if lost and cut is not None:
        zh = f"文件签于 {size} 条时；恢复的备份只有 {cut.size} 条，其后的条目已在恢复时丢失"
        en = f"the file was signed at {size} entries; the backup that was restored held {cut.size}: the entries after that were lost in the restore"
        return fault("lost_in_restore", zh, en)
    if epoch != epochs.epoch_at(found, size):
        zh = f"文件属于纪元 {epoch}，本日志没有；它来自另一次恢复"
        en = f"the file is of epoch {epoch}, which this log does not have there; it comes from another restore"
        return fault("epoch", zh, en)
    if size > log.size:
        return fault(
            "shortened", f"文件签于 {size} 条时，现在只有 {log.size} 条",
            f"the file was signed at {size} entries; only {log.size} are left",
        )  # fmt: skip
    if root_at(log, size).hex() != point["root"]:
        zh, en = (
            f"前 {size} 条与文件签发时不同",
            f"the first {size} entries are not those that the file was signed over",
        )
        return fault("rewritten", zh, en)
    if not span.covers(size):
        return [Fault(log.name, "key", size, _not_in_use(point["key_id"], size))]
    return []


def digests(log: Log, size: int) -> Iterator[bytes]:
    """Yield the hashed leaves of the first `size` entries of a log, in order."""
    rows = log.entries.filter(seq__lt=size).order_by("seq").values_list("digest", flat=True)
    return map(bytes.fromhex, rows.iterator(chunk_size=10_000))


def root_at(log: Log, size: int) -> bytes:
    """Return the root of the tree over the first `size` entries."""
    frontier = merkle.Frontier()
    for digest in digests(log, size):
        frontier.append(digest)
    return frontier.root()


def inclusion(log: Log, seq: int, size: int) -> list[bytes]:
    """Return the proof that entry `seq` is in the tree of the first `size` entries. :raises ValueError: if it is not."""
    _check_size(log, size)
    return merkle.inclusion_proof(digests(log, size), seq, size)


def consistency(log: Log, first: int, second: int) -> list[bytes]:
    """
    Return the proof that the tree of `first` entries is a beginning of that of `second` (RFC 6962, 2.1.2).

    Reads the first `second` digests once and holds O(log n) of them. Somebody who holds both roots checks it with
    `merkle.is_consistent`. :raises ValueError: unless 0 ≤ first ≤ second ≤ the log's size.
    """
    _check_size(log, second)
    return merkle.consistency_proof(digests(log, second), first, second)


def _check_size(log: Log, size: int) -> None:
    if size > log.size:
        raise ValueError(f"{log.name} holds {log.size} entries, not {size}")
