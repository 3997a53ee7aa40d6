"""Proofs of RFC 6962 against their recursive definition, for all sizes up to 64; and every wrong proof is refused."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.apps.journal import merkle

LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(64)]
SIZES = st.integers(0, 64)


def tree(leaves: list[bytes]) -> bytes:
    """MTH of the RFC, over leaves that are hashed."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return merkle.node_hash(tree(leaves[:k]), tree(leaves[k:]))


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of the RFC, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), tree(leaves[k:])]
    return [*path(m - k, leaves[k:]), tree(leaves[:k])]


def subproof(m: int, leaves: list[bytes], complete: bool) -> list[bytes]:
    """SUBPROOF of the RFC, 2.1.2."""
    if m == len(leaves):
        return [] if complete else [tree(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], complete), tree(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), tree(leaves[:k])]


@pytest.mark.parametrize("size", range(1, 65))
def test_inclusion_is_that_of_the_rfc(size: int) -> None:
    leaves = LEAVES[:size]
    root = tree(leaves)
    for index in range(size):
        proof = merkle.inclusion_proof(iter(leaves), index, size)
        assert proof == path(index, leaves)
        assert merkle.is_included(leaves[index], index, size, proof, root)


@pytest.mark.parametrize("second", range(65))
def test_consistency_is_that_of_the_rfc(second: int) -> None:
    for first in range(second + 1):
        proof = merkle.consistency_proof(iter(LEAVES), first, second)
        if first:
            assert proof == subproof(first, LEAVES[:second], True)
        assert merkle.is_consistent(first, second, tree(LEAVES[:first]), tree(LEAVES[:second]), proof)


@given(SIZES, SIZES, st.data())
def test_a_consistency_proof_holds_for_nothing_else(a: int, b: int, data: st.DataObject) -> None:
    first, second = min(a, b), max(a, b)
    proof = merkle.consistency_proof(LEAVES, first, second)
    old, new = tree(LEAVES[:first]), tree(LEAVES[:second])
    other = merkle.leaf_hash(b"other")
    assert not merkle.is_consistent(first, second, other, new, proof)
    assert not merkle.is_consistent(first, second, old, new, [*proof, other])
    if first == 0:
        return  # nothing is a beginning of everything
    assert not merkle.is_consistent(first, second, old, other, proof)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not merkle.is_consistent(first, second, old, new, [*proof[:at], other, *proof[at + 1 :]])
        assert not merkle.is_consistent(first, second, old, new, proof[:-1])
    wrong = data.draw(SIZES.filter(lambda n: n != first))
    if wrong <= second:
        assert not merkle.is_consistent(wrong, second, old, new, proof)
    rewritten = [*LEAVES]
    rewritten[data.draw(st.integers(0, first - 1))] = other
    forged = merkle.consistency_proof(rewritten, first, second)
    assert not merkle.is_consistent(first, second, old, tree(rewritten[:second]), forged)


@given(st.integers(1, 64), st.data())
def test_an_inclusion_proof_holds_for_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(LEAVES, index, size), tree(LEAVES[:size])
    other = merkle.leaf_hash(b"other")
    assert not merkle.is_included(other, index, size, proof, root)
    assert not merkle.is_included(LEAVES[index], index, size, [*proof, other], root)
    wrong = data.draw(st.integers(-1, size).filter(lambda n: n != index))
    assert not merkle.is_included(LEAVES[index], wrong, size, proof, root)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not merkle.is_included(LEAVES[index], index, size, [*proof[:at], other, *proof[at + 1 :]], root)


def test_what_cannot_be_proved_is_refused() -> None:
    for first, second in ((-1, 3), (4, 3)):
        with pytest.raises(ValueError):
            merkle.consistency_proof(LEAVES, first, second)
    for index in (-1, 3):
        with pytest.raises(ValueError):
            merkle.inclusion_proof(LEAVES, index, 3)
    with pytest.raises(ValueError):
        merkle.consistency_proof(LEAVES[:4], 3, 7)
