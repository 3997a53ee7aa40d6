"""
A file under a passphrase: scrypt makes the key, ChaCha20-Poly1305 seals chunks that can be neither changed, moved,
dropped nor cut off. Readable from any place, as archives need.

    magic 8 · log2 n 1 · r 1 · p 1 · salt 16 · chunks of 65,536 bytes, each with a tag of 16

For large files of our own, written and read in parts (backups). A small document that goes to another facility is
sealed as JSON by `reporting.seals`; both formats are in people's hands, so each stays what it is.

A chunk's nonce is its number (11 bytes) and whether it is the last (1 byte); every file has a key of its own, by its salt.
"""

import io
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from lazaretto.protocol.text import Text

MAGIC = b"LZRSEAL1"
CHUNK, TAG, SALT = 65_536, 16, 16
HEADER = len(MAGIC) + 3 + SALT
COST, BLOCK, LANES = 17, 8, 1  # 128 MB and some tenths of a second for each guess


class SealBroken(Exception):
    """The passphrase is wrong, or the file was changed or cut off."""

    message = Text("口令不对，或文件被改动、截断", "the passphrase is wrong, or the file was changed or cut off")


def _cipher(header: bytes, passphrase: bytes) -> ChaCha20Poly1305:
    cost, block, lanes = header[len(MAGIC) : len(MAGIC) + 3]
    if not (10 <= cost <= 20 and 1 <= block <= 16 and 1 <= lanes <= 4):
        raise SealBroken
    kdf = Scrypt(salt=header[-SALT:], length=32, n=1 << cost, r=block, p=lanes)
    return ChaCha20Poly1305(kdf.derive(passphrase))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class SealedWriter(io.RawIOBase):
    """Seals what is written to it. `finish` writes the last chunk; without it the file does not open."""

    def __init__(self, file: BinaryIO, passphrase: bytes, *, cost: int = COST) -> None:
        self._file, self._number, self._waiting = file, 0, bytearray()
        self._header = MAGIC + bytes([cost, BLOCK, LANES]) + os.urandom(SALT)
        self._cipher = _cipher(self._header, passphrase)
        file.write(self._header)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self._waiting += data
        while len(self._waiting) > CHUNK:  # the last chunk is not known before `finish`
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, data: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), data, self._header))
        self._number += 1


class SealedReader(io.RawIOBase):
    """Opens a sealed file for reading from any place. :raises SealBroken: if passphrase or content is wrong."""

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        self._file, self._at = file, 0
        self._header = file.read(HEADER)
        if len(self._header) < HEADER or not self._header.startswith(MAGIC):
            raise SealBroken
        self._cipher = _cipher(self._header, passphrase)
        body = file.seek(0, os.SEEK_END) - HEADER
        self._chunks = -(-body // (CHUNK + TAG))
        if self._chunks < 1:
            raise SealBroken  # even an empty file has one chunk, which says that it is the last
        self._size = body - self._chunks * TAG
        self._held: tuple[int, bytes] = (-1, b"")
        self._chunk(self._chunks - 1)  # a wrong passphrase or a cut file is found at once

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        number, start = divmod(self._at, CHUNK)
        data = self._chunk(number)[start : start + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _chunk(self, number: int) -> bytes:
        if self._held[0] != number:
            self._file.seek(HEADER + number * (CHUNK + TAG))
            sealed = self._file.read(CHUNK + TAG)
            try:
                opened = self._cipher.decrypt(_nonce(number, number == self._chunks - 1), sealed, self._header)
            except (InvalidTag, OverflowError, ValueError):
                raise SealBroken from None
            self._held = (number, opened)
        return self._held[1]
