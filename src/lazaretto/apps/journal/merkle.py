"""
Merkle trees as in RFC 6962: leaves and nodes are hashed apart, so that one cannot pose as the other.

>>> root([b"a", b"b"]) == node_hash(leaf_hash(b"a"), leaf_hash(b"b"))
True
"""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """
    The right edge of a growing tree: the roots of its perfect subtrees, largest first. Enough to append and to give
    the root, in O(log n) room.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size, self.peaks = size, list(peaks)

    def append(self, leaf: bytes) -> None:
        """Add a leaf that is already hashed."""
        self.peaks.append(leaf)
        size = self.size
        while size & 1:
            right = self.peaks.pop()
            self.peaks[-1] = node_hash(self.peaks[-1], right)
            size >>= 1
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY
        found = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            found = node_hash(peak, found)
        return found


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over `leaves`, given as data."""
    level = [hashlib.sha256(b"\x00" + data).digest() for data in leaves]
    while len(level) > 1:  # neighbours are joined; one that has none goes up as it is
        odd = level[-1:] if len(level) % 2 else []
        level = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0] if level else EMPTY


def _split(size: int) -> int:
    """Return the largest power of two below `size`: where the tree over `size` leaves parts."""
    return 1 << (size - 1).bit_length() - 1


def _subtree_roots(leaves: Iterable[bytes], ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    """Return the roots over half-open ranges of leaves that do not overlap, in one pass over the leaves."""
    order = sorted(range(len(ranges)), key=lambda i: ranges[i])
    found: dict[int, bytes] = {}
    frontier, waiting = Frontier(), iter(order)
    current = next(waiting, None)
    for index, leaf in enumerate(leaves):
        if current is None:
            break
        start, end = ranges[current]
        if index < start:
            continue
        frontier.append(leaf)
        if index + 1 == end:
            found[current] = frontier.root()
            frontier, current = Frontier(), next(waiting, None)
    if len(found) != len(ranges):
        raise ValueError("there are fewer leaves than the proof speaks of")
    return [found[i] for i in range(len(ranges))]


def inclusion_proof(leaves: Iterable[bytes], index: int, size: int) -> list[bytes]:
    """
    Return the proof that leaf `index` is in the tree over the first `size` of `leaves`, which are hashed already.

    Source: RFC 6962, 2.1.1. Reads the leaves once, in order. :raises ValueError: unless 0 ≤ index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    ranges, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return _subtree_roots(leaves, ranges[::-1])


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` shows that the hashed `leaf` is number `index` of the tree of `size` leaves with this root."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for part in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(part, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, part)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def consistency_proof(leaves: Iterable[bytes], first: int, second: int) -> list[bytes]:
    """
    Return the proof that the tree over `first` leaves is a beginning of that over `second`; leaves are hashed already.

    Source: RFC 6962, 2.1.2. Reads the leaves once, in order. Empty if the trees are the same or the first is empty.
    :raises ValueError: unless 0 ≤ first ≤ second.
    """
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {first} leaves is no beginning of one of {second}")
    if first in (0, second):
        return []
    ranges, start, end, known = [], 0, second, True
    while first - start != end - start:
        middle = start + _split(end - start)
        if first <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, known = middle, False
    if not known:
        ranges.append((start, end))
    return _subtree_roots(leaves, ranges[::-1])


def is_consistent(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that the tree with `first_root` is a beginning of the one with `second_root`."""
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof and first_root == EMPTY
    if not 0 < first < second:
        return False
    parts = list(proof)
    if first & (first - 1) == 0:
        parts.insert(0, first_root)
    if not parts:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = parts[0]
    for part in parts[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(part, old), node_hash(part, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, part)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
