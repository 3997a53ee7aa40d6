"""
The leaf of a fact in the journal, written fast.

The record of a fact has one fixed shape, so its canonical form (RFC 8785) is a template: keys in order, texts as the
standard encoder quotes them, two integers. `tests/unit/test_leaves.py` compares it with `protocol.canonical`;
verification (`actions.leaves_of`) goes the general way, and so checks this one on every fact.
"""

import secrets
from collections.abc import Iterator, Sequence
from hashlib import sha256
from json.encoder import encode_basestring as quoted

from lazaretto.apps.rounds.facts import Admitted

SALT = 32
_FORM = (
    '{"by":%s,"device":%s,"id":%s,"method":%s,"note":%s,"observation":%s,"observed_at":%d,"outcome":%s,"reason":%s,'
    '"recorded_at":%d,"site":%s,"source":%s,"subject":%s,"subject_kind":%s,"supersedes":%s,"ucum":%s,"value":%s}'
)
_PLAIN = _FORM.replace("%s", '"%s"')


def canonical_fact(fact: Admitted, recorded_at: int) -> bytes:
    """Return the canonical form of a fact's record. :raises UnicodeEncodeError: if a text holds half a character."""
    (id_, observation, kind, subject, observed_at, outcome, value, ucum, method, site, device, by, source, reason,
     supersedes, note) = fact  # fmt: skip
    said = (
        f"{by}{device}{id_}{method}{note}{observation}{outcome}{reason}{site}{source}{subject}{kind}{supersedes}{ucum}"
        f"{value}"
    )
    if said.isprintable() and '"' not in said and "\\" not in said:  # nothing to escape
        return (_PLAIN % (by, device, id_, method, note, observation, observed_at, outcome, reason, recorded_at, site,
                          source, subject, kind, supersedes, ucum, value)).encode()  # fmt: skip
    return (
        _FORM
        % (quoted(by), quoted(device), quoted(id_), quoted(method), quoted(note), quoted(observation), observed_at,
           quoted(outcome), quoted(reason), recorded_at, quoted(site), quoted(source), quoted(subject), quoted(kind),
           quoted(supersedes), quoted(ucum), quoted(value))
    ).encode()  # fmt: skip


def leaves(facts: Sequence[Admitted], recorded_at: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield a new salt and SHA-256(salt ‖ canonical record) for each fact."""
    drawn = secrets.token_bytes(SALT * len(facts))
    for start, fact in zip(range(0, len(drawn), SALT), facts, strict=True):
        salt = drawn[start : start + SALT]
        yield salt, sha256(salt + canonical_fact(fact, recorded_at)).digest()
