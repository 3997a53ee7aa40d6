"""
What changes between two protocols, value by value: added, removed, changed, and whether it is stricter or looser.

Measures and items of lists are compared by their id; a cadence, a title or a list without ids is one value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from lazaretto.protocol.bounds import Bound, Path, bounded, dig
from lazaretto.protocol.kinds import AnyMeasure
from lazaretto.protocol.laying import is_register
from lazaretto.protocol.resolve import Resolved

Sign = Literal["added", "removed", "changed"]
Direction = Literal["stricter", "looser", "other"]

#: Parts of a document, beside its measures, that are compared.
REGISTERS = (
    "levels",
    "flags",
    "populations",
    "reasons",
    "observations",
    "shifts",
    "ceilings",
    "deviations",
    "terms",
    "posts",
    "tags",
    "zones",
)
VALUES = ("title", "day_ends", "night", "checks", "pathogens")


@dataclass(frozen=True, slots=True)
class Change:
    """
    One value that differs. `measure` is its measure, or None for a part of the document; `path` leads to the value from
    there, and is empty where a whole measure came or went. `before` and `after` are plain data.
    """

    measure: AnyMeasure | None
    path: Path
    sign: Sign
    before: Any
    after: Any
    direction: Direction = "other"

    @property
    def id(self) -> str:
        return self.measure.id if self.measure else ""


def diff(before: Resolved, after: Resolved) -> list[Change]:
    """Return what changes from one protocol to another, the document first, then measures in the order of `after`."""
    found: list[Change] = []
    for name in (*VALUES, *REGISTERS):
        changes = _values(before.record.get(name), after.record.get(name), (name,))
        found += [Change(None, path, sign, a, b) for path, sign, a, b in changes]
    old = {m.id: m for m in before.everything}
    new = {m.id: m for m in after.everything}
    for measure in (*after.everything, *(m for m in before.everything if m.id not in new)):
        found += _measure(old.get(measure.id), new.get(measure.id))
    return found


def _measure(old: AnyMeasure | None, new: AnyMeasure | None) -> Iterator[Change]:
    if old is None or new is None or old.kind != new.kind:
        if old is not None:
            yield Change(old, (), "removed", old.title.model_dump(), None, "looser" if old.active else "other")
        if new is not None:
            yield Change(new, (), "added", None, new.title.model_dump(), "stricter" if new.active else "other")
        return
    bounds = {path: bound for path, bound, _ in (*bounded(old), *bounded(new))}
    a, b = old.model_dump(mode="json", by_alias=True), new.model_dump(mode="json", by_alias=True)
    for path, sign, before, after in _values(a, b, ()):
        yield Change(new, path, sign, before, after, _direction(bounds, path, old, new, sign))


def _direction(bounds: Mapping[Path, Bound], path: Path, old: BaseModel, new: BaseModel, sign: Sign) -> Direction:
    """Return which way a value moved; an item that came or went moves the list that it belongs to."""
    bound = bounds.get(path) or (bounds.get(path[:-1]) if sign != "changed" else None)
    if bound is None:
        return "other"
    if path not in bounds:
        path = path[:-1]
    a, b = _dig(old, path), _dig(new, path)
    tighter, wider = bound.at_least(b, a), bound.at_least(a, b)
    return "other" if tighter == wider else "stricter" if tighter else "looser"


def _dig(model: BaseModel, path: Path) -> Any:
    try:
        return dig(model, path)
    except KeyError:
        return None


def _values(a: Any, b: Any, path: Path) -> Iterator[tuple[Path, Sign, Any, Any]]:
    """Return the smallest parts that differ."""
    if a == b:
        return
    if _is_map(a, path) and _is_map(b, path):
        for key in dict.fromkeys((*a, *b)):
            yield from _values(a.get(key), b.get(key), (*path, key))
    elif (is_register(a) or a in ([], None)) and (is_register(b) or b in ([], None)) and (a or b):
        old, new = ({item["id"]: item for item in items or []} for items in (a, b))
        for name in dict.fromkeys((*new, *old)):
            yield from _values(old.get(name), new.get(name), (*path, name))
    else:
        sign: Sign = "added" if a in (None, [], {}) else "removed" if b in (None, [], {}) else "changed"
        yield path, sign, a, b


def _is_map(value: Any, path: Path) -> bool:
    whole = path and path[-1] in (
        "cadence",
        "title",
        "note",
        "assumption",
        "night",
        "where",
        "entry_allowance",
        "refusal",
    )
    return isinstance(value, dict) and not whole
