"""
Ed25519 keys: private ones are files under `LAZARETTO_HOME/keys`, readable by their owner only.
"""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from lazaretto.apps.journal.models import Key, Log


class KeyMissing(Exception):
    """The private key of a log is not on this machine."""


class Pair(NamedTuple):
    """A key that is not yet anybody's."""

    key_id: str
    public: str
    private: bytes


def folder() -> Path:
    return Path(settings.LAZARETTO_HOME) / "keys"


def is_here(key_id: str) -> bool:
    """Say whether the private half is on this machine."""
    return (folder() / key_id).exists()


def generate() -> Pair:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return Pair(hashlib.sha256(public).hexdigest()[:16], public.hex(), private.private_bytes_raw())


def keep(key_id: str, private: bytes) -> None:
    """Write the private half to its file. :raises FileExistsError: if there is one."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(folder() / key_id, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private)
        file.flush()
        os.fsync(file.fileno())


def destroy(key_id: str) -> None:
    """Remove the private half; what it signed can still be checked."""
    (folder() / key_id).unlink(missing_ok=True)


def create(log: Log, *, at: int) -> Key:
    """Make the key of a log, write the private half to its file, and return the public half."""
    return adopt(log, generate(), at=at)


def adopt(log: Log, pair: Pair, *, at: int) -> Key:
    keep(pair.key_id, pair.private)
    return Key.objects.create(log=log, key_id=pair.key_id, public=pair.public, since=at)


def current(log: Log) -> Key:
    """Return the key that signs for a log now."""
    return log.keys.filter(until=None).latest("since")


def sign(key: Key, message: bytes) -> str:
    """Return the signature in hexadecimal. :raises KeyMissing: if the private key is not on this machine."""
    return Ed25519PrivateKey.from_private_bytes(secret(key.key_id)).sign(message).hex()


def secret(key_id: str) -> bytes:
    """Return a private half. :raises KeyMissing: if it is not on this machine."""
    try:
        return (folder() / key_id).read_bytes()
    except FileNotFoundError:
        raise KeyMissing(key_id) from None
