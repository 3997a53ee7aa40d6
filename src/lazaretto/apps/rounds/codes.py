"""
Codes that people read off paper and type: Crockford's alphabet, the last character a check on the others.

The check is the one that makes the sum of α^i × value over GF(32) zero, i counted from the end. Any one wrong character
and any two swapped ones (neighbours or not) change that sum, up to 31 characters, and no sign beyond the alphabet is
needed, as Crockford's own check (modulo 37) would.

>>> with_check("7K3MQ2X")
'7K3MQ2XT'
>>> read("7k3m-q2xt", 8)
'7K3MQ2XT'
"""

from lazaretto.protocol.text import Text

#: 32 characters without I, L, O and U, in the order of their values.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
#: What is read as something else: letters that look like a digit, and what only groups characters.
_TAKEN_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, "–": None, " ": None, "\u3000": None})
_POLYNOMIAL = 0b100101  # x⁵ + x² + 1, primitive: α has order 31


class BadCode(ValueError):
    """What was typed is no code; `message` says what to look at."""

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


def with_check(text: str, before: str = "") -> str:
    """Return `text` and its check character; `before` is checked along with it and is not part of the code."""
    total = 0
    for character in before + text:
        total = _times_alpha(total ^ _VALUE[character])
    return text + ALPHABET[total]


def read(typed: str, length: int, before: str = "") -> str:
    """
    Return the code that was typed, in capitals; small letters, spaces, hyphens and look-alikes (I L O) are taken.

    :raises BadCode: if it has another length, another character, or its check does not fit.
    """
    text = typed.strip().upper().translate(_TAKEN_AS)
    odd = next((character for character in text if character not in _VALUE), "")
    if odd:
        raise BadCode(Text(f"代码里没有“{odd}”这个字符", f"a code has no “{odd}”"))
    if len(text) != length:
        raise BadCode(
            Text(f"代码有 {length} 个字符，写了 {len(text)} 个", f"a code has {length} characters, not {len(text)}")
        )
    if with_check(text[:-1], before) != text:
        raise BadCode(
            Text(
                f"{text} 的校验字符不符：有一个字符读错，或两个写反。再看一遍纸上的代码",
                f"the check character of {text} does not fit: one character is misread, or two are swapped. Read it again",
            )
        )
    return text


def numbered(n: int, before: str) -> str:
    """Return the code of three characters of a number up to 1,023, bound to the code before it."""
    return with_check(ALPHABET[n // 32] + ALPHABET[n % 32], before)


def _times_alpha(value: int) -> int:
    value <<= 1
    return value ^ _POLYNOMIAL if value & 32 else value
