"""
A limit: a bound that must hold, least or most, with a warning before it and what happens beyond.

Source: design §2, domain §8.2 (D5, D14), themes H, K, L and P of the requirements.
"""

from typing import Annotated, Literal

from pydantic import model_validator

from lazaretto.protocol.bounds import FEWER, MORE, SOONER, YES
from lazaretto.protocol.cadence import refuse
from lazaretto.protocol.measures import Identifier, Measure, Number
from lazaretto.protocol.text import Text


class Limit(Measure):
    """
    A bound on `of` (consecutive duty days, people in a room, size of a gathering, size of a grid), per `per`, in `unit`.
    `warn_at` is the value at which somebody is told before the bound is reached, on the way up to `most`, or down to
    `least` where there is no `most`; `beyond` says what happens there.
    """

    kind: Literal["limit"]
    of: Identifier
    per: str = "person"
    unit: str = "1"
    least: Annotated[Number | None, MORE] = None
    most: Annotated[Number | None, FEWER] = None
    warn_at: Annotated[Number | None, SOONER] = None
    beyond: Literal["warn", "block", "escalate"] = "block"
    starts: Identifier | None = None
    automatic: Annotated[bool, YES] = False

    @model_validator(mode="after")
    def _has_a_bound(self) -> "Limit":
        given = self.model_fields_set & {"least", "most"}
        if not given:
            raise refuse("limit", Text("须给出 least 或 most", "give least or most"))
        if self.least is not None and self.most is not None and self.least > self.most:
            raise refuse("limit", Text("least 大于 most", "least is above most"))
        return self

    def judge(self, value: Number) -> Literal["under", "fine", "warn", "over"]:
        """Say how a value stands to the bounds; the bounds themselves are still fine."""
        if self.most is not None and value > self.most:
            return "over"
        if self.least is not None and value < self.least:
            return "under"
        if self.warn_at is None:
            return "fine"
        near = value >= self.warn_at if self.most is not None or self.least is None else value <= self.warn_at
        return "warn" if near else "fine"
