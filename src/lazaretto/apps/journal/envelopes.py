"""
Messages that were sealed on a phone to a facility's public key, and are opened here and nowhere else.

ECDH on P-256 with a key pair made for each message, HKDF-SHA256, AES-256-GCM; what the message is about (`context`) is
bound to it but stands outside. Private halves are files beside the signing keys, by their id, and never in the database.
"""

import base64
import binascii
import hashlib
import itertools
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal import keys
from lazaretto.apps.journal.models import Log, SealKey

#: How long a phone's pass lasts, and with it what waits on the phone.
OUTBOX_MS = 72 * 3_600_000
INFO = b"lazaretto sealed record 1"


class Unreadable(Exception):
    """A sealed message that no key on this machine opens, or that was changed."""


def current(log: Log, *, at: int) -> SealKey:
    """Return the key to which messages for a log are sealed now; the first one, or one for a lost one, is made here."""
    found = _usable(log)
    if found is not None:
        return found
    with transaction.atomic():
        Log.objects.select_for_update().get(pk=log.pk)
        return _usable(log) or _made(log, at)


def replace(log: Log, *, at: int, by: str = "") -> SealKey:
    """Make a new key. The old private half stays: phones may still hold what was sealed to it."""
    with transaction.atomic():
        Log.objects.select_for_update().get(pk=log.pk)
        return _made(log, at, by)


def retired_from(log: Log) -> list[tuple[SealKey, int]]:
    """
    Return the keys of a log that another one follows and that are still here, with the moment from which no phone that
    keeps to its 72 hours can hold anything that was sealed to them.
    """
    known = list(SealKey.objects.filter(log=log).order_by("since", "pk"))
    return [(old, new.since + OUTBOX_MS) for old, new in itertools.pairwise(known) if keys.is_here(old.key_id)]


@transaction.atomic
def retire(log: Log, *, by: str, at: int) -> list[str]:
    """Destroy the private halves of keys that nothing is sealed to any more, and record which; return their ids."""
    gone = [old.key_id for old, moment in retired_from(log) if moment <= at]
    for key_id in gone:
        detail = {"key_id": key_id}
        journal.append(log, "seal_key_retired", leaf="0" * 64, n=0, by=by, at=at, detail=detail)
    transaction.on_commit(lambda: _destroy(gone))
    return gone


def _destroy(gone: list[str]) -> None:
    for key_id in gone:
        keys.destroy(key_id)


def _usable(log: Log) -> SealKey | None:
    found = SealKey.objects.filter(log=log).order_by("-since", "-pk").first()
    return found if found is not None and keys.is_here(found.key_id) else None


def _made(log: Log, at: int, by: str = "") -> SealKey:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    key_id = hashlib.sha256(public).hexdigest()[:16]
    keys.keep(key_id, private.private_numbers().private_value.to_bytes(32, "big"))
    made = SealKey.objects.create(log=log, key_id=key_id, public=public.hex(), since=at)
    detail = {"key_id": key_id, "public": made.public}
    journal.append(log, "seal_key_made", leaf="0" * 64, n=0, by=by, at=at, detail=detail)
    return made


def opened(log: Log, sealed: Mapping[str, str], context: str) -> bytes:
    """
    Return what was sealed. `sealed` names the key (`key`) and holds the sender's point (`point`), `iv` and `text`, each
    in base64url.

    :raises Unreadable: if no key here opens it, or it is about something else.
    """
    known = SealKey.objects.filter(log=log, key_id=sealed["key"]).first()
    if known is None or not keys.is_here(known.key_id):
        raise Unreadable
    try:
        private = ec.derive_private_key(int.from_bytes(keys.secret(known.key_id), "big"), ec.SECP256R1())
        point = _bytes(sealed["point"])
        shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
        key = message_key(shared, point, bytes.fromhex(known.public))
        return AESGCM(key).decrypt(_bytes(sealed["iv"]), _bytes(sealed["text"]), context.encode())
    except (InvalidTag, ValueError, binascii.Error):
        raise Unreadable from None


def message_key(shared: bytes, point: bytes, public: bytes) -> bytes:
    """Return the key of one message from the shared secret and both public points."""
    return HKDF(hashes.SHA256(), 32, salt=point + public, info=INFO).derive(shared)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
