"""
Simplified Chinese written in traditional characters, for readers who chose them.

`table.tsv` is made from OpenCC's dictionaries (Apache-2.0) by `make traditional`; `overrides.tsv` is ours and wins. The
catalogue of messages is derived by the same tables when it is compiled, so nothing but a look-up happens while running.
Only our own words are converted: names of people and places stay as somebody registered them.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import get_language

CODE = "zh-hant"
FOLDER = Path(__file__).parent / "locale" / "zh_Hant"


class Tables(NamedTuple):
    """Phrases and single characters with what is written for them; `longest` is the length of the longest phrase."""

    phrases: Mapping[str, str]
    characters: Mapping[str, str]
    longest: int


@cache
def tables() -> Tables:
    said = [*_pairs("table.tsv"), *_pairs("overrides.tsv")]
    phrases = {one: other for one, other in said if len(one) > 1}
    characters = {one: other for one, other in said if len(one) == 1}
    return Tables(phrases, characters, max(map(len, phrases)))


def _pairs(name: str) -> list[tuple[str, str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    parts = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(one, other) for one, other in parts]


@lru_cache(maxsize=20_000)
def traditional(text: str) -> str:
    """Return a text in traditional characters: at each place the longest phrase, else the character."""
    if text.isascii():
        return text
    phrases, characters, longest = tables()
    found, at = [], 0
    while at < len(text):
        for length in range(min(longest, len(text) - at), 1, -1):
            if (phrase := phrases.get(text[at : at + length])) is not None:
                found.append(phrase)
                at += length
                break
        else:
            found.append(characters.get(text[at], text[at]))
            at += 1
    return "".join(found)


def written(zh: str) -> str:
    """Return one of our Chinese sentences as the reader of the page reads it."""
    return traditional(zh) if get_language() == CODE else zh
