"""
Ed25519 keys: private ones are files under `LAZARETTO_HOME/keys`, readable by their owner only.
"""

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from lazaretto.apps.journal.models import Key, Log


class KeyMissing(Exception):
    """The private key of a log is not on this machine."""


def folder() -> Path:
    return Path(settings.LAZARETTO_HOME) / "keys"


def create(log: Log, *, at: int) -> Key:
    """Make the key of a log, write the private half to its file, and return the public half."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    key_id = hashlib.sha256(public).hexdigest()[:16]
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder() / key_id
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private.private_bytes_raw())
        file.flush()
        os.fsync(file.fileno())
    return Key.objects.create(log=log, key_id=key_id, public=public.hex(), since=at)


def sign(key: Key, message: bytes) -> str:
    """Return the signature in hexadecimal. :raises KeyMissing: if the private key is not on this machine."""
    try:
        secret = (folder() / key.key_id).read_bytes()
    except FileNotFoundError:
        raise KeyMissing(key.key_id) from None
    return Ed25519PrivateKey.from_private_bytes(secret).sign(message).hex()
