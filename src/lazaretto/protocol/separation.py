"""
A separation: who must not mix, in rooms, on routes, at meals, in tasks and in vehicles.

Source: design §2, themes G, H and K of the requirements (the five separations, A never meets B).
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lazaretto.protocol.bounds import ALL, LONGER
from lazaretto.protocol.cadence import Span, Strict, refuse
from lazaretto.protocol.measures import Item, Measure
from lazaretto.protocol.text import Text

Space = Literal["rooms", "routes", "meals", "tasks", "vehicles", "yard", "toilets", "corridors"]


class Side(Strict):
    """People who have all these attributes; `*` is any value, a comma between values means any of them."""

    where: dict[str, str] = Field(min_length=1)

    def names(self, person: Mapping[str, str]) -> bool:
        return all(
            key in person and (value == "*" or person[key] in [v.strip() for v in value.split(",")])
            for key, value in self.where.items()
        )


class Apart(Item):
    """
    One rule: either people whose `by` differs stay apart (another ward, another group), or the two sides of `between`.
    `only` narrows a `by` rule to people with these attributes.
    """

    by: str | None = None
    only: Side | None = None
    between: tuple[Side, Side] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "Apart":
        if (self.by is None) == (self.between is None):
            raise refuse("apart", Text("须且只须给出 by 或 between", "give exactly one of by and between"))
        return self


class Separation(Measure):
    """
    Rules of who stays apart, in which spaces; `gap` is the least time between two groups in one space. A breach makes
    exposures and a finding, never a penalty.
    """

    kind: Literal["separation"]
    rules: Annotated[list[Apart], ALL] = Field(min_length=1)
    spaces: Annotated[list[Space], ALL] = ["rooms", "routes", "meals", "tasks", "vehicles"]
    gap: Annotated[Span | None, LONGER] = None
    unit: str | None = None


def kept_apart(separation: Separation, one: Mapping[str, str], other: Mapping[str, str]) -> list[Apart]:
    """
    Return the rules that keep two people apart, in the order of the measure; none means that they may meet.

    People are given as attributes: `base`, `population`, `ward`, `floor`, `group`, `duty_state`, `stage`… A rule about
    an attribute that one of them lacks says nothing about them.
    """
    return [rule for rule in separation.rules if separation.active and _apart(rule, one, other)]


def may_meet(separation: Separation, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Say whether two people may share a room, a route, a meal or a task."""
    return not kept_apart(separation, one, other)


def _apart(rule: Apart, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    if rule.by is not None:
        asked = rule.only is None or (rule.only.names(one) and rule.only.names(other))
        return asked and rule.by in one and rule.by in other and one[rule.by] != other[rule.by]
    assert rule.between is not None
    a, b = rule.between
    return (a.names(one) and b.names(other)) or (a.names(other) and b.names(one))
