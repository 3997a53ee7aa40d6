"""Checking a signature; needs neither settings nor database."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lazaretto.protocol.canonical import canonical


def is_signed(public: str, message: bytes, signature: str) -> bool:
    """Say whether `signature` is that of `public` over `message`; both in hexadecimal."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def succession(log_ref: str, *, old: str, new: str, public: str, since: str) -> bytes:
    """
    Return the bytes by which an old key says that a new one follows it: both ids, the new public key, and since when.
    """
    return canonical({"log": log_ref, "old": old, "new": new, "public": public, "since": since})
