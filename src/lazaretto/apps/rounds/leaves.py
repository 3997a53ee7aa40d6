"""
The leaf of a fact in the journal, written fast.

The record of a fact has one fixed shape, so its canonical form (RFC 8785) is a template: keys in order, texts as the
standard encoder quotes them, two integers or, where a time was claimed that is not ours, three. `tests/unit/test_leaves.py` compares it with `protocol.canonical`;
verification (`actions.leaves_of`) goes the general way, and so checks this one on every fact.
"""

import secrets
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as quoted

from lazaretto.apps.rounds.facts import Admitted

SALT = 32


@lru_cache(maxsize=8192)
def _frame(said: tuple[str, ...]) -> tuple[str, str, str, str, str, str]:
    """Return what stands around the id, the two instants and the subject; the facts of a round have few such frames."""
    (observation, kind, outcome, value, ucum, method, site, device, by, source, reason, supersedes, note) = map(
        quoted, said
    )
    return (
        f'{{"by":{by}',
        f',"device":{device},"id":',
        f',"method":{method},"note":{note},"observation":{observation},"observed_at":',
        f',"outcome":{outcome},"reason":{reason},"recorded_at":',
        f',"site":{site},"source":{source},"subject":',
        f',"subject_kind":{kind},"supersedes":{supersedes},"ucum":{ucum},"value":{value}}}',
    )


def canonical_fact(fact: Admitted, recorded_at: int) -> bytes:
    """Return the canonical form of a fact's record. :raises UnicodeEncodeError: if a text holds half a character."""
    by, a, b, c, d, e = _frame((*fact[1:3], *fact[5:16]))
    claimed = "" if fact[16] is None else f',"claimed_at":{fact[16]}'
    return f"{by}{claimed}{a}{quoted(fact[0])}{b}{fact[4]}{c}{recorded_at}{d}{quoted(fact[3])}{e}".encode()


def leaves(facts: Sequence[Admitted], recorded_at: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield a new salt and SHA-256(salt ‖ canonical record) for each fact."""
    drawn = secrets.token_bytes(SALT * len(facts))
    for start, fact in zip(range(0, len(drawn), SALT), facts, strict=True):
        salt = drawn[start : start + SALT]
        yield salt, sha256(salt + canonical_fact(fact, recorded_at)).digest()
