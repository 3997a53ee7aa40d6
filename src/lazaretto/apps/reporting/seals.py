"""
Sealing a file with a passphrase: scrypt makes the key, ChaCha20-Poly1305 hides the content and shows any change.

For one small document that travels between facilities (a transfer): JSON with a head that anybody can read, opened as
a whole, under fixed costs, so that a file from outside cannot ask for all of our memory. For a large file that is
written and read in parts (a backup) there is `journal.sealing`. Each says what it is in its first bytes, and files of
both are in people's hands: neither can become the other without making those unreadable.

Source: RFC 7914, RFC 8439.
"""

import base64
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from lazaretto.apps.reporting.envelopes import refuse
from lazaretto.protocol.canonical import canonical

FORMAT = "lazaretto-sealed/1"
#: 64 MB and about a quarter of a second.
COST = {"name": "scrypt", "n": 65_536, "r": 8, "p": 1}
SHORTEST = 12


def check_passphrase(passphrase: str) -> None:
    """:raises Refusal: short_passphrase."""
    if len(passphrase) < SHORTEST:
        refuse("short_passphrase", f"口令至少 {SHORTEST} 个字符", f"a passphrase has at least {SHORTEST} characters")


def seal(content: bytes, passphrase: str) -> bytes:
    """Return the sealed file. :raises Refusal: short_passphrase."""
    check_passphrase(passphrase)
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    head = {"format": FORMAT, "kdf": COST | {"salt": salt.hex()}, "cipher": "chacha20-poly1305", "nonce": nonce.hex()}
    hidden = ChaCha20Poly1305(_key(passphrase, salt)).encrypt(nonce, content, canonical(head))
    return canonical(head | {"data": base64.b64encode(hidden).decode()})


def is_sealed(document: dict[str, Any]) -> bool:
    return document.get("format") == FORMAT


def opened(document: dict[str, Any], passphrase: str) -> bytes:
    """Return what a sealed file holds. :raises Refusal: unknown_seal, wrong_passphrase."""
    head = {k: v for k, v in document.items() if k != "data"}
    try:
        salt, nonce = bytes.fromhex(head["kdf"]["salt"]), bytes.fromhex(head["nonce"])
        hidden = base64.b64decode(document["data"], validate=True)
        known = head["kdf"] == COST | {"salt": salt.hex()} and head["cipher"] == "chacha20-poly1305"
        known = known and len(salt) == 16 and len(nonce) == 12
        known = known and base64.b64encode(hidden).decode() == document["data"]
    except (KeyError, TypeError, ValueError):
        known = False
    if not known:
        refuse("edited", "封装头读不通：被改过或损坏；请重新拷贝", "the seal cannot be read: it was changed or damaged; copy it again")  # fmt: skip
    try:
        return ChaCha20Poly1305(_key(passphrase, salt)).decrypt(nonce, hidden, canonical(head))
    except InvalidTag:
        refuse("wrong_passphrase", "口令不对，或文件被改过", "the passphrase is wrong, or the file was changed")


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=COST["n"], r=COST["r"], p=COST["p"]).derive(passphrase.encode())  # type: ignore[arg-type]
