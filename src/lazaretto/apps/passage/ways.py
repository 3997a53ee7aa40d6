"""
Which chains somebody or something passes, and what keeps it out. Everything here is the protocol's: its restrictions deny
by class and zone and name the way of exception; what a restriction never denies passes without waiting for an approval.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from lazaretto.protocol.chain import Chain
from lazaretto.protocol.measures import Item
from lazaretto.protocol.resolve import Resolved
from lazaretto.protocol.restriction import Denial, Restriction, Wish, denial
from lazaretto.protocol.text import Text

#: What restrictions call the streams of the gate.
WHAT: dict[str, tuple[str, ...]] = {
    "person": ("people", "visits", "zone"),
    "vehicle": ("vehicles", "zone"),
    "goods": ("goods",),
    "food": ("goods",),
}
STREAMS = tuple(WHAT)


class Coming(NamedTuple):
    """What comes or goes: its stream, class and direction, the names of the zones it would be in, and the day."""

    stream: str
    of_class: str
    direction: str
    zones: frozenset[str] = frozenset()
    on: date | None = None


class Ways(NamedTuple):
    """The chains that are owed, each with the class under which it runs; `exempt` is what nothing denies."""

    chains: list[tuple[Chain, str]]
    denials: list[Denial]
    exempt: bool

    @property
    def refused(self) -> Denial | None:
        """The denial to which there is no exception."""
        known = {chain.id for chain, _ in self.chains}
        return next((d for d in self.denials if d.exception not in known), None)


def chains_in(resolved: Resolved) -> list[Chain]:
    return [m for m in resolved.everything if isinstance(m, Chain) and m.active]


def restrictions_in(resolved: Resolved) -> list[Restriction]:
    return [m for m in resolved.everything if isinstance(m, Restriction)]


def ways(resolved: Resolved, coming: Coming) -> Ways:
    """
    Return what a thing must pass in a direction, and what denies it.

    What some restriction never denies is let through closures that name no class. Where a closure's exception is a chain for
    something else, the thing's own chain is its way; where it has none, that chain is.
    """
    asked = [r for r in restrictions_in(resolved) if r.active and r.what in WHAT.get(coming.stream, ())]
    exempt = any(coming.of_class in {c.id for c in r.except_for} for r in asked)
    denials = [
        d for r in asked if not (exempt and not r.denies) and (d := denial(r, _wish(r, coming))) is not None
    ]  # fmt: skip
    every = {c.id: c for c in chains_in(resolved) if coming.direction in c.directions}
    own = {name: c for name, c in every.items() if c.stream == coming.stream}
    if own:
        denials = [d for d in denials if d.exception not in every or d.exception in own]
    named = {d.exception for d in denials}
    candidates = own or {name: c for name, c in every.items() if name in named}
    found = []
    for chain in candidates.values():
        of_class = class_in(chain, coming.of_class, asked)
        only_exception = any(name in candidates for name in chain.requires)
        if of_class is None or (only_exception and chain.id not in named):
            continue
        if exempt and any(s.does == "approve" for s in chain.of(coming.direction)):
            continue
        found.append((chain, of_class))
    return Ways(found, [] if coming.direction == "out" else denials, exempt)


def class_in(chain: Chain, of_class: str, restrictions: Sequence[Restriction]) -> str | None:
    """Return under which class of a chain something runs; None if the chain is not for it. Who is excepted runs as the others."""
    known = [c.id for c in chain.classes]
    if not known or of_class in known:
        return of_class
    for restriction in restrictions:
        if of_class in {c.id for c in restriction.except_for}:
            return next((d.id for d in restriction.denies if d.id in known), known[-1])
    return None


def _wish(restriction: Restriction, coming: Coming) -> Wish:
    zone = next((z for z in restriction.zones if z in coming.zones), "")
    return Wish(restriction.what, coming.of_class, zone, on=coming.on, direction=coming.direction)


def classes(resolved: Resolved, stream: str) -> list[Item]:
    """Return the classes that the chains and restrictions of a stream know, each once."""
    found: dict[str, Item] = {}
    for chain in chains_in(resolved):
        if chain.stream == stream and chain.directions:
            found.update({c.id: c for c in chain.classes})
    for restriction in restrictions_in(resolved):
        if restriction.active and restriction.what in WHAT.get(stream, ()):
            found.update({c.id: c for c in (*restriction.denies, *restriction.except_for)} | found)
    return list(found.values())


def offered(resolved: Resolved, names: Collection[str]) -> Text:
    """Return what is given instead of what is denied, in words; empty if nothing is."""
    titles = [m.title for name in names if (m := resolved.any_measure(name)) is not None]
    return Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))


def told(resolved: Resolved, found: Denial) -> Text:
    """Return what the sender or visitor is told: why, and what is offered instead."""
    instead = offered(resolved, found.instead)
    zh = f"{found.words.zh}。可改用：{instead.zh}" if instead.zh else found.words.zh
    return Text(zh, f"{found.words.en}; offered instead: {instead.en}" if instead.en else found.words.en)
