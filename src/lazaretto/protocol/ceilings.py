"""
Ceilings of law and welfare: bounds on the values of measures that hold whatever a layer, level or override says.

Source: design §2 (order of force), domain §8.2.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field, model_validator

from lazaretto.protocol.bounds import Path, dig, matching, measure_of, model_inside
from lazaretto.protocol.cadence import Cadence, refuse
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.kinds import KINDS
from lazaretto.protocol.measures import Item, Measure, Source
from lazaretto.protocol.text import Text


class Ceiling(Item):
    """
    A bound on one field of all measures of a kind: `most`, `least`, or one of `one_of` (the first is put in the place of
    another). `where` narrows it to items whose other fields have these values; `ids` to these measures. A value that is
    left out breaks `least`, and breaks `most` where leaving out means without bound.
    """

    kind: Literal[
        "round", "chain", "pathway", "rotation", "restriction", "assignment", "separation", "panel", "trigger", "form",
        "register", "report", "entitlement", "limit", "stock", "plan", "level",
    ]  # fmt: skip
    field: str
    where: dict[str, str] = {}
    ids: list[str] = []
    most: Any = None
    least: Any = None
    one_of: list[str] = []
    source: list[Source] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_bound(self) -> "Ceiling":
        if sum((self.most is not None, self.least is not None, bool(self.one_of))) != 1:
            raise refuse(
                "ceiling", Text("须且只须给出 most、least、one_of 之一", "give exactly one of most, least, one_of")
            )
        if not self.one_of:
            try:
                _parsed(self.bound)
            except (ValueError, TypeError, ArithmeticError):
                raise refuse(
                    "ceiling",
                    Text("应为数字、时长或节律", "expected a number, a duration or a cadence"),
                    ("most" if self.most is not None else "least",),
                ) from None
        return self

    @property
    def bound(self) -> Any:
        return self.most if self.most is not None else self.least

    @property
    def path(self) -> Path:
        return tuple(self.field.split("."))

    def check(self, path: tuple[str, ...]) -> None:
        """:raises PydanticCustomError: if no measure of the kind can have such a field."""
        if self.kind != "level" and not _known(KINDS[self.kind], self.path):
            raise refuse(
                "ceiling",
                Text(f"{self.kind} 没有字段 {self.field}", f"a {self.kind} has no field {self.field}"),
                (*path, "field"),
            )

    def names(self, measure: Measure) -> bool:
        return measure.kind == self.kind and (not self.ids or measure.id in self.ids)

    def broken(self, measure: Measure) -> Iterator["Broken"]:
        """Return where a measure breaks the ceiling, each with the value that takes the place of its own."""
        if not self.names(measure):
            return
        for path, _, value in matching(measure, self.path):
            if len(path) == len(self.path) and self._holds_for(measure, path) and not self.allows(value):
                yield Broken(self, path, value, self.one_of[0] if self.one_of else self.bound)

    def _holds_for(self, measure: Measure, path: Path) -> bool:
        parent = dig(measure, path[:-1]) if len(path) > 1 else measure
        return all(str(getattr(parent, key, None)) in value.split("|") for key, value in self.where.items())

    def allows(self, value: Any) -> bool:
        if self.one_of:
            return value in self.one_of
        if value is None:
            return False
        limit, given = measure_of(_parsed(self.bound)), measure_of(value)
        return given <= limit if self.most is not None else given >= limit


class Broken(NamedTuple):
    """That a value breaks a ceiling, and what holds instead."""

    ceiling: Ceiling
    path: Path
    value: Any
    instead: Any


def _parsed(raw: Any) -> Any:
    if isinstance(raw, dict):
        return Cadence.model_validate(raw)
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.startswith("P"):
        return Duration.parse(raw)
    return Decimal(str(raw))


def _known(kind: type[BaseModel], path: Path) -> bool:
    """Say whether a path of field names, with `*` for an item of a list, leads to a bounded field of a kind."""
    model: Any = kind
    for index, part in enumerate(path):
        if part == "*":
            continue
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        if part not in fields:
            return False
        last = index == len(path) - 1
        if last:
            return any(hasattr(extra, "at_least") for extra in fields[part].metadata)
        model = model_inside(fields[part].annotation)
        if model is None:
            return False
    return False
