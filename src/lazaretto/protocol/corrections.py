"""
Which facts count: chains of corrections and their leaves.

A correction is a fact that `supersedes` another and may arrive before it. Source: contract, rule 5; ADR 0002, 7.
"""

from collections.abc import Iterable
from typing import NamedTuple

from lazaretto.protocol.record import Fact


class Corrected(NamedTuple):
    """The facts that count, those that do not (with their fate), and the winners of chains with two leaves or none."""

    leaves: list[Fact]
    superseded: list[Fact]
    void: list[Fact]
    conflicts: list[Fact]


def corrected(facts: Iterable[Fact]) -> Corrected:
    """Return the leaves of all chains among `facts`; two that correct a fact not yet arrived are linked by it."""
    known = {fact.id: fact for fact in facts}
    linked = [f for f in known.values() if f.supersedes is not None]
    targets = {f.supersedes for f in linked}
    result = Corrected([], [], [], [])
    for fact in known.values():
        if fact.supersedes is None and fact.id not in targets:
            _sort_in(result, fact)
    for chain in _chains(linked, known):
        leaves = [f for f in chain if f.id not in targets]
        winner = max(leaves or chain, key=lambda f: f.id)
        if len(leaves) != 1:
            result.conflicts.append(winner)
        result.superseded.extend(f for f in chain if f is not winner)
        _sort_in(result, winner)
    return result


def _sort_in(result: Corrected, fact: Fact) -> None:
    (result.void if fact.outcome == "void" else result.leaves).append(fact)


def _chains(linked: list[Fact], known: dict[str, Fact]) -> list[list[Fact]]:
    """Return the connected groups of facts that `supersedes` links."""
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.setdefault(name, name) != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for fact in linked:
        assert fact.supersedes is not None
        root[find(fact.id)] = find(fact.supersedes)
    groups: dict[str, list[Fact]] = {}
    for name in list(root):
        groups.setdefault(find(name), []).extend([known[name]] if name in known else [])
    return list(groups.values())
