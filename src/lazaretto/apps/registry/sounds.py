"""
How people are found: by code, by name, by another name, by how the name sounds (pinyin) and by its initials.

>>> terms("秦既明")[1]
'qin ji ming'
>>> "qjm" in terms("秦既明")[0].split()
True
"""

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice, product

#: Readings of a name that are kept when characters have several; names are short, so few have more.
_READINGS = 8


@lru_cache(maxsize=20_000)
def _readings(character: str) -> tuple[str, ...]:
    from pypinyin import Style, pinyin  # a second of loading that only registers pay for

    return tuple(dict.fromkeys(pinyin(character, style=Style.NORMAL, heteronym=True, errors="default")[0]))


@lru_cache(maxsize=20_000)
def terms(name: str) -> tuple[str, str]:
    """
    Return what a name can be found by, and what it is sorted by.

    Latin words stand for themselves and for their initials.
    """
    if not name:
        return "", ""
    words = name.split() if name.isascii() else [c for c in name if not c.isspace()]
    sounds = [_readings(word) if not word.isascii() else (word.lower(),) for word in words]
    usual_first = sorted(islice(product(*map(enumerate, sounds)), 4096), key=lambda r: sum(n > 0 for n, _ in r))
    joined = {"".join(sound for _, sound in reading) for reading in usual_first[:_READINGS]}
    letters = [dict.fromkeys(sound[0] for sound in readings) for readings in sounds]
    initials = {"".join(reading) for reading in islice(product(*letters), 2 * _READINGS)}
    return " ".join(sorted({name.lower(), *joined, *initials})), _sorted_by(words)


def _sorted_by(words: list[str]) -> str:
    from pypinyin import Style, lazy_pinyin

    return " ".join(lazy_pinyin(w, style=Style.NORMAL)[0] if not w.isascii() else w.lower() for w in words)


def search_text(code: str, name: str, others: Iterable[str] = ()) -> str:
    """Return the text that a person's search column holds."""
    parts = [code.lower(), terms(name)[0], *(terms(other)[0] for other in others)]
    return f" {' '.join(p for p in parts if p)}"[:600]
