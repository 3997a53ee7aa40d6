"""Measures as a pack writes them below `measures:`, and what a rule answers, for the chapters on the kinds."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from textwrap import indent

from lazaretto.protocol.kinds import AnyMeasure
from lazaretto.protocol.load import ProtocolError, load
from lazaretto.protocol.refusal import Refusal
from tests.spec.clocks import Clocks
from tests.spec.worlds import DAY, ZONE

HEAD = """\
lazaretto: 1
id: house
version: "1"
title: {zh: 机构, en: House}
source: [{text: an example}]
levels: [{id: routine, title: {zh: 常态, en: Routine}, normal: true}]
observations: [{id: temperature, title: {zh: 体温, en: Temperature}}]
measures:
"""
#: The clocks of tables in which every moment carries its date.
DATED = Clocks(ZONE, date(2026, 1, 1))
_ITEM = re.compile(r"(\S+) ((?:\d\d-\d\d )?\d\d:\d\d)(?: (\S+))?")


def read(text: str) -> AnyMeasure:
    """Return the first of the measures of a text, read as part of a whole protocol. :raises ProtocolError:"""
    return load(HEAD + indent(text, "  "), "house.yaml", _nothing_below).document.measures[0]


def refused_in(text: str) -> str:
    """Return what the program says to the mistakes of a text, nothing if there is none."""
    try:
        read(text)
    except ProtocolError as error:
        return " // ".join(problem.message.en for problem in error.problems)
    return ""


def _nothing_below(name: str) -> tuple[str, str]:
    raise KeyError(name)


def answer(ask: Callable[[], object], clocks: Clocks) -> dict[str, object]:
    """Return the code of a refusal, and from when on it will be possible; nothing where the rule says yes."""
    try:
        ask()
    except Refusal as refusal:
        at = refusal.possible_at
        return {"refused": refusal.code, "possible from": "" if at is None else clocks.show(at)}
    return {"refused": "", "possible from": ""}


def split(text: str) -> list[str]:
    return [part for part in text.split("; ") if part]


def moments(text: str, clocks: Clocks) -> Iterator[tuple[str, int, str]]:
    """Yield name, instant and what came out of `barrier 08:00; sample 03-18 09:00 negative`."""
    for part in split(text):
        found = _ITEM.fullmatch(part)
        if found is None:
            raise ValueError(f"no moment: {part!r}")
        yield found[1], clocks.at(found[2]), found[3] or ""


def clocks_of(zone: str = "", day: str = "") -> Clocks:
    return Clocks(zone or ZONE, date.fromisoformat(day) if day else DAY)
