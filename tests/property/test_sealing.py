"""A sealed file opens to what was written, from any place; nothing in it can be changed, cut off or left out."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.apps.journal import sealing
from lazaretto.apps.journal.sealing import CHUNK, HEADER, TAG, SealBroken, SealedReader, SealedWriter

PASSPHRASE = b"correct horse battery"


def seal(data: bytes) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, PASSPHRASE, cost=10)
    for start in range(0, len(data), 50_000):
        writer.write(data[start : start + 50_000])
    writer.finish()
    return file.getvalue()


def opened(sealed: bytes) -> bytes:
    return io.BufferedReader(SealedReader(io.BytesIO(sealed), PASSPHRASE)).read()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7])
def test_what_goes_in_comes_out(size: int) -> None:
    data = bytes(i * 7 % 251 for i in range(size))
    sealed = seal(data)
    assert opened(sealed) == data
    assert len(sealed) == HEADER + size + max(1, -(-size // CHUNK)) * TAG


DATA = bytes(i * 7 % 251 for i in range(2 * CHUNK + 999))
SEALED = seal(DATA)


@settings(max_examples=60)
@given(st.integers(0, len(DATA) + 10), st.integers(0, CHUNK + 5))
def test_any_part_can_be_read(start: int, n: int) -> None:
    reader = io.BufferedReader(SealedReader(io.BytesIO(SEALED), PASSPHRASE))
    reader.seek(start)
    assert reader.read(n) == DATA[start : start + n]


@settings(max_examples=60)
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_a_changed_byte_is_found(at: int, flip: int) -> None:
    with pytest.raises(SealBroken):
        opened(SEALED[:at] + bytes([SEALED[at] ^ flip]) + SEALED[at + 1 :])


@settings(max_examples=60)
@given(st.integers(0, len(SEALED) - 1))
def test_a_cut_file_is_found(end: int) -> None:
    with pytest.raises(SealBroken):
        opened(SEALED[:end])


def test_chunks_can_be_neither_swapped_nor_left_out_nor_cut_at_their_edge() -> None:
    size = CHUNK + TAG
    head, first, second, last = (
        SEALED[:HEADER],
        SEALED[HEADER:][:size],
        SEALED[HEADER + size :][:size],
        SEALED[HEADER + 2 * size :],
    )
    for forged in (
        head + second + first + last,
        head + first + last,
        head + first + second,
        head + first + second + last * 2,
    ):
        with pytest.raises(SealBroken):
            opened(forged)


def test_another_passphrase_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        SealedReader(io.BytesIO(SEALED), b"another horse battery")


def test_two_files_of_the_same_content_have_nothing_in_common() -> None:
    assert seal(DATA)[sealing.HEADER :] != SEALED[sealing.HEADER :]
