"""
Canonical JSON (RFC 8785) and the digests made from it.

Decimals are text, instants are UTC text with milliseconds; both are the caller's to make, so that two programs that
write the same record write the same bytes.
"""

import hashlib
import json
from typing import Any

import rfc8785

_EXACT = 2**53


def canonical(record: Any) -> bytes:
    """
    Return the one byte string that stands for `record` (dicts, lists, text, numbers, booleans, None).

    Records without fractions and with ASCII keys, which is nearly all of ours, come out the same from the standard
    encoder and many times faster; `tests/unit/test_canonical.py` compares the two.
    """
    if _is_simple(record):
        return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return rfc8785.dumps(record)


def _is_simple(value: Any) -> bool:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-_EXACT < value < _EXACT)
    if kind is dict:
        return all(type(k) is str and k.isascii() and _is_simple(v) for k, v in value.items())
    return kind is list and all(map(_is_simple, value))


def digest(record: Any) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(record)).hexdigest()
