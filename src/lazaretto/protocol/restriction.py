"""
A restriction: what is closed, stopped or denied by default, with its way of exception and what is given instead.

Source: design §2, domain §8.2 (D7), themes C, H and M of the requirements. No restriction is open-ended.
"""

from datetime import date
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from lazaretto.protocol.bounds import ALL, FEWER, SOONER
from lazaretto.protocol.cadence import Span
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.measures import Identifier, Item, Measure, Whole
from lazaretto.protocol.text import Text


class Restriction(Measure):
    """
    What is denied: `denies` lists the classes (empty: all of this kind), `except_for` those that are never denied (a
    lawyer, an ambulance, a monitoring body). `exception` names the chain that can let one through, `instead` the
    entitlements that replace what is lost, `order` the paper it rests on. `largest` lets a gathering up to that size.
    """

    kind: Literal["restriction"]
    what: Literal[
        "people", "vehicles", "goods", "visits", "leave", "activities", "gatherings", "intake", "movement", "zone",
        "outings",
    ]  # fmt: skip
    denies: Annotated[list[Item], ALL] = []
    except_for: list[Item] = []
    zones: list[str] = []
    since: date | None = None
    order: str | None = None
    exception: Identifier | None = None
    instead: Annotated[list[Identifier], ALL] = []
    review: Annotated[Span, SOONER] = Duration(days=14)
    largest: Annotated[Whole | None, FEWER] = Field(default=None)
    directions: list[Literal["in", "out"]] = []


class Wish(NamedTuple):
    """What somebody wants to bring in, take out or do."""

    what: str
    of_class: str = ""
    zone: str = ""
    size: int = 1
    on: date | None = None
    direction: str = ""
    excepted_by: str = ""


class Denial(NamedTuple):
    """That a wish is denied: by which measure, which chain can make an exception, what is given instead."""

    by: str
    words: Text
    exception: str | None
    instead: tuple[str, ...]


def denial(restriction: Restriction, wish: Wish) -> Denial | None:
    """Return why a wish is denied, None if this restriction lets it through."""
    if not restriction.active or restriction.what != wish.what or not _applies(restriction, wish):
        return None
    if restriction.exception and wish.excepted_by == restriction.exception:
        return None
    if restriction.largest is not None and wish.size <= restriction.largest:
        return None
    words = Text(f"{restriction.title.zh}：不予放行", f"{restriction.title.en}: not let through")
    return Denial(restriction.id, words, restriction.exception, tuple(restriction.instead))


def _applies(restriction: Restriction, wish: Wish) -> bool:
    if wish.of_class in {item.id for item in restriction.except_for}:
        return False
    if restriction.denies and wish.of_class not in {item.id for item in restriction.denies}:
        return False
    if restriction.zones and wish.zone not in restriction.zones:
        return False
    if restriction.directions and wish.direction and wish.direction not in restriction.directions:
        return False
    return not (restriction.since and wish.on and wish.on < restriction.since)
