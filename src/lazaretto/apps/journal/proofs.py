"""
Proofs that an entry is in a log, and that a row is what an entry was made of: small files that anybody can check.

A proof holds digests, never a record: whoever has the record and its salt can make the row's leaf from them.
`check` needs public keys and no database. Source: RFC 6962, 2.1.1.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lazaretto.apps.journal import actions, merkle
from lazaretto.apps.journal.leaves import free_positions, present
from lazaretto.apps.journal.models import Checkpoint, Entry, Log, PurgedLeaf
from lazaretto.apps.journal.queries import inclusion
from lazaretto.apps.journal.signatures import is_signed
from lazaretto.protocol.canonical import canonical
from lazaretto.protocol.text import Text

FORM = "lazaretto inclusion proof 1"


def leaves(entry: Entry) -> list[bytes] | None:
    """Return the leaves of an entry's rows in their order, stubs in the place of purged ones; None if one stands for all."""
    stubs = list(PurgedLeaf.objects.filter(entry=entry).order_by("position"))
    if entry.n == 0 or (stubs and stubs[0].n == entry.n > 1):
        return None
    placed = {s.position: bytes.fromhex(s.leaf) for s in stubs}
    placed |= dict(zip(free_positions(entry, stubs), present(entry), strict=False))
    return [placed[p] for p in range(entry.n)] if len(placed) == entry.n else None


def point_for(log: Log, seq: int) -> dict[str, Any]:
    """Return the newest kept checkpoint of this epoch over an entry, else one that is signed now and not kept."""
    kept = log.checkpoints.filter(size__gt=seq, size__lte=log.size, epoch=log.epoch).order_by("-size").first()
    return actions.sign_head(log) if kept is None else _said(log, kept)


def _said(log: Log, point: Checkpoint) -> dict[str, Any]:
    return {
        "log": log.ref, "epoch": point.epoch, "size": point.size, "root": point.root, "signature": point.signature,
        "key_id": point.key_id,
    }  # fmt: skip


def prove(entry: Entry, row: int | None = None) -> dict[str, Any]:
    """
    Return the proof that an entry is in its log, and with `row` that this row is among those it was made of.

    Reads the digests up to the checkpoint once. :raises KeyMissing: if no checkpoint covers the entry and the log's key
    is not here. :raises IndexError: if there is no such row, or the digests of the entry's rows are gone.
    """
    log = entry.log
    point = point_for(log, entry.seq)
    found: dict[str, Any] = {
        "form": FORM, "entry": entry.statement(), "digest": entry.digest, "checkpoint": point,
        "proof": [part.hex() for part in inclusion(log, entry.seq, point["size"])],
    }  # fmt: skip
    if row is not None:
        every = leaves(entry)
        if every is None or not 0 <= row < len(every):
            raise IndexError(row)
        path = merkle.inclusion_proof(map(merkle.leaf_hash, every), row, len(every)) if len(every) > 1 else []
        found["row"] = {"position": row, "leaf": every[row].hex(), "proof": [part.hex() for part in path]}
    return found


def check(document: Any, keys: Any) -> list[Text]:
    """Return what does not hold of a proof, from its file and the public keys as `lazaretto keys` prints them."""
    try:
        return _check(document, {k["key_id"]: k for k in keys["keys"]})
    except (KeyError, TypeError, ValueError, AttributeError):
        return [Text("文件不是包含证明，或缺少内容", "the file is no inclusion proof, or lacks something")]


def _check(document: Mapping[str, Any], keys: Mapping[str, Mapping[str, Any]]) -> list[Text]:
    if document["form"] != FORM:
        raise ValueError(document["form"])
    entry, point, faults = document["entry"], document["checkpoint"], []
    digest = merkle.leaf_hash(canonical(dict(entry)))
    if digest.hex() != document["digest"]:
        faults.append(Text("条目与其摘要不符", "the entry is not what its digest says"))
    if not merkle.is_included(digest, entry["seq"], point["size"], _bytes(document["proof"]), bytes.fromhex(point["root"])):  # fmt: skip
        faults.append(Text("条目不在检查点的树里", "the entry is not in the tree of the checkpoint"))
    key = keys.get(point["key_id"])
    signed = actions.statement(point["log"], point["epoch"], point["size"], point["root"])
    if key is None or key["log"] != point["log"] or not is_signed(key["public"], signed, point["signature"]):
        faults.append(Text("检查点不是这些公钥所签", "the checkpoint is not signed by any of these keys"))
    row = document.get("row")
    if row is not None and not _is_row(entry, row):
        faults.append(Text("这一行不在条目里", "the row is not among those of the entry"))
    return faults


def _is_row(entry: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    leaf = bytes.fromhex(row["leaf"])
    if entry["n"] == 1:
        return bool(row["position"] == 0 and leaf.hex() == entry["leaf"])
    path, root = _bytes(row["proof"]), bytes.fromhex(entry["leaf"])
    return merkle.is_included(merkle.leaf_hash(leaf), row["position"], entry["n"], path, root)


def _bytes(parts: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(part) for part in parts]
