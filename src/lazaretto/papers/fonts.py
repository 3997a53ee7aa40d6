"""The fonts of papers, which are ours so that a paper looks alike on every machine, and what they can draw."""

import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

#: They lie with the pages' other files, and are read from the disk by whoever sets a paper.
FOLDER = Path(__file__).resolve().parents[1] / "web" / "fonts"
FAMILY = "Noto Sans SC"
#: Stands for a character that the font does not have, as Chinese printers do it.
GETA = "〓"


def drawable(text: str) -> str:
    """Return the text with each character that the font does not have replaced by a geta mark; line ends become spaces."""
    known = _known()
    plain = " ".join(text.split())
    return plain if known.issuperset(plain) else "".join(c if c in known else GETA for c in plain)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """Return the characters of the regular face, from the segments of its `cmap` table (OpenType, format 12)."""
    data = (FOLDER / "NotoSansSC-Regular.ttf").read_bytes()
    start = _table(data, b"cmap")
    for n in range(struct.unpack_from(">H", data, start + 2)[0]):
        (offset,) = struct.unpack_from(">I", data, start + 4 + 8 * n + 4)
        if struct.unpack_from(">H", data, start + offset)[0] == 12:
            return frozenset(map(chr, _segments(data, start + offset)))
    raise ValueError("the font has no full map of its characters")


def _segments(data: bytes, at: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">I", data, at + 12)
    for n in range(count):
        first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * n)
        yield from range(first if glyph else first + 1, last + 1)


def _table(data: bytes, tag: bytes) -> int:
    for n in range(struct.unpack_from(">H", data, 4)[0]):
        name, _, offset, _ = struct.unpack_from(">4sIII", data, 12 + 16 * n)
        if name == tag:
            return int(offset)
    raise ValueError(tag)
