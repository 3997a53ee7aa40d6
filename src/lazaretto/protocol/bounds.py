"""
Which way is stricter: each bounded field of a measure says so, and this compares two values of it.

A floor, a red line and a ceiling (design §2) are statements about such fields. "Stricter" means more protection or more
care: more rounds a day, a longer hold, fewer people in a room, a call offered sooner. A value that is left out demands
nothing, so anything is at least as strict as it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.text import Text

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """Metadata of a field: in which direction a value becomes stricter, and that direction in words."""

    direction: str
    words: Text
    order: tuple[Any, ...] = ()

    def at_least(self, value: Any, floor: Any) -> bool:
        """Say whether `value` is at least as strict as `floor`."""
        if floor is None:
            return True
        if value is None:
            return False
        if self.direction == "all":
            return set(_names(value)) >= set(_names(floor))
        if self.order:
            return self.order.index(value) >= self.order.index(floor)
        a, b = measure_of(value), measure_of(floor)
        return a >= b if self.direction == "more" else a <= b


MORE = Bound("more", Text("越多越严", "more is stricter"))
LONGER = Bound("more", Text("越长越严", "longer is stricter"))
FEWER = Bound("less", Text("越少越严", "fewer is stricter"))
SOONER = Bound("less", Text("越早越严", "sooner is stricter"))
OFTENER = Bound("more", Text("越密越严", "more often is stricter"))
ALL = Bound("all", Text("项目越全越严", "the more of them the stricter"))
YES = Bound("order", Text("须做更严", "yes is stricter"), (False, True))


def ordered(*values: str) -> Bound:
    """Return the bound of a field of words, the loosest first."""
    return Bound(
        "order", Text("依次更严：" + "、".join(values), "stricter in this order: " + ", ".join(values)), values
    )


def measure_of(value: Any) -> Decimal:
    """Return a value as a number to compare: a cadence as slots a day, a duration in milliseconds, a pair as a fraction."""
    if isinstance(value, tuple):
        return Decimal(value[0]) / Decimal(value[1])
    if isinstance(value, Cadence):
        return per_day(value)
    if isinstance(value, Duration):
        return Decimal(value.nominal_ms)
    return Decimal(value)


def per_day(cadence: Cadence) -> Decimal:
    """Return how many slots a cadence has on a nominal day; two shifts a day where it counts by shift."""
    if cadence.random is not None:
        return Decimal(cadence.random.n * (2 if cadence.random.per == "shift" else 1))
    if cadence.count is not None:
        return Decimal(cadence.count.at_least) * 86_400_000 / cadence.count.within.nominal_ms
    if cadence.form == "interval":
        assert cadence.every is not None
        return Decimal(1) / cadence.every.days
    return Decimal(len(cadence.offsets()))


def _names(value: Any) -> list[Any]:
    return [getattr(item, "id", item) for item in value]


def bounded(model: BaseModel, path: Path = ()) -> Iterator[tuple[Path, Bound, Any]]:
    """Return each bounded field below `model`, as (path, bound, value); items of a list go by their id."""
    for name, alias, bound in _fields(type(model)):
        value = getattr(model, name)
        if bound is not None:
            yield (*path, alias), bound, value
        if isinstance(value, list | BaseModel):
            yield from _below(value, (*path, alias))


@lru_cache(maxsize=256)
def _fields(kind: type[BaseModel]) -> list[tuple[str, str, Bound | None]]:
    """Return each field of a model with its name in the file and its bound, if it has one."""
    found = []
    for name, info in kind.model_fields.items():
        bound = next((extra for extra in info.metadata if isinstance(extra, Bound)), None)
        found.append((name, info.alias or name, bound))
    return found


def _below(value: Any, path: Path) -> Iterator[tuple[Path, Bound, Any]]:
    if isinstance(value, Cadence):
        return
    if isinstance(value, BaseModel):
        yield from bounded(value, path)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, BaseModel) and hasattr(item, "id"):
                yield from bounded(item, (*path, item.id))


def matching(model: BaseModel, pattern: Path) -> Iterator[tuple[Path, Bound, Any]]:
    """Return the bounded fields whose path `pattern` names; `*` stands for any one part, a shorter pattern for all below."""
    for path, bound, value in bounded(model):
        if len(pattern) <= len(path) and all(p in ("*", part) for p, part in zip(pattern, path, strict=False)):
            yield path, bound, value


def dig(model: Any, path: Path) -> Any:
    """Return the part of a model at a path. :raises KeyError: if there is none."""
    for part in path:
        if model is None:
            return None
        if isinstance(model, list):
            model = next((item for item in model if getattr(item, "id", None) == part), None)
        else:
            kind: type[BaseModel] = type(model)
            fields = {alias: name for name, alias, _ in _fields(kind)}
            if part not in fields:
                raise KeyError(".".join(path))
            model = getattr(model, fields[part])
    return model


def model_inside(annotation: Any) -> Any:
    """Return the model inside `list[X]`, `X | None` or `Annotated[…]`, or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(model_inside, getattr(annotation, "__args__", ())) if m is not None), None)
