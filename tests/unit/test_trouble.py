"""An error of disk or database becomes a sentence; an error of ours stays one."""

import errno

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError

from lazaretto.config import trouble


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationalError("database or disk is full"), trouble.FULL),
        (OperationalError("could not extend file: No space left on device"), trouble.FULL),
        (OSError(errno.ENOSPC, "No space left on device"), trouble.FULL),
        (OperationalError("attempt to write a readonly database"), trouble.READ_ONLY),
        (OSError(errno.EROFS, "Read-only file system"), trouble.READ_ONLY),
        (OperationalError("database is locked"), trouble.BUSY),
        (OperationalError("connection failed: Connection refused"), trouble.AWAY),
        (DatabaseError("file is not a database"), trouble.BROKEN),
        (OperationalError("no such table: journal_log"), None),
        (ProgrammingError('relation "journal_log" does not exist'), None),
        (IntegrityError("UNIQUE constraint failed"), None),
        (ValueError("disk full"), None),
    ],
)
def test_what_is_said_of_an_error(error: Exception, said: object) -> None:
    assert trouble.sentence(error) == said


def test_the_cause_of_an_error_counts() -> None:
    error = RuntimeError("while writing")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert trouble.sentence(error) == trouble.FULL
