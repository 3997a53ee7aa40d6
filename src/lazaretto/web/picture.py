"""
The parts of the operating picture that apps fill in: alerts, numbers, and lines beside a place.

`web` stands below the apps, and most of them stand below the pages; so an app says here what it has to show, in its
`ready`. What no app fills is not drawn.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from lazaretto.protocol.text import Text


class Alert(NamedTuple):
    """Something that waits for somebody: `state` is its shape, `place` a code; no name of a person stands in it."""

    state: str
    place: str
    at: int
    said: Text
    next: Text | None = None
    url: str = ""
    due: int | None = None


class Number(NamedTuple):
    """A figure of the strip. `n` None is unknown: it is hatched, and not zero. `loud` is a number that calls somebody."""

    id: str
    name: Text
    n: int | None
    said: Text | None = None
    url: str = ""
    loud: bool = False


class Beside(NamedTuple):
    """A line that stands in a place on the plan, with the state of the place that it asks for."""

    place: str
    state: str
    said: Text


#: What an app is asked: the facility, the moment, and what the reader may do there.
Source = Callable[[Any, int, Collection[str]], Sequence[Any]]
PARTS = ("alerts", "numbers", "beside")
_sources: dict[str, dict[str, Source]] = {part: {} for part in PARTS}


def fill(part: str, name: str, source: Source) -> None:
    """Declare what an app has to show in a part. :raises KeyError: if there is no such part."""
    _sources[part][name] = source


def filled(part: str, facility: Any, at: int, may: Collection[str]) -> list[Any]:
    """Return what the apps have to show in a part, app by app in the order in which they said so."""
    return [item for source in _sources[part].values() for item in source(facility, at, may)]
