"""Small parts of sentences in both languages: lists, quotation marks, numbers."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from lazaretto.protocol.text import Text

UNFILLED = Text("未填写", "not filled in")
NOTHING = Text("无", "none")
YES, NO = Text("是", "yes"), Text("否", "no")
STEP_INTO = Text(" › ", " › ")


def joined(parts: Iterable[Text], between: Text) -> Text:
    """Return parts in a row with `between` in between; no parts give an empty sentence."""
    found = list(parts)
    return Text(between.zh.join(p.zh for p in found), between.en.join(p.en for p in found))


def listed(parts: Iterable[Text]) -> Text:
    """Return `a、b` and `a, b`."""
    return joined(parts, Text("、", ", "))


def in_turn(parts: Iterable[Text]) -> Text:
    """Return `a；b` and `a; b`: for parts that may have commas of their own."""
    return joined(parts, Text("；", "; "))


def quoted(text: Text) -> Text:
    return Text(f"“{text.zh}”", f"“{text.en}”")


def aside(text: Text) -> Text:
    """Return the text in brackets, ready to stand behind a word."""
    return Text(f"（{text.zh}）", f" ({text.en})")


def same(text: object) -> Text:
    """Return what reads alike in both languages: a number, a time of day, a code."""
    return Text(str(text), str(text))


def number(value: Decimal | int | str) -> Text:
    """Return a number without the zeros behind it: 37.30 is 37.3, 1E+2 is 100."""
    plain = f"{Decimal(value):f}"
    return same(plain.rstrip("0").rstrip(".") if "." in plain else plain)


def percent(value: Any) -> Text:
    """Return a share from 0 to 1 as a percentage."""
    return Text(f"{number(Decimal(value) * 100).zh}%", f"{number(Decimal(value) * 100).en}%")


def plural(n: object, one: str, more: str) -> str:
    """Return the English form that goes with a number."""
    return one if str(n) == "1" else more
