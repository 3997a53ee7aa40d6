"""
Whether a member of staff is cleared to go in. The apps that know (duty: tests, rest, fitness) answer; until one does, it
is said that nobody was asked.
"""

from collections.abc import Callable
from typing import NamedTuple

from lazaretto.apps.registry.models import Person
from lazaretto.protocol.text import Text


class Answer(NamedTuple):
    """Whether somebody is cleared (None: nobody knows), in words, and until when or from when on."""

    cleared: bool | None
    words: Text
    possible_at: int | None = None


NOBODY_ASKED = Answer(None, Text("无人核对上岗准入", "nobody was asked about clearance for duty"))
_asked: list[Callable[[Person, int], Answer]] = []


def asks(function: Callable[[Person, int], Answer]) -> None:
    """Have `function(person, at)` answer before a member of staff passes in; one that says no keeps him out."""
    _asked.append(function)


def clearance(person: Person, at: int) -> Answer:
    """Return what is said about a member of staff: the first no, else the first yes, else that nobody was asked."""
    answers = [function(person, at) for function in _asked]
    return min(answers, key=lambda a: {False: 0, True: 1, None: 2}[a.cleared], default=NOBODY_ASKED)
