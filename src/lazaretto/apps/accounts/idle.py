"""
The lock of a shared ward device. Its session is not over when nobody touches it, but every page stays closed until the
device's PIN is typed again: the PIN opens a secret on the device, and the secret opens the session.
"""

import hashlib
import hmac
from typing import Any

_DIGEST, _SEEN, _LOCKED = "ward_secret", "ward_seen", "ward_locked"
#: After so long without a request the session is locked; a request is noted at most so often.
IDLE_MS, NOTED_MS = 5 * 60_000, 30_000

Session = Any


def begin(session: Session, digest: str, at: int) -> None:
    """Make a session one of a shared device. `digest` is the SHA-256 of the secret that the PIN opens there."""
    session[_DIGEST], session[_SEEN], session[_LOCKED] = digest, at, False


def is_shared(session: Session) -> bool:
    return bool(session.get(_DIGEST))


def touch(session: Session, at: int, *, by_hand: bool = True) -> bool:
    """
    Note that a session is used, and say whether it is locked; one that was idle for too long locks now. What a page asks
    for by itself is no use.
    """
    if not is_shared(session):
        return False
    if not session[_LOCKED] and at - session[_SEEN] >= IDLE_MS:
        session[_LOCKED] = True
    if by_hand and not session[_LOCKED] and at - session[_SEEN] >= NOTED_MS:
        session[_SEEN] = at
    return bool(session[_LOCKED])


def lock(session: Session) -> None:
    if is_shared(session):
        session[_LOCKED] = True


def unlock(session: Session, secret: str, at: int) -> bool:
    """Open a locked session with the secret of the device; say whether it is open."""
    if not is_shared(session):
        return True
    if not hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), session[_DIGEST]):
        return False
    session[_LOCKED], session[_SEEN] = False, at
    return True
