"""
What a machine does to us, as a sentence: a full or read-only disk, a database that is away, a lock that is held.

Whatever was acknowledged before is in the database; what was under way is not.
"""

import errno
from collections.abc import Iterator

from lazaretto.protocol.text import Text

FULL = Text(
    "磁盘已满，这一步没有写入；此前确认过的都在。腾出空间后再运行一次",
    "the disk is full and this step was not written; what was confirmed before is there. Free some space and run it again",
)
READ_ONLY = Text(
    "磁盘或数据文件夹不可写，这一步没有写入。检查挂载和权限后再运行一次",
    "the disk or the data folder cannot be written to; this step was not written. Check the mount and the permissions and run it again",
)
BUSY = Text(
    "数据库被其他程序占用超过 20 秒，这一步没有写入。稍后再运行一次",
    "another program held the database for more than 20 seconds; this step was not written. Run it again later",
)
AWAY = Text(
    "连不上数据库。检查它是否在运行，以及 LAZARETTO_DATABASE",
    "the database cannot be reached. See whether it runs, and check LAZARETTO_DATABASE",
)
BROKEN = Text(
    "数据库文件读写出错，可能是磁盘损坏。停止服务，运行 lazaretto doctor，必要时恢复备份",
    "the database file cannot be read or written; the disk may be failing. Stop the server, run `lazaretto doctor`, restore a backup if need be",
)
_WORDS = (
    ("database or disk is full", FULL), ("no space left", FULL), ("disk full", FULL),
    ("readonly database", READ_ONLY), ("read-only", READ_ONLY), ("unable to open database file", READ_ONLY),
    ("database is locked", BUSY), ("database table is locked", BUSY),
    ("disk i/o error", BROKEN), ("malformed", BROKEN), ("not a database", BROKEN),
    ("connection refused", AWAY), ("could not connect", AWAY), ("connection failed", AWAY), ("connection is bad", AWAY),
    ("server closed the connection", AWAY), ("terminating connection", AWAY), ("password authentication failed", AWAY),
    ("does not exist", AWAY), ("could not translate host name", AWAY), ("connection timeout", AWAY), ("shutting down", AWAY), ("starting up", AWAY),
)  # fmt: skip
_ERRNO = {
    errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EFBIG: FULL, errno.EROFS: READ_ONLY, errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY, errno.EIO: BROKEN,
}  # fmt: skip


def sentence(error: BaseException) -> Text | None:
    """Return what to tell the user of an error of disk or database, None if it is of another kind."""
    from django.db import DatabaseError, InterfaceError, OperationalError

    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in _ERRNO:
            return _ERRNO[cause.errno]
        if type(cause) in (OperationalError, InterfaceError, DatabaseError):  # not its programming and integrity errors
            words = str(cause).lower()
            return next((text for part, text in _WORDS if part in words), None)
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
