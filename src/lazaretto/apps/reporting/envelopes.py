"""
Files that travel between nodes: canonical JSON with a signature inside, and sealed with a passphrase where they name
people. A file has exactly one form: any other byte is an edit, and the file is refused.

The format is in docs/reference/exchange.md.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from lazaretto.apps.journal.signatures import is_signed, succession
from lazaretto.apps.reporting.actions import signed as signed  # one way to sign, for reports and for files
from lazaretto.protocol.canonical import canonical
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

MAX_BYTES = 64 * 1024 * 1024
#: How far ahead of our clock a file may say it was made.
AHEAD_MS = 300_000
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)


def refuse(code: str, zh: str, en: str) -> NoReturn:
    raise Refusal(code, Text(zh, en))


def read(data: bytes) -> dict[str, Any]:
    """Return what a file says. :raises Refusal: too_large, cut_short, not_ours, edited."""
    if len(data) > MAX_BYTES:
        refuse("too_large", "文件过大，不收", "the file is too large to be one of ours")
    if not data.startswith(b"{"):
        refuse("not_ours", "这不是本系统的文件", "this is not a file of ours")
    if not data.endswith(b"}"):
        refuse("cut_short", "文件不完整，末尾缺失；请重新拷贝", "the file is cut short; copy it again")
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
        same = canonical(found) == data and b"\\u0000" not in data
    except MALFORMED:
        refuse("edited", "文件读不通：被改过或损坏；请重新拷贝", "the file cannot be read: it was changed or damaged; copy it again")  # fmt: skip
    if not same or not isinstance(found, dict):
        refuse("edited", "文件不是原样：被改过；请重新拷贝", "the file is not as it was written: it was changed; copy it again")  # fmt: skip
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# -- keys --------------------------------------------------------------------------------------------------------------


def is_signed_by(document: Mapping[str, Any], public: str) -> bool:
    signature = document["signature"]
    if set(signature) != {"value", "key_id"} or bytes.fromhex(signature["value"]).hex() != signature["value"]:
        return False  # not the one way to write it
    said = canonical({k: v for k, v in document.items() if k != "signature"})
    return is_signed(public, said, signature["value"])


def key_id_of(public: str) -> str:
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def fingerprint(public: str) -> str:
    """Return what two people read to each other to compare a key: 32 hexadecimal digits."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:32]


def in_fours(text: str) -> str:
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def genuine(listed: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Keep the keys of a list whose id is that of their public half."""
    return [k for k in listed if key_id_of(k["public"]) == k["key_id"]]


def reached(trusted: Mapping[str, str], listed: Sequence[Mapping[str, Any]], log: str) -> dict[str, str]:
    """
    Return key id → public half of all keys of `log` that may be believed: those trusted, and those that a believed
    key signed for, one after the other.
    """
    found = dict(trusted)
    waiting = [k for k in genuine(listed) if k["log"] == log and k["key_id"] not in found]
    grown = True
    while grown:
        grown = False
        for key in list(waiting):
            old = found.get(key.get("follows") or "")
            if old and is_signed(old, _handing_over(log, key), key.get("cross_signature") or ""):
                found[key["key_id"]] = key["public"]
                waiting.remove(key)
                grown = True
    return found


def _handing_over(log: str, key: Mapping[str, Any]) -> bytes:
    return succession(log, old=key["follows"], new=key["key_id"], public=key["public"], since=key["since"])
