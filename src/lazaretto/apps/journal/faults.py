"""What verification finds."""

from typing import NamedTuple

from lazaretto.protocol.text import Text


class Fault(NamedTuple):
    """Something in the record that does not fit."""

    log: str
    kind: str
    at: int | None
    message: Text
