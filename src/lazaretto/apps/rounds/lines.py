"""
NDJSON: one JSON object a line, read as it comes and never held whole.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple

from lazaretto.apps.registry.importing import next_chunk
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds.claims import FactIn, read_claim
from lazaretto.apps.rounds.receiving import Answer, Delivery
from lazaretto.protocol.text import Text

PIECE, LONGEST = 65_536, 16_384
FIRST, LEAST, MOST = 500, 50, 4000
#: How much of an answer is kept in memory; the rest goes to a file.
KEPT = 1 << 20

Clock = Callable[[], int]


class TooMuch(Exception):
    """The body is larger than the limit; `totals` says what of it was taken before."""

    def __init__(self, limit: int, totals: dict[str, int] | None = None) -> None:
        super().__init__(limit)
        self.limit, self.totals = limit, totals or {}


class Line(NamedTuple):
    """A line by its number in the body (from 1), as the claim that it makes or the reason why it makes none."""

    number: int
    id: str
    claim: FactIn | RowError


def bounded(read: Callable[[int], bytes], limit: int) -> Callable[[int], bytes]:
    """Return a reader that gives no more than `limit` bytes. :raises TooMuch: when there are more."""
    left = limit

    def piece(size: int) -> bytes:
        nonlocal left
        found = read(size)
        left -= len(found)
        if left < 0:
            raise TooMuch(limit)
        return found

    return piece


def texts(read: Callable[[int], bytes], longest: int = LONGEST) -> Iterator[bytes | None]:
    """Yield the lines of a body; None stands for one of more than `longest` bytes, whose rest is passed over."""
    rest, passing = b"", False
    while piece := read(PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        for text in whole:
            if not passing:
                yield text if len(text) <= longest else None
            passing = False
        if len(rest) > longest:
            if not passing:
                yield None
            rest, passing = b"", True
    if rest and not passing:
        yield rest


def parsed(read: Callable[[int], bytes]) -> Iterator[Line]:
    """Yield the lines that say anything."""
    for number, text in enumerate(texts(read), 1):
        if text is None:
            yield Line(number, "", RowError("", _TOO_LONG))
        elif text.strip():
            claim = read_claim(text)
            yield Line(number, "" if isinstance(claim, RowError) else claim["id"], claim)


def take(read: Callable[[int], bytes], delivery: Delivery, clock: Clock, answers: "Answers") -> None:
    """
    Take a body chunk by chunk; each is committed before the next is read. :raises TooMuch: at the limit; what came before
    is taken.
    """
    lines, chunk = parsed(read), FIRST
    try:
        while some := list(islice(lines, chunk)):
            began = clock()
            good = [line for line in some if not isinstance(line.claim, RowError)]
            answer = delivery.take([line.claim for line in good], at=began)  # type: ignore[misc]
            answers.put(some, good, answer)
            chunk = next_chunk(chunk, len(some), clock() - began, least=LEAST, most=MOST)
    except TooMuch as much:
        raise TooMuch(much.limit, answers.totals) from None


class Answers:
    """The answer as it grows: a line for each row that waits or was not taken, then the totals."""

    def __init__(self) -> None:
        self.totals = {"rows": 0, "created": 0, "skipped": 0, "held": 0, "failed": 0}
        self._file = SpooledTemporaryFile(KEPT)  # noqa: SIM115

    def put(self, some: Sequence[Line], good: Sequence[Line], answer: Answer) -> None:
        bad = [(line, "failed", line.claim) for line in some if isinstance(line.claim, RowError)]
        bad += [(good[n], answer.outcomes[n], error) for n, error in answer.said.items()]
        for line, outcome, error in sorted(bad, key=lambda b: b[0].number):
            self._write({"line": line.number, "id": line.id, "outcome": outcome, **told(error)})
        self.totals["rows"] += len(some)
        self.totals["failed"] += len(some) - len(good)
        for outcome in answer.outcomes:
            self.totals[outcome] += 1

    def _write(self, said: dict[str, Any]) -> None:
        self._file.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")

    def __iter__(self) -> Iterator[bytes]:
        """Yield the whole answer; it can be read once."""
        self._write(self.totals)
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece

    def close(self) -> None:
        self._file.close()


def told(error: RowError) -> dict[str, str]:
    """Return why a row waits or was not taken, in both languages."""
    return {"field": error.column, "message_zh": error.message.zh, "message_en": error.message.en}


_TOO_LONG = Text(f"这一行超过 {LONGEST} 字节", f"this line has more than {LONGEST} bytes")
