"""
The leaves of an entry in their fixed order: those whose rows are there, and stubs where rows were purged.
"""

from collections.abc import Callable, Iterable, Sequence

from lazaretto.apps.journal.actions import bulk_leaf, salted_leaf
from lazaretto.apps.journal.merkle import leaf_hash
from lazaretto.apps.journal.models import Entry, PurgedLeaf, Record
from lazaretto.protocol.canonical import canonical

#: Entry kind → function that returns the leaves of the business rows of an entry that are there, in their fixed order.
_leaves: dict[str, Callable[[Entry], list[bytes]]] = {}


def rows_of(kind: str, leaves: Callable[[Entry], list[bytes]]) -> None:
    """Declare where the business rows of entries of a kind are, for kinds that keep no `Record`."""
    _leaves[kind] = leaves


def present(entry: Entry) -> list[bytes]:
    """Return the leaves of an entry whose rows are there, in their fixed order."""
    if entry.kind in _leaves:
        return _leaves[entry.kind](entry)
    return [salted_leaf(r.salt, r.record) for r in records_in_order(entry.records.all())]


def records_in_order(records: Iterable[Record]) -> list[Record]:
    """Return records of one entry in the order of their leaves, which is that of code points on every engine."""
    return sorted(records, key=lambda r: (r.entity, r.key, r.pk))


def free_positions(entry: Entry, stubs: Sequence[PurgedLeaf]) -> list[int]:
    """Return the positions that no stub holds: those of the rows that are there, in their order."""
    taken = {p for s in stubs for p in range(s.position, s.position + s.n)}
    return [p for p in range(entry.n) if p not in taken]


def fits(entry: Entry, there: Sequence[bytes], stubs: Sequence[PurgedLeaf]) -> bool:
    """Say whether the rows that are there and the stubs, each in its place, are what the entry's leaf was made of."""
    if entry.n == 0:
        return not stubs
    if stubs and stubs[0].n == entry.n:
        return not there and len(stubs) == 1 and stubs[0].leaf == entry.leaf
    free = free_positions(entry, stubs)
    if len(free) != len(there) or len(free) + len(stubs) != entry.n:
        return False
    placed = dict(zip(free, there, strict=True)) | {s.position: bytes.fromhex(s.leaf) for s in stubs}
    return bulk_leaf([placed[p] for p in range(entry.n)]) == entry.leaf


def stub_leaf(stub: PurgedLeaf) -> bytes:
    """Return the leaf of a stub in its `purged` entry, so that stubs can be neither changed nor added nor removed."""
    return leaf_hash(canonical({"entry": stub.entry.seq, "position": stub.position, "n": stub.n, "leaf": stub.leaf}))


def stubs_of(purge: Entry) -> list[bytes]:
    stubs = PurgedLeaf.objects.filter(purge=purge).select_related("entry")
    return [stub_leaf(s) for s in sorted(stubs, key=lambda s: (s.entry.seq, s.position))]


rows_of("purged", stubs_of)
