"""Replacing a log's signing key. The old key says that the new one follows it, unless it is lost."""

from typing import Any

from django.db import transaction

from lazaretto.apps.journal import actions, keys
from lazaretto.apps.journal.keyring import handing_over
from lazaretto.apps.journal.models import Key, Log


class KeyHere(Exception):
    """The old private key is on this machine, so it is not lost."""


@transaction.atomic
def rotate(log: Log, *, by: str, at: int, lost: str = "") -> Key:
    """
    Give a log a new key, end the old one, append `key_rotated` and sign a checkpoint with the new key.

    The old private key signs the succession and is then destroyed. With `lost` (why it is not here) nothing vouches
    for the new key but the chain itself; `verify` says so from then on. The reason stays in the entry's `Record`.

    :raises KeyMissing: if the old private key is not on this machine and `lost` is empty.
    :raises KeyHere: if it is, and `lost` is given.
    """
    log = Log.objects.select_for_update().get(pk=log.pk)
    old, pair, since = keys.current(log), keys.generate(), max(at, log.recorded_at)
    if lost and keys.is_here(old.key_id):
        raise KeyHere(old.key_id)
    detail: dict[str, Any] = {"old": old.key_id, "new": pair.key_id, "public": pair.public, "since": since}
    detail["signature"] = None if lost else keys.sign(old, handing_over(log, detail))
    old.until = since
    old.save(update_fields=["until"])
    new = keys.adopt(log, pair, at=since)
    said = actions.Version("key", new.key_id, {"old": old.key_id, "new": new.key_id, "lost": lost})
    actions.record(log, "key_rotated", [said], by=by, at=at, detail=detail)
    actions.checkpoint(log, at=since)
    if not lost:
        transaction.on_commit(lambda: keys.destroy(old.key_id))
    return new
