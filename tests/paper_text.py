"""Reads the text layer of a PDF that Typst made, page by page: what a reader, a search and a screen reader find on it."""

import re
import zlib

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.S)
_STREAM = re.compile(rb"^(<<.*?>>)\nstream\n(.*)\nendstream$", re.S)
_TEXT = re.compile(rb"\bBT\b")
_TOKEN = re.compile(rb"<<.*?>>|/(f\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|(\()|\b(ET)\b", re.S)
_IN_STRING = re.compile(rb"\\.|[()]", re.S)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages(pdf: bytes) -> list[str]:
    """Return the text of each page; runs of text are parted by a space, and every space is one."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    found = []
    for body in (objects[n] for n in _kids(objects, 1)):
        fonts = _fonts(objects, body)
        (contents,) = re.findall(rb"/Contents (\d+) 0 R", body)
        found.append(" ".join(_text(_stream(objects[int(contents)]), fonts).split()))
    return found


def text(pdf: bytes) -> str:
    return " ".join(pages(pdf))


def squeezed(words: str) -> str:
    """Return words without spaces: where a line breaks says nothing about what stands there."""
    return "".join(words.split())


def _kids(objects: dict[int, bytes], at: int) -> list[int]:
    kids = re.search(rb"/Kids\[([^\]]*)\]", objects[at])
    if not kids:
        return [at]
    return [page for kid in re.findall(rb"(\d+) 0 R", kids[1]) for page in _kids(objects, int(kid))]


def _fonts(objects: dict[int, bytes], page: bytes) -> dict[bytes, dict[int, str]]:
    (resources,) = re.findall(rb"/Resources (\d+) 0 R", page)
    listed = re.search(rb"/Font<<(.*?)>>", objects[int(resources)])
    named = re.findall(rb"/(f\d+) (\d+) 0 R", listed[1]) if listed else []
    return {name: _unicode(objects, objects[int(number)]) for name, number in named}


def _unicode(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    (number,) = re.findall(rb"/ToUnicode (\d+) 0 R", font)
    pairs = re.findall(rb"^<([0-9A-F]{4})> <([0-9A-F]+)>$", _stream(objects[int(number)]), re.M)
    return {int(code, 16): bytes.fromhex(to.decode()).decode("utf-16-be") for code, to in pairs}


def _stream(body: bytes) -> bytes:
    found = _STREAM.match(body)
    assert found, body[:80]
    return zlib.decompress(found[2]) if b"FlateDecode" in found[1] else found[2]


def _text(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    said: list[str] = []
    font: dict[int, str] = {}
    at = 0
    while begin := _TEXT.search(content, at):  # strings outside are properties, not text
        at = begin.end()
        said.append(" ")
        while token := _TOKEN.search(content, at):
            name, hexadecimal, opened, ended = token.groups()
            at = token.end()
            if ended:
                break
            codes = bytes.fromhex(hexadecimal.decode()) if hexadecimal else b""
            if name:
                font = fonts[name]
            elif opened:
                end = _end_of_string(content, at)
                codes, at = _ESCAPE.sub(_unescape, content[at : end - 1]), end
            said += [font[int.from_bytes(codes[i : i + 2], "big")] for i in range(0, len(codes), 2)]
    return "".join(said)


def _end_of_string(content: bytes, at: int) -> int:
    """Return where a string ends; brackets inside it may stand unescaped if they are balanced."""
    depth = 1
    for found in _IN_STRING.finditer(content, at):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    raise ValueError("a string does not end")


def _unescape(found: "re.Match[bytes]") -> bytes:
    mark = found[1]
    return bytes([int(mark, 8)]) if mark.isdigit() else _PLAIN.get(mark, mark)
