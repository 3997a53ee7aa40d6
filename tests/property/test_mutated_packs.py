"""
Every line of every shipped pack, broken: a misspelt key is an error that says the file and the line, and nothing that can
be done to a line ends in anything but a protocol or such an error.

Each part of a pack (a measure, a register) is broken in a small file that extends the pack and says that part again.
"""

import hashlib
import os
import re
from collections.abc import Iterator

import pytest

from lazaretto import packs
from lazaretto.protocol.load import Problem, ProtocolError, load

KEY = re.compile(r"^(\s*(?:- )?\{?\s*)([a-z_]+)(?=:)")
#: One line in so many is broken in the quick run, more in the long one, and all of them with 2,400 worlds.
EVERY = 50 if "LAZARETTO_WORLDS" not in os.environ else 1 if int(os.environ["LAZARETTO_WORLDS"]) >= 2400 else 5
HEAD = ["lazaretto: 1", "id: broken", 'version: "1"', "title: {zh: 坏, en: broken}", "source: [{text: an example}]"]


def parts(name: str) -> Iterator[list[str]]:
    """Return the parts of a pack as lines: each measure under its `measures:`, each other top key by itself."""
    part: list[str] = []
    for line in packs.read(name)[1].splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        top = not line.startswith((" ", "-"))
        in_measures = part[:1] == ["measures:"]
        if top or (in_measures and re.match(r"(  )?- ", line)):
            if len(part) > in_measures:
                yield part
            part = [] if top else ["measures:"]
        part.append(line)
    yield part


def lines(name: str) -> Iterator[tuple[list[str], int]]:
    number = 0
    for part in parts(name):
        for index in range(len(part)):
            number += 1
            if chance(name, number) % EVERY == 0:
                yield part, index


def chance(name: str, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{name} {number}".encode()).digest()[:4], "big")


def problems(name: str, part: list[str]) -> list[str]:
    """Return what is said about a broken pack; any other end than a protocol or a ProtocolError fails the test."""
    rank = f"layer: {packs.shipped(name).document.layer}"
    own = {line.partition(":")[0] for line in part if not line.startswith((" ", "-"))}
    head = [line for line in (*HEAD, rank, f"extends: {name}") if line.partition(":")[0] not in own]
    try:
        load("\n".join([*head, *part]), "broken.yaml", packs.read)
    except ProtocolError as error:
        return [said(problem) for problem in error.problems]
    return []


def said(problem: Problem) -> str:
    """Return a problem as it is printed; it names a file and a line, and says the mistake in both languages."""
    assert problem.file.endswith(".yaml")
    assert problem.line >= 1
    assert problem.message.zh
    assert problem.message.en
    assert "Traceback" not in problem.message.en
    return str(problem)


@pytest.mark.parametrize("name", packs.names())
def test_the_parts_are_whole(name: str) -> None:
    """Unbroken, each part can be said again, so that what is said of a broken one comes from breaking it."""
    for part in list(parts(name))[:: 1 if EVERY == 1 else 7]:
        assert not problems(name, part), part


@pytest.mark.parametrize("name", packs.names())
def test_a_misspelt_key_is_an_error(name: str) -> None:
    for part, index in lines(name):
        broken = KEY.sub(r"\1\2zz", part[index])
        if broken != part[index]:
            assert problems(name, [*part[:index], broken, *part[index + 1 :]]), broken


@pytest.mark.parametrize("name", packs.names())
def test_nothing_done_to_a_line_ends_in_a_traceback(name: str) -> None:
    for part, index in lines(name):
        line = part[index]
        broken = [
            [],
            [re.sub(r": .*", ": ???", line)],
            [re.sub(r": .*", ":", line)],
            [re.sub(r": .*", ": [{id: 1}, {}]", line)],
            [re.sub(r"\d", "9999999999999999999999", line, count=1)],
            ["\t" + line],
            [line[: len(line) // 2]],
            [line, line],
            [line.replace("P", "Q")],
        ]
        chosen = broken[chance(line, index) % len(broken)]
        problems(name, [*part[:index], *chosen, *part[index + 1 :]])
